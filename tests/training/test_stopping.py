"""Signals: what they interrupt, what they let finish, and who gets the handlers back."""

import os
import signal
import threading
import time
from collections.abc import Iterator

import pytest

from deepgin.training.processes import Stopped, StopSignals


def _send(number: int = signal.SIGTERM) -> None:
    os.kill(os.getpid(), number)
    time.sleep(0)  # handlers run between two instructions


def _hanging() -> Iterator[int]:
    yield 1
    threading.Timer(0.2, _send).start()
    while True:  # as a source that never answers
        time.sleep(0.01)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_only_asks(number: int) -> None:
    before = signal.getsignal(number)
    with StopSignals() as stop:
        _send(number)
        _send(number)
        assert stop.asked
        with pytest.raises(Stopped):
            stop.check()
    assert signal.getsignal(number) is before


def test_waiting_for_data_is_interrupted() -> None:
    with StopSignals() as stop:
        batches = stop.watched(_hanging())
        assert next(batches) == 1
        with pytest.raises(Stopped):
            next(batches)


def test_between_two_batches_the_next_is_not_waited_for() -> None:
    with StopSignals() as stop:
        batches = stop.watched(iter([1, 2]))
        assert next(batches) == 1
        _send()
        with pytest.raises(Stopped):
            next(batches)


def test_what_ends_ends() -> None:
    assert list(StopSignals().watched(iter([1, 2]))) == [1, 2]


def test_of_several_processes_none_stops_by_itself_at_the_first_signal() -> None:
    """The others would wait for it for ever."""
    with StopSignals(alone=False) as stop:
        _send()
        stop.check()
        batches = stop.watched(_hanging())
        assert next(batches) == 1
        with pytest.raises(Stopped):  # by the second
            next(batches)


def test_in_another_thread_nothing_is_touched() -> None:
    before, found = signal.getsignal(signal.SIGTERM), []

    def run() -> None:
        with StopSignals() as stop:
            found.append((signal.getsignal(signal.SIGTERM), stop.asked))

    thread = threading.Thread(target=run)
    thread.start()
    thread.join()
    assert found == [(before, False)]
