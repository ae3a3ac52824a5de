"""A batch of pictures with masks, which part of it a process makes, and what makes batches."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np
import torch
from torch import Tensor

from ...errors import TrainingError
from ..recipe import DataRecipe


@dataclass(frozen=True)
class Share:
    """Which part of every step is this process's.

    Attributes:
        rank: this process, from 0.
        ranks: how many processes there are.
    """

    rank: int = 0
    ranks: int = 1


@dataclass
class Batch:
    """P pictures, each with one mask of each of the K kinds.

    Attributes:
        pictures: uint8, P x 3 x S x S (channels_last), on the CPU or already on the device.
        masks: bool, P x K x S x S, True = missing, in the order of `deepgin.masks.KINDS`.
        guidance: uint8, P x 3 x S x S, cut as the pictures are; None unless asked for.
        position: where the batch after this one begins; saved in checkpoints.
        unreadable: name -> why, of pictures that could not be read for this batch.
    """

    pictures: Tensor
    masks: Tensor
    guidance: Tensor | None
    position: dict[str, int]
    unreadable: dict[str, str]

    def pin_memory(self) -> "Batch":
        """Return the same in page-locked memory, from which copies to a GPU run aside."""
        guidance = None if self.guidance is None else self.guidance.pin_memory()
        pictures, masks = self.pictures.pin_memory(), self.masks.pin_memory()
        return replace(self, pictures=pictures, masks=masks, guidance=guidance)


class SampleMaker(Protocol):
    """What makes batches, from wherever pictures come.

    Attributes:
        pictures: in one epoch; 0 when unknown.
        unreadable: name -> why, of all pictures that `batches` has skipped so far.
    """

    pictures: int
    unreadable: dict[str, str]

    def batches(self, position: dict[str, int]) -> Iterator[Batch]:
        """Yield batches for ever from a position that an earlier batch named; {} is the beginning.

        Raises:
            TrainingError: more than 1 % of the pictures cannot be used, or the source fails.
        """


def check_unreadable(unreadable: dict[str, str], pictures: int, recipe: DataRecipe) -> None:
    """Refuse to go on with too many unreadable pictures: more than 1 %, and at least two.

    Raises:
        TrainingError: names the first few.
    """
    if len(unreadable) > max(1, pictures // 100):
        some = "; ".join(f"{name} ({why})" for name, why in list(unreadable.items())[:5])
        raise TrainingError(f"{recipe.train}: more than 1 % of the pictures cannot be used: {some}")


def stack(samples: tuple[np.ndarray, ...]) -> Tensor:
    """Return uint8, P x 3 x S x S, channels_last."""
    return torch.from_numpy(np.stack(samples)).permute(0, 3, 1, 2)
