"""Boxes round holes: every pixel of a hole is in one, none is too large, views lie inside."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from deepgin.inpainting.boxes import Box, boxes_of, boxes_of_parts, view_of


def hole_of(height, width, *boxes):
    hole = np.zeros((height, width), np.bool_)
    for top, left, bottom, right in boxes:
        hole[top:bottom, left:right] = True
    return hole


@pytest.mark.parametrize(
    ("boxes", "expected"),
    [
        ([], []),
        ([(3, 4, 7, 9)], [Box(3, 4, 7, 9)]),
        ([(0, 0, 1, 1), (199, 299, 200, 300)], [Box(0, 0, 1, 1), Box(199, 299, 200, 300)]),
        ([(10, 10, 20, 20), (60, 60, 74, 74)], [Box(10, 10, 74, 74)]),  # together 64: one
        ([(10, 10, 20, 20), (60, 60, 75, 75)], [Box(10, 10, 20, 20), Box(60, 60, 75, 75)]),
        ([(0, 0, 100, 30)], [Box(0, 0, 50, 30), Box(50, 0, 100, 30)]),
        ([(5, 0, 8, 200)], [Box(5, i * 50, 8, i * 50 + 50) for i in range(4)]),
    ],
)
def test_boxes_of_plain_holes(boxes, expected):
    assert boxes_of(hole_of(200, 300, *boxes), 64) == expected


@settings(max_examples=50)
@given(
    st.integers(1, 90), st.integers(1, 90), st.floats(0, 1), st.integers(1, 70), st.integers(0, 99)
)
def test_boxes_cover_every_hole(height, width, share, most, seed):
    rng = np.random.default_rng(seed)
    hole = rng.random((height, width)) < share**6
    boxes = boxes_of(hole, most)
    covered = np.zeros_like(hole)
    for box in boxes:
        assert 0 < box.height <= most
        assert 0 < box.width <= most
        covered[box.slices()] = True
    assert covered[hole].all()
    assert boxes == boxes_of(hole, most)
    for box in boxes:
        view = view_of(box, hole.shape, most * 2)
        assert view.within(Box(0, 0, height, width)) == view
        assert box.within(view) == box
        assert (view.height, view.width) == (min(height, 2 * most), min(width, 2 * most))


def test_a_view_has_context_on_all_sides():
    view = view_of(Box(400, 500, 528, 628), (1000, 1000), 256)
    assert view == Box(336, 436, 592, 692)
    assert view_of(Box(0, 990, 10, 1000), (1000, 1000), 256) == Box(0, 744, 256, 1000)


@given(
    height=st.integers(1, 400),
    width=st.integers(1, 400),
    seed=st.integers(0, 99),
    n=st.integers(1, 9),
)
def test_parts_hold_the_whole_hole_once(height, width, seed, n):
    rng = np.random.default_rng(seed)
    hole = np.zeros((height, width), bool)
    for _ in range(n):
        top, left = rng.integers(height), rng.integers(width)
        hole[top : top + rng.integers(1, 40), left : left + rng.integers(1, 40)] = True
    covered = np.zeros(hole.shape, int)
    for box in boxes_of_parts(hole):
        covered[box.slices()] += 1
    assert covered.max() == 1 and (covered[hole] == 1).all()


def test_far_holes_are_parts_and_near_ones_are_one():
    far = [(10, 10, 20, 20), (10, 500, 20, 520)]
    assert boxes_of_parts(hole_of(300, 600, *far)) == far
    assert len(boxes_of_parts(hole_of(300, 600, *far, (10, 40, 20, 50)))) == 2
    frame = [(10, 10, 490, 14), (486, 10, 490, 490)]
    interleaved = hole_of(500, 500, *frame, (100, 300, 110, 310))
    assert boxes_of_parts(interleaved) == [(10, 10, 490, 490)]
