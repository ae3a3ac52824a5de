"""XMP says nothing of parts that are gone; what goes is said."""

import base64
import hashlib
import struct

import pytest
from PIL import Image

from deepgin.pictures import Document
from deepgin.pictures.metadata.xmp import true_xmp, xmp_of_size

from ..builders import PREVIEW

GOOGLE = "http://ns.google.com/photos/1.0/"
KEPT = 'xmlns:dc="http://purl.org/dc/elements/1.1/" dc:format="image/jpeg"'
HDR = 'xmlns:hdrgm="http://ns.adobe.com/hdr-gain-map/1.0/"'
CONTAINER = f'xmlns:C="{GOOGLE}container/" xmlns:Item="{GOOGLE}container/item/"'
CAMERA = f'xmlns:GCamera="{GOOGLE}camera/"'
DEPTH = f'xmlns:GDepth="{GOOGLE}depthmap/" xmlns:GImage="{GOOGLE}image/"'
THUMBS = 'xmlns:xmp="http://ns.adobe.com/xap/1.0/" xmlns:g="http://ns.adobe.com/xap/1.0/g/img/"'
OLD = base64.b64encode(PREVIEW).decode()


def packet(attributes="", inner=""):
    return (
        '<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>'
        '<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF '
        'xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
        f'<rdf:Description rdf:about="" {KEPT} {attributes}>{inner}</rdf:Description>'
        '</rdf:RDF></x:xmpmeta>  <?xpacket end="w"?>'
    ).encode()


def items(*semantics, element=False):
    items = "".join(
        f"<rdf:li><C:Item><Item:Semantic>{name}</Item:Semantic></C:Item></rdf:li>"
        if element
        else f'<rdf:li rdf:parseType="Resource"><C:Item Item:Semantic="{name}"/></rdf:li>'
        for name in semantics
    )
    return f"<C:Directory><rdf:Seq>{items}</rdf:Seq></C:Directory>"


@pytest.mark.parametrize(
    ("attributes", "inner", "parts", "gone"),
    [
        (f'{HDR} hdrgm:Version="1.0"', "", ("HDR gain map",), "hdr-gain"),
        (HDR, "<hdrgm:Version>1.0</hdrgm:Version>", ("HDR gain map",), "hdr-gain"),
        (HDR.replace(":hdrgm", ":h") + ' h:Version="1"', "", ("HDR gain map",), "Version"),
        (CONTAINER, items("Primary", "GainMap"), ("HDR gain map",), "container"),
        (CONTAINER, items("Primary", "MotionPhoto", element=True), ("video",), "container"),
        (CONTAINER, items("Primary", "Depth", "Other"), ("depth map", "further picture"), "Item"),
        (f'{CAMERA} GCamera:MotionPhoto="1" GCamera:MotionPhotoVersion="1"', "", ("video",), ":Mo"),
        (CAMERA, "<GCamera:MicroVideoOffset>99</GCamera:MicroVideoOffset>", ("video",), "Micro"),
        (f'{CAMERA} GCamera:MotionPhoto="0"', "", (), "MotionPhoto"),
        (f'{DEPTH} GDepth:Format="RangeLinear"', "", ("depth map",), "RangeLinear"),
        (f'{DEPTH} GImage:Data="{OLD}"', "", ("further picture",), OLD),
        (THUMBS, f"<xmp:Thumbnails><g:image>{OLD}</g:image></xmp:Thumbnails>", (), "Thumbnails"),
        (THUMBS, f"<xmp:Page>\n<g:image>{OLD[:60]}</g:image></xmp:Page>", (), "g:image"),
        (f'{THUMBS} xmp:Own="{OLD}"', "", (), OLD),
        (THUMBS, f"<xmp:Own> {OLD[:80]}\n{OLD[80:]}\n</xmp:Own>", (), OLD[80:]),
    ],
)
def test_xmp_are_dropped(attributes, inner, parts, gone):
    before = packet(attributes, inner)
    assert gone.encode() in before
    xmp, named = true_xmp(before)
    assert named == parts
    assert gone.encode() not in xmp
    assert b'dc:format="image/jpeg"' in xmp
    assert true_xmp(xmp) == (xmp, ())


@pytest.mark.parametrize(
    "xmp", [packet(), packet(f'{CAMERA} GCamera:BurstID="b"') + b"\0", b"", b"<a/>"]
)
def test_what_is_true_stays_byte_by_byte(xmp):
    assert true_xmp(xmp) == (xmp, ())


def test_orientation_as_an_element():
    xmp = packet('xmlns:tiff="t"', "<tiff:Orientation>8</tiff:Orientation>")
    assert true_xmp(xmp)[0] == xmp.replace(b">8<", b">1<")
    assert true_xmp(xmp, upright=False)[0] == xmp


def test_another_size():
    stated = (
        'tiff:ImageWidth="{0}" exif:PixelYDimension = \'{1}\' tiff:XResolution="640"'
        "<tiff:ImageLength>{1}</tiff:ImageLength><exif:PixelXDimension> {0}</exif:PixelXDimension>"
    )
    after = xmp_of_size(stated.format(640, 480).encode(), (700, 500))
    assert after.decode() == stated.format(700, 500)


def test_utf_16():
    xmp = true_xmp(packet(f'{HDR} hdrgm:Version="1.0"').decode().encode("utf-16"))[0]
    assert b'dc:format="image/jpeg"' in xmp
    assert b"hdrgm" not in xmp


@pytest.mark.parametrize(
    "xmp",
    [
        b"no XML",
        packet()[:-60],
        packet("unbound:name='1'"),
        b"<!DOCTYPE a [<!ENTITY b 'c'>]><a>&b;</a>",
        b"<a>" * 5000 + b"</a>" * 5000,
    ],
)
def test_damaged_packets(xmp, tmp_path):
    with pytest.raises(ValueError, match="XMP"):
        true_xmp(xmp)
    Image.new("L", (4, 4)).save(tmp_path / "in.jpg", xmp=xmp)
    document = Document.open(tmp_path / "in.jpg")
    assert (document.metadata.xmp, len(document.notes)) == (b"", 1)


def extended_jpeg(path, extended, *, told=None, lost=0):
    """A JPEG whose XMP goes on in segments of 50 bytes, in disorder; `lost` of them missing."""
    name = hashlib.md5(extended).hexdigest().upper()
    segments = [
        b"http://ns.adobe.com/xmp/extension/\0"
        + name.encode()
        + struct.pack(">II", len(extended), at)
        + extended[at : at + 50]
        for at in range(0, len(extended), 50)
    ][::-1]
    extra = b"".join(struct.pack(">HH", 0xFFE1, 2 + len(s)) + s for s in segments[lost:])
    note = f'xmlns:xmpNote="http://ns.adobe.com/xmp/note/" xmpNote:HasExtendedXMP="{told or name}"'
    Image.new("L", (4, 4)).save(path, xmp=packet(note), extra=extra)


def test_extended_xmp_is_merged(tmp_path):
    extended = packet('e:Long="value"', f"<e:Own>{OLD}</e:Own>")
    extended_jpeg(tmp_path / "in.jpg", extended.replace(b"xmlns:x=", b'xmlns:e="urn:e" xmlns:x='))
    xmp = Document.open(tmp_path / "in.jpg").metadata.xmp
    assert b'e:Long="value"' in xmp
    assert b"HasExtendedXMP" not in xmp
    assert OLD.encode()[:40] not in xmp
    assert true_xmp(xmp) == (xmp, ())


@pytest.mark.parametrize("options", [{"lost": 1}, {"told": "0" * 32}])
def test_missing_extended_xmp_is_said(tmp_path, options):
    extended_jpeg(tmp_path / "in.jpg", packet('xmlns:e="urn:e" e:Long="value"'), **options)
    document = Document.open(tmp_path / "in.jpg")
    assert any("extended XMP" in note for note in document.notes)
    assert b'dc:format="image/jpeg"' in document.metadata.xmp
    assert b"HasExtendedXMP" not in document.metadata.xmp
