"""The ComfyUI node as ComfyUI uses it: found in a folder by path, called with its inputs' names."""

import inspect
import logging

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from deepgin.errors import PictureError, UsageError
from deepgin.inpainting import Inpainter, Options


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
    assert len(node.OUTPUT_TOOLTIPS) == 1
    assert node.CATEGORY == "image/inpainting"
    assert node.DESCRIPTION
    asked = node.INPUT_TYPES()
    inputs = asked["required"] | asked["optional"]
    parameters = inspect.signature(node.fill).parameters
    # Workflows that are saved have values by place: new inputs come last.
    assert list(inputs) == list(parameters)[1:]
    for name, (kind, more) in inputs.items():
        assert more["tooltip"].endswith(".")
        if kind not in ("IMAGE", "MASK"):
            assert more["default"] == parameters[name].default
            assert not isinstance(kind, list) or more["default"] in kind
        if hasattr(Options(), name):
            assert more["default"] == getattr(Options(), name)


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


KINDS = [torch.float32, torch.float16, torch.float64, torch.bfloat16]


@settings(max_examples=8)
@given(st.integers(0, 1000), st.sampled_from(KINDS))
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
    for wrong in ({"texture": "of"}, {"fit": "wide"}):
        with pytest.raises(UsageError) as raised:
            fill(image, mask, **wrong)
        assert raised.value.field in wrong


def test_the_network_is_loaded_once(fill, module, weights):
    module._inpainter.cache_clear()
    for _ in range(3):
        fill(_noise(1, 32, 48, 3), _hole(1, 32, 48), weights=f" {weights} ")
    assert module._inpainter.cache_info().misses == 1


def test_the_sharpness_reaches_the_weights(fill, module, stages):
    image, mask = _noise(1, 32, 48, 3), _hole(1, 32, 48)

    def filled(value=None, texture="auto"):
        given = {} if value is None else {"sharpness": module.GIVEN, "sharpness_value": value}
        return fill(image, mask, weights=str(stages.both), texture=texture, **given)

    # Under texture the network is soft unless told otherwise; alone it has its own, here 0.25.
    assert torch.equal(filled(), filled(0.0))
    assert not torch.equal(filled(), filled(0.25))
    alone = filled(texture="off")
    assert torch.equal(alone, filled(0.25, "off"))
    assert not torch.equal(alone, filled(0.0, "off"))
    # As older workflows have it.
    for value, same in ((0.0, filled(0.0, "off")), (-1.0, alone)):
        old = fill(image, mask, weights=str(stages.both), texture="off", sharpness=value)
        assert torch.equal(old, same)


def test_a_sharpness_is_checked_as_older_workflows_have_it(module):
    validate = module.Inpaint.VALIDATE_INPUTS
    assert all(validate(value) is True for value in (module.OWN, -1.0, -1, 0, 0.3, 1.0, None))
    for value in (1.5, -2, float("nan"), "", "soft", [0.3]):
        assert module.OWN in validate(sharpness=value)


@pytest.mark.parametrize(
    ("image", "mask", "field"),
    [
        ((1, 32, 48, 2), (1, 32, 48), "image"),
        ((32, 48, 3), (1, 32, 48), "image"),
        ((1, 32, 48, 3), (1, 64, 64), "mask"),
        ((1, 32, 48, 3), (1, 48, 32), "mask"),
        ((1, 32, 48, 3), (1, 32, 48, 3), "mask"),
        ((3, 32, 48, 3), (2, 32, 48), "mask"),
        ((2, 32, 48, 3), (3, 32, 48), "mask"),
        ((1, 32, 48, 3), (32,), "mask"),
    ],
)
def test_shapes_that_do_not_go_together(fill, image, mask, field):
    with pytest.raises(UsageError) as refused:
        fill(_noise(*image), torch.zeros(*mask))
    assert refused.value.field == field
    assert "\n" not in str(refused.value)


def test_several_masks_of_one_image(fill):
    image, masks = _noise(1, 32, 48, 3), _hole(2, 32, 48)
    masks[1] = masks[1].flip(1)
    out = fill(image, masks)
    assert out.shape == (2, 32, 48, 3)
    for one, mask in zip(out, masks, strict=True):
        assert torch.equal(one, fill(image, mask)[0])


@pytest.mark.parametrize("dtype", KINDS)
def test_masks_of_any_float(fill, dtype):
    image, mask = _noise(1, 32, 48, 3), _hole(1, 32, 48)
    soft = mask * 0.6
    soft[mask == 0] = 0.4
    out = fill(image, mask)
    for other in (mask, soft, mask[:, None]):
        assert torch.equal(fill(image, other.to(dtype)), out)
    assert torch.equal(fill(image, mask.bool()), out)
    for wrong in (mask * 255, mask * torch.nan, None, mask.tolist()):
        with pytest.raises(UsageError):
            fill(image, wrong)
    assert torch.equal(fill(image.to(dtype), mask.to(dtype))[mask == 0], image.to(dtype)[mask == 0])


def test_alpha_stays_and_what_is_transparent_stays(fill):
    image, mask = _noise(1, 32, 48, 4) * 0.9 + 0.1, _hole(1, 32, 48)
    image[0, 10:14, 12:20, 3] = 0
    out = fill(image, mask)
    changed = mask.bool() & (image[..., 3] > 0)
    assert torch.equal(out[..., 3], image[..., 3])
    assert torch.equal(out[~changed], image[~changed])
    assert (out[changed][:, :3] != image[changed][:, :3]).any(1).float().mean() > 0.9


def test_grey_stays_grey(fill):
    image, mask = _noise(1, 32, 48, 1), _hole(1, 32, 48)
    out = fill(image, mask)
    assert out.shape == image.shape
    assert torch.equal(out[mask == 0], image[mask == 0])
    assert not torch.equal(out[mask == 1], image[mask == 1])


def test_progress_is_shown_and_the_user_stops_the_work(fill, host, monkeypatch):
    host.shown.clear()
    fill(_noise(1, 32, 48, 3), _hole(1, 32, 48))
    assert host.shown
    assert all(0 <= done <= of for done, of in host.shown)
    monkeypatch.setattr(host, "stop", InterruptedError("by Cancel"))
    with pytest.raises(InterruptedError, match="by Cancel"):
        fill(_noise(1, 32, 48, 3), _hole(1, 32, 48))


def test_an_empty_mask_changes_nothing_and_a_full_one_is_refused(fill, caplog):
    image = _noise(1, 32, 48, 3)
    with caplog.at_level(logging.WARNING, "deepgin"):
        assert torch.equal(fill(image, torch.zeros(1, 32, 48)), image)
    assert caplog.records
    with pytest.raises(PictureError):
        fill(image, torch.ones(1, 32, 48))
