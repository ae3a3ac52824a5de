"""Batches: one group size whatever is asked for, halved where memory is short; the ensemble."""

from functools import partial

import numpy as np
import pytest

from deepgin.inpainting.batches import SMALLER, Steps, ensemble, fill, group_size
from deepgin.inpainting.scenes import Patch
from deepgin.runtimes import OutOfMemory


def patches_of(count, height=16, width=32):
    rng = np.random.default_rng(count)
    return [
        Patch(
            rng.integers(0, 256, (height, width, 3), dtype=np.uint8),
            rng.random((height, width)) < 0.3,
        )
        for _ in range(count)
    ]


def sizes(runtime):
    return [len(pictures) for pictures, _, _ in runtime.seen]


def test_group_size_follows_from_device_and_size(painter):
    assert group_size(painter(), 256, 256) == 1
    gpu = painter(group_pixels=4 * 256 * 256)
    assert [group_size(gpu, side, side) for side in (16, 128, 256, 272, 512, 1024)] == [
        16, 16, 4, 3, 1, 1,
    ]  # fmt: skip


@pytest.mark.parametrize("count", [0, 1, 3, 4, 5, 8])
def test_short_groups_are_made_up(painter, count):
    runtime = painter(group_pixels=4 * 16 * 32)
    patches = patches_of(count)
    found = fill(runtime, patches)
    assert sizes(runtime) == [4] * -(-count // 4)
    for patch, filling in zip(patches, found, strict=True):
        expected = np.where(patch.mask[..., None], painter.COLOUR, 255 - patch.picture)
        np.testing.assert_array_equal(filling, expected)


def test_any_mixture_comes_back_in_order(painter):
    shapes = [(16, 16), (16, 32), (48, 16)]
    patches = [patches_of(1, *shapes[i % 3])[0] for i in (0, 1, 2, 2, 1, 0, 0, 1)]
    for patch, filling in zip(patches, fill(painter(group_pixels=768), patches), strict=True):
        valid = ~patch.mask
        np.testing.assert_array_equal(filling[valid], 255 - patch.picture[valid])


@pytest.mark.parametrize(("most", "expected"), [(8, [8, 8]), (7, [4, 4, 4]), (1, [1] * 9)])
def test_out_of_memory_halves(painter, most, expected):
    runtime, said = painter(group_pixels=8 * 16 * 32, most=most), []
    assert len(fill(runtime, patches_of(9), said.append)) == 9
    assert sizes(runtime) == expected
    assert said == ([] if most == 8 else [SMALLER])


def test_plans_with_what_is_free(painter):
    a_patch = 16 * 32
    for free, size in ((1 << 40, 8), (8 * a_patch, 4), (2 * a_patch, 1), (0, 1)):
        runtime, said = painter(group_pixels=8 * a_patch, free=free), []
        fill(runtime, patches_of(8), said.append)
        assert sizes(runtime) == [size] * (8 // size)
        assert bool(said) == (size < 8)


def test_nothing_fits(painter):
    with pytest.raises(OutOfMemory):
        fill(painter(group_pixels=1 << 20, most=0), patches_of(3))


class Gradient:
    """Fills with 10 more than the pixel above it: what comes out tells how it was turned."""

    size_multiple, trained_at, guided, bytes_a_pixel, group_pixels = 1, 256, False, 1, 0
    fixed, notes = False, ()

    def fill(self, pictures, masks, guidance=None):
        above = np.roll(pictures, 1, axis=1)
        return np.where(masks[..., None], above + 10, pictures)

    def free_bytes(self):
        return 1 << 40


def test_ensemble_is_the_mean_of_five_passes():
    picture = np.zeros((3, 4, 3), np.uint8)
    picture[0, 1], picture[2, 1], picture[1, 0], picture[1, 2] = 100, 60, 30, 203
    mask = np.zeros((3, 4), np.bool_)
    mask[1, 1] = True
    (found,) = ensemble(partial(fill, Gradient()), [Patch(picture, mask)])
    # Mirrored, what is above is as it was: twice 100.
    assert found[1, 1, 0] == round((100 + 60 + 30 + 203 + 100) / 5 + 10)
    np.testing.assert_array_equal(found[~mask], picture[~mask])


def test_expectations_are_corrected():
    reports = []
    steps = Steps(lambda *both: reports.append(both), passes=2)
    steps.total += 3
    steps.done += 4
    steps.check()
    steps.expect_patches(1)
    steps.check()
    assert reports == [(4, 4), (4, 5)]
