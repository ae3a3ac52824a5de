"""A real Ray cluster of this machine: workers that are killed, a driver that is killed."""

import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

import pytest

import deepgin as package
from deepgin.cluster import fill_all
from deepgin.cluster.job import LOST

from .conftest import Told, contents, in_this_process, write_shard

pytestmark = pytest.mark.slow
UNITS, PICTURES, MANY = 8, 12, 150


@pytest.fixture(scope="module")
def shards(tmp_path_factory):
    root = tmp_path_factory.mktemp("shards")
    for unit in range(UNITS):
        write_shard(root / f"{unit}.tar", range(PICTURES * unit, PICTURES * (unit + 1)))
    return root


@pytest.fixture(scope="module")
def scratch():
    """A folder of a short name: Ray's sockets in it may have 107 bytes, which pytest's have not."""
    with tempfile.TemporaryDirectory(prefix="ray", ignore_cleanup_errors=True) as folder:
        yield Path(folder)


@pytest.fixture(scope="module")
def pool(scratch):
    """A cluster of three processes, for this module."""
    ray = pytest.importorskip("ray")
    from deepgin.cluster import pool

    with pytest.MonkeyPatch.context() as patched:
        patched.setenv("TMPDIR", str(scratch))
        patched.setenv("PYTHONPATH", str(Path(package.__file__).parents[1]))
        pool._start(pool.Workers(count=3))
    yield pool
    ray.shutdown()


def expected(ask, shards, folder):
    fill_all(ask(shards, folder), in_this_process, Told())
    return contents(folder)


def below(pid):
    """Return the processes that a process has begun, and those that they have."""
    parents = {}
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            parents[int(path.parent.name)] = int(path.read_text().rpartition(")")[2].split()[1])
        except OSError:
            continue
    found, new = set(), {pid}
    while new:
        new = {child for child, parent in parents.items() if parent in new} - found
        found |= new
    return found


def at_work(scratch):
    """Return the processes that this one has begun and that fill a unit, by the unit's folder."""
    found = {}
    for pid in below(os.getpid()):
        for link in Path(f"/proc/{pid}/fd").glob("*"):
            try:
                lock = Path(os.readlink(link))
            except OSError:
                continue
            # Each unit has such a lock, open as long as it is filled, and a folder of its results.
            if lock.is_relative_to(scratch) and (lock.parent / "out").is_dir():
                found[lock.parent] = pid
    return found


class Killer(threading.Thread):
    """Kills workers in the middle of a unit, so many times."""

    def __init__(self, scratch, times, ready=lambda: True):
        super().__init__(daemon=True)
        self.scratch, self.times, self.ready = scratch, times, ready
        self.killed, self.done = {}, threading.Event()

    def run(self):
        while len(self.killed) < self.times and not self.done.wait(0.002):
            for folder, pid in at_work(self.scratch).items() if self.ready() else ():
                # The next worker has the folder of a dead one open to remove it.
                if folder not in self.killed and pid != os.getpid():
                    os.kill(pid, signal.SIGKILL)
                    self.killed[folder] = pid
                    break

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *_):
        self.done.set()
        self.join()


def test_workers_that_are_killed_lose_and_double_nothing(
    pool, scratch, ask, shards, tmp_path, capsys
):
    out = tmp_path / "out"

    def some():
        return len([*out.glob("*.tar.json")]) >= 1

    told = Told()
    with Killer(scratch, 2, some) as killer:
        summary = fill_all(ask(shards, out), pool.hand_over(pool.Workers(count=3)), told)
    assert len(killer.killed) == 2
    assert (summary.done, summary.failed) == (UNITS * PICTURES, [])
    assert sorted(report.unit for report in told.reports) == [str(u) for u in range(UNITS)]
    # One of them if a unit's second worker was killed too.
    assert 1 <= sum(report.restarted for report in told.reports) <= 2
    assert capsys.readouterr().out == ""
    assert contents(out) == expected(ask, shards, tmp_path / "whole")


def test_a_unit_that_kills_whoever_takes_it_is_given_up(pool, scratch, ask, tmp_path):
    write_shard(tmp_path / "in" / "a.tar", range(MANY))
    request = ask(tmp_path / "in", tmp_path / "out")
    with Killer(scratch, pool.ATTEMPTS) as killer:
        summary = fill_all(request, pool.hand_over(pool.Workers(count=1)), Told())
    assert len(killer.killed) == pool.ATTEMPTS
    assert summary.failed == [("a", LOST)]
    assert set(contents(tmp_path / "out")) == {"manifest.json"}
    # Nothing is lost: the same again fills it.
    summary = fill_all(request, pool.hand_over(pool.Workers(count=1)), Told())
    assert (summary.done, summary.failed) == (MANY, [])


def test_a_network_that_no_worker_can_hold(pool, ask, shards, tmp_path):
    from deepgin.errors import DeepginError

    request = ask(shards, tmp_path / "out", device="cuda:99")
    workers = pool.Workers(count=1, gpus=0)
    with pytest.raises(DeepginError, match=r"^no worker could begin: .*device 'cuda:99'") as caught:
        fill_all(request, pool.hand_over(workers), Told())
    assert "\n" not in str(caught.value)


def test_a_driver_that_is_killed(ask, shards, weights, tmp_path):
    pytest.importorskip("ray")
    out = tmp_path / "out"
    command = [sys.executable, "-m", "deepgin", "cluster", str(shards), "-o", str(out)]
    command += ["--weights", str(weights), "--workers", "2"]
    environment = os.environ | {"PYTHONPATH": str(Path(package.__file__).parents[1])}
    first = subprocess.Popen(command, env=environment, stderr=subprocess.PIPE, text=True)
    while first.poll() is None and not [*out.glob("*.tar.json")]:
        time.sleep(0.002)
    begun = below(first.pid)
    first.kill()
    _, err = first.communicate()
    assert first.returncode == -signal.SIGKILL, err
    whole = expected(ask, shards, tmp_path / "whole")
    left = contents(out)
    # What has a result's name is that result, whole, but for the manifest of the job.
    visible = {name for name in left if not name.startswith(".")} - {"manifest.json"}
    assert 1 <= len([name for name in visible if name.endswith(".json")]) < UNITS
    assert all(left[name] == whole[name] for name in visible)
    second = subprocess.run(command, env=environment, check=False, capture_output=True, text=True)
    assert second.returncode == 0, second.stderr
    assert "filled, " in second.stdout
    shown = {name: data for name, data in contents(out).items() if not name.startswith(".")}
    assert shown == whole
    # Ray's own processes notice that they are alone and end, the last of them after a while: until
    # then a worker of the first job may be writing a file, and what it leaves goes with the next.
    end = time.monotonic() + 120
    while begun & below(1) and time.monotonic() < end:
        time.sleep(0.5)
    assert not begun & below(1)
    third = subprocess.run(command, env=environment, check=False, capture_output=True, text=True)
    assert third.returncode == 0, third.stderr
    assert contents(out) == whole


def test_a_folder_whose_name_is_too_long_for_ray(tmp_path, monkeypatch):
    ray = pytest.importorskip("ray")
    from deepgin.cluster import pool

    def refused(*_, **__):
        raise OSError("AF_UNIX path length cannot exceed 107 bytes: /a/long/one")

    monkeypatch.setattr(ray, "init", refused)
    with pytest.raises(package.errors.DeepginError, match="TMPDIR"):
        pool._start(pool.Workers(count=1))
