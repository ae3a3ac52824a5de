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


@given(
    st.sampled_from([np.nan, np.inf, -np.inf, 255.0, 2.0, -1.0, 1e30]),
    st.integers(0, HOLE.size - 1),
    st.sampled_from([np.float32, np.float64]),
)
def test_floats_that_are_no_share_of_white(value, at, dtype):
    mask = HOLE.astype(dtype)
    mask.flat[at] = value
    for given_mask in (mask, torch.from_numpy(mask)):
        with pytest.raises(UsageError, match=r"\[0, 1\]") as raised:
            as_marks(given_mask)
        assert "\n" not in str(raised.value)


@pytest.mark.parametrize(
    "given_thing",
    [BytesIO(b"x"), b"x", [[0, 1]], (0, 1), None, 3, object(), memoryview(b"x"), {"a": 1}],
    ids=lambda thing: type(thing).__name__,
)
@pytest.mark.parametrize("read", [as_marks, as_document, as_guidance])
def test_other_types_are_named(read, given_thing):
    with pytest.raises(UsageError, match=type(given_thing).__name__) as raised:
        read(given_thing)
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize("shape", [(0, 7), (5, 0), (5, 7, 1), (7,)])
def test_shapes_that_are_no_mask(shape):
    for mask in (np.zeros(shape), torch.zeros(shape)):
        with pytest.raises(UsageError, match="H x W"):
            as_marks(mask)


def test_a_faint_array_says_how_to_read_it():
    marks = as_marks(HOLE.astype(np.uint8))
    assert not marks.mask.any()
    assert "0 and 1" in marks.note
    assert "0 and 1" in as_marks(Image.fromarray(HOLE.astype(np.uint8))).note
    assert as_marks(HOLE * 0.3).note
    assert as_marks(HOLE).note == as_marks(HOLE & False).note == as_marks(HOLE * 0.0).note == ""
