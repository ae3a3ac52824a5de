"""XMP packets: made upright, without what is not kept, and carrying how a picture was made."""

import hashlib
import json
import re
import struct
from html import escape, unescape
from typing import Any
from xml.dom import minidom
from xml.parsers.expat import ExpatError

NAMESPACE = "https://deepgin.invalid/provenance/1.0/"

# What a JPEG's segments of further XMP start with, and how much of it one takes.
EXTENDED, _LONGEST_PART = b"http://ns.adobe.com/xmp/extension/\0", 65000
_PACKET_MARK = re.compile(rb"<\?xpacket\b[^>]*>\s*")
_RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
_XMLNS = "http://www.w3.org/2000/xmlns/"
_ORIENTATIONS = (
    re.compile(rb"(tiff:Orientation\s*=\s*['\"])[0-9]+"),
    re.compile(rb"(<tiff:Orientation>\s*)[0-9]+"),
)
_SIZES = (b"tiff:ImageWidth|exif:PixelXDimension", b"tiff:ImageLength|exif:PixelYDimension")
_STATED = rb"((?:%s)\s*(?:=\s*['\"]|>)\s*)[0-9]+"
_OURS = re.compile(
    rb"<rdf:Description [^>]*xmlns:deepgin=[^>]*>.*?</rdf:Description>\n?", re.DOTALL
)
_PROVENANCE = re.compile(rb"<deepgin:provenance>(.*?)</deepgin:provenance>", re.DOTALL)
_EMPTY = (
    b'<?xpacket begin="\xef\xbb\xbf" id="W5M0MpCehiHzreSzNTczkc9d"?>\n'
    b'<x:xmpmeta xmlns:x="adobe:ns:meta/">\n'
    b'<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">\n'
    b'</rdf:RDF>\n</x:xmpmeta>\n<?xpacket end="w"?>'
)


def true_xmp(
    xmp: bytes, *, upright: bool = True, extended: bytes | None = None
) -> tuple[bytes, tuple[str, ...]]:
    """Return a packet without pictures and claims of parts that are not kept, and their names.

    It stays as it was if nothing had to go.

    Args:
        xmp: as files hold it.
        upright: its orientation becomes 1.
        extended: what a JPEG has in further segments, if it does; it is merged.

    Raises:
        ValueError: it cannot be read, so that it cannot be made true.
    """
    if not xmp:
        return b"", ()
    for pattern in _ORIENTATIONS if upright else ():
        xmp = pattern.sub(rb"\g<1>1", xmp)
    try:
        document = _parsed(xmp)
        whole = extended is None or _merge(document, extended)
        pruned, parts = _prune(document)
        if extended or pruned:
            xmp = "\n".join(node.toxml() for node in document.childNodes).encode()
    except (ExpatError, RecursionError, UnicodeError) as error:
        raise ValueError(f"damaged XMP: {error}") from error
    return xmp, parts if whole else (*parts, "extended XMP")


def xmp_of_size(xmp: bytes, size: tuple[int, int]) -> bytes:
    """Return a packet with another width and height where it states them."""
    for names, side in zip(_SIZES, size, strict=True):
        xmp = re.sub(_STATED % names, rb"\g<1>%d" % side, xmp)
    return xmp


def _parsed(xmp: bytes) -> minidom.Document:
    if b"<!DOCTYPE" in xmp:  # entities can unpack to any size
        raise ValueError("damaged XMP: a document type")
    wide = xmp.startswith((b"\xff\xfe", b"\xfe\xff"))
    return minidom.parseString(xmp if wide else xmp.strip(b"\0 \t\r\n"))


def _merge(document: minidom.Document, extended: bytes) -> bool:
    """Move the descriptions of an extended packet into the packet; return whether that went."""
    homes = document.getElementsByTagNameNS(_RDF, "RDF")
    try:
        sources = _parsed(extended).getElementsByTagNameNS(_RDF, "RDF")
    except (ExpatError, ValueError):
        return False
    for source in sources if homes else ():
        names: dict[str, str] = {}
        around: Any = source
        while around.nodeType == around.ELEMENT_NODE:
            names = {k: v for k, v in around.attributes.items() if k.startswith("xmlns")} | names
            around = around.parentNode
        for child in [node for node in source.childNodes if node.nodeType == node.ELEMENT_NODE]:
            for name, value in names.items():
                if not child.hasAttribute(name):
                    child.setAttributeNS(_XMLNS, name, value)
            homes[0].appendChild(child)
    return bool(homes and sources)


def split_xmp(xmp: bytes) -> tuple[bytes, bytes]:
    """Return a packet that points at `xmp`, and the segments of a JPEG that hold that."""
    content = _PACKET_MARK.sub(b"", xmp)
    name = hashlib.md5(content, usedforsecurity=False).hexdigest().upper().encode()
    note = (
        b'<rdf:Description rdf:about="" xmlns:xmpNote="http://ns.adobe.com/xmp/note/" '
        b'xmpNote:HasExtendedXMP="' + name + b'"/>\n'
    )
    segments = b""
    for at in range(0, len(content), _LONGEST_PART):
        part = content[at : at + _LONGEST_PART]
        body = EXTENDED + name + struct.pack(">II", len(content), at) + part
        segments += struct.pack(">HH", 0xFFE1, 2 + len(body)) + body
    return _EMPTY.replace(b"</rdf:RDF>", note + b"</rdf:RDF>"), segments


def with_provenance(xmp: bytes, provenance: dict[str, Any]) -> bytes:
    """Return a packet that says how the picture was made, beside all that it said before."""
    text = escape(json.dumps(provenance, ensure_ascii=False, sort_keys=True)).encode()
    ours = (
        b'<rdf:Description rdf:about="" xmlns:deepgin="' + NAMESPACE.encode() + b'">'
        b"<deepgin:provenance>" + text + b"</deepgin:provenance></rdf:Description>\n"
    )
    packet = _OURS.sub(b"", xmp)
    if b"</rdf:RDF>" not in packet:
        packet = _EMPTY
    head, end, tail = packet.rpartition(b"</rdf:RDF>")
    return head + ours + end + tail


def provenance_in(xmp: bytes) -> dict[str, Any] | None:
    """Return what `with_provenance` wrote, or None."""
    text = _PROVENANCE.search(xmp)
    return json.loads(unescape(text[1].decode())) if text else None


_GOOGLE = "http://ns.google.com/photos/"
GAIN_MAP, DEPTH, VIDEO, PICTURE = "HDR gain map", "depth map", "video", "further picture"

# Namespaces of nothing but parts of the file that are not kept, by how they start.
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


def _prune(document: minidom.Document) -> tuple[bool, tuple[str, ...]]:
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
    """Return the part that a property is of, "" if it has no name, None if it is to stay."""
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
