"""Progress and messages on stderr: a bar on a terminal, plain lines elsewhere."""

import os
import re
import sys
import time
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import PurePath
from typing import Protocol, TextIO

from .errors import Note, on_command_line, spelled

SECONDS_BETWEEN_LINES = 10.0
SECONDS_TO_FIRST_STEP = 2.0
NAMES_SHOWN = 20


def watcher(verbose: bool = False, stream: TextIO | None = None) -> "Lines":
    """Return a bar if the stream (stderr) is a terminal, else plain lines."""
    stream = stream or sys.stderr
    if stream.isatty():
        return Bar(stream, verbose)
    return Lines(stream, verbose)


def say(text: str, stream: TextIO | None = None) -> None:
    """Print a line at once (to stderr), whatever the encoding of the stream."""
    stream = stream or sys.stderr
    encoding = stream.encoding or "utf-8"
    text = text.encode(encoding, "backslashreplace").decode(encoding)
    print(text, file=stream, flush=True)


class Unpaired(Protocol):
    """Pictures and masks of a folder that are not used, and notes about the folder."""

    @property
    def notes(self) -> Sequence[str]: ...
    @property
    def lone_pictures(self) -> Sequence[PurePath]: ...
    @property
    def lone_masks(self) -> Sequence[PurePath]: ...
    @property
    def passed_over(self) -> Sequence[PurePath]: ...


class Watcher:
    """Follows a job over pictures; this one ignores everything. One thread makes all calls."""

    def before(self, pairs: Unpaired) -> None:
        """Take what has no mask or no picture, before work starts."""

    def begin(self, total: int, skipped: int) -> None:
        """Take the number of pictures to fill, and of those that were done before."""

    def step(self, done: int, of: int) -> None:
        """Take the progress of the pictures in work, in steps."""

    def filled(self, name: str, fit: str) -> None:
        """Take a picture that is written, and the fit that was used."""

    def failed(self, name: str, why: str) -> None:
        """Take a picture or folder that failed, and why."""

    def note(self, name: str, text: str) -> None:
        """Take a warning about a picture that did not fail."""

    def end(self) -> None:
        """Take notice that work has ended, complete or not."""


class Lines(Watcher):
    """A line every ten seconds; each kind of note once; all failures at the end.

    For a single picture the lines count its steps, from two seconds on.

    Args:
        stream: to write to.
        verbose: a line for each picture, with the fit that was used.
        clock: seconds from anywhere.
    """

    def __init__(
        self, stream: TextIO, verbose: bool = False, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self.stream, self.verbose, self.clock = stream, verbose, clock
        self.total = self.past = self.past_printed = 0
        self.notes: Counter[str] = Counter()
        self.failures: list[str] = []
        self.begun = self.printed_at = clock()
        self.picture = Progress(clock)

    def before(self, pairs: Unpaired) -> None:
        """Name the unpaired files: the first twenty, or all if verbose."""
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
                names = [shown(p) for p in paths[: len(paths) if self.verbose else NAMES_SHOWN]]
                left = len(paths) - len(names)
                more = f" and {left} more (-v names them)" if left else ""
                self.say(f"deepgin: warning: {have} no {other}: {', '.join(names)}{more}")

    def begin(self, total: int, skipped: int) -> None:
        """Start the clock."""
        self.total = total
        self.begun = self.printed_at = self.clock()
        if total == 1:
            self.printed_at -= SECONDS_BETWEEN_LINES - SECONDS_TO_FIRST_STEP
        if skipped:
            self.say(f"{skipped} are done: skipped (--overwrite does them again)")

    def step(self, done: int, of: int) -> None:
        """Print the steps of the only picture from time to time."""
        self.picture.update(done, of)
        if self.total == 1 and self.due():
            self.say(f"{done} of {of} steps{self.left()}")

    def filled(self, name: str, fit: str) -> None:
        """Count a filled picture; print the count from time to time."""
        if self.verbose:
            self.say(f"{name}: {fit}")
        self.advance()

    def failed(self, name: str, why: str) -> None:
        """Keep a failure for the end."""
        self.failures.append(f"deepgin: {named(name, why)}")
        self.advance()

    def note(self, name: str, text: str) -> None:
        """Print a kind of note once, and count the rest."""
        (text,) = spelled([text], on_command_line)
        # Notes that differ in the name alone are of one kind.
        key = text.replace(name, "")
        self.notes[key] += 1
        if self.notes[key] == 1 or self.verbose:
            self.say(f"deepgin: warning: {named(name, text)}")

    def end(self) -> None:
        """Print the last count, how often each note occurred, and all failures."""
        if 1 < self.total != self.past or 0 < self.past_printed < self.past:
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
            self.past_printed = self.past
            self.say(self.line())

    def due(self) -> bool:
        """Return whether a line is due; if so, start the interval anew."""
        if self.clock() - self.printed_at < SECONDS_BETWEEN_LINES:
            return False
        self.printed_at = self.clock()
        return True

    def left(self) -> str:
        """Return `, 40 s left` for the only picture, or nothing if that is unknown."""
        seconds = self.picture.seconds_left()
        return "" if seconds is None else f", {duration(seconds)} left"

    def line(self) -> str:
        """Return the count, the rate and the time left."""
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
        """Print a line at once."""
        say(text, self.stream)


class Bar(Lines):
    """`Lines` with a progress bar below them, drawn by rich."""

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
        self.picture.update(done, of)
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
        """Replace the bar by a last line."""
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
    """Return a time such as 40 s, 12 min, 3.5 h."""
    if seconds < 100:
        return f"{seconds:.0f} s"
    if seconds < 6000:
        return f"{seconds / 60:.0f} min"
    return f"{seconds / 3600:.1f} h"


def shown(path: PurePath | str) -> str:
    r"""Return a path as it can be printed on one line: what is no text becomes \x...

    A name need not be UTF-8, and may hold line breaks.
    """
    text = os.fsencode(path).decode("utf-8", "backslashreplace")
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)


class Progress:
    """How far a piece of work is, and how long the rest will take.

    Args:
        clock: seconds from anywhere.

    Attributes:
        done: how many steps are done.
        total: how many there are; 0 before the work begins.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self.done = self.total = 0
        self._clock = clock
        self._begun = self._updated = 0.0

    def update(self, done: int, total: int) -> None:
        """Take how many steps are done; 0 starts the clock."""
        self._updated = self._clock()
        if not done:
            self._begun = self._updated
        self.done, self.total = done, total

    def seconds_left(self) -> float | None:
        """Return how long the rest will take; None before a twentieth is done."""
        if not self.done or 20 * self.done < self.total:
            return None
        left = (self._updated - self._begun) * (self.total - self.done) / self.done
        # The time since the last step counts down.
        return max(0.0, left - (self._clock() - self._updated))
