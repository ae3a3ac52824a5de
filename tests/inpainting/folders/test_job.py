"""The folder job over a stand-in for the network: what is written, what fails, what is redone."""

import threading
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from deepgin.errors import PictureError
from deepgin.inpainting import Job
from deepgin.inpainting.folders import JobOptions, Pair, Pairs, Task, find_pairs, plan, reader, run
from deepgin.inpainting.folders import job as folder_job
from deepgin.inpainting.folders.plan import GROUP
from deepgin.pictures import Document, write
from deepgin.pictures.formats.png import write_png


@dataclass
class Result:
    document: Document
    fit: str = "stand-in"
    warnings: tuple[str, ...] = ()


class Network:
    """Paints holes by the number of the picture in its group, so that groups can be told."""

    def __init__(self):
        self.groups = []

    def __call__(self, jobs):
        self.groups.append(len(jobs))
        return [
            Result(one.document.filled(np.full((*one.mask.shape, 3), i, np.uint8), one.mask))
            for i, one in enumerate(jobs)
        ]


class Record:
    """Keeps what it is told, and by which thread."""

    def __init__(self):
        self.told = []
        self.threads = set()

    def __getattr__(self, what):
        def tell(*facts):
            self.told.append((what, *facts))
            self.threads.add(threading.current_thread())

        return tell

    def of(self, what):
        return [facts for kind, *facts in self.told if kind == what]


def read(task):
    mask = np.asarray(Image.open(task.pair.mask)) > 0
    return Job(Document.open(task.pair.picture), mask)


@pytest.fixture
def photos(tmp_path, photo):
    """A folder of forty pictures of 12 x 8 pixels, in two folders, and one mask for all."""
    folder = tmp_path / "photos"
    (folder / "sub").mkdir(parents=True)
    for i in range(40):
        name = f"sub/{i:02}.png" if i % 2 else f"{i:02}.png"
        Image.fromarray(photo(8, 12, i)).save(folder / name)
    mask = np.zeros((8, 12), np.uint8)
    mask[2:5, 3:8] = 255
    Image.fromarray(mask).save(tmp_path / "mask.png")
    return folder


def start(photos, out, fill=None, read=read, watcher=None, **options):
    """Run a job, and return its summary."""
    options = JobOptions(**options)
    made = plan(find_pairs(photos, photos.parent / "mask.png"), out, options)
    return run(made, read, fill or Network(), options, watcher or Record())


def contents(folder):
    return {p.relative_to(folder): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


def test_every_picture_is_filled_under_its_name(photos, tmp_path):
    network, record = Network(), Record()
    summary = start(photos, tmp_path / "out", network, watcher=record)
    assert (summary.done, summary.skipped, summary.failed) == (40, 0, [])
    assert network.groups == [GROUP, GROUP, 40 - 2 * GROUP]
    hole = np.asarray(Image.open(tmp_path / "mask.png")) > 0
    for path in photos.rglob("*.png"):
        filled = np.asarray(Image.open(tmp_path / "out" / path.relative_to(photos)))
        truth = np.asarray(Image.open(path))
        assert (filled[hole] < GROUP).all()
        assert (filled[~hole] == truth[~hole]).all()
    assert record.told[0] == ("begin", 40, 0)
    assert record.told[-1] == ("end",)
    assert len(record.of("filled")) == 40
    assert record.threads == {threading.current_thread()}


def test_what_is_done_is_skipped_unless_asked(photos, tmp_path):
    out = tmp_path / "out"
    start(photos, out)
    before = contents(out)
    network = Network()
    again = start(photos, out, network)
    assert (again.done, again.skipped, network.groups) == (0, 40, [])
    (out / "02.png").write_bytes(b"mine")
    assert start(photos, out).skipped == 40
    assert (out / "02.png").read_bytes() == b"mine"
    assert start(photos, out, overwrite=True).done == 40
    assert contents(out) == before


def test_an_unfinished_group_is_redone_whole_and_what_was_there_is_kept(photos, tmp_path):
    out = tmp_path / "out"
    start(photos, out)
    before = contents(out)
    (out / "06.png").unlink()
    (out / "04.png").write_bytes(b"mine")
    network, record = Network(), Record()
    summary = start(photos, out, network, watcher=record)
    assert (summary.done, summary.skipped, network.groups) == (1, 39, [GROUP])
    assert record.of("filled") == [["06.png", "stand-in"]]
    assert contents(out) == before | {Path("04.png"): b"mine"}


@pytest.mark.parametrize("at", range(0, 40, 7))
def test_interrupted_anywhere_and_run_again_it_makes_the_same_bytes(photos, tmp_path, at):
    start(photos, tmp_path / "whole")

    class Impatient(Record):
        def filled(self, name, fit):
            self.told.append(("filled", name))
            if len(self.of("filled")) > at:
                raise KeyboardInterrupt

    record = Impatient()
    with pytest.raises(KeyboardInterrupt):
        start(photos, tmp_path / "out", watcher=record)
    assert record.told[-1] == ("end",)
    whole, left = contents(tmp_path / "whole"), contents(tmp_path / "out")
    assert left.items() <= whole.items()
    assert start(photos, tmp_path / "out").done == 40 - len(left)
    assert contents(tmp_path / "out") == whole


def test_shards_make_what_one_machine_makes(photos, tmp_path):
    start(photos, tmp_path / "whole")
    done = [start(photos, tmp_path / "out", shard=(i, 2)).done for i in (1, 2)]
    assert sum(done) == 40
    assert all(done)
    assert contents(tmp_path / "out") == contents(tmp_path / "whole")


def test_files_that_cannot_be_read_fail_by_name_and_the_rest_goes_on(photos, tmp_path):
    (photos / "02.png").write_bytes(b"no picture")
    (photos / "sub" / "05.png").unlink()
    (photos / "sub" / "05.png").symlink_to("nothing")
    good = photos / "04.png"
    good.write_bytes(good.read_bytes()[:60])
    record = Record()
    summary = start(photos, tmp_path / "out", watcher=record)
    assert summary.done == 37
    assert {name for name, _ in summary.failed} == {"02.png", "04.png", "sub/05.png"}
    assert [tuple(failure) for failure in record.of("failed")] == summary.failed
    assert isinstance(summary.error, Exception)
    assert len(contents(tmp_path / "out")) == 37
    # What failed is tried again, and fails alone again.
    again = start(photos, tmp_path / "out")
    assert (again.done, again.skipped, len(again.failed)) == (0, 37, 3)


@pytest.mark.parametrize(
    ("error", "why"),
    [
        (PictureError("too\n large"), "too large"),
        (RuntimeError("odd\n thing"), "RuntimeError: odd thing: debug=True shows where"),
        (MemoryError(), "MemoryError: no message: debug=True shows where"),
    ],
)
def test_one_that_the_network_refuses_fails_alone(photos, tmp_path, error, why):
    marked = np.asarray(Image.open(photos / "08.png"))

    class Choosy(Network):
        def __call__(self, jobs):
            if any((one.document.pixels == marked).all() for one in jobs):
                raise error
            return super().__call__(jobs)

    summary = start(photos, tmp_path / "out", Choosy())
    assert (summary.done, summary.failed) == (39, [("08.png", why)])
    assert summary.error is error


def test_a_done_picture_that_fails_in_its_unfinished_group_is_no_failure(photos, tmp_path):
    start(photos, tmp_path / "out")
    (tmp_path / "out" / "06.png").unlink()
    (photos / "04.png").write_bytes(b"no picture any more")
    summary = start(photos, tmp_path / "out")
    assert (summary.done, summary.skipped, summary.failed) == (1, 39, [])


def test_a_full_disk_fails_each_by_name_and_leaves_nothing_half_written(
    photos, tmp_path, monkeypatch
):
    def fill_up(file, *arguments):
        if Path(file.name).name.startswith((".02.", ".07.")):
            file.write(b"half of it")
            raise OSError(28, "No space left on device")
        write_png(file, *arguments)

    monkeypatch.setattr(write, "write_png", fill_up)
    summary = start(photos, tmp_path / "out")
    assert summary.done == 38
    assert sorted(name for name, _ in summary.failed) == ["02.png", "sub/07.png"]
    assert all("No space left on device" in why for _, why in summary.failed)
    names = {path.name for path in contents(tmp_path / "out")}
    assert len(names) == 38
    assert not any(name.startswith(".") for name in names)


def test_a_result_whose_place_a_folder_takes(photos, tmp_path):
    (tmp_path / "out" / "02.png").mkdir(parents=True)
    (tmp_path / "out" / "sub").write_bytes(b"a file")
    summary = start(photos, tmp_path / "out")
    assert summary.done == 19
    assert len(summary.failed) == 21
    assert any("02.png is a folder" in why for _, why in summary.failed)
    assert sum("sub: the folder cannot be made" in why for _, why in summary.failed) == 20
    assert (tmp_path / "out" / "sub").read_bytes() == b"a file"


def test_warnings_and_notes_come_with_the_name(photos, tmp_path):
    class Warning(Network):
        def __call__(self, jobs):
            return [Result(r.document, warnings=("mind the gap",)) for r in super().__call__(jobs)]

    record = Record()
    start(photos, tmp_path / "out", Warning(), watcher=record)
    assert len(record.of("note")) == 40
    assert ["02.png", "mind the gap"] in record.of("note")


def test_what_cannot_be_planned_is_counted_too(tmp_path):
    made = plan(Pairs([Pair(Path("a.nothing"), Path("a.nothing"))]), tmp_path, JobOptions())
    record = Record()
    summary = run(made, read, Network(), JobOptions(), record)
    assert [name for name, _ in summary.failed] == ["a.nothing"]
    assert record.told[0] == ("begin", 1, 0)
    assert record.of("failed")[0][0] == "a.nothing"


@pytest.fixture
def files_of_a_pair(tmp_path, photo):
    Image.fromarray(photo(5, 4)).save(tmp_path / "a.png")
    Image.fromarray(photo(5, 4, 1)).save(tmp_path / "a_seg.png")
    Image.fromarray(np.full((7, 6), 100, np.uint8)).save(tmp_path / "mask.png")
    return Pair(*(tmp_path / "a.png", Path("a.png"), tmp_path / "mask.png", tmp_path / "a_seg.png"))


def test_all_of_a_pair(files_of_a_pair, photo, tmp_path):
    job = reader(0.3, guided=True)(Task(files_of_a_pair, Path("out.png")))
    assert (job.document.pixels == photo(5, 4)).all()
    assert (job.guidance == photo(5, 4, 1)).all()
    assert job.mask.shape == (7, 6)
    assert job.mask.all()
    assert (job.name, job.mask_name) == (str(files_of_a_pair.picture), str(files_of_a_pair.mask))


def test_one_mask_for_all_is_read_once(files_of_a_pair, monkeypatch):
    paths = []
    as_marks = folder_job.as_marks
    monkeypatch.setattr(
        folder_job,
        "as_marks",
        lambda path, threshold: paths.append(path) or as_marks(path, threshold),
    )
    one = reader(0.5, guided=False)
    jobs = [one(Task(files_of_a_pair, Path(f"{i}.png"))) for i in range(3)]
    assert len(paths) == 1
    with pytest.raises(ValueError, match="read-only"):
        jobs[0].mask[0, 0] = True


@pytest.mark.parametrize("which", ["picture", "mask", "guidance"])
def test_what_cannot_be_read_is_named(files_of_a_pair, which):
    path = getattr(files_of_a_pair, which)
    path.write_bytes(b"nothing of a picture")
    with pytest.raises(PictureError, match=path.name):
        reader(0.5, guided=True)(Task(files_of_a_pair, Path("out.png")))
