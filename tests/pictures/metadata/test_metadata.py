"""What a file says beside its pixels: kept, and made true."""

import io
import struct

import numpy as np
import pytest
from PIL import ExifTags, Image, ImageCms, PngImagePlugin

from deepgin.pictures import Document, provenance_of, read_rgb
from deepgin.pictures.metadata.xmp import provenance_in, with_provenance

from ..builders import UPRIGHT

PROFILE = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
XMP = (
    b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-'
    b'syntax-ns#"><rdf:Description rdf:about="" xmlns:tiff="http://ns.adobe.com/tiff/1.0/" '
    b'tiff:Orientation="6" tiff:Make="M"/></rdf:RDF></x:xmpmeta>'
)


def exif_block(orientation):
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = orientation
    exif[ExifTags.Base.Make] = "Maker"
    exif.get_ifd(ExifTags.IFD.Exif)[0x9003] = "2020:01:02 03:04:05"
    exif.get_ifd(ExifTags.IFD.GPSInfo)[1] = "N"
    return exif.tobytes()


@pytest.mark.parametrize("ending", ["png", "tif", "webp", "jpg", "avif"])
@pytest.mark.parametrize("orientation", UPRIGHT)
def test_eight_orientations(tmp_path, orientation, ending):
    stored = np.zeros((32, 48, 3), np.uint8)
    stored[:8, :16] = 255
    options = {"lossless": True, "exact": True} if ending == "webp" else {"quality": 90}
    Image.fromarray(stored).save(tmp_path / f"in.{ending}", exif=exif_block(orientation), **options)
    document = Document.open(tmp_path / f"in.{ending}")
    document.save(tmp_path / f"out.{ending}")
    with Image.open(tmp_path / f"out.{ending}") as written:
        written_pixels, exif = np.asarray(written), written.getexif()
    for pixels in (
        document.pixels,
        written_pixels,
        np.asarray(read_rgb(tmp_path / f"in.{ending}")),
    ):
        if ending in ("jpg", "avif"):
            pixels = np.where(pixels > 128, 255, 0)
        np.testing.assert_array_equal(pixels, UPRIGHT[orientation](stored))
    assert exif.get(ExifTags.Base.Orientation, 1) == 1
    assert exif[ExifTags.Base.Make] == "Maker"
    assert exif.get_ifd(ExifTags.IFD.Exif)[0x9003] == "2020:01:02 03:04:05"
    assert exif.get_ifd(ExifTags.IFD.GPSInfo)[1] == "N"


@pytest.mark.parametrize("ending", ["png", "jpg", "webp", "tif", "avif"])
def test_profile_and_xmp(tmp_path, ending):
    info = PngImagePlugin.PngInfo()
    info.add_itxt("XML:com.adobe.xmp", XMP)
    options = {"png": {"pnginfo": info}, "tif": {"tiffinfo": {700: XMP}}}.get(ending, {"xmp": XMP})
    options |= {"icc_profile": PROFILE, "exif": exif_block(6)}
    Image.new("RGB", (9, 7)).save(tmp_path / f"in.{ending}", **options)
    for other in ("png", "jpg", "webp", "tif", "avif"):
        Document.open(tmp_path / f"in.{ending}").save(tmp_path / f"out.{other}", overwrite=True)
        with Image.open(tmp_path / f"out.{other}") as written:
            written.load()
            assert written.info["icc_profile"] == PROFILE
            xmp = written.info["xmp"]
        # Of TIFF, Pillow takes it out instead.
        assert xmp == XMP.replace(
            b'tiff:Orientation="6"', b"" if ending == "tif" else b'tiff:Orientation="1"'
        )


def test_resolution_turns_with_the_picture(tmp_path):
    for ending in ("png", "jpg", "tif"):
        image = Image.new("RGB", (9, 7))
        image.save(tmp_path / f"in.{ending}", dpi=(300, 200), exif=exif_block(8))
        Document.open(tmp_path / f"in.{ending}").save(tmp_path / f"out.{ending}")
        with Image.open(tmp_path / f"out.{ending}") as written:
            assert written.info["dpi"] == pytest.approx((200, 300), rel=1e-3)


@pytest.mark.parametrize("ending", ["png", "jpg", "tif"])
def test_no_resolution_is_made_up(tmp_path, ending):
    Image.new("RGB", (9, 7)).save(tmp_path / f"in.{ending}", exif=exif_block(1))
    assert Document.open(tmp_path / f"in.{ending}").metadata.dpi is None


def test_png_texts_and_colours(tmp_path):
    info = PngImagePlugin.PngInfo()
    info.add_text("Title", "a title")
    info.add_text("Author", "Ünïcode €")
    info.add_itxt("Comment", "国", "ja", "コメント")
    info.add_text("Long", "long " * 500, zip=True)
    info.add(b"gAMA", struct.pack(">I", 100000))
    info.add(b"cHRM", struct.pack(">8I", *range(30000, 30008)))
    info.add(b"sRGB", b"\1")
    Image.new("RGB", (9, 7)).save(tmp_path / "in.png", pnginfo=info)
    document = Document.open(tmp_path / "in.png")
    document.save(tmp_path / "out.png")
    with Image.open(tmp_path / "out.png") as written, Image.open(tmp_path / "in.png") as source:
        written.load()
        source.load()
        assert written.text == source.text
        assert (written.text["Comment"].lang, written.text["Comment"].tkey) == ("ja", "コメント")
        for key in ("gamma", "chromaticity", "srgb"):
            assert written.info[key] == source.info[key]


def test_text_after_the_pixels_is_kept(tmp_path):
    Image.new("RGB", (9, 7)).save(tmp_path / "in.png")
    content = (tmp_path / "in.png").read_bytes()
    late = PngImagePlugin.PngInfo()
    late.add_text("Late", "yes")
    file = io.BytesIO()
    PngImagePlugin.putchunk(file, *late.chunks[0][:2])
    (tmp_path / "in.png").write_bytes(content[:-12] + file.getvalue() + content[-12:])
    assert ("Late", "yes") in Document.open(tmp_path / "in.png").metadata.text


def test_exif_in_png_text_is_made_true(tmp_path):
    exif = exif_block(6)[6:]
    info = PngImagePlugin.PngInfo()
    info.add_text("Raw profile type exif", f"\nexif\n{len(exif):8}\n{exif.hex()}\n")
    Image.new("RGB", (9, 7)).save(tmp_path / "in.png", pnginfo=info)
    document = Document.open(tmp_path / "in.png")
    assert document.size == (7, 9)
    document.save(tmp_path / "out.png")
    with Image.open(tmp_path / "out.png") as written:
        written.load()
        assert written.getexif()[ExifTags.Base.Orientation] == 1
        assert written.getexif()[ExifTags.Base.Make] == "Maker"
        assert not written.text


@pytest.mark.parametrize("block", [b"Exif\0\0this is no EXIF", b"Exif\0\0II*\0\xff\xff\0\0"])
def test_damaged_exif_is_said(tmp_path, photo, block):
    Image.fromarray(photo(7, 9)).save(tmp_path / "in.png", exif=block)
    document = Document.open(tmp_path / "in.png")
    assert len(document.notes) == 1
    np.testing.assert_array_equal(document.pixels, photo(7, 9))
    assert document.save(tmp_path / "out.png") == ()


@pytest.mark.parametrize(
    ("ending", "lost"),
    [
        ("bmp", ["EXIF", "XMP", "colour profile", "PNG text"]),
        ("webp", ["resolution", "PNG text"]),
        ("jpg", ["PNG text"]),
        ("png", []),
    ],
)
def test_what_a_format_does_not_keep_is_named(tmp_path, ending, lost):
    info = PngImagePlugin.PngInfo()
    info.add_text("Title", "a title")
    info.add_itxt("XML:com.adobe.xmp", XMP)
    Image.new("RGB", (9, 7)).save(
        tmp_path / "in.png", pnginfo=info, exif=exif_block(1), dpi=(72, 72), icc_profile=PROFILE
    )
    notes = Document.open(tmp_path / "in.png").save(tmp_path / f"out.{ending}")
    (note,) = [note for note in notes if "does not keep" in note] or [""]
    assert [
        part for part in ("EXIF", "XMP", "colour profile", "resolution", "PNG text") if part in note
    ] == lost


def test_exif_too_long_for_jpeg_is_said(tmp_path, photo):
    exif = Image.Exif()
    exif[0x010E] = "long " * 20000
    Image.fromarray(photo(7, 9)).save(tmp_path / "in.png", exif=exif)
    notes = Document.open(tmp_path / "in.png").save(tmp_path / "out.jpg")
    assert len(notes) == 2  # one is of JPEG
    assert Document.open(tmp_path / "out.jpg").metadata.exif == b""


def test_long_xmp_is_kept(tmp_path, photo):
    long = XMP.replace(b'Make="M"', b'Make="' + b"M" * 150000 + b'"')
    info = PngImagePlugin.PngInfo()
    info.add_itxt("XML:com.adobe.xmp", long)
    Image.fromarray(photo(7, 9)).save(tmp_path / "in.png", pnginfo=info)
    document = Document.open(tmp_path / "in.png")
    notes = document.save(tmp_path / "out.jpg", provenance={"n": 1})
    assert not any("XMP" in note for note in notes)
    assert provenance_of(tmp_path / "out.jpg") == {"n": 1}
    assert b'tiff:Make="' + b"M" * 150000 in Document.open(tmp_path / "out.jpg").metadata.xmp


HOW = {"version": "1.0", "weights": 'sha"256', "options": {"fit": "<crop> & é", "n": 3}}


@pytest.mark.parametrize("ending", ["png", "jpg", "webp", "tif", "avif"])
def test_provenance(tmp_path, ending, photo):
    document = Document.of_array(photo(16, 16))
    document.save(tmp_path / f"a.{ending}")
    assert provenance_of(tmp_path / f"a.{ending}") is None
    document.save(tmp_path / f"out.{ending}", provenance=HOW)
    assert provenance_of(tmp_path / f"out.{ending}") == HOW
    # Filled again, it says how it was made last.
    Document.open(tmp_path / f"out.{ending}").save(tmp_path / f"b.{ending}", provenance={"n": 2})
    assert provenance_of(tmp_path / f"b.{ending}") == {"n": 2}
    Document.open(tmp_path / f"out.{ending}").save(tmp_path / f"c.{ending}")
    assert provenance_of(tmp_path / f"c.{ending}") == HOW


def test_provenance_beside_what_was_there():
    packet = with_provenance(XMP, HOW)
    assert b'tiff:Make="M"' in packet
    assert provenance_in(packet) == HOW
    again = with_provenance(packet, {"n": 2})
    assert (provenance_in(again), len(again) < len(packet)) == ({"n": 2}, True)


def test_tags_of_another_files_storage_do_not_reach_a_tiff(tmp_path, photo):
    exif = Image.Exif()
    exif[0x010F], exif[256], exif[322], exif[323], exif[330], exif[513] = "Maker", 3, 8, 8, 99, 99
    Image.fromarray(photo(7, 9)).save(tmp_path / "in.png", exif=exif)
    Document.open(tmp_path / "in.png").save(tmp_path / "out.tif")
    np.testing.assert_array_equal(Document.open(tmp_path / "out.tif").pixels, photo(7, 9))
    with Image.open(tmp_path / "out.tif") as written:
        assert written.getexif()[0x010F] == "Maker"
        assert not {322, 323, 330, 513} & set(written.getexif())
