"""Writing pictures: whole or not at all, and never over what is to stay."""

import errno
import os
import resource
import signal

import numpy as np
import pytest
from PIL import Image

from deepgin.errors import DeepginError, PictureError, UsageError
from deepgin.pictures import Document, check_target

OLD = b"what was there before"


def refused(path, kind, document, **options):
    """Save; return the refusal, which names the file in one line."""
    with pytest.raises(kind) as raised:
        document.save(path, **options)
    message = str(raised.value)
    assert str(path) in message
    assert "\n" not in message
    return raised.value


def held(folder):
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_a_target_that_can_be_written(tmp_path):
    assert check_target(str(tmp_path / "a.png")) == tmp_path / "a.png"


def test_overwrites_only_when_asked(tmp_path, photo):
    path = tmp_path / "out.png"
    path.write_bytes(OLD)
    document = Document.of_array(photo(5, 4))
    assert refused(path, UsageError, document).field == "overwrite"
    assert held(tmp_path) == {"out.png": OLD}
    document.save(path, overwrite=True)
    np.testing.assert_array_equal(Document.open(path).pixels, photo(5, 4))
    assert list(held(tmp_path)) == ["out.png"]


@pytest.mark.parametrize(
    "error",
    [
        OSError(errno.EROFS, os.strerror(errno.EROFS)),
        OSError("encoder error -2"),
        ValueError("the format holds no such size"),
        KeyError("mode"),
        KeyboardInterrupt(),
    ],
)
@pytest.mark.parametrize("before", [{}, {"out.jpg": OLD}])
def test_failure_leaves_what_was_there(tmp_path, photo, monkeypatch, error, before):
    def half_written(self, path, *args, **options):
        path.write_bytes(b"the first half")
        raise error

    path = tmp_path / "out.jpg"
    for content in before.values():
        path.write_bytes(content)
    monkeypatch.setattr(Image.Image, "save", half_written)
    document = Document.of_array(photo(9, 7))
    if isinstance(error, KeyboardInterrupt):
        with pytest.raises(KeyboardInterrupt):
            document.save(path, overwrite=True)
    else:
        assert refused(path, DeepginError, document, overwrite=True).exit_code == 1
    assert held(tmp_path) == before


@pytest.mark.parametrize(
    ("ending", "deep"),
    [("png", 0), ("png", 1), ("jpg", 0), ("tif", 0), ("tif", 1), ("webp", 0), ("bmp", 0)],
)
@pytest.mark.parametrize("old", [None, OLD])
def test_a_full_disk_leaves_what_was_there(tmp_path, ending, deep, old):
    kind = np.uint16 if deep else np.uint8
    pixels = np.random.default_rng(0).integers(0, 256, (300, 300, 3)).astype(kind)
    path = tmp_path / f"out.{ending}"
    if old:
        path.write_bytes(old)
    before = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (4096, limits[1]))
    try:
        refused(path, DeepginError, Document.of_array(pixels), overwrite=True)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
        signal.signal(signal.SIGXFSZ, before)
    assert held(tmp_path) == ({path.name: old} if old else {})


@pytest.mark.parametrize(
    ("ending", "size"), [("webp", (16384, 1)), ("jpg", (65536, 1)), ("webp", (1, 20000))]
)
def test_sizes_that_a_format_does_not_hold(tmp_path, ending, size):
    document = Document.of_array(np.zeros((size[1], size[0], 3), np.uint8))
    refused(tmp_path / f"out.{ending}", DeepginError, document)
    assert not held(tmp_path)


def test_folders(tmp_path, photo):
    document = Document.of_array(photo(5, 4))
    (tmp_path / "out.png").mkdir()
    refused(tmp_path / "out.png", UsageError, document, overwrite=True)
    assert not held(tmp_path / "out.png")
    with pytest.raises(DeepginError) as raised:
        document.save(tmp_path / "nowhere" / "out.png")
    assert str(tmp_path / "nowhere") in str(raised.value)


@pytest.mark.parametrize("size", [(1, 1), (1, 5000), (5000, 1)])
def test_thin_pictures(tmp_path, photo, size):
    for ending in ("png", "tif", "webp"):
        Document.of_array(photo(*size)).save(tmp_path / f"out.{ending}")
        np.testing.assert_array_equal(
            Document.open(tmp_path / f"out.{ending}").pixels, photo(*size)
        )


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
            refused(target, UsageError, filled, overwrite=overwrite)
    assert path.read_bytes() == content


@pytest.mark.parametrize("name", [b"caf\xe9.png", b"\xff\xfe.tif", "Ünïcode 国.jpg".encode()])
def test_names_that_are_not_utf8(tmp_path, name, photo):
    path = tmp_path / os.fsdecode(name)
    Document.of_array(photo(5, 4)).save(path)
    assert Document.open(path).size == (4, 5)
    assert os.listdir(os.fsencode(tmp_path)) == [name]
    path.write_bytes(b"no picture")
    with pytest.raises(PictureError) as raised:
        Document.open(path)
    assert str(path) in str(raised.value)
