"""Running methods over pictures and frozen masks into a folder, to be gone on with when stopped."""

import time
from collections.abc import Iterable, Sequence
from contextlib import closing
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from typing import Protocol

import numpy as np
from PIL import Image

from ..errors import DeepginError
from ..files import make_folder
from ..locks import hold
from ..masks import coverage
from ..pictures import write_picture
from ..testsets import Case, EvaluationSet
from .journal import Journal
from .measures import MEMORY, Measure
from .methods import Method
from .peaks import Peak
from .records import PICTURES, Score, kept_as


class Watcher(Protocol):
    """Receives the progress of a run."""

    def say(self, text: str) -> None:
        """Take a message."""

    def begin(self, total: int, skipped: int) -> None:
        """Take how many scores are to be measured, and how many were measured before."""

    def filled(self, name: str, fit: str) -> None:
        """Take the name of a score that was measured."""

    def failed(self, name: str, why: str) -> None:
        """Take the name of a score that failed, and the error."""

    def note(self, name: str, text: str) -> None:
        """Take the name of a picture that is left out, and the reason."""

    def end(self) -> None:
        """Take that the run ended."""


@dataclass(frozen=True)
class Found:
    """What a run came to.

    Attributes:
        scores: of all methods, in the order of the pictures; those of earlier runs as well.
        left_out: names of pictures that were not measured, and why.
    """

    scores: tuple[Score, ...]
    left_out: tuple[tuple[str, str], ...]


def run(
    protocol: EvaluationSet,
    methods: Sequence[Method],
    measures: dict[str, Measure],
    folder: Path,
    request: dict,
    watcher: Watcher,
    *,
    keep: bool = True,
    overwrite: bool = False,
) -> Found:
    """Measure what is not measured yet.

    Valid pixels of every method are the truth's. A method that fails on a picture is reported;
    the others go on.

    Args:
        protocol: the pictures and masks.
        methods: to be measured.
        measures: by name.
        folder: is made; holds the journal and, with `keep`, truths, holes and completed pictures.
        request: see `Journal`.
        watcher: is told.
        keep: write the pictures.
        overwrite: measure anew what the folder holds.

    Raises:
        DeepginError: another process works there, it holds something else, or cannot be written.
    """
    taken = DeepginError(f"another deepgin measures into {folder}: wait for it")
    left_out: list[tuple[str, str]] = []

    def refused(name: str, why: str) -> None:
        left_out.append((name, why))
        watcher.note(name, f"left out: {why}")

    with closing(hold(folder / ".lock", taken)):
        journal = Journal(folder, request, overwrite)
        done = journal.done()
        files = protocol.pictures()
        total = len(files) * len(protocol.sets) * len(methods)
        # Of methods that are not asked for now, too: they stay in the report.
        asked = {method.name for method in methods}
        before = sum(name in asked for name, _, _ in done)
        watcher.begin(total - before, before)
        try:
            for case in protocol.cases(refused):
                for masks, why in case.failed.items():
                    refused(case.picture, f"{masks}: {why}")
                for score, completed in _scores(case, methods, measures, done):
                    name = f"{score.method} on {score.masks}: {score.picture}"
                    if completed is None:
                        watcher.failed(name, score.error)
                    else:
                        if keep:
                            _keep(folder, case, score, completed)
                        watcher.filled(name, score.fit)
                    journal.add(score)
        finally:
            watcher.end()
        return Found(_in_order(journal.scores, files, protocol), tuple(left_out))


def _scores(
    case: Case,
    methods: Sequence[Method],
    measures: dict[str, Measure],
    done: set[tuple[str, str, str]],
) -> Iterable[tuple[Score, np.ndarray | None]]:
    """Give what is not done of a case: scores, and completed pictures where nothing failed."""
    for (masks, mask), method in product(case.masks.items(), methods):
        if (method.name, masks, case.picture) in done:
            continue
        height, width = mask.shape
        about = (method.name, masks, case.picture, width, height, coverage(mask))
        given = case.truth.copy(), mask.copy()
        peak = Peak() if MEMORY in measures else None
        begun = time.perf_counter()
        try:
            filled, fit = method.fill(*given)
            seconds = time.perf_counter() - begun
            memory = peak.growth() if peak else None
            completed = np.where(mask[..., None], filled, case.truth)
        except Exception as error:  # noqa: BLE001, any method may be measured
            why = " ".join(f"{type(error).__name__}: {error}".split())
            yield Score(*about, time.perf_counter() - begun, "", why, {}), None
            continue
        found = {name: m.of(completed, case.truth, mask) for name, m in measures.items()}
        found |= {MEMORY: memory}
        values = {name: value for name, value in found.items() if value is not None}
        yield Score(*about, seconds, fit, "", values), completed


def _keep(folder: Path, case: Case, score: Score, completed: np.ndarray) -> None:
    hole = np.where(case.masks[score.masks][..., None], np.uint8(255), case.truth)
    pictures = {
        "truth": case.truth,
        f"hole/{score.masks}": hole,
        f"{score.method}/{score.masks}": completed,
    }
    for what, picture in pictures.items():
        path = folder / PICTURES / kept_as(what, case.picture)
        if picture is completed or not path.exists():
            make_folder(path.parent)
            write_picture(Image.fromarray(picture), path, overwrite=True)


def _in_order(
    scores: Sequence[Score], files: Sequence[Path], protocol: EvaluationSet
) -> tuple[Score, ...]:
    """Sort by picture and mask set, the last score of each; methods in the order they came."""
    place = {path.relative_to(protocol.folder).as_posix(): i for i, path in enumerate(files)}
    sets = {one.name: i for i, one in enumerate(protocol.sets)}
    newest = {(s.method, s.masks, s.picture): s for s in scores}
    return tuple(sorted(newest.values(), key=lambda s: (place[s.picture], sets[s.masks])))
