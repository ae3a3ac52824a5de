"""Telling people how a job goes on: a bar on a terminal, plain lines elsewhere, on stderr."""

import re
import sys
import time
from collections import Counter
from collections.abc import Callable
from typing import TextIO

from ...errors import Note, on_command_line
from ...pictures import shown
from ..steps import Progress
from .job import Watcher
from .pairing import Pairs

SECONDS_BETWEEN_LINES = 10.0
SECONDS_TO_FIRST_STEP = 2.0
NAMES_TOLD = 20


def watcher(verbose: bool = False, stream: TextIO | None = None) -> Watcher:
    """Return what fits the stream (stderr): a bar on a terminal, or plain lines."""
    stream = stream or sys.stderr
    if stream.isatty():
        return Bar(stream, verbose)
    return Lines(stream, verbose)


class Lines:
    """A line every ten seconds; notes and failures as they come, each kind of note once.

    One picture alone tells its steps, the first time after two seconds.

    Args:
        stream: where to.
        verbose: a line for each picture, with the fit that was used.
        clock: seconds from anywhere.
    """

    def __init__(
        self, stream: TextIO, verbose: bool = False, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self.stream, self.verbose, self.clock = stream, verbose, clock
        self.total = self.past = self.told_past = 0
        self.notes: Counter[str] = Counter()
        self.failures: list[str] = []
        self.begun = self.told = clock()
        self.picture = Progress(clock)

    def before(self, pairs: Pairs) -> None:
        """Name what has no counterpart, the first twenty of it, or all if verbose."""
        for note in pairs.notes:
            self.say(f"deepgin: warning: {note}")
        lone = (
            (pairs.lone_pictures, "picture", "mask"),
            (pairs.lone_masks, "mask", "picture"),
            (pairs.passed_over, "mask", "use"),
        )
        for paths, what, other in lone:
            if paths:
                have = f"{len(paths)} {what}s have" if len(paths) > 1 else f"1 {what} has"
                told = [shown(p) for p in paths[: len(paths) if self.verbose else NAMES_TOLD]]
                left = len(paths) - len(told)
                more = f" and {left} more (-v names them)" if left else ""
                self.say(f"deepgin: warning: {have} no {other}: {', '.join(told)}{more}")

    def begin(self, total: int, skipped: int) -> None:
        """Start the clock."""
        self.total = total
        self.begun = self.told = self.clock()
        if total == 1:
            self.told -= SECONDS_BETWEEN_LINES - SECONDS_TO_FIRST_STEP
        if skipped:
            self.say(f"{skipped} are done: skipped (--overwrite does them again)")

    def step(self, done: int, of: int) -> None:
        """Say from time to time how far the only picture is."""
        self.picture.tell(done, of)
        if self.total == 1 and self.due():
            self.say(f"{done} of {of} steps{self.left()}")

    def filled(self, name: str, fit: str) -> None:
        """Count, and say so from time to time."""
        if self.verbose:
            self.say(f"{name}: {fit}")
        self.advance()

    def failed(self, name: str, why: str) -> None:
        """Keep it for the end, where all failures stand together."""
        self.failures.append(f"deepgin: {named(name, why)}")
        self.advance()

    def note(self, name: str, text: str) -> None:
        """Say a thing once, and count how often it would have been said."""
        # The name within the text would make the same thing another one.
        key = text.replace(name, "")
        self.notes[key] += 1
        if self.notes[key] == 1 or self.verbose:
            self.say(f"deepgin: warning: {named(name, text)}")

    def end(self) -> None:
        """Say how it ended, what was said once for many, and all failures."""
        if 1 < self.total != self.past or 0 < self.told_past < self.past:
            self.say(self.line())
        for text, count in self.notes.items():
            if count > 1 and not self.verbose:
                self.say(f"deepgin: warning: so for {count} pictures: {' '.join(text.split())}")
        for failure in self.failures:
            self.say(failure)

    def advance(self) -> None:
        """Count one picture."""
        self.past += 1
        if self.total > 1 and self.due():
            self.told_past = self.past
            self.say(self.line())

    def due(self) -> bool:
        """Return whether it is time for a line, and take it as said."""
        if self.clock() - self.told < SECONDS_BETWEEN_LINES:
            return False
        self.told = self.clock()
        return True

    def left(self) -> str:
        """Return `, 40 s left` for the only picture, or nothing where that is not known."""
        seconds = self.picture.seconds_left()
        return "" if seconds is None else f", {duration(seconds)} left"

    def line(self) -> str:
        """Return how far it is, how fast it goes, and how long it will take."""
        seconds = self.clock() - self.begun
        total = max(self.total, self.past)
        text = f"{self.past} of {total}"
        if self.failures:
            text += f" ({len(self.failures)} failed)"
        if not self.past or seconds <= 0:
            return text
        text += f", {self.past / seconds:.3g} a second"
        left = (total - self.past) * seconds / self.past
        return f"{text}, {duration(left)} left" if left else text

    def say(self, text: str) -> None:
        """Print a line at once, whatever the stream's encoding."""
        encoding = self.stream.encoding or "utf-8"
        text = text.encode(encoding, "backslashreplace").decode(encoding)
        print(text, file=self.stream, flush=True)


class Bar(Lines):
    """The same with a bar that moves; rich draws it below what is said."""

    def __init__(self, stream: TextIO, verbose: bool = False) -> None:
        from rich.console import Console
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

        super().__init__(stream, verbose)
        columns = (BarColumn(), MofNCompleteColumn(), TextColumn("{task.description}"))
        console = Console(file=stream, soft_wrap=True)
        self.progress = Progress(*columns, console=console, transient=True)
        self.bar = self.progress.add_task("")

    def begin(self, total: int, skipped: int) -> None:
        """Show the bar."""
        self.progress.update(self.bar, total=total)
        self.progress.start()
        super().begin(total, skipped)

    def step(self, done: int, of: int) -> None:
        """Move the bar of the only picture."""
        self.picture.tell(done, of)
        if self.total == 1:
            words = self.left().removeprefix(", ")
            self.progress.update(self.bar, total=of, completed=done, description=words)

    def advance(self) -> None:
        """Move the bar."""
        self.past += 1
        if self.total > 1:
            words = self.line().partition(", ")[2]
            self.progress.update(self.bar, completed=self.past, description=words)

    def end(self) -> None:
        """Take the bar away and leave a line in its place."""
        self.progress.stop()
        if self.total > 1 and self.past:
            self.say(self.line())
        super().end()

    def say(self, text: str) -> None:
        """Print a line above the bar."""
        self.progress.console.print(text, markup=False, highlight=False, emoji=False)


def named(name: str, text: str) -> str:
    """Return a text with options spelled for the command line, after `name` unless it holds it."""
    text = text.spelled(on_command_line) if isinstance(text, Note) else text
    known = re.search(rf"(?:^|[/\s]){re.escape(name)}(?:$|[\s:,])", text)
    return text if known else f"{name}: {text}"


def duration(seconds: float) -> str:
    """Return a time as people say it: 40 s, 12 min, 3.5 h."""
    if seconds < 100:
        return f"{seconds:.0f} s"
    if seconds < 6000:
        return f"{seconds / 60:.0f} min"
    return f"{seconds / 3600:.1f} h"
