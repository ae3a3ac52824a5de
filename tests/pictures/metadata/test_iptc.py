"""IPTC from and to JPEG, PNG and TIFF."""

import io
import struct

import pytest
from PIL import Image, IptcImagePlugin, PngImagePlugin, TiffImagePlugin

from deepgin.pictures import Document
from deepgin.pictures.metadata.iptc import jpeg_segments, png_text, true_iptc

from ..builders import PREVIEW


def record(number, value):
    return b"\x1c\2" + struct.pack(">BH", number, len(value)) + value


RECORDS = record(120, "Ein Bild, größer".encode()) + record(25, b"one") + record(25, b"two")
CAPTION = "Ein Bild, größer".encode()


def resource(code, body, name=b""):
    name = bytes([len(name)]) + name
    head = b"8BIM" + struct.pack(">H", code) + name + bytes(len(name) % 2)
    return head + struct.pack(">I", len(body)) + body + bytes(len(body) % 2)


RESOURCES = (
    resource(1036, bytes(28) + PREVIEW) + resource(0x0404, RECORDS, b"odd") + resource(1005, b"x")
)


def write(path, form):
    """Write a picture with `RECORDS` in one of the forms that files have."""
    image = Image.new("RGB", (9, 7))
    if form == "jpeg":
        image.save(path, "JPEG", extra=jpeg_segments(RECORDS))
    elif form == "photoshop":
        body = b"Photoshop 3.0\0" + RESOURCES
        image.save(path, "JPEG", extra=struct.pack(">HH", 0xFFED, len(body) + 2) + body)
    elif form in ("png", "png8bim", "pngraw"):
        key, text = png_text(RECORDS)
        if form == "pngraw":
            text = f"\niptc\n{len(RECORDS):8}\n{RECORDS.hex()}\n"
        info = PngImagePlugin.PngInfo()
        info.add_text("Raw profile type 8bim" if form == "png8bim" else key, text)
        image.save(path, "PNG", pnginfo=info)
    else:
        tags = TiffImagePlugin.ImageFileDirectory_v2()
        if form == "photoshop tiff":
            tags.tagtype[34377], tags[34377] = 1, RESOURCES
        else:
            records = RECORDS + bytes(-len(RECORDS) % 4)
            if form == "long, turned":
                turned = struct.unpack(f">{len(records) // 4}I", records)
                records = struct.pack(f"<{len(turned)}I", *turned)
            tags.tagtype[33723], tags[33723] = 7, records
        image.save(path, "TIFF", tiffinfo=tags)
        if form.startswith("long"):
            told = struct.pack("<HHI", 33723, 7, len(records))
            as_long = struct.pack("<HHI", 33723, 4, len(records) // 4)
            path.write_bytes(path.read_bytes().replace(told, as_long))


FORMS = ["jpeg", "photoshop", "png", "png8bim", "pngraw", "undefined", "long", "long, turned"]


@pytest.mark.parametrize("form", [*FORMS, "photoshop tiff"])
def test_iptc_is_kept(tmp_path, form):
    write(tmp_path / "in", form)
    document = Document.open(tmp_path / "in")
    assert document.metadata.iptc.rstrip(b"\0") == RECORDS
    for ending in ("jpg", "png", "tif"):
        notes = document.save(tmp_path / f"out.{ending}")
        assert not any("IPTC" in note for note in notes)
        again = Document.open(tmp_path / f"out.{ending}")
        assert again.metadata.iptc == document.metadata.iptc
        assert PREVIEW not in (tmp_path / f"out.{ending}").read_bytes()
    for ending in ("jpg", "tif"):
        with Image.open(tmp_path / f"out.{ending}") as image:
            told = IptcImagePlugin.getiptcinfo(image)
            assert (told[2, 120], told[2, 25]) == (CAPTION, [b"one", b"two"])
    assert any("IPTC" in note for note in document.save(tmp_path / "out.webp"))


def test_previews_in_records():
    records = RECORDS + record(202, PREVIEW)
    assert true_iptc(records) == records.replace(PREVIEW, bytes(len(PREVIEW)))


def test_long_records_take_several_segments():
    records = RECORDS + record(202, b"x" * 30000) * 5
    file = io.BytesIO()
    Image.new("L", (4, 4)).save(file, "JPEG", extra=jpeg_segments(records))
    with Image.open(file) as image:
        parts = [body for name, body in image.applist if name == "APP13"]
    assert len(parts) == 3
    assert true_iptc(b"".join(part[14:] for part in parts)) == records


@pytest.mark.parametrize("content", [b"", b"no IPTC", b"8BIM", b"8BIM\4\4\0", RESOURCES[:20]])
def test_no_records(content):
    assert true_iptc(content) == b""


@pytest.mark.parametrize(("kind", "name"), [("exif", "EXIF"), ("xmp", "XMP")])
def test_damaged_profiles_have_a_note(tmp_path, kind, name):
    info = PngImagePlugin.PngInfo()
    info.add_text(f"Raw profile type {kind}", f"\n{kind}\n   2\nzz\n")
    Image.new("RGB", (9, 7)).save(tmp_path / "in.png", pnginfo=info)
    (note,) = Document.open(tmp_path / "in.png").notes
    assert name in note


@pytest.mark.parametrize(
    ("comment", "text"),
    [(b"a comment\0", "a comment"), ("größer".encode(), "größer"), (b"gr\xf6\xdfer", "größer")],
)
def test_a_comment_becomes_png_text(tmp_path, comment, text):
    Image.new("RGB", (9, 7)).save(tmp_path / "in.jpg", comment=comment)
    document = Document.open(tmp_path / "in.jpg")
    assert document.save(tmp_path / "out.png") == ()
    with Image.open(tmp_path / "out.png") as written:
        assert written.text == {"Comment": text}
    assert any("comment" in note for note in document.save(tmp_path / "out.tif"))
