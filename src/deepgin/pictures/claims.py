"""What XMP says that is not true of a filled picture: pictures in it, and parts beside it."""

import re
from xml.dom import minidom

_XMLNS = "http://www.w3.org/2000/xmlns/"
_GOOGLE = "http://ns.google.com/photos/"
GAIN_MAP, DEPTH, VIDEO, PICTURE = "HDR gain map", "depth map", "video", "further picture"

# Namespaces that tell of nothing but parts of the file that are not kept, by how they start.
_PARTS = {
    "http://ns.adobe.com/hdr-gain-map/": GAIN_MAP,
    "http://ns.apple.com/HDRGainMap/": GAIN_MAP,
    f"{_GOOGLE}1.0/depthmap/": DEPTH,
    f"{_GOOGLE}1.0/focus/": DEPTH,
    f"{_GOOGLE}1.0/image/": PICTURE,
    f"{_GOOGLE}dd/1.0/": DEPTH,
    f"{_GOOGLE}1.0/container/": "",  # its items have names
    "http://ns.xiaomi.com/photos/1.0/camera/": "",
    "http://ns.oplus.com/photos/1.0/camera/": "",
}
# Single properties.
_PROPERTIES = {
    f"{_GOOGLE}1.0/camera/": (re.compile("MotionPhoto|MicroVideo"), VIDEO),
    "http://ns.adobe.com/xap/1.0/": (re.compile("Thumbnails$"), ""),
    "http://ns.adobe.com/xap/1.0/g/img/": (re.compile("image$"), ""),
    "http://ns.adobe.com/xmp/note/": (re.compile("HasExtendedXMP$"), ""),
}
_ITEMS = {"gainmap": GAIN_MAP, "motionphoto": VIDEO, "depth": DEPTH, "confidence": DEPTH}
# The start of JPEG and PNG in base64, and so much of it that no word looks like it.
_BASE64 = re.compile(r"\s*(/9j/|iVBORw0KGgo)[A-Za-z0-9+/=\s]{40}")


def prune(document: minidom.Document) -> tuple[bool, tuple[str, ...]]:
    """Take out of an XMP packet what is not true; return whether it changed, and what it named."""
    changed, named = False, set()
    for element in document.getElementsByTagName("*"):
        text = "".join(node.data for node in element.childNodes if isinstance(node, minidom.Text))
        for attribute in list((element.attributes or {}).values()):
            space, name = attribute.namespaceURI or "", attribute.localName or ""
            if space.startswith(f"{_GOOGLE}1.0/container/item/") and name == "Semantic":
                named |= _named(attribute.value)
            part = _part(attribute.value if space == _XMLNS else space, name, attribute.value)
            if part is not None:
                named |= {part} if space != _XMLNS and attribute.value != "0" else set()
                element.removeAttributeNode(attribute)
                changed = True
        part = _part(element.namespaceURI or "", element.localName or "", text)
        if part is not None and element.parentNode:
            if element.localName == "Semantic":
                named |= _named(text)
            named |= {part} if text.strip() != "0" else set()
            element.parentNode.removeChild(element)
            changed = True
    return changed, tuple(sorted(named - {""}))


def _part(space: str, name: str, value: str) -> str | None:
    """Return the part that a property tells of, "" if it has no name, None if it is to stay."""
    for start, part in _PARTS.items():
        if space.startswith(start):
            return part
    pattern, part = _PROPERTIES.get(space, (None, ""))
    return part if (pattern and pattern.match(name)) or _BASE64.match(value) else None


def _named(semantic: str) -> set[str]:
    """Return the part that an item of a container is, by its semantic."""
    semantic = semantic.strip().lower()
    known = {part for start, part in _ITEMS.items() if semantic.startswith(start)}
    return known or (set() if semantic == "primary" else {PICTURE})
