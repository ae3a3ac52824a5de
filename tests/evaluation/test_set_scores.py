"""FID and KID of what a run kept, with a stand-in for the Inception."""

import numpy as np
import pytest
import torch
from PIL import Image
from torch import nn

from deepgin.evaluation import set_scores as sets
from deepgin.evaluation.scores import PICTURES, Score, picture_path
from deepgin.metrics import Moments, fid, kid


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


def test_distances(kept, monkeypatch):
    folder, scores = kept
    monkeypatch.setattr(sets, "load_inception", lambda spec: Colours())
    found, told = sets.set_scores(folder, scores, "a file", torch.device("cpu"))
    assert {*told} == {"fid", "kid"}
    values = {(one.method, one.metric): one for one in found}
    assert values["same", "fid"].value == pytest.approx(0, abs=1e-9)
    assert values["same", "fid"].value < values["good", "fid"].value < values["bad", "fid"].value
    assert all(one.count == 8 for one in found)
    assert "8 pictures are too few" in values["good", "fid"].warning
    features = {}
    for what in ("truth", "bad/rectangle"):
        pictures = [
            np.asarray(Image.open(folder / PICTURES / picture_path(what, f"a/{i}.jpg")))
            for i in range(8)
        ]
        x = [p.reshape(-1, 3).astype(np.float32) / 255 for p in pictures]
        features[what] = np.stack([np.r_[p.mean(0), p.std(0, ddof=1)] for p in x])
    moments = {}
    for what, rows in features.items():
        moments[what] = Moments()
        moments[what].add(rows)
    expected = fid(moments["bad/rectangle"], moments["truth"])
    assert values["bad", "fid"].value == pytest.approx(expected, rel=1e-3)
    expected = kid(features["bad/rectangle"], features["truth"]).mean
    assert values["bad", "kid"].value == pytest.approx(expected, rel=1e-3)


def test_nothing_is_measured_unasked(kept):
    assert sets.set_scores(*kept, None, torch.device("cpu")) == ((), {})
