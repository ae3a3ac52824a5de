"""The ComfyUI node as ComfyUI uses it: found in a folder by path, called with its inputs' names."""

import importlib.util
import inspect
import logging
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from deepgin.errors import DeepginError
from deepgin.inpainting import Inpainter, Options

FOLDER = Path(__file__).parents[2] / "integrations" / "comfyui"


@pytest.fixture(scope="module")
def module():
    spec = importlib.util.spec_from_file_location("custom_x_deepgin", FOLDER / "__init__.py")
    loaded = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(loaded)
    return loaded


@pytest.fixture(scope="module")
def fill(module, weights):
    """Calls the node as ComfyUI does: every input by its name, defaults where none is given."""
    node = module.NODE_CLASS_MAPPINGS["DeepginInpaint"]

    def run(image, mask, **given):
        values = {"image": image, "mask": mask, "weights": str(weights)} | given
        for name, (kind, *more) in node.INPUT_TYPES()["required"].items():
            default = kind[0] if isinstance(kind, list) else more[0]["default"] if more else None
            values.setdefault(name, default)
        with torch.inference_mode():
            (out,) = getattr(node(), node.FUNCTION)(**values)
        return out

    return run


def _noise(*shape, seed=0):
    # Values that are no bytes, so that a round trip over 8 bits would show.
    return torch.rand(*shape, generator=torch.Generator().manual_seed(seed))


def _hole(*shape):
    mask = torch.zeros(*shape)
    mask[..., 8:20, 10:26] = 1
    return mask


def test_what_comfyui_asks_of_a_node(module):
    node = module.NODE_CLASS_MAPPINGS["DeepginInpaint"]
    assert set(module.NODE_DISPLAY_NAME_MAPPINGS) == set(module.NODE_CLASS_MAPPINGS)
    assert node.RETURN_TYPES == ("IMAGE",)
    asked = node.INPUT_TYPES()
    inputs = asked["required"] | asked["optional"]
    assert inputs["texture"] == (["auto", "on", "off"], {"default": "auto"})
    assert set(inputs) == set(inspect.signature(node.fill).parameters) - {"self"}
    assert (inputs["image"], inputs["mask"]) == (("IMAGE",), ("MASK",))
    for name in ("fit", "texture", "ensemble", "dilate", "feather"):
        kind, *more = inputs[name]
        assert (kind[0] if isinstance(kind, list) else more[0]["default"]) == getattr(
            Options(), name
        )
    assert len((FOLDER / "__init__.py").read_text().splitlines()) <= 90


def test_the_hole_alone_changes_and_as_the_inpainter_fills_it(fill, weights):
    image, mask = _noise(2, 32, 48, 3), _hole(2, 32, 48)
    mask[1, 20:30, :5] = 1
    before = image.clone()
    out = fill(image, mask)
    assert (out.shape, out.dtype) == (image.shape, torch.float32)
    assert torch.equal(image, before)
    assert torch.equal(out[mask == 0], image[mask == 0])
    assert not torch.equal(out[mask == 1], image[mask == 1])
    inpainter = Inpainter(weights)
    for picture, hole, filled in zip(image, mask, out, strict=True):
        expected = inpainter.run(picture.permute(2, 0, 1), hole).array()
        hole = hole.numpy() == 1
        np.testing.assert_array_equal(filled.numpy()[hole] * 255, expected[hole])


@given(st.integers(0, 1000), st.sampled_from([torch.float32, torch.float16, torch.float64]))
def test_valid_values_keep_their_bits(fill, seed, dtype):
    image = _noise(1, 16, 16, 3, seed=seed).to(dtype) * 1.4 - 0.2
    mask = (_noise(1, 16, 16, seed=seed + 1) > 0.6).float()
    out = fill(image, mask)
    assert out.dtype == dtype
    assert torch.equal(out[mask == 0], image[mask == 0])
    assert ((out[mask == 1] >= 0) & (out[mask == 1] <= 1)).all()


def test_one_mask_for_all_and_one_without_batch(fill):
    image, mask = _noise(3, 32, 48, 3), _hole(3, 32, 48)
    out = fill(image, mask)
    assert torch.equal(fill(image, mask[:1]), out)
    assert torch.equal(fill(image, mask[0]), out)
    # Each as it would be alone.
    assert torch.equal(fill(image[1:2], mask[:1]), out[1:2])


def test_dilate_and_the_other_options_reach_the_inpainter(fill):
    image, mask = _noise(1, 32, 48, 3), _hole(1, 32, 48)
    grown = fill(image, mask, dilate=3) != image
    assert grown[0, 6, 15].any()
    assert not grown[0, 4, 15].any()
    plain = fill(image, mask)
    assert not torch.equal(fill(image, mask, ensemble=True), plain)
    assert not torch.equal(fill(image, mask, feather=4), plain)
    assert not torch.equal(fill(image, mask, texture="off"), plain)
    assert torch.equal(fill(image, mask, texture="auto"), plain)
    with pytest.raises(ValueError, match="no texture 'of'"):
        fill(image, mask, texture="of")
    with pytest.raises(ValueError, match="no fit 'wide'"):
        fill(image, mask, fit="wide")


def test_masks_of_other_kinds(fill):
    image, mask = _noise(1, 32, 48, 3), _hole(1, 32, 48)
    assert torch.equal(fill(image, mask.bfloat16()), fill(image, mask))
    for wrong in (mask * 255, mask * torch.nan, None, mask.tolist()):
        with pytest.raises(ValueError, match="mask"):
            fill(image, wrong)


def test_the_network_is_loaded_once(fill, module, weights):
    module._inpainter.cache_clear()
    for _ in range(3):
        fill(_noise(1, 32, 48, 3), _hole(1, 32, 48), weights=f" {weights} ")
    assert module._inpainter.cache_info().misses == 1


def test_the_sharpness_reaches_the_weights(fill, stages):
    image, mask = _noise(1, 32, 48, 3), _hole(1, 32, 48)
    usual, own, soft = (
        fill(image, mask, weights=str(stages.both), **given)
        for given in ({}, {"sharpness": 0.25}, {"sharpness": 0.0})
    )
    # Under texture the network is soft unless told otherwise.
    assert torch.equal(usual, soft)
    assert not torch.equal(usual, own)
    usual, own, soft = (
        fill(image, mask, weights=str(stages.both), texture="off", **given)
        for given in ({}, {"sharpness": 0.25}, {"sharpness": 0.0})
    )
    assert torch.equal(usual, own)
    assert not torch.equal(usual, soft)


@pytest.mark.parametrize(
    ("image", "mask", "told"),
    [
        ((1, 32, 48, 4), (1, 32, 48), "the image must be B x H x W x 3"),
        ((32, 48, 3), (1, 32, 48), "the image must be B x H x W x 3"),
        ((1, 32, 48, 3), (1, 64, 64), r"\(1, 64, 64\) and the image \(1, 32, 48, 3\)"),
        ((3, 32, 48, 3), (2, 32, 48), "one for all or one for each"),
        ((1, 32, 48, 3), (1, 1, 32, 48), r"the mask is \(1, 1, 32, 48\)"),
        ((1, 32, 48, 3), (32,), r"the mask is \(32,\)"),
    ],
)
def test_shapes_that_do_not_go_together(fill, image, mask, told):
    with pytest.raises(ValueError, match=told):
        fill(_noise(*image), torch.zeros(*mask))


def test_an_empty_mask_changes_nothing_and_a_full_one_is_refused(fill, caplog):
    image = _noise(1, 32, 48, 3)
    with caplog.at_level(logging.WARNING, "deepgin"):
        assert torch.equal(fill(image, torch.zeros(1, 32, 48)), image)
    assert "nothing is filled" in caplog.text
    with pytest.raises(DeepginError, match="nothing to go by is left"):
        fill(image, torch.ones(1, 32, 48))
