"""The Inpainter: what it takes, what it refuses, and that valid pixels never change."""

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
import torch
from PIL import Image

import deepgin
from deepgin import Inpainter
from deepgin.errors import DeepginError, PictureError, UsageError
from deepgin.inpainting import FITS, Job, Options
from deepgin.inpainting.batches import SMALLER
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
    inputs = [
        [str(path) for path in pair],
        [Image.open(path) for path in pair],
        [picture, mask.astype(np.uint8) * 255],
        [picture, mask.astype(np.float32)],
        [Document.open(pair[0]), mask],
        [torch.tensor(picture).permute(2, 0, 1), torch.tensor(mask)],
        [torch.tensor(picture).permute(2, 0, 1)[None] / 255, torch.tensor(mask)[None, None]],
        [Image.fromarray(picture).convert("RGBA"), Image.fromarray(mask)],
    ]
    for one in inputs:
        np.testing.assert_array_equal(bytes_of(inpainter(*one)), expected)


def test_sharpness(stages, pair, alone):
    by_default = bytes_of(Inpainter(stages.both, device="cpu")(*pair, options=alone))
    filled = {
        s: bytes_of(Inpainter(stages.both, sharpness=s)(*pair, options=alone)) for s in (0, 0.25, 1)
    }
    np.testing.assert_array_equal(filled[0.25], by_default)
    np.testing.assert_array_equal(filled[0], bytes_of(Inpainter(stages.soft)(*pair, options=alone)))
    np.testing.assert_array_equal(
        filled[1], bytes_of(Inpainter(stages.sharp)(*pair, options=alone))
    )
    assert len({picture.tobytes() for picture in filled.values()}) == 3


def test_texture_lies_over_the_soft_weights_unless_sharpness_is_asked_for(stages, pair, alone):
    inpainter = Inpainter(stages.both)
    filled = bytes_of(inpainter(*pair))
    np.testing.assert_array_equal(filled, bytes_of(Inpainter(stages.soft)(*pair)))
    np.testing.assert_array_equal(
        bytes_of(Inpainter(stages.both, sharpness=1)(*pair)),
        bytes_of(Inpainter(stages.sharp)(*pair)),
    )
    assert (filled != bytes_of(inpainter(*pair, options=alone))).any()


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
        for filled in pool.map(lambda pair: deepgin.inpaint(*pair), [pair, map(str, pair)]):
            np.testing.assert_array_equal(bytes_of(filled), expected)
    inverted = Image.fromarray(~read_mask(pair[1]))
    filled = deepgin.inpaint(pair[0], inverted, invert=True)
    np.testing.assert_array_equal(bytes_of(filled), expected)
    assert len(opened) == 1
    with pytest.raises(UsageError):
        deepgin.inpaint(*pair, dilate=-1)


def test_same_in_same_out_whatever_the_hole_held(weights, inpainter, arrays, photo):
    picture, mask = arrays
    before = picture.copy(), mask.copy()
    expected = bytes_of(inpainter(picture, mask))
    np.testing.assert_array_equal(picture, before[0])
    np.testing.assert_array_equal(mask, before[1])
    inpainter(photo(20, 50, seed=9), np.eye(20, 50, dtype=np.bool_))
    np.testing.assert_array_equal(
        bytes_of(Inpainter(weights, device="cpu")(picture, mask)), expected
    )
    for filling in (0, 255, np.random.default_rng(5).integers(0, 256, (mask.sum(), 3))):
        other = picture.copy()
        other[mask] = filling
        np.testing.assert_array_equal(bytes_of(inpainter(other, mask)), expected)


def test_a_mask_of_another_size_names_both(inpainter, pair, arrays):
    for mask, size in ((arrays[1][:28], "37 x 28"), (arrays[1].T, "29 x 37")):
        with pytest.raises(PictureError) as raised:
            inpainter(pair[0], mask)
        assert raised.value.field == "mask"
        assert all(word in raised.value.problem for word in (size, "37 x 29", str(pair[0])))
        assert "{resize_mask=true}" in raised.value.mend


@pytest.mark.parametrize("invert", [False, True])
def test_masks_that_mark_nothing_nearly_all_or_all(photo, painter, invert):
    inpainter, picture = Inpainter(runtime=painter()), photo(29, 37)
    mask = np.full((29, 37), invert)
    with pytest.warns(UserWarning, match="black" if invert else "white") as caught:
        filled = inpainter(picture, mask, invert=invert)
    np.testing.assert_array_equal(bytes_of(filled), picture)
    assert len(caught) == 1
    mask[3:] = not invert  # 26 of 29 rows are missing: 89.7 %
    assert not inpainter.run(picture, mask, options=Options(invert=invert)).warnings
    mask[2] = not invert
    with pytest.warns(UserWarning, match=r"93.1%.*invert"):
        inpainter(picture, mask, invert=invert)
    with pytest.raises(PictureError):
        inpainter(picture, np.full_like(mask, not invert), invert=invert)


def test_files_that_cannot_be_read(inpainter, pair, tmp_path):
    for picture, mask in ((tmp_path / "none.png", pair[1]), (pair[0], tmp_path / "none.png")):
        with pytest.raises(PictureError, match="none.png"):
            inpainter(picture, mask)


@pytest.mark.parametrize(("multiple", "padded"), [(1, (29, 37)), (8, (32, 40)), (50, (50, 50))])
def test_any_runtime_will_do_and_a_result_has_all(arrays, painter, alone, multiple, padded):
    picture, mask = arrays
    runtime = painter(multiple)
    result = Inpainter(weights="not read", runtime=runtime).run(picture, mask, options=alone)
    [(pictures, masks, _)] = runtime.seen
    assert (pictures.shape, masks.shape) == ((1, *padded, 3), (1, *padded))
    expected = np.where(mask[..., None], painter.COLOUR, picture)
    np.testing.assert_array_equal(result.array(), expected)
    np.testing.assert_array_equal(np.asarray(result.picture), expected)
    tensor = result.tensor()
    assert (tensor.shape, tensor.dtype) == ((3, 29, 37), torch.float32)
    np.testing.assert_array_equal((tensor * 255).round().permute(1, 2, 0).numpy(), expected)
    assert result.fit.startswith("direct: 37 x 29")
    assert result.warnings == ()
    np.testing.assert_array_equal(result.hole, mask)
    assert not np.shares_memory(result.hole, mask)


def jobs_of(sizes, photo):
    jobs = []
    for seed, (height, width) in enumerate(sizes):
        mask = np.zeros((height, width), np.bool_)
        mask[height // 4 : height // 2 + seed, width // 3 : width // 2 + 1] = True
        jobs.append(Job(Document.of_array(photo(height, width, seed)), mask))
    return jobs


@pytest.mark.parametrize("fit", FITS)
def test_alone_and_in_a_group_are_the_same(inpainter, photo, fit):
    jobs = jobs_of([(40, 40), (40, 40), (64, 33), (40, 40), (400, 30), (64, 33)], photo)
    jobs.append(Job(jobs[0].document, np.zeros((40, 40), np.bool_)))
    together = inpainter.fill_many(jobs, Options(fit=fit))
    for job, result in zip(jobs, together, strict=True):
        alone = inpainter.run(job.document, job.mask, options=Options(fit=fit))
        np.testing.assert_array_equal(result.array(), alone.array())
        assert (result.fit, result.warnings) == (alone.fit, alone.warnings)


def test_a_group_shares_batches(photo, painter):
    runtime = painter(group_pixels=3 * 48 * 48)
    jobs = jobs_of([(40, 40), (48, 40), (40, 48), (33, 33), (64, 16)], photo)
    Inpainter(runtime=runtime).fill_many(jobs)
    shapes = [pictures.shape[:3] for pictures, _, _ in runtime.seen]
    assert shapes == [(3, 48, 48), (3, 48, 48), (6, 64, 16)]
    assert Inpainter(runtime=runtime).fill_many([]) == []


def test_threads_do_not_disturb_each_other(inpainter, photo):
    jobs = jobs_of([(48, 48), (32, 64), (20, 20)] * 2, photo)
    expected = [inpainter.run(job.document, job.mask).array() for job in jobs]
    with ThreadPoolExecutor(4) as pool:
        filled = pool.map(lambda job: inpainter.run(job.document, job.mask).array(), jobs)
        for one, other in zip(filled, expected, strict=True):
            np.testing.assert_array_equal(one, other)


def test_transparent_pixels_are_neither_seen_nor_filled(photo, painter, alone):
    rgba = np.dstack([photo(32, 32), np.full((32, 32), 200, np.uint8)])
    rgba[:, :8, 3] = 0
    mask = np.zeros((32, 32), np.bool_)
    mask[10:20, 4:20] = True
    runtime = painter()
    filled = Inpainter(runtime=runtime).run(rgba, mask, options=alone).array()
    [(_, masks, _)] = runtime.seen
    np.testing.assert_array_equal(masks[0], mask | (rgba[..., 3] == 0))
    opaque = mask & (rgba[..., 3] > 0)
    assert (filled[opaque] == [painter.COLOUR] * 3 + [200]).all()
    np.testing.assert_array_equal(filled[~opaque], rgba[~opaque])
    mask[:, 8:] = True  # only transparent pixels are left
    with pytest.raises(PictureError):
        Inpainter(runtime=runtime)(rgba, mask)


def test_the_hole_in_its_own_alpha(photo, painter, alone):
    rgba = np.dstack([photo(32, 32), np.full((32, 32), 255, np.uint8)])
    rgba[5:9, 5:9, 3] = 100
    rgba[6, 6, 3] = 0
    filled = Inpainter(runtime=painter())(Image.fromarray(rgba), options=alone)
    expected = rgba.copy()
    expected[5:9, 5:9] = [painter.COLOUR] * 3 + [255]
    np.testing.assert_array_equal(np.asarray(filled), expected)
    with pytest.raises(UsageError):
        Inpainter(runtime=painter())(photo(32, 32))


def test_guidance_goes_to_guided_networks_alone(photo, painter):
    picture, guide, mask = photo(600, 500), photo(600, 500, 3), np.zeros((600, 500), np.bool_)
    mask[100:140, 100:140] = mask[300:500, 200:450] = True
    for fit in FITS:
        guided = Inpainter(runtime=painter(guided=True), options=Options(fit=fit, texture="off"))
        guided.run(picture, mask, guide)
        assert guided.runtime.seen
    for one, guidance in (
        (guided, None),
        (guided, guide[1:]),
        (Inpainter(runtime=painter()), guide),
    ):
        with pytest.raises(UsageError) as raised:
            one.run(picture, mask, guidance)
        assert raised.value.field == "guidance"


def test_out_of_memory_goes_on_with_a_note(photo, painter, alone):
    jobs = jobs_of([(256, 256)] * 3, photo)
    runtime = painter(group_pixels=4 * 256 * 256, most=1)
    results = Inpainter(runtime=runtime, options=alone).fill_many(jobs)
    assert [result.warnings for result in results] == [(SMALLER,)] * 3
    assert len(runtime.seen) == 3
    with pytest.raises(DeepginError) as raised:
        Inpainter(runtime=painter(most=0)).fill_many(jobs)
    assert "{fit=crop}" in raised.value.mend


@pytest.mark.parametrize("group_pixels", [0, 4 * 256 * 256])
@pytest.mark.parametrize("texture", ["on", "off"])
@pytest.mark.parametrize(
    ("fit", "ensemble"),
    [("auto", False), ("direct", True), ("resize", False), ("crop", True), ("polyphase", False)],
)
def test_every_step_is_counted(photo, painter, fit, ensemble, texture, group_pixels):
    reports = []
    jobs = []
    for size in ((600, 150), (80, 90)):
        mask = np.zeros(size, np.bool_)
        mask[5:50, 5:50] = mask[-20:-10, -20:-10] = True
        jobs.append(Job(Document.of_array(photo(*size)), mask))
    inpainter = Inpainter(runtime=painter(group_pixels=group_pixels, most=2))
    options = Options(fit=fit, ensemble=ensemble, texture=texture)
    inpainter.fill_many(jobs, options, lambda *steps: reports.append(steps))
    done, totals = zip(*reports, strict=True)
    assert done[0] == 0 and totals[0] > 1
    assert list(done) == sorted(done)
    assert all(one <= total for one, total in reports)
    if texture == "off":
        assert len({*totals}) == 1
        assert totals[-1] - done[-1] <= 4


def test_progress_may_stop_the_work(photo, painter):
    def stop(done, total):
        if done == 2:
            raise KeyboardInterrupt

    runtime, mask = painter(), np.zeros((700, 700), np.bool_)
    mask[5:50, 5:50] = True
    inpainter = Inpainter(runtime=runtime, options=Options(fit="polyphase"))
    with pytest.raises(KeyboardInterrupt):
        inpainter.run(photo(700, 700), mask, on_progress=stop)
    assert len(runtime.seen) == 2


def test_a_network_in_place_of_a_file(arrays):
    picture, mask = arrays
    filled = bytes_of(Inpainter(build("deepgin", 2), device="cpu")(picture, mask))
    np.testing.assert_array_equal(filled[~mask], picture[~mask])
