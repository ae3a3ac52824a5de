"""The recipe: everything that decides how a network is trained. It does nothing itself."""

from dataclasses import asdict, dataclass, field
from typing import Any

from ..errors import UsageError


@dataclass
class NetworkRecipe:
    """Which network.

    Attributes:
        variant: a name that `deepgin info` lists.
        width: channels after the first halving; 64 in the paper, 32 compact.
        initialisation: full (ours) or released (the authors').
    """

    variant: str = "deepgin-prefill"
    width: int = 32
    initialisation: str = "full"


@dataclass
class DataRecipe:
    """Which pictures, and how samples are made of them.

    Attributes:
        train: a folder of pictures, a folder of tar shards, or one tar file.
        validation: a folder of pictures to watch the training with, never trained on.
        size: side of the square crop in pixels, a multiple of 16.
        smallest_scale: pictures are shrunk by a factor drawn from [this, 1], as far as the crop
            still fits; 1 takes crops at the pictures' own size.
        mirror: mirror half of the samples.
        pictures_per_step: each comes with one mask of each kind, so a step has three times as many
            samples.
        mask_windows: share of the free-form and cellular masks that, for crops below 256, are
            windows of masks drawn at 256, with holes as wide in pixels as those met in use.
        groups: a CSV file with columns `name` and `group` for the training pictures.
        group_weights: how often a group's pictures are drawn in an epoch (others: once).
    """

    train: str = ""
    validation: str = ""
    size: int = 256
    smallest_scale: float = 1.0
    mirror: bool = True
    pictures_per_step: int = 2
    mask_windows: float = 0.0
    groups: str = ""
    group_weights: dict[str, float] = field(default_factory=dict)


@dataclass
class OptimiserRecipe:
    """Adam and its rate.

    Attributes:
        rate: the learning rate.
        beta1: 0.5 in the paper.
        beta2: 0.999 in the paper.
        clip: the gradient's norm is scaled down to this; 0 leaves it.
        warmup_steps: the rate rises linearly over the first steps of every fresh optimizer.
        decay_samples: the rate falls linearly to zero over the last so many samples.
        hole_weight: the loss's weight of the hole, 5 in the paper.
    """

    rate: float = 2.5e-4
    beta1: float = 0.5
    beta2: float = 0.999
    clip: float = 1.0
    warmup_steps: int = 500
    decay_samples: int = 0
    hole_weight: float = 5.0


@dataclass
class EmaRecipe:
    """Moving averages of the weights; validation chooses among them.

    Attributes:
        half_lives: in samples.
        ramp: no half-life is longer than this share of the samples seen so far.
    """

    half_lives: list[int] = field(default_factory=lambda: [2_000, 20_000, 100_000])
    ramp: float = 0.1


@dataclass
class WatchRecipe:
    """How a run is watched and saved.

    Attributes:
        save_minutes: minutes between checkpoints.
        log_samples: samples between lines of the log.
        validate_samples: samples between validations.
        validation_pictures: at most so many, taken evenly from the folder, each with one frozen
            mask of each kind at 256 x 256.
    """

    save_minutes: float = 5.0
    log_samples: int = 600
    validate_samples: int = 6_000
    validation_pictures: int = 12


@dataclass
class Recipe:
    """A training run: the warm-up stage of the paper (section 4.2), L1 alone.

    Attributes:
        network: which network.
        data: which pictures and masks.
        optimiser: Adam, its rate and the loss.
        ema: moving averages.
        watch: log, checkpoints and validation.
        samples: the run ends after so many (a picture under one mask is one sample).
        seed: of the weights, the order of the pictures, the crops and the masks.
        device: auto, cpu, cuda or cuda:N.
        precision: auto, float32 or bf16.
        threads: CPU threads of the network; 0 leaves it to torch.
    """

    network: NetworkRecipe = field(default_factory=NetworkRecipe)
    data: DataRecipe = field(default_factory=DataRecipe)
    optimiser: OptimiserRecipe = field(default_factory=OptimiserRecipe)
    ema: EmaRecipe = field(default_factory=EmaRecipe)
    watch: WatchRecipe = field(default_factory=WatchRecipe)
    samples: int = 1_000_000
    seed: int = 0
    device: str = "auto"
    precision: str = "auto"
    threads: int = 0

    def as_dict(self) -> dict[str, Any]:
        """Return nested plain values, for YAML, JSON and checkpoints."""
        return asdict(self)


def check(recipe: Recipe) -> None:
    """Refuse a recipe that cannot work.

    Raises:
        UsageError: names the field and what it may be.
    """
    data = recipe.data
    if data.size % 16 or data.size < 16:
        raise UsageError(f"data.size {data.size} does not work: choose a multiple of 16")
    if not data.train:
        raise UsageError("data.train is not set: name a folder of pictures or tar shards")
    if not 0 < data.smallest_scale <= 1:
        raise UsageError(f"data.smallest_scale {data.smallest_scale} is not in (0, 1]")
    for name, value in (("samples", recipe.samples), ("pictures_per_step", data.pictures_per_step)):
        if value < 1:
            raise UsageError(f"{name} {value} does not work: at least 1")
    if not recipe.ema.half_lives or min(recipe.ema.half_lives) < 1:
        raise UsageError("ema.half_lives needs at least one number of samples")
