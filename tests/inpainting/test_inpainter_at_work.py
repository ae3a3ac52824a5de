"""The Inpainter with groups, threads, transparent pixels, guidance and short memory."""

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from PIL import Image

from deepgin import Inpainter
from deepgin.errors import DeepginError, PictureError, UsageError
from deepgin.inpainting import Job, Options
from deepgin.inpainting.batches import SMALLER
from deepgin.pictures import Document


@pytest.fixture(scope="module")
def inpainter(weights):
    return Inpainter(weights, device="cpu")


def jobs_of(sizes, photo):
    jobs = []
    for seed, (height, width) in enumerate(sizes):
        mask = np.zeros((height, width), np.bool_)
        mask[height // 4 : height // 2 + seed, width // 3 : width // 2 + 1] = True
        jobs.append(Job(Document.of_array(photo(height, width, seed)), mask))
    return jobs


@pytest.mark.parametrize("fit", ["auto", "direct", "resize", "crop", "polyphase"])
def test_alone_and_in_a_group_are_the_same(inpainter, photo, fit):
    jobs = jobs_of([(40, 40), (40, 40), (64, 33), (40, 40), (400, 30), (64, 33)], photo)
    jobs.append(Job(jobs[0].document, np.zeros((40, 40), np.bool_)))
    together = inpainter.fill_many(jobs, Options(fit=fit))
    for job, found in zip(jobs, together, strict=True):
        alone = inpainter.run(job.document, job.mask, options=Options(fit=fit))
        np.testing.assert_array_equal(found.array(), alone.array())
        assert (found.fit, found.warnings) == (alone.fit, alone.warnings)


def test_a_group_shares_batches(photo, painter):
    runtime = painter(group_pixels=3 * 48 * 48)
    jobs = jobs_of([(40, 40), (48, 40), (40, 48), (33, 33), (64, 16)], photo)
    Inpainter(runtime=runtime).fill_many(jobs)
    assert [pictures.shape[:3] for pictures, _, _ in runtime.seen] == [
        (3, 48, 48),
        (3, 48, 48),
        (6, 64, 16),
    ]
    assert Inpainter(runtime=runtime).fill_many([]) == []


def test_threads_do_not_disturb_each_other(inpainter, photo):
    jobs = jobs_of([(48, 48), (32, 64), (20, 20)] * 4, photo)
    expected = [inpainter.run(job.document, job.mask).array() for job in jobs]
    with ThreadPoolExecutor(4) as pool:
        found = pool.map(lambda job: inpainter.run(job.document, job.mask).array(), jobs)
        for one, other in zip(found, expected, strict=True):
            np.testing.assert_array_equal(one, other)


def test_transparent_pixels_are_neither_seen_nor_filled(photo, painter, alone):
    rgba = np.dstack([photo(32, 32), np.full((32, 32), 200, np.uint8)])
    rgba[:, :8, 3] = 0
    mask = np.zeros((32, 32), np.bool_)
    mask[10:20, 4:20] = True
    runtime = painter()
    found = Inpainter(runtime=runtime).run(rgba, mask, options=alone).array()
    [(_, masks, _)] = runtime.seen
    np.testing.assert_array_equal(masks[0], mask | (rgba[..., 3] == 0))
    filled = mask & (rgba[..., 3] > 0)
    assert (found[filled] == [painter.COLOUR] * 3 + [200]).all()
    np.testing.assert_array_equal(found[~filled], rgba[~filled])


def test_the_hole_in_its_own_alpha(photo, painter, alone):
    rgba = np.dstack([photo(32, 32), np.full((32, 32), 255, np.uint8)])
    rgba[5:9, 5:9, 3] = 100
    rgba[6, 6, 3] = 0
    found = Inpainter(runtime=painter())(Image.fromarray(rgba), options=alone)
    expected = rgba.copy()
    expected[5:9, 5:9] = [painter.COLOUR] * 3 + [255]
    np.testing.assert_array_equal(np.asarray(found), expected)
    with pytest.raises(UsageError, match="no alpha"):
        Inpainter(runtime=painter())(photo(32, 32))


def test_only_transparent_pixels_left_is_refused(photo, painter):
    rgba = np.dstack([photo(8, 8), np.zeros((8, 8), np.uint8)])
    rgba[:4, :, 3] = 255
    mask = np.zeros((8, 8), np.bool_)
    mask[:4] = True
    with pytest.raises(PictureError, match="transparent"):
        Inpainter(runtime=painter())(rgba, mask)


def test_guidance_goes_where_it_is_wanted(photo, painter):
    picture, guide, mask = photo(600, 500), photo(600, 500, 3), np.zeros((600, 500), np.bool_)
    mask[100:140, 100:140] = mask[300:500, 200:450] = True
    for fit in ("auto", "resize", "crop", "polyphase", "direct"):
        guided = Inpainter(runtime=painter(guided=True), options=Options(fit=fit))
        guided.run(picture, mask, guide)
        with pytest.raises(UsageError, match="need a"):
            guided.run(picture, mask)
    with pytest.raises(UsageError, match="take no"):
        Inpainter(runtime=painter()).run(picture, mask, guide)
    with pytest.raises(UsageError, match="500 x 599 .* 500 x 600"):
        guided.run(picture, mask, guide[1:])


def test_out_of_memory_goes_on_and_says_so(photo, painter):
    jobs = jobs_of([(256, 256)] * 5, photo)
    runtime = painter(group_pixels=4 * 256 * 256, most=1)
    found = Inpainter(runtime=runtime).fill_many(jobs)
    assert all(result.warnings == (SMALLER,) for result in found)
    assert len(runtime.seen) == 5
    with pytest.raises(DeepginError, match="fit="):
        Inpainter(runtime=painter(most=0)).fill_many(jobs)
