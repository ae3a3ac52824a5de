"""Batches of local pictures, made on the CPU."""

import itertools
import random
import time
from collections.abc import Iterator
from contextlib import closing

import numpy as np

from ...errors import TrainingError
from .batch import Batch, SampleMaker
from .crops import cut_sample
from .layouts import training_entries
from .masks import training_masks
from .order import PictureOrder, picture_weights
from .workers import ahead, from_processes

_PAUSE = 0.1
"""Seconds before an unreadable picture is tried once more: a machine short of memory or threads,
or a disk far away, fails for a moment, and must not end a run of days."""


class Samples(SampleMaker):
    """The batches of local pictures by number: each a function of recipe, seed and number alone.

    Pictures of the run are numbered 0, 1, 2...; the step that begins at picture p uses the numbers
    from p to p + P * ranks - 1, of which each rank takes P in a row. Unreadable pictures are named
    in `unreadable` and replaced by the next of the order; more than 1 % of them stop the run.
    """

    def open(self) -> None:
        self.entries = training_entries(self.recipe, self.guidance)
        self.weights = picture_weights(self.entries, self.recipe)
        self.order = PictureOrder(self.weights, self.seed)
        self.pictures = max(1, round(sum(self.weights)))
        self.step = self.recipe.pictures_per_step * self.share.ranks
        """Pictures that all ranks together take in a step."""

    def numbers(self, first: int) -> range:
        """Return this rank's pictures of the step that begins at picture `first`."""
        begin = first + self.share.rank * self.recipe.pictures_per_step
        return range(begin, begin + self.recipe.pictures_per_step)

    def draws(self, number: int) -> random.Random:
        """Return what a picture's cut is drawn from."""
        return random.Random(f"crop/{self.seed}/{number}")

    def check_unreadable(self, unreadable: dict[str, str]) -> None:
        """Refuse to go on with more than 1 % of unreadable pictures, and at least two.

        Raises:
            TrainingError: names the first few.
        """
        if len(unreadable) > max(1, len(self.entries) // 100):
            some = "; ".join(f"{name} ({why})" for name, why in list(unreadable.items())[:5])
            raise TrainingError(
                f"{self.recipe.train}: more than 1 % of the pictures cannot be used: {some}"
            )

    def sample(self, number: int, unreadable: dict[str, str]) -> list[np.ndarray]:
        """Return a picture's sample and, if asked for, its guidance's: uint8, size x size x 3.

        Pictures that cannot be used are added to `unreadable`.
        """
        draws = self.draws(number)
        while True:
            entry = self.entries[self.order[number]]
            begun = draws.getstate()
            for pause in (_PAUSE, 0.0):
                try:
                    guidance = entry.guidance.read() if self.guidance and entry.guidance else None
                    return cut_sample(entry.read(), guidance, self.recipe, draws)
                except (OSError, ValueError) as error:
                    why = str(error)
                    draws.setstate(begun)
                    time.sleep(pause)
            unreadable[entry.label] = why
            self.check_unreadable(unreadable)
            number += 1

    def batch(self, first: int) -> Batch:
        """Return this rank's part of the step that begins at picture `first`."""
        unreadable: dict[str, str] = {}
        samples = [self.sample(number, unreadable) for number in self.numbers(first)]
        masks = [training_masks(self.recipe, self.seed, number) for number in self.numbers(first)]
        return Batch.of(samples, masks, {"pictures": first + self.step}, unreadable)

    def batches(self, position: dict[str, int]) -> Iterator[Batch]:
        first, workers = position.get("pictures", 0), self.recipe.workers
        if workers:
            made = from_processes(self.batch, first, self.step, workers, self.pinned)
        else:
            made = ahead(map(self._pinned_batch, itertools.count(first, self.step)), count=3)
        with closing(made):
            for batch in made:
                self.unreadable.update(batch.unreadable)
                if batch.unreadable:
                    self.check_unreadable(self.unreadable)
                yield batch

    def _pinned_batch(self, first: int) -> Batch:
        batch = self.batch(first)
        return batch.pin_memory() if self.pinned else batch
