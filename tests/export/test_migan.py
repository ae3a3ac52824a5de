"""Files of MI-GAN's contract: 0 is the hole, any size takes bounded time, one square is looked at."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

pytest.importorskip("onnx")

NAME, WIDTH = "std-coarse", 2


@pytest.fixture(scope="module")
def session(exported, open_onnx):
    return open_onnx(exported(NAME, WIDTH, contract="migan"))


@pytest.fixture(scope="module")
def ours(exported, open_onnx):
    return open_onnx(exported(NAME, WIDTH))


def run(session, pictures, holes):
    """Pictures N x H x W x 3 and holes N x H x W, as everywhere else."""
    mask = np.where(holes, np.uint8(0), np.uint8(255))[:, None]
    image = np.ascontiguousarray(np.moveaxis(pictures, 3, 1))
    [filled] = session.run(["result"], {"image": image, "mask": mask})
    assert filled.dtype == np.uint8
    return np.moveaxis(filled, 1, 3)


def run_ours(session, pictures, holes):
    mask = np.where(holes, np.uint8(255), np.uint8(0))
    return session.run(["completed"], {"picture": pictures, "mask": mask})[0]


def photo(height, width, seed=0):
    return np.random.default_rng(seed).integers(0, 256, (1, height, width, 3), dtype=np.uint8)


def box(height, width, top, left, rows, columns):
    hole = np.zeros((1, height, width), np.bool_)
    hole[:, top : top + rows, left : left + columns] = True
    return hole


def distance(one, other):
    return np.abs(one.astype(int) - other).max()


@settings(max_examples=8)
@given(
    count=st.integers(1, 2),
    height=st.integers(1, 700),
    width=st.integers(1, 700),
    missing=st.sampled_from([0.0, 0.001, 0.5, 1.0]),
    seed=st.integers(0, 999),
)
def test_nothing_outside_the_hole_changes_and_nothing_in_it_is_seen(
    session, count, height, width, missing, seed
):
    random = np.random.default_rng(seed)
    one, other = random.integers(0, 256, (2, count, height, width, 3), dtype=np.uint8)
    holes = random.random((count, height, width)) < missing
    filled = run(session, one, holes)
    np.testing.assert_array_equal(filled[~holes], one[~holes])
    np.testing.assert_array_equal(
        run(session, np.where(holes[..., None], other, one), holes), filled
    )


@pytest.mark.parametrize(
    "hole",
    [(10, 20, 40, 80), (0, 100, 512, 300), (0, 0, 512, 512), (511, 511, 1, 1)],
)
def test_at_512_it_is_our_contract(session, ours, hole):
    pictures, holes = photo(512, 512), box(512, 512, *hole)
    assert distance(run(session, pictures, holes), run_ours(ours, pictures, holes)) <= 1


@pytest.mark.parametrize(
    ("size", "hole", "corner"),
    [
        ((1100, 900), (500, 400, 60, 100), (274, 194)),  # around the hole
        ((1100, 900), (0, 850, 60, 50), (0, 388)),  # not beyond the picture
        ((1100, 900), (1050, 3, 50, 256), (588, 0)),
    ],
)
def test_a_square_around_the_hole_is_looked_at(session, ours, size, hole, corner):
    pictures, holes = photo(*size), box(*size, *hole)
    top, left = corner
    seen = (slice(None), slice(top, top + 512), slice(left, left + 512))
    reference = pictures.copy()
    reference[seen] = run_ours(ours, pictures[seen], holes[seen])
    filled = run(session, pictures, holes)
    assert distance(filled, reference) <= 1
    outside = photo(*size, seed=1)
    outside[seen] = pictures[seen]
    np.testing.assert_array_equal(run(session, outside, holes)[holes], filled[holes])


def test_a_small_picture_is_mirrored(session, ours):
    pictures, holes = photo(256, 128), box(256, 128, 30, 70, 50, 58)
    tiled = np.pad(pictures, ((0, 0), (0, 256), (0, 384), (0, 0)), "symmetric")
    reference = run_ours(ours, tiled, np.pad(holes, ((0, 0), (0, 256), (0, 384)), "symmetric"))
    assert distance(run(session, pictures, holes), reference[:, :256, :128]) <= 1


def test_a_large_square_is_reduced_by_means(session, ours):
    """Cells of 3 x 3 equal pixels give what the small picture gives, there where they are sampled."""
    small, holes = photo(512, 512), box(512, 512, 100, 70, 300, 260)
    large, larger = (part.repeat(3, 1).repeat(3, 2) for part in (small, holes))
    filled = run(session, large, larger)[:, 1::3, 1::3]
    assert distance(filled, run_ours(ours, small, holes)) <= 1


@pytest.mark.parametrize("size", [(1300, 1300), (3000, 17)])
def test_separate_holes_in_large_pictures(session, size):
    """All are filled and none is seen, however small they are in the square that is looked at."""
    height, width = size
    holes = box(height, width, 0, 0, 2, 3) | box(height, width, height - 1, width - 1, 1, 1)
    holes |= box(height, width, height // 2, width // 3, 5, 1)
    pictures = np.full((1, height, width, 3), 90, np.uint8)
    pictures[holes] = 255
    filled = run(session, pictures, holes)
    np.testing.assert_array_equal(filled[~holes], pictures[~holes])
    hidden = np.where(holes[..., None], np.uint8(3), pictures)
    np.testing.assert_array_equal(run(session, hidden, holes), filled)
    assert (filled[holes] != 255).all()


def test_each_picture_of_a_batch_has_its_own_square(session):
    pictures = np.concatenate([photo(900, 700, seed) for seed in range(3)])
    holes = np.concatenate(
        [
            box(900, 700, 10, 20, 30, 40),
            box(900, 700, 100, 50, 700, 600),
            box(900, 700, 0, 0, 0, 0),
        ]
    )
    together = run(session, pictures, holes)
    for i in range(3):
        alone = run(session, pictures[i : i + 1], holes[i : i + 1])[0]
        assert distance(together[i], alone) <= 1
    np.testing.assert_array_equal(together[2], pictures[2])


def test_below_half_is_missing(session):
    image = np.moveaxis(photo(40, 50), 3, 1)
    mask = np.full((1, 1, 40, 50), 255, np.uint8)
    mask[..., 5:15, 5:30], mask[..., 20:30, 5:30] = 127, 128
    [filled] = session.run(None, {"image": image, "mask": mask})
    changed = (filled != image).any(1)[0]
    assert changed[5:15, 5:30].mean() > 0.9
    changed[5:15, 5:30] = False
    assert not changed.any()
