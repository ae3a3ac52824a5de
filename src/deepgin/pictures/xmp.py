"""XMP packets: made upright, and carrying how a picture was made. Nothing of files."""

import json
import re
from html import escape, unescape
from typing import Any

NAMESPACE = "https://deepgin.invalid/provenance/1.0/"

_ORIENTATIONS = (
    re.compile(rb"(tiff:Orientation\s*=\s*['\"])[0-9]+"),
    re.compile(rb"(<tiff:Orientation>\s*)[0-9]+"),
)
_THUMBNAILS = re.compile(rb"<(\w+):Thumbnails\b.*?</\1:Thumbnails>", re.DOTALL)
_OURS = re.compile(
    rb"<rdf:Description [^>]*xmlns:deepgin=[^>]*>.*?</rdf:Description>\n?", re.DOTALL
)
_TOLD = re.compile(rb"<deepgin:provenance>(.*?)</deepgin:provenance>", re.DOTALL)
_EMPTY = (
    b'<?xpacket begin="\xef\xbb\xbf" id="W5M0MpCehiHzreSzNTczkc9d"?>\n'
    b'<x:xmpmeta xmlns:x="adobe:ns:meta/">\n'
    b'<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">\n'
    b'</rdf:RDF>\n</x:xmpmeta>\n<?xpacket end="w"?>'
)


def true_xmp(xmp: bytes, *, upright: bool = True) -> bytes:
    """Return a packet without thumbnails and, if `upright`, with orientation 1."""
    xmp = _THUMBNAILS.sub(b"", xmp)
    for pattern in _ORIENTATIONS if upright else ():
        xmp = pattern.sub(rb"\g<1>1", xmp)
    return xmp


def with_provenance(xmp: bytes, provenance: dict[str, Any]) -> bytes:
    """Return a packet that says how the picture was made, beside all that it said before."""
    told = escape(json.dumps(provenance, ensure_ascii=False, sort_keys=True)).encode()
    ours = (
        b'<rdf:Description rdf:about="" xmlns:deepgin="' + NAMESPACE.encode() + b'">'
        b"<deepgin:provenance>" + told + b"</deepgin:provenance></rdf:Description>\n"
    )
    packet = _OURS.sub(b"", xmp)
    if b"</rdf:RDF>" not in packet:
        packet = _EMPTY
    head, end, tail = packet.rpartition(b"</rdf:RDF>")
    return head + ours + end + tail


def provenance_in(xmp: bytes) -> dict[str, Any] | None:
    """Return what `with_provenance` wrote, or None."""
    found = _TOLD.search(xmp)
    if not found:
        return None
    told: dict[str, Any] = json.loads(unescape(found[1].decode()))
    return told
