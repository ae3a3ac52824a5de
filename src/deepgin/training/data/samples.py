"""Batches of local pictures, made on the CPU."""

import random
import time
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor

import numpy as np
import torch

from ..recipe import DataRecipe
from .batch import Batch, Share, check_unreadable, stack
from .crops import cut_sample
from .layouts import training_entries
from .masks import training_masks
from .order import PictureOrder
from .sources import Entry
from .weights import picture_weights
from .workers import from_processes

_PAUSE = 0.1
"""Seconds before an unreadable picture is tried once more: a machine short of memory or threads,
or a disk far away, fails for a moment, and must not end a run of days."""


class Samples:
    """The batches of local pictures by number: each a function of recipe, seed and number alone.

    Pictures of the run are numbered 0, 1, 2...; the step that begins at picture p uses the numbers
    from p to p + P * ranks - 1, of which each rank takes P in a row. Unreadable pictures are named
    in `unreadable` and replaced by the next of the order; more than 1 % of them stop the run.
    """

    def __init__(
        self,
        recipe: DataRecipe,
        seed: int,
        device: torch.device = torch.device("cpu"),  # noqa: B008, it is frozen
        share: Share = Share(),  # noqa: B008
        guidance: bool = False,
    ) -> None:
        self.recipe, self.seed, self.share, self.guidance = recipe, seed, share, guidance
        self.pinned = device.type == "cuda"
        self.entries = training_entries(recipe, guidance)
        self.weights = picture_weights(self.entries, recipe)
        self.order = PictureOrder(self.weights, seed)
        self.pictures = max(1, round(sum(self.weights)))
        self.unreadable: dict[str, str] = {}

    @property
    def step(self) -> int:
        """How many pictures all ranks together take in a step."""
        return self.recipe.pictures_per_step * self.share.ranks

    def sample(self, number: int, unreadable: dict[str, str]) -> list[np.ndarray]:
        """Return the `number`-th picture's sample, and its guidance's if that is asked for.

        Args:
            number: of the whole run.
            unreadable: pictures that cannot be used are added to it.

        Returns:
            One or two of uint8, size x size x 3.

        Raises:
            TrainingError: `unreadable` has come to hold more than 1 % of the pictures.
        """
        draws = random.Random(f"crop/{self.seed}/{number}")
        while True:
            entry = self.entries[self.order[number]]
            begun = draws.getstate()
            for pause in (_PAUSE, 0.0):
                try:
                    return cut_entry(entry, self.recipe, draws, self.guidance)
                except (OSError, ValueError) as error:
                    why = str(error)
                    draws.setstate(begun)
                    time.sleep(pause)
            unreadable[entry.label] = why
            check_unreadable(unreadable, len(self.entries), self.recipe)
            number += 1

    def batch(self, first: int) -> Batch:
        """Return this rank's part of the step that begins at picture `first`."""
        begin = first + self.share.rank * self.recipe.pictures_per_step
        numbers = range(begin, begin + self.recipe.pictures_per_step)
        unreadable: dict[str, str] = {}
        samples = [self.sample(number, unreadable) for number in numbers]
        pictures, *guidance = (stack(kind) for kind in zip(*samples, strict=True))
        masks = np.stack([training_masks(self.recipe, self.seed, number) for number in numbers])
        position = {"pictures": first + self.step}
        return Batch(
            pictures, torch.from_numpy(masks), next(iter(guidance), None), position, unreadable
        )

    def batches(self, position: dict[str, int]) -> Iterator[Batch]:
        """Yield batches for ever from a position on; see `SampleMaker`."""
        first = position.get("pictures", 0)
        workers = self.recipe.workers
        made = from_processes(self, first, workers) if workers else self._from_thread(first)
        for batch in made:
            self.unreadable.update(batch.unreadable)
            if batch.unreadable:
                check_unreadable(self.unreadable, len(self.entries), self.recipe)
            yield batch

    def _from_thread(self, first: int, ahead: int = 3) -> Iterator[Batch]:
        """Yield batches made beside the training in one thread."""
        pool = ThreadPoolExecutor(1, thread_name_prefix="samples")
        waiting: list[Future[Batch]] = []
        try:
            while True:
                while len(waiting) < ahead:
                    waiting.append(pool.submit(self.batch, first))
                    first += self.step
                batch = waiting.pop(0).result()
                yield batch.pin_memory() if self.pinned else batch
        finally:
            # A disk that hangs must not keep the trainer from saving.
            pool.shutdown(wait=False, cancel_futures=True)


def cut_entry(
    entry: Entry, recipe: DataRecipe, draws: random.Random, guidance: bool
) -> list[np.ndarray]:
    """Read an entry and cut its sample, and its guidance's if that is asked for.

    Returns:
        One or two of uint8, size x size x 3.

    Raises:
        OSError, ValueError: it cannot be read, decoded, or is too small.
    """
    segmentation = entry.guidance if guidance else None
    content = segmentation.read() if segmentation else None
    return cut_sample(entry.read(), content, recipe, draws)
