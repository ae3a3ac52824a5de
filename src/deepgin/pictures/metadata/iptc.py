"""IPTC captions and credits in JPEG, PNG and TIFF."""

import struct
from collections.abc import Iterator

from .previews import blank_jpegs

# ImageMagick's way of putting EXIF, XMP, IPTC and profiles into PNG text.
RAW_PROFILE = "Raw profile type "
PHOTOSHOP = b"Photoshop 3.0\0"
_IPTC = 0x0404
_FIRST = b"\x1c"  # every IPTC record starts with it
_LONGEST = 65533 - len(PHOTOSHOP)


def true_iptc(content: bytes) -> bytes:
    """Return IPTC records, perhaps in Photoshop's resources, without previews; b"" if none."""
    if content[:4] == b"8BIM":
        content = b"".join(body for code, body in _resources(content) if code == _IPTC)
    if content[:1] != _FIRST and content[3:4] == _FIRST:
        # TIFF writers of the other byte order turned it as if it were whole numbers.
        whole = len(content) // 4
        content = struct.pack(f"<{whole}I", *struct.unpack_from(f">{whole}I", content))
    if content[:1] != _FIRST:
        return b""
    blanked = bytearray(content)
    blank_jpegs(blanked)
    return bytes(blanked)


def _resources(content: bytes) -> Iterator[tuple[int, bytes]]:
    """Give code and body of each of Photoshop's resources; what is damaged ends it."""
    at = 0
    while content[at : at + 4] == b"8BIM" and at + 12 <= len(content):
        code, name = struct.unpack_from(">HB", content, at + 4)
        at += 6 + (name + 2) // 2 * 2
        size = int.from_bytes(content[at : at + 4], "big")
        yield code, content[at + 4 : at + 4 + size]
        at += 4 + (size + 1) // 2 * 2


def jpeg_segments(iptc: bytes) -> bytes:
    """Return the segments of a JPEG that hold IPTC records."""
    resource = _resource(iptc)
    segments = b""
    for at in range(0, len(resource), _LONGEST):
        body = PHOTOSHOP + resource[at : at + _LONGEST]
        segments += struct.pack(">HH", 0xFFED, 2 + len(body)) + body
    return segments


def png_text(iptc: bytes) -> tuple[str, str]:
    """Return key and value of the PNG text that holds IPTC records."""
    resource = _resource(iptc)
    digits = resource.hex()
    lines = [digits[at : at + 72] for at in range(0, len(digits), 72)]
    return f"{RAW_PROFILE}iptc", "\n".join(["", "iptc", f"{len(resource):8}", *lines, ""])


def raw_profile(text: str) -> bytes:
    """Return what a PNG text whose key starts with `RAW_PROFILE` holds; b"?" if it is damaged."""
    try:
        return bytes.fromhex("".join(text.split("\n")[3:]))
    except ValueError:
        return b"?"  # which no reader of EXIF, XMP or IPTC takes for one


def _resource(iptc: bytes) -> bytes:
    head = b"8BIM" + struct.pack(">HHI", _IPTC, 0, len(iptc))
    return head + iptc + bytes(len(iptc) % 2)
