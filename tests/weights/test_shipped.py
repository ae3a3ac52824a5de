"""The weights that come with the package."""

from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from deepgin import Inpainter, inpaint
from deepgin.metrics import psnr
from deepgin.network.prefill import pull_push
from deepgin.runtimes.torch import to_bytes
from deepgin.weights import local_path, read_card

EXAMPLES = Path(__file__).parents[2] / "examples"
NAMES = ("coffee.png", "chelsea.png", "rocket.jpg")


def _pair(name: str) -> tuple[np.ndarray, np.ndarray]:
    truth = np.asarray(Image.open(EXAMPLES / name).convert("RGB"))
    mask = np.asarray(Image.open(EXAMPLES / f"{Path(name).stem}-mask.png")) > 0
    return truth, mask


def test_card_and_size() -> None:
    card = read_card(local_path())
    assert card.licence == "CC BY-NC 4.0"
    assert card.training["samples"] > 0
    assert local_path().stat().st_size < 25e6


@pytest.mark.parametrize("name", NAMES)
def test_fills_better_than_pull_push_and_touches_nothing_else(name: str) -> None:
    truth, mask = _pair(name)
    filled = np.asarray(Inpainter()(truth, mask))
    assert np.array_equal(filled[~mask], truth[~mask])
    image = torch.tensor(truth).permute(2, 0, 1)[None].float() / 255
    smooth = to_bytes(pull_push(image, torch.tensor(mask)[None, None].float()))[0]
    assert psnr(filled, truth) > psnr(smooth, truth) + 0.3


def test_paths_and_one_call() -> None:
    paths = EXAMPLES / "chelsea.png", EXAMPLES / "chelsea-mask.png"
    assert inpaint(*paths).tobytes() == Inpainter()(str(paths[0]), str(paths[1])).tobytes()
