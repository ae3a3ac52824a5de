"""The growth of memory at its peak, seen in a process that has done nothing else."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

import deepgin

SCRIPT = """
import numpy as np
from deepgin.evaluation.measures import Peak
first = np.ones(200_000_000, np.uint8)  # before: it does not count
del first
peak = Peak()
np.ones(80_000_000, np.uint8)
print(peak.growth(), Peak().growth())
"""


@pytest.mark.skipif(not Path("/proc/self/clear_refs").exists(), reason="only Linux tells")
def test_growth():
    path = os.environ | {"PYTHONPATH": str(Path(deepgin.__file__).parents[1])}
    command = [sys.executable, "-c", SCRIPT]
    done = subprocess.run(command, env=path, check=True, capture_output=True, text=True)
    growth, nothing = map(float, done.stdout.split())
    assert 75 < growth < 100
    assert nothing < 5
