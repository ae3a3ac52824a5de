"""Running methods over pictures and frozen masks, and scoring what comes out."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from statistics import mean
from typing import TypeAlias

import numpy as np

from ..metrics import psnr
from .protocol import Protocol

Method: TypeAlias = Callable[[np.ndarray, np.ndarray], np.ndarray]
"""uint8 H x W x 3 and bool H x W in, the completed uint8 H x W x 3 out."""


@dataclass(frozen=True)
class Score:
    """One method's result on one kind of mask.

    Attributes:
        psnr: mean over pictures of the PSNR in dB of the 8-bit completed picture, whole picture.
        seconds: a picture, in this run, of the method alone.
    """

    method: str
    kind: str
    psnr: float
    seconds: float


def run(
    protocol: Protocol,
    methods: dict[str, Method],
    tell: Callable[[str], None] = lambda text: None,
    keep: Callable[[str, str, Path, np.ndarray], None] | None = None,
) -> list[Score]:
    """Score every method on every kind of mask.

    Args:
        protocol: the pictures and masks.
        methods: by name.
        tell: told of each score as it is found.
        keep: given method, kind, picture path and completed picture (uint8, H x W x 3).

    Returns:
        A score for each method and kind; valid pixels of every method are the truth's.
    """
    files = protocol.pictures()
    truths = [protocol.truth(file) for file in files]
    scores = []
    for kind in protocol.kinds:
        masks = list(protocol.masks(kind))
        for name, method in methods.items():
            values, seconds = [], 0.0
            for file, truth, mask in zip(files, truths, masks, strict=True):
                begun = time.perf_counter()
                filled = method(truth, mask)
                seconds += time.perf_counter() - begun
                completed = np.where(mask[..., None], filled, truth)
                values.append(psnr(completed, truth))
                if keep:
                    keep(name, kind, file, completed)
            scores.append(Score(name, kind, mean(values), seconds / len(files)))
            tell(f"{name} on {kind}: {scores[-1].psnr:.2f} dB")
    return scores
