"""Masks of every kind that Python programs hold, and what is refused in one line."""

from io import BytesIO

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from deepgin.errors import UsageError
from deepgin.inpainting.inputs import as_document, as_guidance, as_marks

HOLE = np.zeros((5, 7), np.bool_)
HOLE[1:3, 2:6] = True
DTYPES = [torch.bfloat16, torch.float16, torch.float32, torch.float64, torch.uint8, torch.bool]


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("shape", [(5, 7), (1, 5, 7), (1, 1, 5, 7)])
def test_tensors_of_every_type(dtype, shape):
    white = 255 if dtype == torch.uint8 else 1
    tensor = (torch.from_numpy(HOLE).reshape(shape) * white).to(dtype)
    np.testing.assert_array_equal(as_marks(tensor).mask, HOLE)
    if dtype.is_floating_point:
        np.testing.assert_array_equal(as_marks(tensor.requires_grad_()).mask, HOLE)


@given(st.floats(-0.25, 0.24), st.floats(0.76, 1.25))
def test_floats_that_overshoot(black, white):
    mask = np.where(HOLE, white, black)
    np.testing.assert_array_equal(as_marks(mask).mask, HOLE)
    np.testing.assert_array_equal(as_marks(torch.from_numpy(mask)).mask, HOLE)


@pytest.mark.parametrize("mask", [np.array([[127, 128]], np.uint8), np.array([[0.49, 0.5]])])
def test_mask_arrays_fall_at_half(mask):
    assert as_marks(mask).mask.tolist() == [[False, True]]


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf, 255.0, 2.0, -1.0, 1e30])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_floats_that_are_no_share_of_white(value, dtype):
    mask = HOLE.astype(dtype)
    mask[2, 3] = value
    for one in (mask, torch.from_numpy(mask)):
        with pytest.raises(UsageError):
            as_marks(one)


@pytest.mark.parametrize(
    "thing",
    [BytesIO(b"x"), b"x", [[0, 1]], (0, 1), None, 3, object(), memoryview(b"x"), {"a": 1}],
    ids=lambda thing: type(thing).__name__,
)
@pytest.mark.parametrize("read", [as_marks, as_document, as_guidance])
def test_other_types_are_named(read, thing):
    with pytest.raises(UsageError, match=type(thing).__name__) as raised:
        read(thing)
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize(
    "picture",
    [
        np.zeros((8, 8, 3), np.float32),
        np.zeros((8, 8, 5), np.uint8),
        np.zeros((1, 8, 8, 3), np.uint8),
        np.zeros((0, 8, 3), np.uint8),
        torch.zeros(8, 8, 3),
        torch.zeros(2, 3, 8, 8),
        torch.full((3, 8, 8), 255.0),
        torch.full((3, 8, 8), float("nan")),
        torch.zeros((3, 8, 8), dtype=torch.int64),
    ],
)
def test_arrays_and_tensors_that_are_no_picture(picture):
    with pytest.raises(UsageError):
        as_document(picture)


@pytest.mark.parametrize("dtype", [np.int64, np.complex64, np.float64])
@pytest.mark.parametrize("shape", [(0, 7), (5, 0), (5, 7, 1), (7,), (5, 7)])
def test_arrays_and_tensors_that_are_no_mask(shape, dtype):
    mask = np.zeros(shape, dtype)
    if shape == (5, 7) and dtype == np.float64:
        assert not as_marks(mask).mask.any()
        return
    with pytest.raises(UsageError):
        as_marks(mask)
    if shape != (5, 7, 1) and dtype != np.complex64:
        with pytest.raises(UsageError):
            as_marks(torch.from_numpy(mask))


def test_a_faint_array_gets_a_note():
    ones = HOLE.astype(np.uint8)
    for faint in (ones, Image.fromarray(ones), HOLE * 0.3):
        marks = as_marks(faint)
        assert not marks.mask.any()
        assert marks.note
    assert as_marks(HOLE).note == as_marks(HOLE & False).note == as_marks(HOLE * 0.0).note == ""
