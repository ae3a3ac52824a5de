"""Holding a folder against other processes."""

import os
from pathlib import Path

import pytest

from deepgin.errors import TrainingError
from deepgin.locks import hold


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_forked_workers_do_not_hold_a_run_that_is_gone(tmp_path: Path) -> None:
    """They outlive a killed trainer by seconds, in which it could not be started again."""
    lock, taken = tmp_path / "run" / ".lock", TrainingError("in use")
    held = hold(lock, taken)
    with pytest.raises(TrainingError, match="in use"):
        hold(lock, taken)
    (ours, theirs), (hears, tells) = os.pipe(), os.pipe()
    child = os.fork()
    if not child:
        os.write(tells, b".")
        os.read(ours, 1)
        os._exit(0)
    os.read(hears, 1)
    try:
        held.close()
        hold(lock, taken).close()
    finally:
        os.write(theirs, b".")
        os.waitpid(child, 0)
