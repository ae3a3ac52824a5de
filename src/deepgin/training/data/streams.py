"""Batches from remote tar shards, made as these come.

Pictures are taken in the order of their shard: what a shuffling buffer holds could not be saved in
a checkpoint, and to fetch it again at every start would take long. Only the order of the shards is
drawn, so write shards in a random order.
"""

import random
import re
import tarfile
import time
from collections import deque
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing

import numpy as np

from ...errors import TrainingError
from .batch import Batch, SampleMaker
from .crops import cut_sample, decode_singly
from .masks import training_masks
from .shards import Encoded, ShardOrder, addresses, pictures_in
from .workers import ahead

ATTEMPTS = 4
WAIT = 1.0
"""Seconds before the second attempt at a shard; before the third twice as long, and so on."""

FEW = 10
"""So many pictures may be unreadable before their share is looked at."""

_Sample = tuple[list[np.ndarray], np.ndarray]
"""A picture, perhaps with its guidance, and its masks."""


class StreamedSamples(SampleMaker):
    """Batches from remote shards. Each sample is a function of recipe, seed, shard and picture.

    The shards of the run are numbered 0, 1, 2... through seeded permutations of the addresses, one
    an epoch; rank r takes the numbers r, r + ranks, r + 2 * ranks... A position is a shard's
    number and how many of its pictures are done with. It is a rank's own; that of another rank
    stands for the same place among this one's shards. `recipe.workers` are threads here.
    """

    def open(self) -> None:
        self.order = ShardOrder(addresses(self.recipe), self.seed)

    def batches(self, position: dict[str, int]) -> Iterator[Batch]:
        with closing(ahead(self._batches(position), count=3)) as made:
            for batch in made:
                self.unreadable.update(batch.unreadable)
                yield batch

    def _batches(self, position: dict[str, int]) -> Iterator[Batch]:
        """Yield batches; pictures are cut by threads while the next ones are fetched."""
        decode_singly()
        threads, seen, failed = max(1, self.recipe.workers), 0, 0
        with ThreadPoolExecutor(threads, thread_name_prefix="samples") as pool:
            made = self._made(position, pool, threads + self.recipe.pictures_per_step)
            while True:
                good: list[_Sample] = []
                unreadable: dict[str, str] = {}
                while len(good) < self.recipe.pictures_per_step:
                    encoded, result = next(made)
                    seen += 1
                    try:
                        good.append(result.result())
                    except ValueError as error:
                        failed += 1
                        unreadable[encoded.name] = str(error)
                        # How many there are is not known: only the share of those that came.
                        if failed > max(FEW, seen // 100):
                            raise TrainingError(
                                f"{failed} of {seen} pictures cannot be used, which is more than "
                                f"1 %; the last is {encoded.name} ({error})"
                            ) from error
                samples, masks = ([*part] for part in zip(*good, strict=True))
                after = {"shard": encoded.shard, "picture": encoded.picture + 1}
                batch = Batch.of(samples, masks, after, unreadable)
                yield batch.pin_memory() if self.pinned else batch

    def _made(
        self, position: dict[str, int], pool: ThreadPoolExecutor, count: int
    ) -> "Iterator[tuple[Encoded, Future[_Sample]]]":
        """Yield pictures in their order, each with its sample in the making."""
        waiting: deque[tuple[Encoded, Future[_Sample]]] = deque()
        for encoded in self._encoded(position):
            waiting.append((encoded, pool.submit(self._sample, encoded)))
            if len(waiting) >= count:
                yield waiting.popleft()

    def _sample(self, encoded: Encoded) -> _Sample:
        number = f"{encoded.shard}/{encoded.picture}"
        draws = random.Random(f"crop/{self.seed}/{number}")
        guidance = encoded.guidance if self.guidance else None
        sample = cut_sample(encoded.content, guidance, self.recipe, draws)
        return sample, training_masks(self.recipe, self.seed, number)

    def _encoded(self, position: dict[str, int]) -> Iterator[Encoded]:
        """Yield this rank's pictures for ever, shard after shard."""
        turn, skip = position.get("shard", 0) // self.share.ranks, position.get("picture", 0)
        empty = 0
        while True:
            usable = 0
            for encoded in self._from_shard(turn * self.share.ranks + self.share.rank, skip):
                if encoded.guidance is not None or not self.guidance:
                    usable += 1
                    yield encoded
            empty = 0 if usable or skip else empty + 1
            if empty >= len(self.order.addresses):
                what = "pictures with a segmentation" if self.guidance else "pictures"
                raise TrainingError(f"data.train {self.recipe.train}: no shard holds {what}")
            turn, skip = turn + 1, 0

    def _from_shard(self, shard: int, skip: int) -> Iterator[Encoded]:
        """Yield a shard's pictures; where the connection is cut, open it again and go on there."""
        address, failures = self.order[shard], 0
        while True:
            try:
                for encoded in pictures_in(address, shard, skip):
                    yield encoded
                    skip, failures = encoded.picture + 1, 0
                return
            except (OSError, tarfile.TarError) as error:
                failures += 1
                if failures >= ATTEMPTS:
                    # webdataset's message shows a call; what matters is how the program ended.
                    ended = re.search(r"exit (-?\d+) \(", str(error))
                    why = f"the program that fetches it ended with {ended[1]}" if ended else error
                    raise TrainingError(
                        f"{address}: cannot be read on after {skip} pictures, "
                        f"{ATTEMPTS} attempts failed ({why})"
                    ) from error
                time.sleep(WAIT * failures)
