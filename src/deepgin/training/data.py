"""Training samples: order, crops and masks of pictures. Where pictures lie is in sources.py.

Each sample is a pure function of the recipe's seed and its number, so a run resumes by counting.
"""

import io
import random
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor

import numpy as np
import torch
from PIL import Image, ImageOps
from torch import Tensor

from ..errors import TrainingError, UsageError
from ..masks import KINDS, draw
from .recipe import DataRecipe
from .sources import Entry, find_entries, group_weights

FULL = 256
"""The side in pixels for which the paper's masks are made."""


class PictureOrder:
    """Which picture is the i-th of the run: a seeded permutation an epoch.

    A weight of 2.5 puts a picture into each epoch twice, and once more in half of the epochs.
    """

    def __init__(self, weights: list[float], seed: int) -> None:
        self.weights, self.seed = weights, seed
        self._starts = [0]
        self._epoch, self._order = -1, np.empty(0, np.int64)

    def _load(self, epoch: int) -> None:
        draws = random.Random(f"order/{self.seed}/{epoch}")
        members = [
            picture
            for picture, weight in enumerate(self.weights)
            for _ in range(int(weight + draws.random()))
        ]
        keys = np.array([draws.random() for _ in members])
        self._epoch, self._order = epoch, np.array(members, np.int64)[keys.argsort(kind="stable")]

    def __getitem__(self, i: int) -> int:
        while i >= self._starts[-1]:
            self._load(len(self._starts) - 1)
            if not len(self._order) and max(self.weights) <= 0:
                raise UsageError("data.group_weights leaves no picture to train on")
            self._starts.append(self._starts[-1] + len(self._order))
        epoch = int(np.searchsorted(self._starts, i, side="right")) - 1
        if epoch != self._epoch:
            self._load(epoch)
        return int(self._order[i - self._starts[epoch]])


class Samples:
    """The run's batches by number; see `batch`.

    Unreadable pictures are named in `unreadable` and replaced by the next of the order; more than
    1 % of them stop the run.
    """

    def __init__(self, recipe: DataRecipe, seed: int) -> None:
        self.recipe, self.seed = recipe, seed
        self.entries = find_entries(recipe.train)
        self.order = PictureOrder(group_weights(self.entries, recipe), seed)
        self.unreadable: dict[str, str] = {}

    def picture(self, number: int) -> np.ndarray:
        """Return the crop of the `number`-th picture: uint8, size x size x 3."""
        draws = random.Random(f"crop/{self.seed}/{number}")
        for step in range(100):
            entry = self.entries[self.order[number + step]]
            try:
                return crop(entry.read(), self.recipe, draws)
            except (OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
                self._note(entry, error)
        raise TrainingError(f"{self.recipe.train}: a hundred unreadable pictures in a row")

    def _note(self, entry: Entry, error: Exception) -> None:
        self.unreadable[f"{entry.file}:{entry.name}"] = str(error)
        if len(self.unreadable) > max(1, len(self.entries) // 100):
            raise TrainingError(
                f"{self.recipe.train}: more than 1 % of the pictures cannot be used: "
                + "; ".join(f"{name} ({why})" for name, why in list(self.unreadable.items())[:5])
            )

    def masks(self, number: int) -> np.ndarray:
        """Return the three masks of the `number`-th picture: bool, 3 x size x size."""
        seed = f"train/{self.seed}/{number}"
        return np.stack([training_mask(kind, self.recipe, seed) for kind in KINDS])

    def batch(self, first: int) -> tuple[Tensor, Tensor]:
        """Return pictures and masks of the step that begins at picture `first`.

        Returns:
            P x 3 x S x S in [0, 1] (channels_last) and P x 3 x S x S masks, one a kind.
        """
        numbers = range(first, first + self.recipe.pictures_per_step)
        pictures = torch.from_numpy(np.stack([self.picture(i) for i in numbers]))
        masks = torch.from_numpy(np.stack([self.masks(i) for i in numbers]))
        return pictures.permute(0, 3, 1, 2).float() / 255, masks.float()

    def batches(self, first: int, ahead: int = 3) -> Iterator[tuple[Tensor, Tensor]]:
        """Yield batches from picture `first` on, made beside the training in one thread."""
        with ThreadPoolExecutor(1, thread_name_prefix="samples") as pool:
            waiting: list[Future[tuple[Tensor, Tensor]]] = []
            while True:
                while len(waiting) < ahead:
                    waiting.append(pool.submit(self.batch, first))
                    first += self.recipe.pictures_per_step
                yield waiting.pop(0).result()


def training_mask(kind: str, recipe: DataRecipe, seed: str) -> np.ndarray:
    """Draw a mask for a crop: bool, size x size.

    A share `mask_windows` of the free-form and cellular ones is a window of a mask drawn at 256,
    unless that happens to be nearly empty or full.
    """
    size = recipe.size
    draws = random.Random(f"window/{kind}/{seed}")
    if kind != "rectangle" and size < FULL and draws.random() < recipe.mask_windows:
        top, left = (int(draws.random() * (FULL - size + 1)) for _ in range(2))
        window = draw(kind, FULL, FULL, seed)[top : top + size, left : left + size]
        if 0.05 < window.mean() < 0.8:
            return window
    return draw(kind, size, size, seed)


def crop(encoded: bytes, recipe: DataRecipe, draws: random.Random) -> np.ndarray:
    """Decode a picture and cut a random square from it, keeping its aspect.

    Returns:
        uint8, size x size x 3.

    Raises:
        ValueError: the picture's shorter side is below the crop's; decoding errors of Pillow.
    """
    with Image.open(io.BytesIO(encoded)) as opened:
        picture = ImageOps.exif_transpose(opened).convert("RGB")
    shorter = min(picture.size)
    if shorter < recipe.size:
        raise ValueError(f"{picture.width} x {picture.height} is below data.size {recipe.size}")
    low = max(recipe.smallest_scale, recipe.size / shorter)
    scale = 1 - draws.random() * (1 - min(low, 1.0))
    size = [max(recipe.size, round(side * scale)) for side in picture.size]
    left, top = (int(draws.random() * (side - recipe.size + 1)) for side in size)
    if scale < 1:
        picture = picture.resize((size[0], size[1]), Image.Resampling.LANCZOS)
    pixels = np.asarray(picture.crop((left, top, left + recipe.size, top + recipe.size)))
    return pixels[:, ::-1] if recipe.mirror and draws.random() < 0.5 else pixels
