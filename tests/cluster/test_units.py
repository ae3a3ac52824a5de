"""Cutting sources into units."""

import os

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from deepgin.cluster.units import Member, pair, plan_units
from deepgin.errors import DeepginError, PictureError, UsageError

from .conftest import mask_png, png, write_folder, write_shard


@pytest.fixture
def folder(tmp_path):
    files = {f"{i}.png": png(i) for i in range(5)} | {f"{i}_mask.png": mask_png() for i in range(5)}
    return write_folder(tmp_path / "in", files)


def names(plan):
    return [[entry.name for entry in unit.entries] for unit in plan.units]


def test_runs_of_pictures(ask, folder):
    plan = plan_units(ask(folder, per_unit=2))
    assert [u.name for u in plan.units] == ["pictures-000000", "pictures-000001", "pictures-000002"]
    assert names(plan) == [["0.png", "1.png"], ["2.png", "3.png"], ["4.png"]]
    assert {entry.mask for unit in plan.units for entry in unit.entries} == {
        f"{i}_mask.png" for i in range(5)
    }
    assert plan == plan_units(ask(folder, per_unit=2))
    assert not plan.notes


@pytest.mark.parametrize("changed", ["2.png", "2_mask.png"])
def test_content_changes_with_the_files(ask, folder, changed):
    before = plan_units(ask(folder, per_unit=2)).units
    os.utime(folder / changed, (1, 1))
    after = plan_units(ask(folder, per_unit=2)).units
    same = [one.content == other.content for one, other in zip(before, after, strict=True)]
    assert same == [True, False, True]


def test_masks_in_a_folder_of_the_source(ask, tmp_path):
    files = {"a.png": png(0), "masks/a.png": mask_png(), "masks/b.png": mask_png()}
    root = write_folder(tmp_path / "in", files)
    plan = plan_units(ask(root, masks=str(root / "masks")))
    assert [(e.name, e.mask) for e in plan.units[0].entries] == [("a.png", "a.png")]
    assert plan.notes == ["1 mask has no picture: b.png"]


def test_results_in_the_source_are_no_source(ask, folder):
    write_folder(folder / "out", {"x.png": png(9), "y.tar": b""})
    assert names(plan_units(ask(folder, folder / "out"))) == [[f"{i}.png" for i in range(5)]]


def test_a_source_in_the_results(ask, folder):
    for target in (folder, folder.parent):
        with pytest.raises(UsageError, match=str(target)):
            plan_units(ask(folder, target))


def test_shards_of_a_folder(ask, tmp_path):
    for name in ("a.tar", "x/b.tar.gz", "c.tgz"):
        write_shard(tmp_path / "in" / name, [0], "w" if name == "a.tar" else "w:gz")
    plan = plan_units(ask(tmp_path / "in"))
    assert [unit.name for unit in plan.units] == ["a", "c", "x/b"]
    assert plan.units[2].shard.endswith("in/x/b.tar.gz")
    before = plan.units[0].content
    os.utime(tmp_path / "in" / "a.tar", (1, 1))
    assert plan_units(ask(tmp_path / "in")).units[0].content != before


def test_shards_by_pattern_and_range(ask, tmp_path):
    for i in range(3):
        write_shard(tmp_path / "in" / f"{i:02}.tar", [0])
    (tmp_path / "in" / "a.png").write_bytes(png(0))
    by_star = plan_units(ask(tmp_path / "in" / "*.tar")).units
    by_range = plan_units(ask(f"{tmp_path}/in/{{00..03}}.tar")).units
    assert [unit.name for unit in by_star] == ["00", "01", "02"]
    assert [unit.content for unit in by_range][:3] == [unit.content for unit in by_star]
    # One that is missing is a unit nevertheless: whoever is to fill it says so.
    assert by_range[3].name == "03"
    with pytest.raises(PictureError, match=r"in/b\*.tar: no shard has such a name"):
        plan_units(ask(tmp_path / "in" / "b*.tar"))


def test_shards_and_pictures(ask, folder):
    write_shard(folder / "a.tar", [0])
    with pytest.raises(UsageError, match=str(folder)):
        plan_units(ask(folder))


def test_two_shards_of_one_name(ask, tmp_path):
    write_shard(tmp_path / "in" / "a.tar", [0])
    write_shard(tmp_path / "in" / "a.tgz", [0], "w:gz")
    with pytest.raises(UsageError, match=r"a\.tar"):
        plan_units(ask(tmp_path / "in"))


def test_two_results_of_one_name(ask, tmp_path):
    from deepgin.inpainting.folders import JobOptions

    root = write_folder(tmp_path / "in", {"a.png": png(0), "a.jpg": png(1), "b.png": png(2)})
    assert len(plan_units(ask(root, per_unit=1)).units) == 3
    with pytest.raises(UsageError, match=r"a\.jpg.*a\.png"):
        plan_units(ask(root, per_unit=1, writing=JobOptions(format="png")))


@pytest.mark.parametrize(
    ("make", "what"),
    [
        (lambda p: p / "none", "none: no such file or folder"),
        (lambda p: write_folder(p / "in", {"a.txt": b""}), "neither pictures nor tar shards"),
        (
            lambda p: write_folder(p, {"a.png": png(0)}) / "a.png",
            "neither a tar shard nor a folder",
        ),
    ],
)
def test_nothing_to_fill(ask, tmp_path, make, what):
    with pytest.raises(DeepginError, match=what):
        plan_units(ask(make(tmp_path), tmp_path / "in" / "out"))


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
    assert found.entries == [Member("a.png"), Member("b.png")]
    assert not found.lone_masks


STEMS = st.sampled_from(["a", "b", "a_mask", "a-mask", "a.mask", "b_with_holes", ".mask", "a_seg"])
NAMES = st.builds(
    "{}{}.{}".format, st.sampled_from(["", "x/"]), STEMS, st.sampled_from(["png", "jpg"])
)


@settings(max_examples=40)
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
