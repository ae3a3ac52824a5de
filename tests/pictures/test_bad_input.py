"""What goes wrong with files: one line that names the file, and nothing lost."""

import errno
import os
import resource
import signal

import numpy as np
import pytest
from PIL import Image

from deepgin.errors import DeepginError, PictureError, UsageError
from deepgin.pictures import Document, read_mask


def one_line(raised, path):
    message = str(raised.value)
    assert "\n" not in message
    assert str(path) in message
    return message


def test_decompression_bomb(tmp_path):
    # 400 million pixels in 49 kB.
    path = tmp_path / "bomb.png"
    limit, Image.MAX_IMAGE_PIXELS = Image.MAX_IMAGE_PIXELS, None
    try:
        Image.new("1", (20000, 20000)).save(path)
    finally:
        Image.MAX_IMAGE_PIXELS = limit
    assert path.stat().st_size < 200_000
    for read in (Document.open, read_mask):
        with pytest.raises(PictureError, match="too large: more than 179 million") as raised:
            read(path)
        one_line(raised, path)


@pytest.mark.parametrize("ending", ["gif", "png", "webp", "tif", "avif"])
def test_first_of_several_pictures(tmp_path, ending):
    first, second = (Image.new("RGB", (16, 12), colour) for colour in ("red", "blue"))
    first.save(tmp_path / f"in.{ending}", save_all=True, append_images=[second])
    document = Document.open(tmp_path / f"in.{ending}")
    assert "only the first of its 2 pictures is used" in document.notes
    assert document.size == (16, 12)
    assert np.abs(document.rgb().astype(int) - (255, 0, 0)).max() < 10


def test_a_phones_jpeg_with_a_second_picture_is_a_jpeg(tmp_path, photo):
    first = Image.fromarray(photo(16, 24))
    first.save(tmp_path / "in.jpg", "MPO", save_all=True, append_images=[first], quality=60)
    document = Document.open(tmp_path / "in.jpg")
    assert document.format == "MPO"
    assert document.notes == ("only the first of its 2 pictures is used",)
    for name in ("out.jpg", "out"):
        document.save(tmp_path / name)
        with Image.open(tmp_path / name) as written, Image.open(tmp_path / "in.jpg") as given:
            assert written.format == "JPEG"
            assert written.quantization == given.quantization


@pytest.mark.parametrize(
    ("ending", "size"),
    [("webp", (16384, 1)), ("jpg", (65536, 1)), ("webp", (1, 20000))],
)
def test_sizes_that_a_format_does_not_hold(tmp_path, ending, size):
    path = tmp_path / f"out.{ending}"
    with pytest.raises(DeepginError, match="cannot be written") as raised:
        Document.of_array(np.zeros((size[1], size[0], 3), np.uint8)).save(path)
    one_line(raised, path)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("size", [(1, 1), (1, 5000), (5000, 1)])
def test_thin_pictures(tmp_path, size):
    pixels = np.random.default_rng(0).integers(0, 256, (size[1], size[0], 3), dtype=np.uint8)
    for ending in ("png", "tif", "webp"):
        Document.of_array(pixels).save(tmp_path / f"out.{ending}")
        found = Document.open(tmp_path / f"out.{ending}")
        np.testing.assert_array_equal(found.pixels, pixels)


@pytest.mark.parametrize("ending", ["png", "jpg", "tif", "webp", "bmp"])
@pytest.mark.parametrize("deep", [False, True])
@pytest.mark.parametrize("old", [None, b"what was there before"])
def test_a_full_disk_leaves_what_was_there(tmp_path, ending, deep, old):
    if deep and ending not in ("png", "tif"):
        pytest.skip("holds 8 bit")
    kind = np.uint16 if deep else np.uint8
    pixels = np.random.default_rng(0).integers(0, 256, (300, 300, 3)).astype(kind)
    path = tmp_path / f"out.{ending}"
    if old:
        path.write_bytes(old)
    before = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (4096, limits[1]))
    try:
        with pytest.raises(DeepginError, match="cannot be written: File too large") as raised:
            Document.of_array(pixels).save(path, overwrite=True)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
        signal.signal(signal.SIGXFSZ, before)
    one_line(raised, path)
    assert [(p, p.read_bytes()) for p in tmp_path.iterdir()] == ([(path, old)] if old else [])


@pytest.mark.parametrize("number", [errno.EROFS, errno.EACCES])
def test_a_read_only_folder(tmp_path, photo, monkeypatch, number):
    def forbid(*args, **options):
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(Image.Image, "save", forbid)
    path = tmp_path / "out.png"
    with pytest.raises(DeepginError, match=os.strerror(number)) as raised:
        Document.of_array(photo(5, 4)).save(path)
    one_line(raised, path)
    assert raised.value.exit_code == 1


def test_output_is_never_the_input(tmp_path, photo):
    path = tmp_path / "in.png"
    Image.fromarray(photo(5, 4)).save(path)
    content = path.read_bytes()
    (tmp_path / "link.png").symlink_to(path)
    (tmp_path / "hard.png").hardlink_to(path)
    document = Document.open(path)
    filled = document.filled(np.zeros((5, 4, 3), np.uint8), np.ones((5, 4), np.bool_))
    for target in (path, tmp_path / "link.png", tmp_path / "hard.png", tmp_path / "." / "in.png"):
        for overwrite in (False, True):
            with pytest.raises(UsageError, match="is the picture itself") as raised:
                filled.save(target, overwrite=overwrite)
            one_line(raised, target)
    assert path.read_bytes() == content


def test_overwrites_only_when_asked(tmp_path, photo):
    path = tmp_path / "out.png"
    path.write_bytes(b"old")
    with pytest.raises(UsageError) as raised:
        Document.of_array(photo(5, 4)).save(path)
    assert raised.value.field == "overwrite"
    assert path.read_bytes() == b"old"
    Document.of_array(photo(5, 4)).save(path, overwrite=True)
    np.testing.assert_array_equal(Document.open(path).pixels, photo(5, 4))


@pytest.mark.parametrize("name", [b"caf\xe9.png", b"\xff\xfe.tif", "Ünïcode 国.jpg".encode()])
def test_names_that_are_not_utf8(tmp_path, name, photo):
    path = tmp_path / os.fsdecode(name)
    Document.of_array(photo(5, 4)).save(path)
    assert Document.open(path).size == (4, 5)
    assert os.listdir(os.fsencode(tmp_path)) == [name]
    path.write_bytes(b"no picture")
    with pytest.raises(PictureError, match="not a picture") as raised:
        Document.open(path)
    one_line(raised, path)


def test_links_in_circles(tmp_path):
    path = tmp_path / "circle.png"
    path.symlink_to(path)
    with pytest.raises(PictureError, match="symbolic links") as raised:
        Document.open(path)
    one_line(raised, path)


@pytest.mark.parametrize("ending", ["png", "jpg", "webp", "tif", "avif"])
def test_cut_files(tmp_path, photo, ending):
    path = tmp_path / f"in.{ending}"
    Document.of_array(photo(60, 60)).save(path)
    content = path.read_bytes()
    path.write_bytes(content[: len(content) * 2 // 3])
    with pytest.raises(PictureError) as raised:
        Document.open(path)
    one_line(raised, path)


def test_cut_files_of_16_bit(tmp_path):
    deep = np.random.default_rng(0).integers(0, 65536, (60, 60, 3), dtype=np.uint16)
    for ending in ("png", "tif"):
        path = tmp_path / f"in.{ending}"
        Document.of_array(deep).save(path)
        path.write_bytes(path.read_bytes()[:15000])
        with pytest.raises(PictureError, match="damaged or truncated|not a picture") as raised:
            Document.open(path)
        one_line(raised, path)
