"""Making batches in processes: what happens to them besides batches is in test_samples.py."""

import multiprocessing
import os
import signal
import time
from collections.abc import Iterator
from itertools import islice

import pytest
import torch

from deepgin.errors import TrainingError
from deepgin.training.data import Batch, workers
from deepgin.training.data.workers import from_processes


class Numbers:
    """Batches of a number alone; the one at `bad` cannot be made."""

    step = 2

    def __init__(self, bad: int = -1) -> None:
        self.bad = bad

    def batch(self, first: int) -> Batch:
        if first == self.bad:
            raise TrainingError(f"nothing at {first}")
        number = torch.tensor([first, os.getpid()])
        return Batch(number, number, None, {"pictures": first + self.step}, {})


def test_batches_come_in_order_from_several_processes() -> None:
    made = from_processes(Numbers().batch, 4, 2, 2)
    numbers, processes = zip(*(batch.pictures.tolist() for batch in islice(made, 6)), strict=True)
    assert numbers == (4, 6, 8, 10, 12, 14)
    assert len(set(processes)) == 2
    assert os.getpid() not in processes
    made.close()
    assert not {child.pid for child in multiprocessing.active_children()} & set(processes)


def test_an_error_comes_as_it_was_raised() -> None:
    made = from_processes(Numbers(bad=8).batch, 4, 2, 1)
    assert [batch.pictures[0] for batch in islice(made, 2)] == [4, 6]
    with pytest.raises(TrainingError, match=r"^nothing at 8$"):
        next(made)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_to_the_workers_loses_no_batch(number: signal.Signals) -> None:
    """Ctrl-C is passed over; a worker that is ended is replaced."""
    made = from_processes(Numbers().batch, 0, 2, 1)
    worker = int(next(made).pictures[1])
    os.kill(worker, number)
    time.sleep(0.2)
    rest = [batch.pictures.tolist() for batch in islice(made, 5)]
    assert [first for first, _ in rest] == [2, 4, 6, 8, 10]
    assert (rest[-1][1] == worker) == (number == signal.SIGINT)


def test_workers_that_fail_again_and_again_stop_the_run(monkeypatch: pytest.MonkeyPatch) -> None:
    begun = []

    def failing(*args: object, sampler: Iterator[int], **more: object) -> Iterator[Batch]:
        begun.append(next(sampler))
        if len(begun) == 2:
            yield Numbers().batch(begun[-1])
        raise RuntimeError("DataLoader worker (pid 7) exited unexpectedly")

    monkeypatch.setattr(workers, "DataLoader", failing)
    made = from_processes(Numbers().batch, 0, 2, 3)
    assert next(made).position == {"pictures": 2}
    with pytest.raises(TrainingError, match=r"set data\.workers below 3 .*pid 7"):
        next(made)
    assert begun == [0, 0, 2, 2]  # three failures in a row, and a batch forgives earlier ones
