"""`deepgin inpaint FOLDER` stopped and killed at random moments, and run again."""

import os
import random
import signal
import subprocess
import time
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import deepgin as package

PICTURES = 120
ENVIRONMENT = os.environ | {
    "PYTHONPATH": str(Path(package.__file__).parents[1]),
}


@pytest.fixture
def photos(tmp_path, photo):
    """A tree of pictures of several sizes and formats, with masks beside them."""
    draw = random.Random(1)
    for i in range(PICTURES):
        folder = tmp_path / "photos" / ["", "a", "a/b", "c"][i % 4]
        folder.mkdir(parents=True, exist_ok=True)
        height, width = draw.choice([(40, 60), (64, 48), (100, 90)])
        mask = np.zeros((height, width), np.uint8)
        mask[5:30, 8 : 20 + i % 9] = 255
        ending = draw.choice(["png", "webp", "jpg", "tif"])
        Image.fromarray(photo(height, width, i)).save(folder / f"{i:03}.{ending}")
        Image.fromarray(mask).save(folder / f"{i:03}_mask.png")
    return tmp_path / "photos"


def contents(folder):
    """Return all files by name, hidden ones too."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }


def visible(files):
    return {name: data for name, data in files.items() if not Path(name).name.startswith(".")}


@pytest.mark.slow
def test_the_same_bytes_after_any_number_of_ends(command_line, photos, tmp_path, weights):
    def start(out):
        command = [*command_line, "inpaint", photos, "-o", out, "--weights", weights]
        return subprocess.Popen(
            command, env=ENVIRONMENT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )

    whole = start(tmp_path / "whole")
    printed, err = whole.communicate()
    assert (whole.returncode, printed) == (0, f"{PICTURES} filled: {tmp_path / 'whole'}\n"), err
    expected = contents(tmp_path / "whole")
    assert len(expected) == PICTURES
    assert not any(Path(name).name.startswith(".") for name in expected)

    out = tmp_path / "out"
    draw = random.Random()
    left: dict[str, bytes] = {}
    in_work = 0
    for end in [signal.SIGKILL, signal.SIGINT] * 6:
        before = left
        running = start(out)
        # Half of the ends come after so many more results, the others at any time from the start.
        more = draw.choice([0, draw.randrange(1, 12)])
        enough = min(PICTURES - 1, len(visible(before)) + more)
        while running.poll() is None and results_in(out) < enough:
            time.sleep(0.002)
        time.sleep(draw.random() * (0.05 if more else 4))
        at_work = results_in(out) > len(visible(before))
        running.send_signal(end)
        printed, err = running.communicate()
        left = contents(out)
        # Whatever happened, what has a result's name is that result, whole.
        assert visible(left).items() <= expected.items()
        assert visible(before).keys() <= left.keys()
        if end == signal.SIGINT:
            # Before the command is up, and once it is done, the answer is Python's own.
            too_late = visible(left) == expected
            assert running.returncode == 130 or too_late or not at_work, err
            if running.returncode == 130:
                in_work += "of " in err
                assert err.splitlines()[-1] == "deepgin: stopped"
                assert "Traceback" not in err
            assert left.keys() - visible(left).keys() <= before.keys()
        else:
            in_work += left.keys() > before.keys()
    assert in_work
    last = start(out)
    printed, err = last.communicate()
    assert last.returncode == 0, err
    assert contents(out) == expected


def results_in(folder):
    """Count the results in a folder that another process is writing to."""
    return len(visible(dict.fromkeys(path.name for path in folder.rglob("*.*"))))
