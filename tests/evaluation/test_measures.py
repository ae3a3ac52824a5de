"""The metrics by name, FID and KID of what a run kept, and the growth of memory at its peak."""

import hashlib
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from torch import nn

import deepgin
from deepgin.errors import UsageError
from deepgin.evaluation import measures as module
from deepgin.evaluation.measures import MEASURES, SET_METRICS, measures, set_scores, vgg_measures
from deepgin.evaluation.scores import PICTURES, Score, picture_path
from deepgin.metrics import Moments, fid, kid

SCRIPT = """
import numpy as np
from deepgin.evaluation.measures import Peak
first = np.ones(200_000_000, np.uint8)  # before: it does not count
del first
peak = Peak()
np.ones(80_000_000, np.uint8)
print(peak.growth(), Peak().growth())
"""


@pytest.mark.skipif(not Path("/proc/self/clear_refs").exists(), reason="only Linux counts it")
def test_growth_of_memory():
    path = os.environ | {"PYTHONPATH": str(Path(deepgin.__file__).parents[1])}
    command = [sys.executable, "-c", SCRIPT]
    done = subprocess.run(command, env=path, check=True, capture_output=True, text=True)
    growth, nothing = map(float, done.stdout.split())
    assert 75 < growth < 100
    assert nothing < 5


@pytest.fixture
def case(photo):
    """Two pictures and a hole."""
    mask = np.zeros((40, 40), np.bool_)
    mask[5:20, 5:20] = True
    return photo(40, 40, 1), photo(40, 40), mask


def test_measures(case):
    other, truth, mask = case
    assert list(measures("all")) == list(MEASURES)
    assert list(measures("ssim,psnr")) == ["ssim", "psnr"]
    with pytest.raises(UsageError, match="psnr"):
        measures("pnsr")
    values = {name: measure.of(other, truth, mask) for name, measure in MEASURES.items()}
    assert values.pop("grid") is None  # there is none at this size
    assert values.pop("memory") is None  # the runner takes it
    assert all(value > 0 for value in values.values())
    assert MEASURES["ssim"].of(other[:10], truth[:10], mask[:10]) is None
    large = np.tile(truth, (13, 13, 1)), np.tile(mask, (13, 13))
    assert MEASURES["grid"].of(large[0], large[0], large[1]) < 1


def test_distances_through_vgg(case, vgg19):
    other, truth, mask = case
    beside = vgg_measures(str(vgg19), "cpu")
    assert list(beside) == ["vgg", "style"]
    digits = hashlib.sha256(vgg19.read_bytes()).hexdigest()[:16]
    assert all(digits in one.definition and one.better == "lower" for one in beside.values())
    assert list(measures("style,psnr", beside)) == ["style", "psnr", "vgg"]
    assert list(measures("all", beside)) == [*MEASURES, "vgg", "style"]
    with pytest.raises(UsageError) as raised:
        measures("psnr,style")
    assert (raised.value.field, "{vgg=" in raised.value.mend) == ("metrics", True)
    assert all(one.of(other, truth, mask) > 0.001 for one in beside.values())
    assert [one.of(truth, truth, mask) for one in beside.values()] == [0, 0]
    assert [one.of(truth, truth, mask & False) for one in beside.values()] == [None, None]


class Colours(nn.Module):
    """Mean and deviation of each colour: N x 6."""

    def __init__(self):
        super().__init__()
        self.unused = nn.Parameter(torch.zeros(1))

    def forward(self, x):
        return torch.cat([x.mean((2, 3)), x.std((2, 3))], 1)


@pytest.fixture
def kept(tmp_path, photo):
    scores = []
    for i in range(8):
        truth = photo(20, 20 + i, i)  # no two of one size
        for what, picture in (
            ("truth", truth),
            ("good/rectangle", truth // 2 + 60),
            ("bad/rectangle", truth // 4),
            ("same/rectangle", truth),
        ):
            path = tmp_path / PICTURES / picture_path(what, f"a/{i}.jpg")
            path.parent.mkdir(parents=True, exist_ok=True)
            Image.fromarray(picture).save(path)
        for method in ("good", "bad", "same"):
            about = (method, "rectangle", f"a/{i}.jpg", 20, 20, 0.5, 0.1, "", "")
            scores.append(Score(*about, {"psnr": 20.0}))
    failed = Score("bad", "rectangle", "gone.png", 20, 20, 0.5, 0.1, "", "it failed", {})
    return tmp_path, [*scores, failed]


def test_fid_and_kid(kept, monkeypatch):
    folder, scores = kept
    monkeypatch.setattr(module, "load_inception", lambda spec: Colours())
    sets = set_scores(folder, scores, "a file", torch.device("cpu"))
    values = {(one.method, one.metric): one for one in sets}
    assert {metric for _, metric in values} == {*SET_METRICS}
    assert values["same", "fid"].value == pytest.approx(0, abs=1e-9)
    assert values["same", "fid"].value < values["good", "fid"].value < values["bad", "fid"].value
    assert all(one.count == 8 for one in sets)
    assert values["good", "fid"].warning
    features, moments = [], []
    for what in ("bad/rectangle", "truth"):
        paths = [folder / PICTURES / picture_path(what, f"a/{i}.jpg") for i in range(8)]
        x = [np.asarray(Image.open(p)).reshape(-1, 3).astype(np.float32) / 255 for p in paths]
        features.append(np.stack([np.r_[p.mean(0), p.std(0, ddof=1)] for p in x]))
        moments.append(Moments())
        moments[-1].add(features[-1])
    assert values["bad", "fid"].value == pytest.approx(fid(*moments), rel=1e-3)
    assert values["bad", "kid"].value == pytest.approx(kid(*features), rel=1e-3)
