"""Reading ahead and writing behind: side by side with the network, and within bounds."""

import threading
import time
from types import SimpleNamespace

import numpy as np
import pytest
from PIL import Image

from deepgin.console import watcher
from deepgin.inpainting import Job
from deepgin.inpainting.folders import JobOptions, find_pairs, job, plan, run
from deepgin.inpainting.folders.job import GROUPS_AHEAD
from deepgin.inpainting.folders.plan import GROUP
from deepgin.pictures import Document


@pytest.fixture
def folder(tmp_path):
    """Ten groups of tiny pictures."""
    photos = tmp_path / "photos"
    photos.mkdir()
    for i in range(10 * GROUP):
        Image.new("RGB", (2, 2), (i, 0, 0)).save(photos / f"{i:03}.png")
    return photos


def read(task):
    return Job(Document.open(task.pair.picture), np.eye(2, dtype=bool))


def fill(jobs):
    return [SimpleNamespace(document=j.document, fit="none", warnings=()) for j in jobs]


def start(folder, tmp_path, fill, read):
    made = plan(find_pairs(folder, masked=False), tmp_path / "out", JobOptions())
    return run(made, read, fill, JobOptions(), watcher())


def test_reading_and_writing_stay_within_bounds(folder, tmp_path, monkeypatch):
    lock = threading.Lock()
    counts = {"read": 0, "filled": 0, "written": 0}
    most = {"ahead": 0, "pending": 0}

    def counted_read(task):
        found = read(task)
        with lock:
            counts["read"] += 1
            most["ahead"] = max(most["ahead"], counts["read"] - counts["filled"])
        return found

    def counted_fill(jobs):
        with lock:
            counts["filled"] += len(jobs)
            most["pending"] = max(most["pending"], counts["filled"] - counts["written"])
        return fill(jobs)

    write = job._Run.write

    def slow_write(self, *arguments):
        time.sleep(0.001)
        notes = write(self, *arguments)
        with lock:
            counts["written"] += 1
        return notes

    monkeypatch.setattr(job._Run, "write", slow_write)
    assert start(folder, tmp_path, counted_fill, counted_read).done == 10 * GROUP
    assert most["ahead"] <= (GROUPS_AHEAD + 1) * GROUP
    assert most["pending"] <= 2 * GROUP
    assert most["ahead"] > GROUP


def test_reading_goes_on_while_the_network_works(folder, tmp_path):
    waiting = threading.Event()
    seen = []

    def noted_read(task):
        seen.append(task)
        if len(seen) > GROUP:
            waiting.set()
        return read(task)

    def patient_fill(jobs):
        assert waiting.wait(10)
        return fill(jobs)

    assert start(folder, tmp_path, patient_fill, noted_read).done == 10 * GROUP
