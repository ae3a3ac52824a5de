"""Steps as CUDA graphs: one launch a step instead of hundreds."""

from collections.abc import Callable, Sequence

import torch
from torch import Tensor

_TRIES = 3


class Capture:
    """Captures steps.

    Args:
        say: takes a line on why steps are not captured, once.
    """

    def __init__(self, say: Callable[[str], None]) -> None:
        self._say, self._said = say, False

    def __call__(
        self, step: Callable[[], None], changing: Sequence[Tensor], device: torch.device
    ) -> Callable[[], None]:
        """Return what takes a step by one launch, or `step` itself where that cannot be.

        The step is tried before; all that it changes is put back.

        Args:
            step: works on fixed buffers, and nothing in it waits for the device.
            changing: the tensors that a step changes.
            device: what it runs on.

        Raises:
            torch.OutOfMemoryError: smaller batches may fit.
        """
        if device.type != "cuda":
            self._once(f"{device.type} has no CUDA graphs: the launches of a step are made singly")
            return step
        before = [tensor.clone() for tensor in changing]
        try:
            _try(step)
            return self._captured(step)
        finally:  # also where memory did not suffice, and a smaller batch is next
            with torch.no_grad():
                for tensor, value in zip(changing, before, strict=True):
                    tensor.copy_(value)

    def _captured(self, step: Callable[[], None]) -> Callable[[], None]:
        graph = torch.cuda.CUDAGraph()
        try:
            # Other threads, which make batches, may go on using the device.
            with torch.cuda.graph(graph, capture_error_mode="thread_local"):
                step()
            torch.cuda.synchronize()
        except torch.OutOfMemoryError:
            raise
        except RuntimeError as error:
            reason = " ".join(str(error).split())[:200]
            self._once(f"CUDA does not capture a step as a graph, and steps are slower: {reason}")
            return step
        return graph.replay

    def _once(self, line: str) -> None:
        if not self._said:
            self._said = True
            self._say(line)


def _try(step: Callable[[], None]) -> None:
    """Let cuDNN choose, Triton compile and memory be taken; not on the default stream."""
    side = torch.cuda.Stream()
    side.wait_stream(torch.cuda.current_stream())
    with torch.cuda.stream(side):
        for _ in range(_TRIES):
            step()
    torch.cuda.current_stream().wait_stream(side)
    torch.cuda.synchronize()
