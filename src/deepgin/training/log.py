"""A run's log: means between two lines, as JSON lines, TensorBoard and words."""

import errno
import json
import os
import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from PIL import Image

from ..files import make_folder
from ..pictures import Document

LOG = "log.jsonl"


class Watcher(Protocol):
    """Shows a run to a person."""

    def line(self, text: str) -> None:
        """Show a message."""

    def progress(self, samples: int, total: int, left: float, text: str) -> None:
        """Show how far the run is; `left` in seconds."""


class Silent:
    """Watcher and run folder of all processes but the first: each method does nothing."""

    def __getattr__(self, name: str) -> Any:
        return lambda *_, **__: None


class Means:
    """Running means by name, since they were last taken."""

    def __init__(self) -> None:
        self._sums: dict[str, list[float]] = defaultdict(lambda: [0.0, 0])

    def add(self, facts: dict[str, float]) -> None:
        for name, value in facts.items():
            total = self._sums[name]
            total[0] += value
            total[1] += 1

    def take(self) -> dict[str, float]:
        """Return the means and begin anew."""
        means = {name: total / count for name, (total, count) in self._sums.items()}
        self._sums.clear()
        return means


class Due:
    """Whether something is due: once so many samples are done, and so many seconds are over.

    Args:
        samples: a multiple of this must have been passed.
        seconds: since the last time, or the beginning.
    """

    def __init__(self, samples: int, seconds: float) -> None:
        self.samples, self.seconds = samples, seconds
        self._passed, self._at = False, time.monotonic()

    def __call__(self, before: int, now: int) -> bool:
        """Return whether it is due once the samples went from `before` to `now`."""
        self._passed |= now // self.samples > before // self.samples
        if not self._passed or time.monotonic() - self._at < self.seconds:
            return False
        self._passed, self._at = False, time.monotonic()
        return True


class RunLog:
    """Writes `log.jsonl`, `sheets/` and, where it is installed and asked for, `tensorboard/`."""

    def __init__(self, folder: Path, tensorboard: bool) -> None:
        self.folder = folder
        make_folder(folder / "sheets")
        _end_whole(folder / LOG)
        self.board: Any = None
        if tensorboard:
            with suppress(ImportError):
                from torch.utils.tensorboard import SummaryWriter

                self.board = SummaryWriter(str(folder / "tensorboard"))

    def write(self, facts: dict[str, Any], samples: int) -> None:
        """Add one line; numbers go to TensorBoard too, those of inner dicts as name/inner.

        Raises:
            OSError: the disk is full, say; the log still ends with a whole line.
        """
        _append(self.folder / LOG, json.dumps({"samples": samples} | facts) + "\n")
        with self._on_board() as board:
            for name, value in _flat(facts).items():
                board.add_scalar(name, value, samples)
            board.flush()

    def sheet(self, picture: Image.Image, samples: int) -> None:
        """Keep a sheet of samples."""
        path = self.folder / "sheets" / f"{samples:012d}.png"
        Document.of(picture).save(path, overwrite=True)
        with self._on_board() as board:
            board.add_image("sheet", np.asarray(picture), samples, dataformats="HWC")

    def close(self) -> None:
        with self._on_board() as board:
            board.close()

    @contextmanager
    def _on_board(self) -> Iterator[Any]:
        """Give TensorBoard's writer, or nothing; once its thread has failed it never writes again."""
        try:
            yield self.board or Silent()
        except OSError as error:
            self.board = None
            raise OSError(f"TensorBoard's log ends here: {error}") from error


def _append(path: Path, line: str) -> None:
    """Add a line to a file, or nothing of it."""
    with open(path, "ab", buffering=0) as file:
        end = file.seek(0, os.SEEK_END)
        content = line.encode()
        try:
            if file.write(content) < len(content):
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(path))
        except OSError:
            file.truncate(end)
            raise


def _end_whole(path: Path) -> None:
    """Cut off the half line that a killed run has left at the end of its log."""
    with suppress(FileNotFoundError), open(path, "rb+") as file:
        size = file.seek(0, os.SEEK_END)
        begin = max(0, size - (1 << 20))
        file.seek(begin)
        file.truncate(begin + file.read().rfind(b"\n") + 1)


def _flat(facts: dict[str, Any], above: str = "") -> dict[str, float]:
    flat: dict[str, float] = {}
    for name, value in facts.items():
        if isinstance(value, dict):
            flat |= _flat(value, f"{above}{name}/")
        elif isinstance(value, int | float):
            flat[f"{above}{name}"] = float(value)
    return flat
