"""Jobs that ended early, sources that changed, and what of it is done again."""

import os
from dataclasses import replace

import fsspec
import pytest

from deepgin.cluster import fill_all
from deepgin.cluster.job import LOST
from deepgin.cluster.request import UnitReport
from deepgin.cluster.work import Worker
from deepgin.errors import DeepginError, UsageError
from deepgin.inpainting import Options
from deepgin.inpainting.folders import JobOptions

from .conftest import (
    Told,
    contents,
    in_this_process,
    manifest,
    never,
    tars,
    write_shard,
)


def test_going_on_after_the_driver_died(fill, shards, tmp_path):
    fill(shards, tmp_path / "whole")

    class Died(BaseException):
        pass

    def dies(order, weights, units):
        worker = Worker(order, weights)
        yield worker.work(units[0])
        worker.work(units[1])  # done, but nobody heard of it
        raise Died

    with pytest.raises(Died):
        fill(shards, hand=dies)
    assert not manifest(tmp_path / "out" / "manifest.json")["complete"]
    (tmp_path / "out" / ".2.0123abcd.tar").write_bytes(b"half")
    summary, told = fill(shards)
    assert (summary.done, summary.skipped) == (4, 8)
    assert told.begun == (1, 2)
    assert not told.notes
    assert contents(tmp_path / "out") == contents(tmp_path / "whole")
    summary, _ = fill(shards, hand=never)
    assert (summary.done, summary.skipped) == (0, 12)


@pytest.mark.parametrize("damage", ["cut tar", "no tar", "cut manifest", "other source"])
def test_what_is_not_whole_is_filled_again(fill, shards, tmp_path, damage):
    fill(shards)
    before = contents(tmp_path / "out")
    tar, told = tmp_path / "out" / "1.tar", tmp_path / "out" / "1.tar.json"
    if damage == "cut tar":
        tar.write_bytes(tar.read_bytes()[:-512])
    elif damage == "no tar":
        tar.unlink()
    elif damage == "cut manifest":
        told.write_bytes(told.read_bytes()[:-100])
    else:
        write_shard(shards / "1.tar", [7])
        os.utime(shards / "1.tar", (1, 1))
    summary, heard = fill(shards)
    filled = 1 if damage == "other source" else 4
    assert (summary.done, summary.skipped) == (filled, 8)
    assert heard.notes == ["1 units have changed since they were filled: they are filled again"]
    if damage != "other source":
        assert contents(tmp_path / "out") == before


def test_a_file_that_a_dead_worker_was_writing_does_not_stay(fill, shards, tmp_path):
    out = tmp_path / "out"

    def dying(order, weights, units):
        for report in in_this_process(order, weights, units):
            (out / f".{report.unit}.tar.0123abcd.tar").write_bytes(b"half")
            yield report

    fill(shards, hand=dying)
    assert set(contents(out)) == {f"{i}.tar{end}" for i in range(3) for end in ("", ".json")} | {
        "manifest.json"
    }


def test_results_of_another_request_are_kept(fill, shards, tmp_path):
    fill(shards)
    before = contents(tmp_path / "out")
    with pytest.raises(UsageError, match="options, format"):
        fill(shards, hand=never, options=Options(fit="crop"), writing=JobOptions(format="webp"))
    assert contents(tmp_path / "out") == before
    summary, _ = fill(shards, options=Options(fit="crop"), overwrite=True)
    assert (summary.done, summary.skipped) == (12, 0)
    assert manifest(tmp_path / "out" / "0.tar.json")["request"]["options"]["fit"] == "crop"


def test_units_that_the_source_has_no_more(fill, shards, tmp_path):
    fill(shards)
    (shards / "2.tar").unlink()
    summary, told = fill(shards, hand=never)
    assert summary.skipped == 8
    assert "has results of 1 units that the source does not have, such as 2.tar" in told.notes[0]
    assert (tmp_path / "out" / "2.tar").exists()


def test_a_shard_that_cannot_be_read(fill, shards, tmp_path):
    (shards / "1.tar").write_bytes((shards / "1.tar").read_bytes()[:1000])
    summary, _ = fill(f"{shards}/{{0..3}}.tar")
    failed = dict(summary.failed)
    assert summary.done == 8
    assert failed.keys() == {"1", "3"}
    assert failed["1"].startswith(f"{shards}/1.tar cannot be read as a tar shard: ")
    assert failed["3"] == f"{shards}/3.tar: no such file or folder"
    job = manifest(tmp_path / "out" / "manifest.json")
    assert not job["complete"]
    assert [entry["unit"] for entry in job["failed_units"]] == ["1", "3"]
    assert set(tars(tmp_path / "out")) == {"0.tar", "2.tar"}
    # Once it is mended, the same command does what is left.
    write_shard(shards / "1.tar", [1])
    write_shard(shards / "3.tar", [3])
    summary, _ = fill(f"{shards}/{{0..3}}.tar")
    assert (summary.done, summary.skipped, summary.failed) == (2, 8, [])


def test_units_that_nobody_reports_are_named(fill, shards):
    def loses(order, weights, units):
        yield from in_this_process(order, weights, [units[0], units[2]])

    summary, _ = fill(shards, hand=loses)
    assert summary.done == 8
    assert summary.failed == [("1", LOST)]


def test_a_read_that_breaks_off_is_tried_again_next_time(fill, folder, memory, monkeypatch, ask):
    fsspec.filesystem("memory").put(str(folder), "/in", recursive=True)
    request = ask(f"{memory}in", f"{memory}out", per_unit=2)
    real = type(fsspec.filesystem("memory")).cat_file

    def breaks(self, path, *rest, **more):
        if path.endswith("x/2.png"):
            raise ConnectionResetError("peer of ftp://me:SECRET@host went away")
        return real(self, path, *rest, **more)

    with monkeypatch.context() as patched:
        patched.setattr(type(fsspec.filesystem("memory")), "cat_file", breaks)
        summary = fill_all(request, in_this_process, Told())
    assert summary.done == 3
    [(unit, why)] = summary.failed
    assert unit == "pictures-000001"
    assert why.endswith(
        "in/x/2.png cannot be read: ConnectionResetError: peer of ftp://host went away"
    )
    summary = fill_all(request, in_this_process, Told())
    assert (summary.done, summary.skipped, summary.failed) == (2, 3, [])


def test_another_job_in_the_same_folder(fill, ask, shards):
    def nested(order, weights, units):
        with pytest.raises(DeepginError, match="out"):
            fill_all(ask(shards), never, Told())
        yield from in_this_process(order, weights, units)

    assert fill(shards, hand=nested)[0].done == 12


def test_a_worker_with_another_package(ask, shards, monkeypatch):
    def elsewhere(order, weights, units):
        order = replace(order, described=order.described | {"software": "deepgin 0.0.1"})
        yield UnitReport("0", str(pytest.raises(DeepginError, Worker, order, weights).value))

    summary = fill_all(ask(shards), elsewhere, Told())
    assert "deepgin 0.0.1" in summary.failed[0][1]
