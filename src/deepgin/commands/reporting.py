"""What commands print of the pictures they fill: JSON lines, or errors alone."""

import json
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

from ..console import Unpaired, Watcher, named, say
from ..errors import on_command_line, spelled

if TYPE_CHECKING:
    from ..inpainting import Result


class JsonReport(Watcher):
    """A watcher without progress: one JSON object a picture, or only warnings and errors.

    An object has `path`, and either `error`, or `size` (width and height), `hole` (its share of
    the picture, 0 to 1), `fit`, `warnings` and `seconds`.

    Args:
        lines: where JSON goes; None prints none, and warnings go to stderr.
        warn: print warnings.
        folder: the names of pictures are relative to it.
        rename: turns names into those that people know.
    """

    def __init__(
        self,
        lines: TextIO | None,
        warn: bool = True,
        folder: Path | None = None,
        rename: Callable[[str], str] = str,
    ) -> None:
        self.lines, self.warn, self.folder, self.rename = lines, warn, folder, rename
        self.facts: dict[str, dict[str, Any]] = {}
        self.warnings: dict[str, list[str]] = defaultdict(list)

    def result(self, name: str, result: "Result", seconds: float) -> None:
        """Keep what is to be printed once the picture is written."""
        size, hole = list(result.document.size), round(float(result.hole.mean()), 6)
        self.facts[name] = {"size": size, "hole": hole, "seconds": round(seconds, 3)}

    def before(self, pairs: Unpaired) -> None:
        """Report the pictures without a mask."""
        lone = [str(path) for path in pairs.lone_pictures]
        for name in lone:
            self._line(name, error="it has no mask")
        if self.warn:
            for note in (*pairs.notes, *(f"{name} has no mask" for name in lone)):
                self._error(f"warning: {note}")

    def filled(self, name: str, fit: str) -> None:
        """Print the picture's object."""
        warnings = self.warnings.pop(name, [])
        self._line(name, **self.facts.pop(name, {}), fit=fit, warnings=warnings)

    def failed(self, name: str, why: str) -> None:
        """Print the error."""
        self._line(name, error=self.rename(why))
        self._error(named(name, why))

    def note(self, name: str, text: str) -> None:
        """Keep the warning for the picture's object, or print it."""
        (text,) = spelled([text], on_command_line)
        self.warnings[name].append(self.rename(text))
        if self.lines is None and self.warn:
            self._error(f"warning: {named(name, text)}")

    def _line(self, name: str, **facts: Any) -> None:
        if self.lines:
            path = str(self.folder / name) if self.folder else self.rename(name)
            print(json.dumps({"path": path} | facts), file=self.lines, flush=True)

    def _error(self, text: str) -> None:
        say(f"deepgin: {self.rename(text)}")
