"""Cutting sources into units."""

import os

import pytest

from deepgin.cluster.units import plan_units
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


def test_one_mask_for_all(ask, folder, tmp_path):
    (tmp_path / "mask.png").write_bytes(mask_png())
    request = ask(folder, masks=str(tmp_path / "mask.png"))
    before = plan_units(request)
    assert before.one_mask
    assert all(not entry.mask for entry in before.units[0].entries)
    os.utime(tmp_path / "mask.png", (1, 1))
    assert plan_units(request).units[0].content != before.units[0].content


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


def test_shards_with_a_folder_of_masks(ask, tmp_path):
    write_shard(tmp_path / "in" / "a.tar", [0])
    (tmp_path / "masks").mkdir()
    with pytest.raises(UsageError, match="masks"):
        plan_units(ask(tmp_path / "in", masks=str(tmp_path / "masks")))


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


def test_masks_that_are_missing(ask, folder, tmp_path):
    with pytest.raises(DeepginError, match="masks: no such file or folder"):
        plan_units(ask(folder, masks=str(tmp_path / "masks")))


def test_a_unit_has_pictures(ask, folder):
    with pytest.raises(UsageError) as refused:
        ask(folder, per_unit=0)
    assert refused.value.field == "pictures_per_unit"
