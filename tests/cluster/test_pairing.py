"""Which name is a picture's and which its mask's."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deepgin.cluster.units import Entry, pair


def pairs(names, masks=None, **options):
    return [(entry.name, entry.mask) for entry in pair(names, masks, **options).entries]


@pytest.mark.parametrize("mask", ["a_mask.png", "a-mask.jpg", "a.mask.png", "a.mask.webp"])
def test_a_mask_beside_its_picture(mask):
    assert pairs([mask, "a.jpg", "b/a.png"]) == [("a.jpg", mask), ("b/a.png", "")]


def test_the_challenge_names():
    assert pairs(["a_with_holes.png", "a_mask.png"]) == [("a_with_holes.png", "a_mask.png")]


def test_masks_apart():
    names = ["x/a.jpg", "b.png", "b_mask.png"]
    found = pair(names, ["x/a.png", "b_mask.png", "c.png", "notes.txt"])
    assert [(e.name, e.mask) for e in found.entries] == [
        ("b.png", ""),
        ("b_mask.png", "b_mask.png"),  # a mask of the very name of a picture is its alone
        ("x/a.jpg", "x/a.png"),
    ]
    assert found.lone_masks == ["c.png"]


def test_one_mask_for_all():
    found = pair(["a.png", "a_mask.png", "b.png"], one_for_all=True)
    assert found.entries == [Entry("a.png"), Entry("b.png")]
    assert not found.lone_masks


def test_two_masks_fit():
    found = pair(["a.png", "a_mask.png", "a.mask.png", "b.png"])
    assert found.failed == [("a.png", "a.mask.png and a_mask.png both fit: keep one of them")]
    assert found.entries == [Entry("b.png")]
    assert not found.lone_masks


def test_masks_without_a_picture():
    found = pair(["a_mask.png", "b.mask.png", "c.png"])
    assert found.lone_masks == ["a_mask.png", "b.mask.png"]
    assert found.entries == [Entry("c.png")]


def test_what_is_no_picture_or_hidden():
    assert pairs(["a.txt", ".b.png", ".c/d.png", "__MACOSX/._e.png", "../f.png", "g.PNG"]) == [
        ("g.PNG", "")
    ]


STEMS = st.sampled_from(["a", "b", "a_mask", "a-mask", "a.mask", "b_with_holes", ".mask", "a_seg"])
NAMES = st.builds(
    "{}{}.{}".format, st.sampled_from(["", "x/"]), STEMS, st.sampled_from(["png", "jpg"])
)


@given(st.sets(NAMES))
def test_every_picture_stands_once(names):
    found = pair(names)
    told = [e.name for e in found.entries] + [n for n, _ in found.failed] + found.lone_masks
    assert len(told) == len(set(told))
    assert set(told) <= names
    masks = [entry.mask for entry in found.entries if entry.mask]
    assert set(masks) <= names - set(told)
    # The order in which names come is of no concern.
    assert pair(sorted(names, reverse=True)) == found
