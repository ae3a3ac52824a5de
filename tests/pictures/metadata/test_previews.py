"""Previews of the old picture inside other blocks: blanked in place, all else as it was."""

import struct

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import ExifTags, Image

from deepgin.pictures import Document
from deepgin.pictures.metadata.exif import true_exif
from deepgin.pictures.metadata.previews import blank_jpegs

from ..builders import PREVIEW, jpeg_of_noise

OTHER = jpeg_of_noise(2, progressive=True)
HEAD, BETWEEN, REST = b"Maker\0\1\2\3", b"-between-", b"-the rest of the note-"


def pieces(content, step=24):
    return {content[at : at + step] for at in range(0, len(content) - step, step)}


def exif_with(note, order=">", odd=False):
    """An EXIF block whose second folder has a maker note and, behind it, a comment."""
    pack = lambda form, *values: struct.pack(order + form, *values)
    comment = b"ASCII\0\0\0what was said"
    at = 8 + 18 + 30 + odd
    second = [(0x927C, 7, len(note), at), (0x9286, 7, len(comment), at + len(note))]
    return (
        (b"II*\0" if order == "<" else b"MM\0*")
        + pack("I", 8)
        + pack("HHHII", 1, 0x8769, 4, 1, 26)
        + pack("I", 0)
        + pack("H", 2)
        + b"".join(pack("HHII", *entry) for entry in second)
        + bytes(4 + odd)
        + note
        + comment
    )


@pytest.mark.parametrize("order", "<>")
@pytest.mark.parametrize("odd", [False, True])
@pytest.mark.parametrize("nested", [False, True])
def test_previews_in_a_makers_note(order, odd, nested):
    preview = jpeg_of_noise(3, exif=exif_with(OTHER)) if nested else PREVIEW
    block = exif_with(HEAD + preview + BETWEEN + OTHER + REST, order, odd)
    expected = block.replace(preview, bytes(len(preview))).replace(OTHER, bytes(len(OTHER)))
    assert true_exif(block) == b"Exif\0\0" + expected


def test_previews_with_a_damaged_first_byte():
    block = exif_with(HEAD + b"\x02" + PREVIEW[1:] + REST)
    assert true_exif(block)[6:] == block.replace(PREVIEW[1:], bytes(len(PREVIEW) - 1))


def test_what_only_looks_like_the_middle_of_a_jpeg_stays():
    block = exif_with(HEAD + b"\x02\xd8\xff\xe1\x40\0" + REST)
    assert true_exif(block)[6:] == block


@pytest.mark.parametrize("order", "<>")
@pytest.mark.parametrize("head", [0, 10])
@pytest.mark.parametrize("pair", [False, True])
def test_a_preview_without_an_end_is_blanked_as_far_as_its_tag_says(order, head, pair):
    cut = PREVIEW[:-40]
    start = head + 32
    entries = (
        [(0x201, 4, 1, start - head), (0x202, 4, 1, len(cut))]
        if pair
        else [(0x11, 7, len(cut), start - head), (0x12, 4, 1, 77)]
    )
    tags = b"".join(struct.pack(order + "HHII", *entry) for entry in entries)
    note = bytes(head) + struct.pack(order + "H", 2) + tags + bytes(6) + cut + REST
    block = exif_with(note)
    assert true_exif(block)[6:] == block.replace(cut, bytes(len(cut)))


@pytest.mark.parametrize(("following", "rest"), [(b"", b""), (OTHER, REST)])
def test_a_preview_without_an_end_goes_no_further_than_its_note(following, rest):
    gone = PREVIEW[:-40] + following
    block = exif_with(HEAD + gone + rest)
    assert true_exif(block)[6:] == block.replace(gone, bytes(len(gone)))


@settings(max_examples=30, deadline=None)
@given(
    st.lists(st.sampled_from([PREVIEW, OTHER, PREVIEW[:-9], OTHER[:90], b"x"])),
    st.sampled_from("<>"),
    st.booleans(),
)
def test_nothing_of_any_preview_is_left(parts, order, odd):
    block = exif_with(HEAD + b"".join(parts), order, odd)
    true = true_exif(block)[6:]
    assert len(true) == len(block)
    assert true.endswith(b"what was said")
    for preview in (PREVIEW, OTHER):
        assert not any(piece in true for piece in pieces(preview[20:]) if any(piece))


@settings(max_examples=50, deadline=None)
@given(st.binary(max_size=80), st.binary(max_size=80))
def test_any_bytes_keep_their_length(before, after):
    content = bytearray(before + PREVIEW[:60] + after)
    blank_jpegs(content, [(5, 40), (30, 200)], [50])
    assert len(content) == len(before) + 60 + len(after)
    assert b"\xff\xd8\xff\xe0" not in content


def test_pictures_of_further_folders():
    pack = lambda form, *values: struct.pack(">" + form, *values)
    pixels = b"uncompressed pixels"
    at = 8 + 18 + 30
    block = b"MM\0*" + pack("I", 8) + pack("HHHIII", 1, 0x14A, 4, 1, 26, 0)
    block += pack("HHHIIHHIII", 2, 0x111, 4, 1, at, 0x117, 4, 1, len(pixels), 0)
    block += pixels + b"after"
    assert true_exif(block)[6:] == block.replace(pixels, bytes(len(pixels)))


@pytest.mark.parametrize("first", ["jpg", "png", "webp", "tif", "avif"])
def test_no_preview_reaches_a_file(tmp_path, first):
    block = exif_with(HEAD + PREVIEW + BETWEEN + OTHER + REST)
    image = Image.new("RGB", (9, 7))
    if first == "tif":
        exif = Image.Exif()
        exif.load(b"Exif\0\0" + block)
        image.save(tmp_path / "in.tif", exif=exif)
    else:
        image.save(tmp_path / f"in.{first}", exif=b"Exif\0\0" + block)
    assert PREVIEW in (tmp_path / f"in.{first}").read_bytes()
    for ending in ("jpg", "png", "webp", "tif", "avif"):
        Document.open(tmp_path / f"in.{first}").save(tmp_path / f"out.{ending}", overwrite=True)
        content = (tmp_path / f"out.{ending}").read_bytes()
        assert content.count(b"\xff\xd8\xff") == (ending == "jpg")
        assert HEAD + bytes(len(PREVIEW)) + BETWEEN + bytes(len(OTHER)) + REST in content
        with Image.open(tmp_path / f"out.{ending}") as written:
            written.load()
            assert written.getexif().get_ifd(ExifTags.IFD.Exif)[0x9286].endswith(b"was said")
