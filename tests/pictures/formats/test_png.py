"""Chunks of PNG, and what other formats have in their place."""

import io
import struct

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, PngImagePlugin

from deepgin.errors import PictureError
from deepgin.pictures import Document

from ..builders import chunk, chunks_of, whole_png
from ..test_fitting import CICP, GAMMA, LIGHT, WIDE, kept_to, png


@pytest.mark.parametrize("deep", [False, True])
def test_png_keeps_its_chunks(tmp_path, photo, deep):
    own = [CICP, *LIGHT, GAMMA, WIDE, (b"sBIT", bytes([5, 6, 5]))]
    own.append((b"pHYs", struct.pack(">IIB", 2, 1, 0)))
    path = png(tmp_path / "in.png", Image.fromarray(photo(5, 6)), *own)
    if deep:
        Document.of_array(photo(5, 6).astype(np.uint16) * 257).save(path, overwrite=True)
        content = path.read_bytes()
        path.write_bytes(content[:33] + b"".join(chunk(*c) for c in own) + content[33:])
    document = Document.open(path)
    assert document.save(tmp_path / "out.png") == ()
    written = chunks_of(tmp_path / "out.png")
    names = [name for name, _ in written]
    for one in own:
        assert one in written
        assert names.index(one[0]) < names.index(b"IDAT")
        assert names.count(one[0]) == 1
    np.testing.assert_array_equal(Document.open(tmp_path / "out.png").pixels, document.pixels)


@pytest.mark.parametrize(
    ("mode", "bits", "expected"),
    [("L", 3, b"\3\x08"), ("P", 5, b"\5\5\5\x08"), ("RGB", 5, b"\5\5\5\x08")],
)
def test_significant_bits_follow_the_channels(tmp_path, mode, bits, expected):
    image = Image.new("RGB", (4, 3), (9, 9, 9)).convert(mode)
    key = {"L": b"\0\x09", "RGB": b"\0\x09" * 3, "P": b"\0"}[mode]
    file = io.BytesIO()
    image.save(file, "PNG")
    content = file.getvalue()
    at = content.index(b"IDAT") - 4  # after the palette
    body = bytes([bits]) * (1 if mode == "L" else 3)
    extra = chunk(b"tRNS", key)
    path = tmp_path / "in.png"
    path.write_bytes(content[:33] + chunk(b"sBIT", body) + content[33:at] + extra + content[at:])
    Document.open(path).save(tmp_path / "out.png")
    assert dict(chunks_of(tmp_path / "out.png"))[b"sBIT"] == expected


@given(
    st.binary(max_size=40), st.sampled_from([b"gAMA", b"cHRM", b"cICP", b"sBIT", b"cLLI", b"pHYs"])
)
@settings(max_examples=40, deadline=None)
def test_damaged_chunks_do_no_harm(tmp_path_factory, body, name):
    folder = tmp_path_factory.mktemp("png")
    path = png(folder / "in.png", Image.new("RGB", (4, 4)), (name, body))
    try:
        document = Document.open(path)
    except PictureError:
        return
    document.save(folder / "out.webp")
    document.save(folder / "out.png")
    Document.open(folder / "out.png")


def test_pixel_aspect(tmp_path, photo):
    own = (b"pHYs", struct.pack(">IIB", 2, 1, 0))
    path = png(tmp_path / "in.png", Image.fromarray(photo(16, 16)), own)
    for ending in ("png", "jpg", "tif"):
        found, notes = kept_to(tmp_path, path, ending)
        assert (found.metadata.aspect, found.metadata.dpi, notes) == ((2, 1), None, [])
    with Image.open(tmp_path / "out.jpg") as written:
        assert (written.info["jfif_unit"], written.info["jfif_density"]) == (0, (2, 1))
    Document.open(tmp_path / "out.jpg").save(tmp_path / "again.jpg")
    assert Document.open(tmp_path / "again.jpg").metadata.aspect == (2, 1)
    assert len(kept_to(tmp_path, path, "webp")[1]) == 1
    exif = Image.Exif()
    exif[274] = 6
    png(path, Image.fromarray(photo(16, 16)), own, exif=exif)
    assert Document.open(path).metadata.aspect == (1, 2)


def test_repeated_texts(tmp_path):
    info = PngImagePlugin.PngInfo()
    info.add_text("Comment", "one")
    info.add_text("Author", "é", zip=True)
    info.add_text("Comment", "two")
    info.add_itxt("Comment", "δύο", "el", "Σχόλιο")
    path = tmp_path / "in.png"
    Image.new("L", (4, 4)).save(path, pnginfo=info)
    found, _ = kept_to(tmp_path, path, "png")
    expected = (("Comment", "one"), ("Author", "é"), ("Comment", "two"), ("Comment", "δύο"))
    assert found.metadata.text == expected
    assert found.metadata.text[3][1].lang == "el"


@pytest.mark.parametrize("bits", [1, 2, 4, 8, 16])
def test_one_transparent_grey(tmp_path, bits):
    most = 2**bits - 1
    values = np.arange(64) % (most + 1) if bits < 8 else np.arange(64) * (most // 63)
    key = int(values[1])
    # A row is whole bytes for every depth.
    packed = np.packbits((values[:, None] >> np.arange(bits - 1, -1, -1)) & 1).tobytes()
    path = tmp_path / "in.png"
    hidden = (b"tRNS", struct.pack(">H", key))
    path.write_bytes(whole_png((64, 1, bits, 0), b"\0" + packed, hidden))
    found = Document.open(path)
    full = 65535 if bits == 16 else 255
    np.testing.assert_array_equal(found.pixels[0, :, 1], np.where(values == key, 0, full))
    np.testing.assert_array_equal(found.pixels[0, :, 0], values * full // most)


def bmp(mask):
    head = struct.pack("<IiiHHIIiiII", 56, 2, 2, 1, 16, 3, 8, 0, 0, 0, 0)
    head += struct.pack("<4I", 0x7C00, 0x3E0, 0x1F, mask)
    body = struct.pack("<4H", 0xFFFF, 0x7C00, 0x3E0, 0x1F)
    return struct.pack("<2sIHHI", b"BM", 14 + 56 + 8, 0, 0, 14 + 56) + head + body


def test_alpha_of_bmp_is_said(tmp_path):
    for mask, count in ((0x8000, 1), (0, 0)):
        (tmp_path / "in.bmp").write_bytes(bmp(mask))
        assert len(Document.open(tmp_path / "in.bmp").notes) == count
