"""The recipe's part on data: which pictures, and how samples are made. It does nothing itself."""

import math
from dataclasses import dataclass, field

from ...errors import UsageError, nearest_name

LAYOUTS = ("folder", "ade20k", "celebahq", "ffhq", "oxford", "places")
FRAMINGS = ("crop", "squash")


@dataclass
class DataRecipe:
    """Which pictures, and how samples are made of them.

    Attributes:
        train: a folder of pictures, a folder of tar shards, one tar file, or addresses of remote
            tar shards such as https://host/train-{000..099}.tar, several separated by spaces.
        validation: a folder of pictures to watch the training with, never trained on.
        layout: how `train` is laid out: folder (every picture in it), or a dataset as downloaded,
            of whose pictures the training part is taken: ade20k, celebahq, ffhq, oxford, places.
        size: side of the square sample in pixels, a multiple of 16.
        framing: crop cuts a random square and keeps the aspect; squash is the paper's: the whole
            picture is squashed to `squash_size`, and one polyphase component of it is taken.
        squash_size: side in pixels, a multiple of `size`; 512 in the paper.
        smallest_scale: before a crop, pictures are shrunk by a factor drawn from [this, 1], as
            far as the crop still fits; 1 takes crops at the pictures' own size.
        mirror: mirror half of the samples.
        rotate: turn samples by 0, 90, 180 or 270 degrees, as the authors' code does.
        pictures_per_step: in each process; each picture comes with one mask of each kind, so a
            step has three times as many samples.
        mask_windows: share of the free-form and cellular masks that, for samples below 256, are
            windows of masks drawn at 256, with holes as wide in pixels as those met in use.
        groups: a CSV file with a column `name` for the training pictures, and `group` or
            `weight_column`.
        group_weights: how often a group's pictures are drawn in an epoch (others: once).
        weight_column: a column of `groups` that says how often each picture is drawn in an epoch
            (those not in the file: once).
        folder_weights: how often the pictures of a folder below `train` are drawn in an epoch
            (others: once). All the weights of a picture are multiplied.
        workers: processes that make samples; 0 makes them in a thread beside the training.
        resident: keep the decoded pictures in the device's memory and cut samples there.
        allow_pipes: let `train` name shell commands (pipe:...) whose output is a tar shard.
    """

    train: str = ""
    validation: str = ""
    layout: str = "folder"
    size: int = 256
    framing: str = "crop"
    squash_size: int = 512
    smallest_scale: float = 1.0
    mirror: bool = True
    rotate: bool = False
    pictures_per_step: int = 2
    mask_windows: float = 0.0
    groups: str = ""
    group_weights: dict[str, float] = field(default_factory=dict)
    weight_column: str = ""
    folder_weights: dict[str, float] = field(default_factory=dict)
    workers: int = 0
    resident: bool = False
    allow_pipes: bool = False

    @property
    def is_remote(self) -> bool:
        """Whether `train` is addresses rather than a path."""
        return "://" in self.train or self.train.lstrip().startswith("pipe:")


def check_data(recipe: DataRecipe) -> None:
    """Refuse a data recipe that cannot work.

    Raises:
        UsageError: names the field and what it may be.
    """
    if not recipe.train:
        raise UsageError("data.train is not set: name a folder of pictures or tar shards")
    _check_choice("layout", recipe.layout, LAYOUTS)
    _check_choice("framing", recipe.framing, FRAMINGS)
    _check_numbers(recipe)
    _check_weights(recipe)
    if recipe.is_remote:
        _check_remote(recipe)


def _check_choice(name: str, value: str, choices: tuple[str, ...]) -> None:
    if value not in choices:
        raise UsageError(
            f"data.{name} '{value}' does not work{nearest_name(value, choices)}: "
            f"choose one of {', '.join(choices)}"
        )


def _check_numbers(recipe: DataRecipe) -> None:
    if recipe.size % 16 or recipe.size < 16:
        raise UsageError(f"data.size {recipe.size} does not work: choose a multiple of 16")
    fits = recipe.squash_size >= recipe.size and recipe.squash_size % recipe.size == 0
    if recipe.framing == "squash" and not fits:
        raise UsageError(
            f"data.squash_size {recipe.squash_size} does not work: choose a multiple of "
            f"data.size {recipe.size}"
        )
    if not 0 < recipe.smallest_scale <= 1:
        raise UsageError(f"data.smallest_scale {recipe.smallest_scale} is not in (0, 1]")
    if not 0 <= recipe.mask_windows <= 1:
        raise UsageError(f"data.mask_windows {recipe.mask_windows} is not in [0, 1]")
    if recipe.pictures_per_step < 1:
        raise UsageError(f"data.pictures_per_step {recipe.pictures_per_step}: at least 1")
    if recipe.workers < 0:
        raise UsageError(f"data.workers {recipe.workers}: at least 0")


def _check_weights(recipe: DataRecipe) -> None:
    for name, weights in (
        ("group_weights", recipe.group_weights),
        ("folder_weights", recipe.folder_weights),
    ):
        for key, weight in weights.items():
            if not (weight >= 0 and math.isfinite(weight)):
                raise UsageError(f"data.{name}: {key} has {weight}, and weights are at least 0")
    for name in ("group_weights", "weight_column"):
        if getattr(recipe, name) and not recipe.groups:
            raise UsageError(f"data.{name} needs data.groups: name a CSV file")


def _check_remote(recipe: DataRecipe) -> None:
    if "pipe:" in recipe.train and not recipe.allow_pipes:
        raise UsageError(
            "data.train has a pipe: address, which runs a shell command: set data.allow_pipes "
            "if you trust it"
        )
    for name in ("resident", "weight_column", "group_weights", "folder_weights"):
        if getattr(recipe, name):
            raise UsageError(f"data.{name} needs local pictures, and data.train is remote")
    if recipe.layout != "folder":
        raise UsageError(f"data.layout {recipe.layout} needs a local folder, data.train is remote")
