"""FID and KID of the completed pictures of a run."""

from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np
import torch

from ..metrics import Moments, fid, fid_warning, kid
from ..perceptual import load_inception
from ..perceptual.inception import Inception
from ..pictures import read_rgb
from ..runtimes.torch import from_array
from .scores import PICTURES, Score, SetScore, picture_path

_DEFINITIONS = {
    "fid": {
        "definition": "Fréchet distance of the 2015 Inception's features, completed pictures "
        "against truths, bilinear to 299",
        "unit": "",
        "better": "lower",
    },
    "kid": {
        "definition": "kernel distance of the same features, mean of 100 seeded subsets of at "
        "most 1,000",
        "unit": "",
        "better": "lower",
    },
}


def set_scores(
    folder: Path, scores: Sequence[Score], spec: str | None, device: torch.device
) -> tuple[tuple[SetScore, ...], dict[str, dict[str, str]]]:
    """Return FID and KID of each method and mask set, and their definitions.

    Args:
        folder: of the report, with its pictures.
        scores: the scores of these pictures; failed ones have no picture.
        spec: weights of the Inception (see `load_inception`); None measures nothing.
        device: of the Inception.
    """
    if spec is None:
        return (), {}
    network, pictures = load_inception(spec).to(device), folder / PICTURES
    groups: dict[tuple[str, str], list[str]] = {}
    for score in scores:
        if not score.error:
            groups.setdefault((score.method, score.masks), []).append(score.picture)
    truths: dict[tuple[str, ...], np.ndarray] = {}
    results = []
    for (method, masks), names in groups.items():
        key = tuple(names)
        if key not in truths:
            truths[key] = _features(
                network, [pictures / picture_path("truth", name) for name in key]
            )
        ours = _features(
            network, [pictures / picture_path(f"{method}/{masks}", name) for name in key]
        )
        count = len(key)
        if count < 2:
            continue
        warning = fid_warning(count)
        distance = fid(_moments(ours), _moments(truths[key]))
        results.append(SetScore(method, masks, "fid", distance, count, warning))
        results.append(SetScore(method, masks, "kid", kid(ours, truths[key]).mean, count))
    return tuple(results), _DEFINITIONS


def _features(network: Inception, paths: Iterable[Path]) -> np.ndarray:
    """Return the features of picture files, N x 2048, one file at a time as sizes may differ."""
    device = next(network.parameters()).device
    rows = []
    for path in paths:
        picture = from_array(np.asarray(read_rgb(path))[None]).to(device)
        with torch.inference_mode():
            rows.append(network(picture.permute(0, 3, 1, 2).float() / 255)[0].cpu().numpy())
    return np.stack(rows)


def _moments(features: np.ndarray) -> Moments:
    moments = Moments()
    moments.add(features)
    return moments
