"""Telling people how a cluster job goes on: plain lines on stderr."""

import sys
import time
from collections import Counter
from collections.abc import Callable
from typing import TextIO

from ..inpainting.folders.progress import NAMES_TOLD, SECONDS_BETWEEN_LINES, duration
from ..pictures import shown
from .manifests import JOB_MANIFEST, Report


class Lines:
    """A line every ten seconds; at the end failures, the first of each kind of unit's.

    Args:
        stream: where to; None is stderr.
        clock: seconds from anywhere.
    """

    def __init__(
        self, stream: TextIO | None = None, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self.stream, self.clock = stream or sys.stderr, clock
        self.units = self.past = self.pictures = 0
        self.begun = self.told = clock()
        self.pictures_failed: list[tuple[str, str]] = []
        self.units_failed: dict[str, list[str]] = {}
        self.warnings: Counter[str] = Counter()

    def note(self, text: str) -> None:
        """Say it."""
        self.say(f"deepgin: warning: {text}")

    def begin(self, units: int, skipped: int) -> None:
        """Start the clock."""
        self.units = units
        self.begun = self.told = self.clock()
        if skipped:
            self.say(f"{skipped} units are done: skipped (--overwrite does them again)")

    def unit(self, report: Report) -> None:
        """Count, and say so from time to time."""
        self.past += 1
        self.pictures += report.filled
        self.pictures_failed += report.failed
        self.warnings.update(report.warnings)
        if report.restarted and not report.error:
            self.note(f"{shown(report.unit)}: a worker died filling it, another one filled it")
        if report.error:
            # Of a hundred units that fail for one reason, one line.
            key = report.error.replace(report.unit, "")
            self.units_failed.setdefault(key, []).append(f"{shown(report.unit)}: {report.error}")
        if self.clock() - self.told >= SECONDS_BETWEEN_LINES:
            self.told = self.clock()
            self.say(self.line())

    def line(self) -> str:
        """Return how far it is, how fast it goes, and how long it will take."""
        seconds = max(self.clock() - self.begun, 1e-9)
        failed = len(self.pictures_failed) + sum(map(len, self.units_failed.values()))
        text = f"{self.past} of {self.units} units, {self.pictures} pictures filled"
        text += f" ({failed} failed)" if failed else ""
        text += f", {self.pictures / seconds:.3g} a second"
        left = (self.units - self.past) * seconds / max(self.past, 1)
        return f"{text}, {duration(left)} left" if left else text

    def end(self) -> None:
        """Say how it ended, warnings with their numbers, and what failed."""
        if self.past:
            self.say(self.line())
        for text, count in self.warnings.most_common(NAMES_TOLD):
            self.say(f"deepgin: warning: of {count} pictures: {text}")
        for lines in self.units_failed.values():
            more = f" (and so for {len(lines) - 1} more)" if len(lines) > 1 else ""
            self.say(f"deepgin: {lines[0]}{more}")
        for name, why in self.pictures_failed[:NAMES_TOLD]:
            self.say(f"deepgin: {shown(name)}: {why}")
        if (left := len(self.pictures_failed) - NAMES_TOLD) > 0:
            self.say(f"deepgin: and {left} more pictures, which {JOB_MANIFEST} names")

    def say(self, text: str) -> None:
        """Print a line at once, whatever the stream's encoding."""
        encoding = self.stream.encoding or "utf-8"
        text = text.encode(encoding, "backslashreplace").decode(encoding)
        print(text, file=self.stream, flush=True)
