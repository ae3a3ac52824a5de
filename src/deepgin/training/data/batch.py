"""A batch of pictures with masks, which part of it a process makes, and what makes batches."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
import torch
from torch import Tensor

from ..recipe import DataRecipe


@dataclass(frozen=True)
class Share:
    """Which part of every step is this process's: its number, from 0, of how many."""

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

    @classmethod
    def of(
        cls,
        samples: list[list[np.ndarray]],
        masks: list[np.ndarray],
        position: dict[str, int],
        unreadable: dict[str, str],
    ) -> "Batch":
        """Stack samples (a picture and perhaps its guidance, each S x S x 3) and their masks."""
        pictures, *guidance = (
            torch.from_numpy(np.stack(kind)).permute(0, 3, 1, 2)
            for kind in zip(*samples, strict=True)
        )
        stacked = torch.from_numpy(np.stack(masks))
        return cls(pictures, stacked, next(iter(guidance), None), position, unreadable)

    def pin_memory(self) -> "Batch":
        """Return the same in page-locked memory, which a GPU copies without waiting."""
        guidance = None if self.guidance is None else self.guidance.pin_memory()
        pictures, masks = self.pictures.pin_memory(), self.masks.pin_memory()
        return replace(self, pictures=pictures, masks=masks, guidance=guidance)


class SampleMaker:
    """What makes batches, from wherever pictures come.

    Attributes:
        pictures: in one epoch; 0 when unknown.
        unreadable: name -> why, of all pictures that `batches` has skipped so far.

    Args:
        recipe: which pictures, and how samples are made.
        seed: of order, crops and masks.
        device: where the network is.
        share: which part of every step is this process's.
        guidance: pictures come with their segmentation; those that have none are left out.
    """

    pictures = 0

    def __init__(
        self,
        recipe: DataRecipe,
        seed: int,
        device: torch.device = torch.device("cpu"),  # noqa: B008, it is frozen
        share: Share = Share(),
        guidance: bool = False,
    ) -> None:
        self.recipe, self.seed, self.device = recipe, seed, device
        self.share, self.guidance = share, guidance
        self.unreadable: dict[str, str] = {}
        self.pinned = device.type == "cuda"
        self.open()

    def open(self) -> None:
        """Find the pictures."""

    def batches(self, position: dict[str, int]) -> Iterator[Batch]:
        """Yield batches for ever from a position that an earlier batch named; {} is the beginning.

        Raises:
            TrainingError: more than 1 % of the pictures cannot be used, or the source fails.
        """
        raise NotImplementedError
