"""The error classes that reach people as one line on stderr. No handling of them lives here."""


class DeepginError(Exception):
    """A failure whose message says what, which file, and what to do. Exit code 1."""

    exit_code = 1


class UsageError(DeepginError, ValueError):
    """The caller asked for something that cannot be: a name, size or value. Exit code 2."""

    exit_code = 2


class PictureError(DeepginError):
    """A picture or mask file that cannot be read, written or used."""


class WeightsError(DeepginError):
    """A weights file or checkpoint that is missing, corrupt or of another network."""


class TrainingError(DeepginError):
    """Training data, a recipe or a run that cannot go on."""


def nearest_name(wrong: str, names: "list[str] | tuple[str, ...]") -> str:
    """Return `` (did you mean 'x'?)`` for the closest of `names`, or an empty string."""
    from difflib import get_close_matches

    close = get_close_matches(wrong, names, n=1)
    return f" (did you mean '{close[0]}'?)" if close else ""
