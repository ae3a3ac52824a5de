"""Stopping the work that nobody waits for any more."""

from collections.abc import Callable, Sequence

from ..inpainting import Inpainter, Job, Options, Result


class Unwanted(Exception):
    """Nobody waits for what was being filled."""


def fill_while_wanted(
    inpainter: Inpainter, jobs: Sequence[Job], options: Options, unwanted: Callable[[], bool]
) -> list[Result]:
    """Fill as `Inpainter.fill_many` does, as long as somebody wants it.

    Raises:
        Unwanted: nobody did before one of its pieces of work; what `fill_many` raises.
    """

    def check() -> None:
        if unwanted():
            raise Unwanted

    return inpainter.fill_many(jobs, options, check)
