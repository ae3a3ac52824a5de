"""What a job will write, in which groups, and what is refused before work starts."""

from importlib import import_module
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deepgin.errors import UsageError
from deepgin.inpainting.folders import (
    JobOptions,
    Pair,
    Pairs,
    check_folders,
    find_pairs,
    parse_shard,
    plan,
)
from deepgin.inpainting.folders.plan import GROUP, GROUP_BYTES


def targets(made, folder):
    tasks = [task for group in made.groups for task in group]
    return [task.target.relative_to(folder).as_posix() for task in tasks]


def pairs_of(*names, size=0):
    return Pairs([Pair(Path("photos") / name, Path(name), bytes=size) for name in names])


@pytest.mark.parametrize(
    ("options", "names"),
    [
        ({}, ["a.jpg", "deep/er/b.JPG", "x.png"]),
        ({"suffix": "_filled"}, ["a_filled.jpg", "deep/er/b_filled.JPG", "x_filled.png"]),
        ({"format": "png"}, ["a.png", "deep/er/b.png", "x.png"]),
        ({"format": ".webp", "suffix": "-1"}, ["a-1.webp", "deep/er/b-1.webp", "x-1.webp"]),
    ],
)
def test_names_of_results(tmp_path, options, names):
    pairs = pairs_of("a.jpg", "deep/er/b.JPG", "x_with_holes.png")
    assert targets(plan(pairs, tmp_path, JobOptions(**options)), tmp_path) == names


def test_what_no_format_is_fails_alone(tmp_path):
    pairs = pairs_of("a.nothing", "b.png")
    made = plan(pairs, tmp_path, JobOptions())
    assert targets(made, tmp_path) == ["b.png"]
    ((name, why),) = made.failed
    assert name == "a.nothing"
    assert "{format=png}" in why.mend
    assert targets(plan(pairs, tmp_path, JobOptions(format="png")), tmp_path) == ["a.png", "b.png"]


def test_results_that_would_collide(tmp_path):
    pairs = pairs_of("a.jpg", "a.png", "sub/a.jpg")
    assert len(targets(plan(pairs, tmp_path, JobOptions()), tmp_path)) == 3
    with pytest.raises(UsageError, match=r"a\.jpg and a\.png would both become .*/a\.png"):
        plan(pairs, tmp_path, JobOptions(format="png"))
    with pytest.raises(UsageError, match="x_with_holes.png and x.png would both become"):
        plan(pairs_of("x_with_holes.png", "x.png"), tmp_path, JobOptions())


def test_results_that_would_collide_where_case_does_not_count(tmp_path, monkeypatch):
    module = import_module("deepgin.inpainting.folders.plan")  # `plan` is also its function
    monkeypatch.setattr(module, "folds_case", lambda folder: False)
    pairs = pairs_of("A.jpg", "a.png", "B.PNG/b.png", "b.jpg")
    assert len(plan(pairs, tmp_path, JobOptions(format="png")).groups[0]) == 4
    monkeypatch.setattr(module, "folds_case", lambda folder: True)
    with pytest.raises(UsageError, match=r"A\.jpg and a\.png would both become"):
        plan(pairs, tmp_path, JobOptions(format="png"))
    with pytest.raises(UsageError, match=r"b\.jpg would become .*, which is the folder of"):
        plan(pairs_of("B.PNG/b.png", "b.jpg"), tmp_path, JobOptions(format="png"))


@pytest.mark.parametrize("link", ["symlink", "hardlink", "folder"])
@pytest.mark.parametrize("which", ["a.png", "a_mask.png"])
def test_results_that_are_inputs_by_a_roundabout_way(files, tmp_path, link, which):
    photos = files("photos", "a.png", "a_mask.png")
    out = tmp_path / "out"
    if link == "folder":
        out.symlink_to(photos, target_is_directory=True)
    else:
        out.mkdir()
        make = Path.symlink_to if link == "symlink" else Path.hardlink_to
        make(out / "a.png", photos / which)
    if link == "folder" and which == "a_mask.png":
        pytest.skip("no result has a mask's name")
    for overwrite in (False, True):
        with pytest.raises(UsageError, match="is also an input"):
            plan(find_pairs(photos), out, JobOptions(overwrite=overwrite))


def test_folders_that_cannot_be_targets(files, tmp_path):
    photos, masks = files("photos", "a.png"), files("masks", "a.png")
    check_folders(photos, tmp_path / "new", masks)
    check_folders(photos, photos / "out", masks)
    for place in (photos, masks, photos / ".." / "masks"):
        with pytest.raises(UsageError, match="is also an input"):
            check_folders(photos, place, masks)
    with pytest.raises(UsageError, match="is a file"):
        check_folders(photos, photos / "a.png", masks)


@pytest.mark.parametrize(
    ("options", "word"),
    [
        ({"shard": (0, 2)}, "0/2"),
        ({"shard": (3, 2)}, "3/2"),
        ({"suffix": "a/b"}, "a/b"),
        ({"format": "txt"}, "txt"),
        ({"quality": -1}, "quality"),
        ({"quality": 101}, "101"),
    ],
)
def test_options_that_do_not_work(options, word):
    with pytest.raises(UsageError, match=word):
        JobOptions(**options)


def test_shard():
    assert parse_shard("2/4") == (2, 4)
    for wrong in ("2", "2/", "/4", "a/b", "2/4/1", "-1/4", ""):
        with pytest.raises(UsageError) as refused:
            parse_shard(wrong)
        assert refused.value.field == "shard"


sizes = st.lists(st.integers(0, 2 * GROUP_BYTES), max_size=60)


@given(sizes, st.integers(1, 5))
def test_shards_divide_the_groups_of_the_whole(sizes, count):
    pairs = Pairs([Pair(Path(f"{i}.png"), Path(f"{i}.png"), bytes=b) for i, b in enumerate(sizes)])
    whole = plan(pairs, Path("out"), JobOptions())
    assert [task.pair for group in whole.groups for task in group] == pairs.pairs
    for group in whole.groups:
        assert len(group) <= GROUP
        assert len(group) == 1 or sum(task.pair.bytes for task in group) <= GROUP_BYTES
    shards = [plan(pairs, Path("out"), JobOptions(shard=(i + 1, count))) for i in range(count)]
    for shard in shards:
        tasks = [task for group in shard.groups for task in group]
        assert len(tasks) + len(shard.others) == len(pairs.pairs)
        assert not set(tasks) & set(shard.others)
        assert all(group in whole.groups for group in shard.groups)
    assert sum(len(shard.groups) for shard in shards) == len(whole.groups)


def test_groups_do_not_depend_on_what_is_done(files, tmp_path):
    photos = files("photos", *(f"{i:02}.png" for i in range(40)))
    pairs = find_pairs(photos, masked=False)
    before = plan(pairs, tmp_path / "out", JobOptions())
    files("out", "03.png", "17.png", "18.png")
    assert plan(pairs, tmp_path / "out", JobOptions()).groups == before.groups
