"""What a file holds beside its picture: a TIFF's tags as they were, and notes of other parts."""

import io
import struct
from dataclasses import replace

import numpy as np
import pytest
from PIL import ExifTags, Image, TiffImagePlugin

from deepgin.pictures import Document
from deepgin.pictures.formats.tiff import Tag, laid, numbers
from deepgin.pictures.metadata import Metadata
from deepgin.pictures.metadata.exif import ExifAsItIs, true_exif
from deepgin.pictures.metadata.facts import facts_of

from ..builders import PREVIEW
from .test_xmp import HDR, packet

TEXT = "© größer 国\0".encode()
VIDEO = b"\0\0\0\x18ftypmp42\0\0\0\0mp42isom" + b"\1\2\3" * 99


def exif_block(order):
    """EXIF with text outside ASCII, Windows' tags, a comment, rationals, and a maker's note."""
    inner = {
        0x9286: Tag(7, b"UNICODE\0" + "größer".encode("utf-16-le")),
        0x927C: Tag(7, b"Maker\0\1\2"),
        0x829A: numbers(order, 5, 10, 600),
        0xA430: Tag(2, TEXT),
    }
    block = (b"II*\0" if order == "<" else b"MM\0*") + bytes(4)
    block += laid(order, inner, 8)
    first = {
        0x8769: numbers(order, 4, 8),
        0x0112: numbers(order, 3, 6),
        0x8298: Tag(2, TEXT),
        0x9C9C: Tag(1, "größer".encode("utf-16-le")),
        0xC000: Tag(10, struct.pack(order + "ii", -3, 7)),
    }
    at = len(block)
    return block[:4] + struct.pack(order + "I", at) + block[8:] + laid(order, first, at)


def as_stored(exif):
    """Return the values of an EXIF block, as bytes, by tag."""
    folder = TiffImagePlugin.ImageFileDirectory_v2(exif[:8])
    file = io.BytesIO(exif)
    file.seek(folder.next)
    folder.load(file)
    tags = {tag: (folder.tagtype[tag], data) for tag, data in folder._tagdata.items()}
    if 0x8769 in tags:
        file.seek(folder[0x8769])
        folder.load(file)
        tags |= {tag: (folder.tagtype[tag], data) for tag, data in folder._tagdata.items()}
    return tags


@pytest.mark.parametrize("order", "<>")
def test_all_tags_stay_as_they_were(tmp_path, order):
    block = exif_block(order)
    image, exif = Image.new("RGB", (9, 7)), b"Exif\0\0" + block
    image.save(tmp_path / "in.jpg", exif=exif)
    image.save(tmp_path / "in.avif", exif=ExifAsItIs(exif))
    expected = as_stored(block)
    Document.open(tmp_path / "in.jpg").save(tmp_path / "from.tif")
    for first in ("in.jpg", "in.avif", "from.tif"):
        for ending in ("jpg", "png", "webp", "tif", "avif"):
            out = tmp_path / f"out.{ending}"
            Document.open(tmp_path / first).save(out, overwrite=True)
            if ending == "tif":
                written = as_stored(out.read_bytes())
            else:
                with Image.open(out) as image:
                    written = as_stored(image.info["exif"].removeprefix(b"Exif\0\0"))
            for tag in expected.keys() - {0x0112, 0x8769}:
                assert written[tag] == expected[tag], (first, ending, hex(tag))
            assert Document.open(out).size == (7, 9)


@pytest.mark.parametrize("order", "<>")
@pytest.mark.parametrize("mode", ["L", "RGB", "I;16", "RGB;16"])
def test_a_tiff_of_either_byte_order_holds_the_same_pixels(tmp_path, order, mode):
    exif = b"Exif\0\0" + exif_block(order)
    shape = (7, 9, 3) if mode.startswith("RGB") else (7, 9)
    kind = np.uint16 if mode.endswith("16") else np.uint8
    pixels = np.random.default_rng(0).integers(0, np.iinfo(kind).max, shape, kind)
    metadata = Metadata(exif=true_exif(exif))
    replace(Document.of_array(pixels), metadata=metadata).save(tmp_path / "out.tif")
    assert (tmp_path / "out.tif").read_bytes()[:2] == (b"II" if order == "<" else b"MM")
    np.testing.assert_array_equal(Document.open(tmp_path / "out.tif").pixels, pixels)


def test_a_big_tiff(tmp_path):
    tags = TiffImagePlugin.ImageFileDirectory_v2()
    tags[0x010F] = "Maker"
    tags[0x8769] = {0x9286: b"a comment"}
    image = Image.new("RGB", (9, 7))
    image.save(tmp_path / "in.tif", tiffinfo=tags, big_tiff=True)
    Document.open(tmp_path / "in.tif").save(tmp_path / "out.png")
    with Image.open(tmp_path / "out.png") as written:
        assert written.getexif()[0x010F] == "Maker"
        assert written.getexif().get_ifd(ExifTags.IFD.Exif)[0x9286] == b"a comment"


def test_a_tiff_that_was_decoded_before(tmp_path):
    exif = Image.Exif()
    exif[0x010F] = "Maker"
    Image.new("RGB", (9, 7)).save(tmp_path / "in.tif", exif=exif)
    with Image.open(tmp_path / "in.tif") as image:
        image.load()
        assert Document.of(image).image().getexif()[0x010F] == "Maker"


def jpeg_with(tail, **options):
    file = io.BytesIO()
    Image.new("RGB", (9, 7)).save(file, "JPEG", **options)
    return file.getvalue() + tail


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (jpeg_with(b""), ""),
        (jpeg_with(b"\0\0\xff"), ""),
        (jpeg_with(b"\xff\xd9"), ""),
        (jpeg_with(VIDEO), "video"),
        (jpeg_with(b"MotionPhoto_Data" + VIDEO + b"SEFT"), "video"),
        (jpeg_with(PREVIEW), "further picture"),
        (jpeg_with(b"DualShot_DepthMap_1" + bytes(99)), "depth map"),
        (jpeg_with(b"a few"), ""),
        (jpeg_with(b"anything else" * 9), "data behind the picture"),
        (jpeg_with(PREVIEW, xmp=packet(f'{HDR} hdrgm:Version="1.0"')), "HDR gain map"),
        (jpeg_with(jpeg_with(VIDEO, xmp=packet(HDR))), "HDR gain map, video"),
        (jpeg_with(b"", extra=b"\xff\xe2\0\x1eurn:iso:std:iso:ts:21496:-1\0"), "HDR gain map"),
    ],
)
def test_what_follows_a_jpeg_is_named(tmp_path, content, said):
    (tmp_path / "in.jpg").write_bytes(content)
    document = Document.open(tmp_path / "in.jpg")
    assert [note.partition("not kept: ")[2] for note in document.notes] == ([said] if said else [])
    document.save(tmp_path / "out.jpg")
    assert Document.open(tmp_path / "out.jpg").notes == ()


@pytest.mark.parametrize("kind", ["GIF", "PNG", "WEBP", "TIFF", "AVIF", "MPO"])
def test_first_of_several_pictures(tmp_path, kind):
    first, second = (Image.new("RGB", (16, 12), colour) for colour in ("red", "blue"))
    first.save(tmp_path / "in", kind, save_all=True, append_images=[second])
    document = Document.open(tmp_path / "in")
    assert sum("first of its 2 pictures" in note for note in document.notes) == 1
    assert (document.size, document.format) == ((16, 12), kind)
    assert np.abs(document.rgb().astype(int) - (255, 0, 0)).max() < 10


HEIC = b"\0\0\0\x10ftypheic\0\0\0\0"
AUX = "urn:com:apple:photo:2020:aux:"


@pytest.mark.parametrize(
    ("kind", "boxes", "info", "parts"),
    [
        ("HEIF", HEIC, {}, set()),
        ("HEIF", HEIC + b"\0\0\0\x10mpvdabcdefgh", {}, {"video"}),
        ("HEIF", HEIC, {"aux": {AUX + "hdrgainmap": [2]}}, {"HDR gain map"}),
        ("HEIF", HEIC, {"aux": {AUX + "portraiteffectsmatte": [2]}}, {"auxiliary picture"}),
        ("HEIF", HEIC, {"depth_images": ["one"]}, {"depth map"}),
        ("AVIF", b"\0\0\0\x14ftypavif\0\0\0\0tmap", {}, {"HDR gain map"}),
    ],
)
def test_parts_in_boxes(kind, boxes, info, parts):
    image = Image.new("RGB", (9, 7))
    image.format, image.info, image.fp = kind, info, io.BytesIO(boxes)
    assert facts_of(image).parts == parts
