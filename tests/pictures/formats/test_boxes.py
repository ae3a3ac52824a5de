"""What AVIF says in its boxes: the codes of colours, and what of the pixels is to be seen."""

import struct

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from deepgin.pictures import Document, read_mask
from deepgin.pictures.formats.boxes import clean_aperture, codes, properties


def box(kind, body):
    return struct.pack(">I4s", 8 + len(body), kind) + body


def meta(*held, indices, item=1):
    ipma = struct.pack(">IIHB", 0, 1, item, len(indices)) + bytes(indices)
    iprp = box(b"iprp", box(b"ipco", b"".join(held)) + box(b"ipma", ipma))
    return box(b"ftyp", b"avifxxxx") + box(
        b"meta", bytes(4) + box(b"pitm", struct.pack(">IH", 0, 1)) + iprp
    )


CLAP = box(b"clap", struct.pack(">4IiIiI", 6, 1, 4, 1, 2, 2, 0, 1))
NCLX = box(b"colr", b"nclx" + struct.pack(">HHHB", 9, 16, 9, 128))


def test_properties_of_the_primary_picture():
    found = properties(meta(NCLX, CLAP, indices=[0x81, 2]))
    assert codes(found) == (9, 16)
    assert clean_aperture(found, (10, 8)) == (3, 2, 9, 6)
    assert properties(meta(NCLX, CLAP, indices=[1, 2], item=2)) == []
    assert codes(properties(meta(NCLX, box(b"colr", b"prof"), indices=[1, 2]))) is None


@given(st.integers(0, 200), st.integers(0, 255))
@settings(max_examples=100)
def test_damaged_boxes_do_no_harm(at, value):
    content = bytearray(meta(NCLX, CLAP, indices=[1, 2]))
    content[at % len(content)] = value
    found = properties(bytes(content))
    left, top, right, bottom = clean_aperture(found, (10, 8))
    assert 0 <= left < right <= 10
    assert 0 <= top < bottom <= 8
    codes(found)
    properties(bytes(content[:at]))


def with_properties(content, *added):
    """Give an AVIF as Pillow writes it more properties."""
    boxes, more = b"".join(added), len(added)
    content, grown = bytearray(content), len(boxes) + more
    start = content.index(b"mdat") + 4
    struct.pack_into(">I", content, content.index(struct.pack(">I", start)), start + grown)
    for name, by in ((b"meta", grown), (b"iprp", grown), (b"ipco", len(boxes)), (b"ipma", more)):
        at = content.index(name) - 4
        struct.pack_into(">I", content, at, struct.unpack_from(">I", content, at)[0] + by)
    # Readers must know what changes the picture, and may pass over the rest.
    needed = [added[i][4:8] in (b"clap", b"irot") for i in range(more)]
    indices = bytes(5 + i + 128 * needed[i] for i in range(more))
    content = content.replace(b"\4\1\2\x83\4", bytes([4 + more]) + b"\1\2\x83\4" + indices)
    end = content.index(b"colrnclx") + 15
    return bytes(content[:end] + boxes + content[end:])


@pytest.mark.parametrize("turned", [False, True])
def test_clean_aperture(tmp_path, turned):
    stored = np.zeros((24, 32, 3), np.uint8)
    stored[4:12, 8:20] = 255
    path = tmp_path / "in.avif"
    Image.fromarray(stored).save(path, quality=100)
    clap = box(b"clap", struct.pack(">4IiIiI", 12, 1, 8, 1, -2, 1, -4, 1))
    added = (clap, box(b"irot", b"\3")) if turned else (clap,)
    path.write_bytes(with_properties(path.read_bytes(), *added))
    found, size = Document.open(path), (8, 12) if turned else (12, 8)
    assert found.size == size
    assert found.rgb().min() > 200
    assert read_mask(path).shape == size[::-1]
    assert read_mask(path).all()


def test_light_goes_to_png(tmp_path):
    Image.new("RGB", (16, 16)).save(tmp_path / "in.avif")
    display = struct.pack(">8H2I", 1, 2, 3, 4, 5, 6, 7, 8, 9, 10)
    boxes = [box(b"mdcv", display), box(b"clli", struct.pack(">HH", 1000, 400))]
    content = with_properties((tmp_path / "in.avif").read_bytes(), *boxes)
    (tmp_path / "in.avif").write_bytes(content)
    found = Document.open(tmp_path / "in.avif")
    assert len(found.save(tmp_path / "out.avif")) == 2  # not exact, and without them
    assert found.save(tmp_path / "out.png") == ()
    told = dict(Document.open(tmp_path / "out.png").metadata.colour_chunks)
    assert struct.unpack(">8H2I", told[b"mDCV"]) == (5, 6, 1, 2, 3, 4, 7, 8, 9, 10)
    assert struct.unpack(">II", told[b"cLLI"]) == (10_000_000, 4_000_000)
