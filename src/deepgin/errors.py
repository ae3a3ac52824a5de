"""Errors and notes that reach people as one line: what is wrong, and what to do.

What to do may name options. Each door spells them its own way: `--resize-mask` on the command line,
`resize_mask=True` in Python, `resize_mask=true` in a request. So `mend` holds options in braces, as
in "or {resize_mask=true}" and "use {fit=crop}"; `{box}` names an option without a value.
"""

import re
from collections.abc import Callable, Iterable
from typing import Self, TypeAlias

Spelling: TypeAlias = Callable[[str, str], str]
"""Takes an option's name and value ("" for none) and returns how a door spells them."""


def in_python(name: str, value: str) -> str:
    """Spell an option as an argument of Python."""
    if value in ("", "true", "false"):
        return f"{name}={value.capitalize() or '...'}"
    return f"{name}={value}" if re.fullmatch(r"-?[\d.]+", value) else f'{name}="{value}"'


def on_command_line(name: str, value: str) -> str:
    """Spell an option as the command line takes it."""
    return f"--{name.replace('_', '-')}{'' if value in ('', 'true') else f' {value}'}"


def in_request(name: str, value: str) -> str:
    """Spell an option as a field of a request."""
    return f"{name}={value}" if value else name


def _line(problem: str, mend: str, spelling: Spelling) -> str:
    if not mend:
        return problem
    text = re.sub(r"\{(\w+)(?:=([^}]*))?\}", lambda m: spelling(m[1], m[2] or ""), mend)
    return f"{problem}: {text}"


class DeepginError(Exception):
    """A failure. Exit code 1.

    `str()` spells options as Python does.

    Args:
        problem: what is wrong, in one line; names the file.
        field: the option that is wrong, as Python names it; empty if it is none.
        mend: what to do.
    """

    exit_code = 1

    def __init__(self, problem: str = "", *, field: str = "", mend: str = "") -> None:
        super().__init__(problem)
        self.problem, self.field, self.mend = problem, field, mend

    def spelled(self, spelling: Spelling) -> str:
        """Return problem and mend in one line, options spelled for a door."""
        return _line(self.problem, self.mend, spelling)

    def __str__(self) -> str:
        return self.spelled(in_python)


class UsageError(DeepginError, ValueError):
    """The caller asked for something that cannot be: a name, size or value. Exit code 2."""

    exit_code = 2


class PictureError(DeepginError):
    """A picture or mask file that cannot be read, written or used."""


class WeightsError(DeepginError):
    """A weights file or checkpoint that is missing, corrupt or of another network."""


class TrainingError(DeepginError):
    """Training data, a recipe or a run that cannot go on."""


class Note(str):
    """A warning. As a string it spells options as Python does; arguments as of `DeepginError`."""

    problem: str
    mend: str

    def __new__(cls, problem: str, *, mend: str = "") -> Self:
        note = super().__new__(cls, _line(problem, mend, in_python))
        note.problem, note.mend = problem, mend
        return note

    def spelled(self, spelling: Spelling) -> str:
        """Return problem and mend in one line, options spelled for a door."""
        return _line(self.problem, self.mend, spelling)


def spelled(notes: Iterable[str], spelling: Spelling) -> tuple[str, ...]:
    """Return notes with options spelled for a door; plain strings stay."""
    return tuple(n.spelled(spelling) if isinstance(n, Note) else n for n in notes)


def nearest_name(wrong: str, names: "list[str] | tuple[str, ...]") -> str:
    """Return `` (did you mean 'x'?)`` for the closest of `names`, or an empty string."""
    from difflib import get_close_matches

    close = get_close_matches(wrong, names, n=1)
    return f" (did you mean '{close[0]}'?)" if close else ""
