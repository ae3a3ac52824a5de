"""What a step is given: a batch of pictures with masks, and which part of it a process makes."""

from dataclasses import dataclass, replace

from torch import Tensor


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
        unreadable: name -> why, of the pictures that were found so while making this batch.
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
