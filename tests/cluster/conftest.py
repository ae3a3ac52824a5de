"""Sources of pictures and shards, requests for a tiny network, and workers in this process."""

import io
import json
import tarfile
from dataclasses import replace
from pathlib import Path

import fsspec
import numpy as np
import pytest
from PIL import Image

from deepgin.cluster import ClusterRequest, fill_all
from deepgin.cluster.work import Worker
from deepgin.inpainting import Inpainter
from deepgin.inpainting.folders import JobOptions
from deepgin.weights.model import Model


def png(seed, height=24, width=32, alpha=False):
    """Return a picture of noise as a file's content; with alpha it has a hole of its own."""
    draw = np.random.default_rng(seed)
    pixels = draw.integers(0, 256, (height, width, 4 if alpha else 3), dtype=np.uint8)
    if alpha:
        pixels[..., 3] = 255
        pixels[4:12, 5:20, 3] = 0
    return encoded(pixels)


def mask_png(height=24, width=32):
    mask = np.zeros((height, width), np.uint8)
    mask[4:12, 5:20] = 255
    return encoded(mask)


def encoded(pixels):
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "PNG")
    return file.getvalue()


def write_tar(path, members, mode="w"):
    """Write (name, content) pairs as a tar."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with tarfile.open(path, mode) as tar:
        for name, content in members:
            member = tarfile.TarInfo(name)
            member.size = len(content)
            tar.addfile(member, io.BytesIO(content))
    return path


def write_shard(path, seeds, mode="w"):
    """Write a shard of pictures of these seeds, each with its mask."""
    members = []
    for seed in seeds:
        members += [(f"{seed:04}.png", png(seed)), (f"{seed:04}.mask.png", mask_png())]
    return write_tar(path, members, mode)


def write_folder(root, files):
    for name, content in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    return root


def members_of(path):
    with tarfile.open(path) as tar:
        return {member.name: tar.extractfile(member).read() for member in tar}


def manifest(path):
    return json.loads(Path(path).read_text())


def contents(folder):
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in Path(folder).rglob("*")
        if path.is_file()
    }


@pytest.fixture
def memory():
    """The address of an empty file system in this process's memory."""
    system = fsspec.filesystem("memory")
    system.store.clear()
    system.pseudo_dirs[:] = [""]
    yield "memory://"
    system.store.clear()


class Told:
    """A watcher that keeps what it hears."""

    def __init__(self):
        self.notes, self.reports, self.begun, self.ended = [], [], None, 0

    def note(self, text):
        self.notes.append(text)

    def begin(self, units, skipped):
        self.begun = (units, skipped)

    def unit(self, report):
        self.reports.append(report)

    def end(self):
        self.ended += 1


def never(order, weights, units):
    raise AssertionError("nothing is to be done")


def tars(out):
    return {name: data for name, data in contents(out).items() if name.endswith(".tar")}


def in_this_process(order, weights, units):
    worker = Worker(order, weights)
    for unit in units:
        yield worker.work(unit)


@pytest.fixture(scope="session")
def runtime(weights):
    return Inpainter(weights, device="cpu").runtime


@pytest.fixture(autouse=True)
def _one_network(monkeypatch, runtime, weights):
    """Loads the tiny network once for all tests, which takes longer than to fill with it."""

    def made(model, *, options=None):
        file = model.weights and Path(model.weights)
        same = file and file.is_file() and file.read_bytes() == weights.read_bytes()
        if same and model.sharpness is None:
            return Inpainter(runtime=runtime, options=options)
        return Inpainter(model, options=options)

    monkeypatch.setattr("deepgin.cluster.job.Inpainter", made)
    monkeypatch.setattr("deepgin.cluster.work.Inpainter", made)


@pytest.fixture
def ask(weights, tmp_path):
    """Makes requests; the target is a folder `out`."""

    def made(source, target=tmp_path / "out", *, overwrite=False, **fields):
        names = ("weights", "device", "sharpness", "contract")
        model = {"weights": str(weights)} | {n: fields.pop(n) for n in names if n in fields}
        writing = replace(fields.pop("writing", JobOptions()), overwrite=overwrite)
        return ClusterRequest(
            str(source), str(target), model=Model(**model), writing=writing, **fields
        )

    return made


@pytest.fixture
def fill(ask):
    """Runs a job in this process; returns its summary and what its watcher heard."""

    def filled(source, *arguments, hand=in_this_process, **fields):
        told = Told()
        summary = fill_all(ask(source, *arguments, **fields), hand, told)
        assert told.ended == 1
        return summary, told

    return filled


@pytest.fixture
def folder(tmp_path):
    files = {f"x/{i}.png": png(i, 24 + i) for i in range(5)}
    files |= {f"x/{i}_mask.png": mask_png(24 + i) for i in range(5)}
    return write_folder(tmp_path / "in", files)


@pytest.fixture
def shards(tmp_path):
    for i in range(3):
        write_shard(tmp_path / "shards" / f"{i}.tar", range(4 * i, 4 * i + 4))
    return tmp_path / "shards"
