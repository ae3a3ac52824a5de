"""Breaking off what nobody waits for any more, between two batches of the network."""

from collections.abc import Callable, Sequence

import numpy as np

from ..inpainting import Inpainter, Job, Options, Result
from ..runtimes import Filled8, Runtime


class Unwanted(Exception):
    """Nobody waits for what was being filled."""


class _Stopping:
    """A runtime that asks before each batch whether anybody wants it."""

    def __init__(self, runtime: Runtime, unwanted: Callable[[], bool]) -> None:
        self._runtime, self._unwanted = runtime, unwanted
        self.size_multiple, self.trained_at = runtime.size_multiple, runtime.trained_at
        self.guided, self.group_pixels = runtime.guided, runtime.group_pixels
        self.bytes_a_pixel, self.free_bytes = runtime.bytes_a_pixel, runtime.free_bytes

    def fill(
        self, pictures: np.ndarray, masks: np.ndarray, guidance: np.ndarray | None = None
    ) -> Filled8:
        if self._unwanted():
            raise Unwanted
        return self._runtime.fill(pictures, masks, guidance)


def fill_while_wanted(
    inpainter: Inpainter, jobs: Sequence[Job], options: Options, unwanted: Callable[[], bool]
) -> list[Result]:
    """Fill as `Inpainter.fill_many` does, as long as somebody wants it.

    Raises:
        Unwanted: nobody did before one of the network's batches; what `fill_many` raises.
    """
    runtime = _Stopping(inpainter.runtime, unwanted)
    return Inpainter(runtime=runtime).fill_many(jobs, options)
