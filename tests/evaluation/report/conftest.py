"""Reports that no run made: every number in them is known."""

import math
import random

import pytest

from deepgin.evaluation.scores import Report, Score, SetScore

METRICS = {
    "psnr": {"definition": "of <all> pixels", "unit": "dB", "better": "higher"},
    "l1": {"definition": "mean |a - b|", "unit": "", "better": "lower"},
    "share": {"definition": "of detail", "unit": "", "better": "nearer 1"},
    "fid": {"definition": "of sets", "unit": "", "better": "lower"},
}
MASKS = {
    "rectangle": {"hash": "1" * 64, "definition": "one box"},
    "my masks": {"hash": "2" * 64, "definition": "by hand"},
}


@pytest.fixture
def score():
    """Makes a score; what is not said is ordinary."""

    def made(method="ours", masks="rectangle", picture="a.png", psnr=20.0, **other):
        values = {"psnr": psnr, "l1": 1 / psnr if psnr else 0.0} if psnr is not None else {}
        facts = {"width": 8, "height": 8, "coverage": 0.25, "seconds": 0.5, "fit": "", "error": ""}
        return Score(method, masks, picture, values=other.pop("values", values), **facts | other)

    return made


@pytest.fixture
def report_of():
    """Makes a report of some scores."""

    def made(scores, **other):
        facts = {
            "command": "deepgin evaluate --data PHOTOS",
            "versions": {"deepgin": "0.1", "torch": "2.13"},
            "device": "cpu (float32)",
            "pictures": {"count": 7, "hash": "f" * 64, "size": "256"},
            "masks": MASKS,
            "methods": {
                name: f"what {name} is" for name in dict.fromkeys(s.method for s in scores)
            },
            "metrics": METRICS,
        }
        return Report(**facts | {"scores": tuple(scores)} | other)

    return made


@pytest.fixture
def full(score, report_of):
    """Seven pictures under two mask sets, three methods; one fails once, one has an infinity."""
    draws = random.Random(5)
    scores = []
    for masks in MASKS:
        for place in range(7):
            for method, level in (("ours", 24.0), ("telea", 22.0), ("mean", 17.0)):
                psnr = level + 3 * draws.random()
                if (method, place, masks) == ("telea", 2, "rectangle"):
                    psnr = math.inf
                made = score(
                    method, masks, f"p{place}.jpg", psnr, coverage=0.11 * place, seconds=0.1 * place
                )
                scores.append(made)
    failed = score("mean", "rectangle", "p5.jpg", None, error="no memory")
    scores = [
        failed if (s.method, s.masks, s.picture) == ("mean", "rectangle", "p5.jpg") else s
        for s in scores
    ]
    sets = (
        SetScore("ours", "rectangle", "fid", 41.5, 7, "7 pictures are few"),
        SetScore("mean", "rectangle", "fid", 30.25, 6, "7 pictures are few"),
    )
    return report_of(scores, sets=sets, left_out=(("bad.jpg", "bad.jpg is damaged"),))
