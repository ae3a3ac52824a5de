"""The weights that come with the package."""

from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from deepgin import Inpainter
from deepgin.metrics import psnr
from deepgin.network.prefill import pull_push
from deepgin.runtimes.torch import to_bytes
from deepgin.weights import load, local_path, read_card

ROOT = Path(__file__).parents[2]
EXAMPLES = ROOT / "examples"
PAPER = ROOT / "weights/deepgin-compact-paper.safetensors"


def test_card_and_size() -> None:
    card = read_card(local_path())
    assert card.licence == "CC BY-NC 4.0"
    assert card.sharpness == 0.75
    assert all(facts["samples"] > 0 for facts in card.training.values())
    assert card.training.keys() == {"soft", "sharp"}
    assert local_path().stat().st_size < 45e6


def test_the_paper_s_form_lies_beside_the_package() -> None:
    network, card = load(PAPER), read_card(PAPER)
    assert (network.name, network.width, card.licence) == ("deepgin", 32, "CC BY-NC 4.0")
    assert not network.variant.prefill
    assert PAPER.stat().st_size < 23e6


@pytest.mark.parametrize("name", ["coffee.png", "chelsea.png", "rocket.jpg"])
@pytest.mark.parametrize(
    ("weights", "sharpness", "gain"),
    # The sharp end pays for its edges in PSNR.
    [(None, None, 0.3), (None, 0.0, 0.3), (None, 1.0, -0.3), (PAPER, None, 0.3)],
)
def test_fills_better_than_pull_push_and_touches_nothing_else(
    name: str, weights: Path | None, sharpness: float | None, gain: float
) -> None:
    truth = np.asarray(Image.open(EXAMPLES / name).convert("RGB"))
    mask = np.asarray(Image.open(EXAMPLES / f"{Path(name).stem}-mask.png")) > 0
    filled = np.asarray(Inpainter(weights, sharpness=sharpness)(truth, mask))
    assert np.array_equal(filled[~mask], truth[~mask])
    image = torch.tensor(truth).permute(2, 0, 1)[None].float() / 255
    smooth = to_bytes(pull_push(image, torch.tensor(mask)[None, None].float()))[0]
    assert psnr(filled, truth) > psnr(smooth, truth) + gain
