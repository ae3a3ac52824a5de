"""One process in a target folder, and what killed ones left of their files."""

from pathlib import Path

import pytest

from deepgin.errors import DeepginError
from deepgin.files import whole_file
from deepgin.inpainting import Options
from deepgin.inpainting.folders import (
    JobOptions,
    Pair,
    Pairs,
    held,
    plan,
    provenance,
    remove_leftovers,
)
from deepgin.weights.model import Model

LONG = "a name of more than forty characters, as some collections have them"


def names_in(folder):
    return sorted(p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file())


def planned(target, names, **options):
    return plan(Pairs([Pair(Path(n), Path(n)) for n in names]), target, JobOptions(**options))


def leave(target):
    """Write as `whole_file` does and lose the process before the end."""
    target.parent.mkdir(parents=True, exist_ok=True)
    with pytest.raises(KeyboardInterrupt), whole_file(target) as temporary:
        temporary.write_bytes(b"half of it")
        left = temporary.with_name(temporary.name)
        left.rename(left.with_name("kept"))
        raise KeyboardInterrupt
    (target.parent / "kept").rename(temporary)


def test_leftovers_of_its_own_files_are_removed_and_nothing_else(tmp_path):
    names = ["a.png", "sub/b.c.jpg", f"{LONG}.png", "new\nline.png", "nowhere/x.png"]
    for name in [*names[:4], "z.png", "sub/z.png"]:
        leave(tmp_path / name)
    kept = [".hidden.png", ".a.12345678.jpg", ".a.1234567.png", ".a.1234567x.png", "a.12345678.png"]
    for name in kept:
        (tmp_path / name).write_bytes(b"somebody's")
    before = len(names_in(tmp_path))
    remove_leftovers(planned(tmp_path, names))
    left = names_in(tmp_path)
    assert len(left) == before - 4
    assert set(kept) < set(left)
    assert sum("z." in name for name in left) == 2


def test_leftovers_that_may_be_another_shards_stay(tmp_path):
    names = [f"{i:02}.png" for i in range(20)] + [f"{LONG} {i}.png" for i in range(20)]
    for name in names:
        leave(tmp_path / name)
    remove_leftovers(planned(tmp_path, names, shard=(1, 2)))
    left = names_in(tmp_path)
    # Groups of sixteen: the first and the third are this shard's; of long names none is sure.
    assert sum(LONG[:40] in name for name in left) == 20
    assert len(left) == 20 + 4
    remove_leftovers(planned(tmp_path, names))
    assert names_in(tmp_path) == []


def test_a_second_process_is_told_to_wait(tmp_path):
    pytest.importorskip("fcntl")
    out = tmp_path / "deep" / "out"
    with held(out, (1, 1)):
        with pytest.raises(DeepginError, match="out") as refused, held(out, (1, 1)):
            pass
        assert refused.value.field == "shard"
        with held(out, (2, 4)):
            assert len(names_in(out)) == 2
    assert names_in(out) == []
    with held(out, (1, 1)):
        pass


def test_a_folder_that_cannot_be_written(tmp_path):
    (tmp_path / "file").touch()
    with (
        pytest.raises(DeepginError, match="file: the folder cannot be made"),
        held(tmp_path / "file", (1, 1)),
    ):
        pass
    if Path("/proc/self").exists():
        with pytest.raises(DeepginError, match="/proc/self"), held(Path("/proc/self"), (1, 1)):
            pass


@pytest.mark.parametrize(
    ("options", "asked", "told"),
    [
        (Options(), None, 0),
        (Options(), 0.25, 0.25),
        (Options(texture="off"), None, 0.25),
        (Options(fit="crop"), None, 0.25),
        (Options(fit="crop", texture="on"), None, 0),
        (Options(texture="off"), 1, 1),
    ],
)
def test_the_sharpness_that_is_taken(stages, options, asked, told):
    assert provenance(Model(stages.both, sharpness=asked), options)["sharpness"] == told


def test_weights_of_one_set_have_none(stages):
    assert "sharpness" not in provenance(Model(stages.soft), Options())
