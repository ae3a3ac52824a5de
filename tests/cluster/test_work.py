"""One unit: devices that break, disks that are full, and scratch folders."""

import errno
import os
import subprocess
import sys
import tempfile

import pytest

from deepgin.cluster import ClusterRequest
from deepgin.cluster.request import Order
from deepgin.cluster.tars import remove_dead, scratch
from deepgin.cluster.units import plan_units
from deepgin.cluster.work import BrokenWorker, fill_unit
from deepgin.errors import DeepginError
from deepgin.inpainting import Inpainter

from .conftest import contents, write_shard


@pytest.fixture
def order(ask, tmp_path):
    write_shard(tmp_path / "in" / "a.tar", range(6))
    request: ClusterRequest = ask(tmp_path / "in")
    return Order(request, request.to_dict())


@pytest.fixture
def unit(order):
    return plan_units(order.request).units[0]


@pytest.fixture
def inpainter(weights):
    return Inpainter(weights, device="cpu")


def test_a_device_that_breaks_fails_no_picture(order, unit, inpainter, monkeypatch, tmp_path):
    calls = []

    def breaks(jobs, options=None):
        calls.append(len(jobs))
        raise RuntimeError("CUDA error: unspecified launch failure")

    monkeypatch.setattr(inpainter, "fill_many", breaks)
    with pytest.raises(BrokenWorker, match="CUDA error"):
        fill_unit(unit, order, inpainter)
    assert not (tmp_path / "out").exists()
    assert len(calls) < 5


def test_a_picture_that_is_at_fault_fails_alone(order, unit, inpainter, monkeypatch, tmp_path):
    real = inpainter.fill_many

    def fails(jobs, options=None):
        if any(job.name == "0003.png" for job in jobs):
            raise ArithmeticError("an unforeseen picture")
        return real(jobs, options)

    monkeypatch.setattr(inpainter, "fill_many", fails)
    report = fill_unit(unit, order, inpainter)
    assert report.filled == 5
    [(name, why)] = report.failed
    assert name == "0003.png"
    assert why.startswith("ArithmeticError: an unforeseen picture")


def test_a_full_disk_fails_no_picture(order, unit, inpainter, monkeypatch, tmp_path):
    def full(*_, **__):
        raise DeepginError(f"x.png cannot be written: {os.strerror(errno.ENOSPC)}")

    monkeypatch.setattr("deepgin.pictures.Document.save", full)
    with pytest.raises(DeepginError, match="TMPDIR"):
        fill_unit(unit, order, inpainter)
    assert not (tmp_path / "out").exists()


def test_a_tar_without_its_manifest_where_the_latter_cannot_be_written(
    order, unit, inpainter, tmp_path
):
    (tmp_path / "out" / "a.tar.json").mkdir(parents=True)
    with pytest.raises(DeepginError, match="a.tar.json"):
        fill_unit(unit, order, inpainter)
    assert (tmp_path / "out" / "a.tar").is_file()


def test_nothing_of_scratch_is_left(order, unit, inpainter, tmp_path, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "scratch"))
    (tmp_path / "scratch").mkdir()
    fill_unit(unit, order, inpainter)
    assert contents(tmp_path / "scratch") == {}
    (tmp_path / "in" / "a.tar").write_bytes(b"damaged")
    with pytest.raises(DeepginError):
        fill_unit(unit, order, inpainter)
    assert not [*(tmp_path / "scratch").iterdir()]


def test_scratch_is_never_found_without_its_lock(tmp_path, monkeypatch):
    """Another worker that looks for folders of the dead ones as this one makes its own."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    fcntl = pytest.importorskip("fcntl")
    lock, begun = fcntl.flock, []

    def late(file, how):
        begun.append(file)
        if len(begun) == 1:
            remove_dead(tmp_path)
        return lock(file, how)

    monkeypatch.setattr(fcntl, "flock", late)
    with scratch() as folder:
        (folder / "file").write_bytes(b"")
    assert not [*tmp_path.iterdir()]


def test_scratch_of_the_dead_is_removed_and_of_the_living_kept(tmp_path, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    code = (
        "import os, tempfile\n"
        f"tempfile.tempdir = {str(tmp_path)!r}\n"
        "from deepgin.cluster.tars import scratch\n"
        "with scratch() as folder:\n"
        "    print(folder, flush=True)\n"
        "    os._exit(1)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], check=False, capture_output=True, text=True)
    dead = done.stdout.strip()
    assert os.path.isdir(dead), done.stderr
    with scratch() as living, scratch() as other:
        assert not os.path.exists(dead)
        assert living.is_dir()
        assert other.is_dir()
        assert living != other


def test_manifests_have_no_secrets(ask, tmp_path, weights):
    request = ask("ftp://me:SECRET@host/in", masks="https://host/mask.png?token=SECRET")
    assert "SECRET" not in str(request.to_dict())
    assert request.to_dict()["source"] == "ftp://host/in"
