"""Running methods over pictures and frozen masks; a run that was stopped goes on."""

import time
from collections.abc import Iterable, Sequence
from contextlib import closing
from itertools import product
from pathlib import Path
from typing import NamedTuple, Protocol

import numpy as np

from ..errors import DeepginError
from ..files import hold, make_folder
from ..masks import coverage
from ..pictures import Document
from ..testsets import Case, EvaluationSet
from .measures import MEMORY, Measure, Peak
from .methods import Method
from .scores import PICTURES, Score, ScoreLog, picture_path


class Watcher(Protocol):
    """Receives the progress of a run; names are those of scores, but of pictures in `note`."""

    def say(self, text: str) -> None: ...
    def begin(self, total: int, skipped: int) -> None: ...
    def filled(self, name: str, fit: str) -> None: ...
    def failed(self, name: str, why: str) -> None: ...
    def note(self, name: str, text: str) -> None: ...
    def end(self) -> None: ...


class RunResult(NamedTuple):
    """Scores in the order of the pictures, with those of earlier runs; pictures without, and why."""

    scores: tuple[Score, ...]
    left_out: tuple[tuple[str, str], ...]


def run(
    test_set: EvaluationSet,
    methods: Sequence[Method],
    measures: dict[str, Measure],
    folder: Path,
    request: dict,
    watcher: Watcher,
    *,
    keep: bool = True,
    overwrite: bool = False,
) -> RunResult:
    """Measure what the folder has no score of yet.

    Valid pixels of each completed picture are those of the truth. If a method fails on a picture,
    its score has the error, and the run goes on.

    Args:
        test_set, methods, measures: what to measure.
        folder: is created; holds the log and, with `keep`, truths, holes and completed pictures.
        request: see `ScoreLog`.
        watcher: receives the progress.
        keep: write the pictures.
        overwrite: measure everything again.

    Raises:
        DeepginError: another process works in the folder, it holds results of another request, or
            it cannot be written.
    """
    taken = DeepginError(f"another deepgin measures into {folder}", mend="wait for it")
    left_out: list[tuple[str, str]] = []

    def refused(name: str, why: str) -> None:
        left_out.append((name, why))
        watcher.note(name, f"left out: {why}")

    with closing(hold(folder / ".lock", taken)):
        log = ScoreLog(folder, request, overwrite)
        done = log.done()
        files = test_set.pictures()
        total = len(files) * len(test_set.sets) * len(methods)
        # The log may have scores of further methods; they stay in the report.
        names = {method.name for method in methods}
        before = sum(name in names for name, _, _ in done)
        watcher.begin(total - before, before)
        try:
            for case in test_set.cases(refused):
                for masks, why in case.failed.items():
                    refused(case.picture, f"{masks}: {why}")
                for score, completed in _scores(case, methods, measures, done):
                    name = f"{score.method} on {score.masks}: {score.picture}"
                    if completed is None:
                        watcher.failed(name, score.error)
                    else:
                        if keep:
                            _keep(folder / PICTURES, case, score, completed)
                        watcher.filled(name, score.fit)
                    log.add(score)
        finally:
            watcher.end()
        return RunResult(_in_order(log.scores, files, test_set), tuple(left_out))


def _scores(
    case: Case,
    methods: Sequence[Method],
    measures: dict[str, Measure],
    done: set[tuple[str, str, str]],
) -> Iterable[tuple[Score, np.ndarray | None]]:
    """Yield the missing scores of a case, with the completed picture, or None after a failure."""
    for (masks, mask), method in product(case.masks.items(), methods):
        if (method.name, masks, case.picture) in done:
            continue
        height, width = mask.shape
        about = (method.name, masks, case.picture, width, height, coverage(mask))
        inputs = case.truth.copy(), mask.copy()  # a method may change its arrays
        peak = Peak() if MEMORY in measures else None
        begun = time.perf_counter()
        try:
            filled, fit = method.fill(*inputs)
            seconds = time.perf_counter() - begun
            memory = peak.growth() if peak else None
            completed = np.where(mask[..., None], filled, case.truth)
        except Exception as error:  # noqa: BLE001, a plugged method may raise anything
            why = " ".join(f"{type(error).__name__}: {error}".split())
            seconds = time.perf_counter() - begun
            yield Score(*about, seconds=seconds, fit="", error=why, values={}), None
            continue
        all_values = {name: m.of(completed, case.truth, mask) for name, m in measures.items()}
        all_values |= {MEMORY: memory}
        values = {name: value for name, value in all_values.items() if value is not None}
        yield Score(*about, seconds=seconds, fit=fit, error="", values=values), completed


def _keep(folder: Path, case: Case, score: Score, completed: np.ndarray) -> None:
    hole = np.where(case.masks[score.masks][..., None], np.uint8(255), case.truth)
    pictures = {
        "truth": case.truth,
        f"hole/{score.masks}": hole,
        f"{score.method}/{score.masks}": completed,
    }
    for what, picture in pictures.items():
        path = folder / picture_path(what, case.picture)
        if picture is completed or not path.exists():
            make_folder(path.parent)
            Document.of_array(picture).save(path, overwrite=True)


def _in_order(
    scores: Sequence[Score], files: Sequence[Path], test_set: EvaluationSet
) -> tuple[Score, ...]:
    """Return the last score of each method and case, sorted by picture and mask set."""
    place = {path.relative_to(test_set.folder).as_posix(): i for i, path in enumerate(files)}
    sets = {one.name: i for i, one in enumerate(test_set.sets)}
    newest = {(s.method, s.masks, s.picture): s for s in scores}
    return tuple(sorted(newest.values(), key=lambda s: (place[s.picture], sets[s.masks])))
