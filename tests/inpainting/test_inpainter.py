"""The Inpainter: what it takes, what it refuses, and that valid pixels never change."""

import warnings
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
import torch
from hypothesis import assume, given
from hypothesis import strategies as st
from PIL import Image

import deepgin
from deepgin import Inpainter
from deepgin.errors import PictureError, UsageError
from deepgin.inpainting.inpainter import _shared
from deepgin.network import build
from deepgin.pictures import Document, read_mask, read_rgb
from deepgin.runtimes.choice import open_runtime


@pytest.fixture(scope="module")
def inpainter(weights):
    return Inpainter(weights, device="cpu")


@pytest.fixture
def arrays(pair):
    return np.asarray(read_rgb(pair[0])), read_mask(pair[1])


def bytes_of(picture):
    assert isinstance(picture, Image.Image)
    return np.asarray(picture)[..., :3]


def test_every_kind_of_input_gives_the_same(inpainter, pair, arrays):
    picture, mask = arrays
    expected = bytes_of(inpainter(*pair))
    assert expected.shape == picture.shape
    opened = [Image.open(path) for path in pair]
    inputs = [
        [str(path) for path in pair],
        opened,
        [picture, mask],
        [picture, mask.astype(np.uint8) * 255],
        [picture, mask.astype(np.float32)],
        [Document.open(pair[0]), mask],
        [torch.tensor(picture).permute(2, 0, 1), torch.tensor(mask)],
        [torch.tensor(picture).permute(2, 0, 1)[None] / 255, torch.tensor(mask)[None, None]],
        [Image.fromarray(picture).convert("RGBA"), Image.fromarray(mask)],
        [pair[0], mask],
    ]
    for given_picture, given_mask in inputs:
        np.testing.assert_array_equal(bytes_of(inpainter(given_picture, given_mask)), expected)


def test_sharpness(stages, pair, alone):
    by_default = bytes_of(Inpainter(stages.both, device="cpu")(*pair, options=alone))
    found = {
        s: bytes_of(Inpainter(stages.both, sharpness=s)(*pair, options=alone)) for s in (0, 0.25, 1)
    }
    np.testing.assert_array_equal(found[0.25], by_default)
    np.testing.assert_array_equal(found[0], bytes_of(Inpainter(stages.soft)(*pair, options=alone)))
    np.testing.assert_array_equal(found[1], bytes_of(Inpainter(stages.sharp)(*pair, options=alone)))
    assert len({picture.tobytes() for picture in found.values()}) == 3


def test_texture_lies_over_the_soft_weights_unless_sharpness_is_asked_for(stages, pair, alone):
    inpainter = Inpainter(stages.both)
    found = bytes_of(inpainter(*pair))
    np.testing.assert_array_equal(found, bytes_of(Inpainter(stages.soft)(*pair)))
    np.testing.assert_array_equal(
        bytes_of(Inpainter(stages.both, sharpness=1)(*pair)),
        bytes_of(Inpainter(stages.sharp)(*pair)),
    )
    assert (found != bytes_of(inpainter(*pair, options=alone))).any()


@pytest.fixture
def forgotten():
    """Let `inpaint` forget its inpainter, before and after."""
    _shared.cache_clear()
    yield
    _shared.cache_clear()


def test_one_call(weights, pair, inpainter, monkeypatch, forgotten):
    monkeypatch.setattr("deepgin.weights.hub.SHIPPED", weights)
    opened = []
    monkeypatch.setattr(
        "deepgin.inpainting.inpainter.open_runtime",
        lambda model: opened.append(model) or open_runtime(model),
    )
    expected = bytes_of(inpainter(*pair))
    with ThreadPoolExecutor(2) as pool:
        for found in pool.map(lambda pair: deepgin.inpaint(*pair), [pair, map(str, pair)]):
            np.testing.assert_array_equal(bytes_of(found), expected)
    inverted = Image.fromarray(~read_mask(pair[1]))
    found = deepgin.inpaint(pair[0], inverted, invert=True)
    np.testing.assert_array_equal(bytes_of(found), expected)
    assert len(opened) == 1
    with pytest.raises(UsageError):
        deepgin.inpaint(*pair, dilate=-1)


def test_a_network_in_place_of_a_file(pair, arrays):
    picture, mask = arrays
    found = bytes_of(Inpainter(build("deepgin", 2), device="cpu")(*pair))
    np.testing.assert_array_equal(found[~mask], picture[~mask])


@given(
    height=st.integers(1, 70),
    width=st.integers(1, 70),
    missing=st.floats(0, 1),
    seed=st.integers(0, 2**32 - 1),
)
def test_valid_pixels_come_back_bit_for_bit(inpainter, height, width, missing, seed):
    random = np.random.default_rng(seed)
    picture = random.integers(0, 256, (height, width, 3), dtype=np.uint8)
    mask = random.random((height, width)) < missing
    assume(not mask.all())
    before = picture.copy()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        found = bytes_of(inpainter(picture, mask))
    assert found.shape == picture.shape
    np.testing.assert_array_equal(found[~mask], before[~mask])
    np.testing.assert_array_equal(picture, before)


def test_holes_are_filled(inpainter, photo):
    picture = photo(40, 40) // 8 + np.uint8(100)  # between 100 and 131
    mask = np.zeros((40, 40), np.bool_)
    mask[10:30, 10:30] = True
    picture[mask] = (255, 0, 255)
    filled = bytes_of(inpainter(picture, mask))[mask].astype(int)
    assert (np.abs(filled.mean(0) - 115) < 60).all()  # not magenta


def test_what_the_hole_held_does_not_matter(inpainter, arrays):
    picture, mask = arrays
    expected = bytes_of(inpainter(picture, mask))
    for filling in (0, 255, np.random.default_rng(5).integers(0, 256, (mask.sum(), 3))):
        other = picture.copy()
        other[mask] = filling
        np.testing.assert_array_equal(bytes_of(inpainter(other, mask)), expected)


def test_same_in_same_out(weights, inpainter, arrays, photo):
    picture, mask = arrays
    first = bytes_of(inpainter(picture, mask))
    inpainter(photo(20, 50, seed=9), np.eye(20, 50, dtype=np.bool_))
    np.testing.assert_array_equal(bytes_of(inpainter(picture, mask)), first)
    again = Inpainter(weights, device="cpu")
    np.testing.assert_array_equal(bytes_of(again(picture, mask)), first)


def test_mask_of_another_size_names_both(inpainter, pair, arrays):
    with pytest.raises(PictureError, match="37 x 28") as raised:
        inpainter(pair[0], arrays[1][:28])
    message = str(raised.value)
    assert "37 x 29" in message
    assert str(pair[0]) in message
    with pytest.raises(PictureError, match="the mask is 37 x 28 .* the picture is 37 x 29"):
        inpainter(arrays[0], arrays[1][:28])


def test_turned_mask_is_refused(inpainter, arrays):
    with pytest.raises(PictureError, match="29 x 37"):
        inpainter(arrays[0], arrays[1].T)


@pytest.mark.parametrize("invert", [False, True])
def test_empty_mask_gives_the_picture_and_a_warning(inpainter, arrays, invert):
    empty = np.full_like(arrays[1], invert)
    with pytest.warns(UserWarning, match="nothing as missing") as caught:
        found = inpainter(arrays[0], empty, invert=invert)
    np.testing.assert_array_equal(bytes_of(found), arrays[0])
    assert ("black" if invert else "white") in str(caught[0].message)
    assert len(caught) == 1


@pytest.mark.parametrize("invert", [False, True])
def test_full_mask_is_refused(inpainter, arrays, invert):
    with pytest.raises(PictureError, match="everything as missing"):
        inpainter(arrays[0], np.full_like(arrays[1], not invert), invert=invert)


def test_inverted_looking_mask_is_warned_of(inpainter, arrays, recwarn):
    picture = arrays[0]
    nearly = np.ones(picture.shape[:2], np.bool_)
    nearly[:3] = False  # 26 of 29 rows are missing: 89.7 %
    inpainter(picture, nearly)
    assert not recwarn.list
    nearly[2] = True  # 93.1 %
    with pytest.warns(UserWarning, match="93.1%.*invert=True"):
        inpainter(picture, nearly)
    with pytest.warns(UserWarning, match="93.1%.*leave invert"):
        inpainter(picture, ~nearly, invert=True)


def test_invert(inpainter, arrays):
    picture, mask = arrays
    expected = bytes_of(inpainter(picture, mask))
    found = bytes_of(inpainter(picture, Image.fromarray(~mask), invert=True))
    np.testing.assert_array_equal(found, expected)


@pytest.mark.parametrize(
    ("picture", "said"),
    [
        (np.zeros((8, 8, 3), np.float32), "uint8"),
        (np.zeros((8, 8, 5), np.uint8), "8 x 8 x 5"),
        (np.zeros((1, 8, 8, 3), np.uint8), "1 x 8 x 8 x 3"),
        (np.zeros((0, 8, 3), np.uint8), "0 x 8 x 3"),
        (torch.zeros(8, 8, 3), "3 x H x W"),
        (torch.zeros(2, 3, 8, 8), "2 x 3 x 8 x 8"),
        (torch.full((3, 8, 8), 255.0), r"\[0, 1\]"),
        (torch.full((3, 8, 8), float("nan")), r"\[0, 1\]"),
        (torch.zeros((3, 8, 8), dtype=torch.int64), "int64"),
    ],
)
def test_arrays_and_tensors_of_another_kind(inpainter, picture, said):
    with pytest.raises(UsageError, match=said):
        inpainter(picture, np.zeros((8, 8), np.bool_))


@pytest.mark.parametrize(
    "mask",
    [
        np.zeros((8, 8, 1), np.bool_),
        np.zeros(8, np.uint8),
        np.zeros((8, 8), np.int64),
        np.zeros((8, 8), np.complex64),
    ],
)
def test_mask_arrays_of_another_kind(inpainter, mask):
    with pytest.raises(UsageError, match="a mask array must be"):
        inpainter(np.zeros((8, 8, 3), np.uint8), mask)


@pytest.mark.parametrize("mask", [np.array([[127, 128]], np.uint8), np.array([[0.49, 0.5]])])
def test_mask_arrays_fall_at_half(mask, painter):
    picture = np.full((1, 2, 3), 50, np.uint8)
    found = bytes_of(Inpainter(runtime=painter())(picture, mask))
    assert found[0, :, 0].tolist() == [50, painter.COLOUR]


def test_files_that_cannot_be_read(inpainter, pair, tmp_path):
    for picture, mask in ((tmp_path / "none.png", pair[1]), (pair[0], tmp_path / "none.png")):
        with pytest.raises(PictureError, match="none.png: no such file"):
            inpainter(picture, mask)


@pytest.mark.parametrize(("multiple", "padded"), [(1, (29, 37)), (8, (32, 40)), (50, (50, 50))])
def test_any_runtime_will_do(arrays, painter, alone, multiple, padded):
    picture, mask = arrays
    runtime = painter(multiple)
    result = Inpainter(weights="not read", runtime=runtime).run(picture, mask, options=alone)
    np.testing.assert_array_equal(result.array()[~mask], picture[~mask])
    assert (result.array()[mask] == painter.COLOUR).all()
    [(pictures, masks, _)] = runtime.seen
    assert (pictures.shape, masks.shape) == ((1, *padded, 3), (1, *padded))


def test_a_result_tells_all(arrays, painter, alone):
    picture, mask = arrays
    result = Inpainter(runtime=painter()).run(picture, mask, options=alone)
    expected = np.where(mask[..., None], painter.COLOUR, picture)
    np.testing.assert_array_equal(result.array(), expected)
    np.testing.assert_array_equal(np.asarray(result.picture), expected)
    tensor = result.tensor()
    assert (tensor.shape, tensor.dtype) == ((3, 29, 37), torch.float32)
    np.testing.assert_array_equal((tensor * 255).round().permute(1, 2, 0).numpy(), expected)
    assert result.fit == "direct: 37 x 29 pixels are about what the network was trained at (256)"
    assert result.warnings == ()
    np.testing.assert_array_equal(result.hole, mask)
    assert not np.shares_memory(result.hole, mask)
    unchanged = Inpainter(runtime=painter()).run(picture, np.zeros_like(mask))
    assert unchanged.fit == "nothing to fill"
    np.testing.assert_array_equal(unchanged.array(), picture)
    assert len(unchanged.warnings) == 1
