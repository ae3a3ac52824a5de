"""The recipe: all fields that decide how a network is trained, with types that hold their ranges.

jsonargparse checks the types wherever a recipe comes from: command line, YAML or Python (checks.py).
"""

import json
from dataclasses import asdict, dataclass, field, replace
from typing import Any, Literal

from jsonargparse.typing import (
    ClosedUnitInterval,
    NonNegativeFloat,
    NonNegativeInt,
    PositiveInt,
)

from .numbers import Beta, Scale, Seed, Threads, Weight

Amount = int | str
"""A number of samples (a picture under one mask is one), or "10 epochs", "60000 samples"."""
Optimiser = Literal["adam", "muon"]
Layout = Literal["folder", "ade20k", "celebahq", "ffhq", "oxford", "places"]


@dataclass
class NetworkRecipe:
    """Which network, and how it is run in training.

    Attributes:
        variant: a name that `deepgin info` lists.
        width: channels after the first halving; 64 in the paper, 32 compact.
        initialisation: full (ours) or released (the authors', [P] section 4.2).
        recompute: keep less in memory and compute it again in the backward pass.
        compile: compile the network (worth its minutes on a GPU alone).
    """

    variant: str = "deepgin-prefill"
    width: PositiveInt = 32
    initialisation: Literal["full", "released"] = "full"
    recompute: bool = False
    compile: bool = False


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
        framing: crop cuts a random square and keeps the aspect; squash, as in the paper, resizes
            the whole picture to a square of `squash_size` and takes one polyphase component.
        squash_size: side in pixels, a multiple of `size`; 512 in the paper.
        smallest_scale: before a crop, pictures are shrunk by a factor drawn from [this, 1], as
            far as the crop still fits; 1 takes crops at the pictures' own size.
        mirror: mirror half of the samples.
        rotate: turn samples by 0, 90, 180 or 270 degrees, as the authors' code does.
        pictures_per_step: in each process; each picture comes with one mask of each kind, so a
            step has three times as many samples.
        mask_windows: share of the free-form and cellular masks that, for samples below 256, are
            windows of masks drawn at 256, with holes as wide in pixels as those met in use.
        weights: how often pictures are drawn in an epoch, by their path below `train` or by that of
            a folder, as in {faces: 3, cars/a.jpg: 0}; the innermost counts, and others have 1.
        workers: processes that make samples; 0 makes them in a thread beside the training, or on
            CUDA takes as many as there are cores to spare.
        resident: keep the decoded pictures in the device's memory and cut samples there; they are
            streamed if they do not fit.
        allow_pipes: let `train` name shell commands (pipe:...) whose output is a tar shard.
    """

    train: str = ""
    validation: str = ""
    layout: Layout = "folder"
    size: PositiveInt = 256
    framing: Literal["crop", "squash"] = "crop"
    squash_size: PositiveInt = 512
    smallest_scale: Scale = 1.0
    mirror: bool = True
    rotate: bool = False
    pictures_per_step: PositiveInt = 2
    mask_windows: ClosedUnitInterval = 0.0
    weights: dict[str, Weight] = field(default_factory=dict)
    workers: NonNegativeInt = 0
    resident: bool = False
    allow_pipes: bool = False

    @property
    def is_remote(self) -> bool:
        """Whether `train` is addresses rather than a path."""
        return "://" in self.train or self.train.lstrip().startswith("pipe:")


@dataclass
class LossRecipe:
    """The losses and their weights ([P] section 4.1); a weight of 0 leaves a loss out.

    Attributes:
        form: paper ([P] eqs. 1-6) or released (what the authors' code computes).
        hole: L1 in the hole against L1 outside it, 5 in [P].
        by_area: divide both by their areas, so that a small hole weighs as much as a large one.
        adversarial: of the generator's hinge loss, 0.001 in [P].
        perceptual: 0.05 in [P], on all five layers of VGG-19.
        style: 80 in [P], likewise.
        total_variation: 0.1 in [P].
        gradient_penalty: R1 at real pictures, as in LaMa (0.001 there, 0 in [P]).
        network: what perceptual and style loss look through: vgg19 or vgg16 (downloaded once), or
            a file.
    """

    form: Literal["paper", "released"] = "paper"
    hole: NonNegativeFloat = 5.0
    by_area: bool = False
    adversarial: NonNegativeFloat = 0.001
    perceptual: NonNegativeFloat = 0.05
    style: NonNegativeFloat = 80.0
    total_variation: NonNegativeFloat = 0.1
    gradient_penalty: NonNegativeFloat = 0.0
    network: str = "vgg19"


@dataclass
class OptimiserRecipe:
    """The optimizers; learning rates belong to the stages.

    Attributes:
        name: the generator's: adam, as in the paper, or muon (Adam for all but kernels).
        discriminators: the discriminators', likewise.
        beta1: 0.5 in the paper.
        beta2: 0.999 in the paper.
        clip: the generator's gradient norm is scaled down to this; 0 leaves it.
        ramp_steps: the rate rises linearly over the first steps of every fresh optimizer.
        accumulate: number of parts that a step is split into, to save memory.
    """

    name: Optimiser = "adam"
    discriminators: Optimiser = "adam"
    beta1: Beta = 0.5
    beta2: Beta = 0.999
    clip: NonNegativeFloat = 1.0
    ramp_steps: NonNegativeInt = 500
    accumulate: PositiveInt = 1


@dataclass
class WarmUpRecipe:
    """The first stage: the generator alone, L1 alone ([P] section 4.2).

    Attributes:
        length: of the stage; 10 epochs in the paper; 0 leaves the stage out.
        rate: the learning rate.
        decay: the rate falls linearly to zero over the last so many samples; 0 keeps it constant.
    """

    length: Amount = 1_000_000
    rate: NonNegativeFloat = 2.5e-4
    decay: Amount = 0


@dataclass
class MainRecipe:
    """The second stage: all losses, generator and discriminators in turn ([P] section 4.2).

    Attributes:
        length: of the stage; 100 epochs in the paper; 0 leaves the stage out.
        rate: the generator's learning rate.
        discriminator_rate: the discriminators'.
        discriminator_width: channels of their first layer, 64 in the paper.
        discriminator_first: over the first so many samples the discriminators are trained alone.
        decay: both rates fall linearly to zero over the last so many samples; 90 epochs in [P].
    """

    length: Amount = 0
    rate: NonNegativeFloat = 1e-4
    discriminator_rate: NonNegativeFloat = 4e-4
    discriminator_width: PositiveInt = 64
    discriminator_first: Amount = 0
    decay: Amount = 0


@dataclass
class EmaRecipe:
    """Moving averages of the weights; validation chooses among them.

    Attributes:
        half_lives: in samples, at least one.
        ramp: no half-life is longer than this share of the stage's samples so far.
    """

    half_lives: list[PositiveInt] = field(default_factory=lambda: [2_000, 20_000, 100_000])
    ramp: NonNegativeFloat = 0.1


@dataclass
class GuardRecipe:
    """What to do about steps that explode: each is skipped.

    Attributes:
        in_a_row: after this many in a row the weights are taken for lost.
        then: back (to the last checkpoint, with half the rate and other pictures) or stop.
    """

    in_a_row: PositiveInt = 10
    then: Literal["back", "stop"] = "back"


@dataclass
class WatchRecipe:
    """How a run is watched and saved.

    Attributes:
        save_minutes: minutes between checkpoints.
        keep: number of newest checkpoints to keep, beside the one that validated best.
        log_samples: samples between lines of the log.
        validate_samples: samples between validations.
        log_seconds: at least so many seconds are between lines too; by default 5 on CUDA, else 0.
        validate_seconds: likewise between validations; by default 60 on CUDA, else 0.
        validation_pictures: maximum number, evenly spaced in the folder, each with one frozen mask
            of each kind at 256 x 256.
        lpips_heads: file of LPIPS's linear heads (v0.1); with it validation measures LPIPS too.
        lpips_backbone: file of AlexNet's public weights; empty downloads them once.
        tensorboard: write TensorBoard logs too, if it is installed.
    """

    save_minutes: NonNegativeFloat = 5.0
    keep: PositiveInt = 2
    log_samples: PositiveInt = 600
    validate_samples: PositiveInt = 6_000
    log_seconds: NonNegativeFloat | None = None
    validate_seconds: NonNegativeFloat | None = None
    validation_pictures: PositiveInt = 12
    lpips_heads: str = ""
    lpips_backbone: str = ""
    tensorboard: bool = True


@dataclass
class Recipe:
    """A training run: the two stages of the paper, each of any length.

    Attributes:
        network: which network.
        data: which pictures and masks.
        loss: the losses and their weights.
        optimiser: the optimizers.
        warm_up: the first stage.
        main: the second stage.
        ema: moving averages.
        guard: what to do about exploding steps.
        watch: log, checkpoints and validation.
        init: weights to start from in place of random ones: a file, hf:owner/name, or shipped.
        seed: of the weights, the order of the pictures, the crops and the masks.
        device: auto, cpu, cuda or cuda:N.
        devices: number of processes on this machine, one a GPU (or CPU processes).
        nodes: number of machines.
        precision: auto, float32 or bf16.
        steps: fast (the same numbers in fewer and larger kernels, made for CUDA), plain, or auto,
            which is fast on CUDA.
        threads: CPU threads of the network; 0 leaves it to torch.
    """

    network: NetworkRecipe = field(default_factory=NetworkRecipe)
    data: DataRecipe = field(default_factory=DataRecipe)
    loss: LossRecipe = field(default_factory=LossRecipe)
    optimiser: OptimiserRecipe = field(default_factory=OptimiserRecipe)
    warm_up: WarmUpRecipe = field(default_factory=WarmUpRecipe)
    main: MainRecipe = field(default_factory=MainRecipe)
    ema: EmaRecipe = field(default_factory=EmaRecipe)
    guard: GuardRecipe = field(default_factory=GuardRecipe)
    watch: WatchRecipe = field(default_factory=WatchRecipe)
    init: str = ""
    seed: Seed = 0
    device: str = "auto"
    devices: PositiveInt = 1
    nodes: PositiveInt = 1
    precision: str = "auto"
    steps: Literal["auto", "fast", "plain"] = "auto"
    threads: Threads = 0

    def as_dict(self) -> dict[str, Any]:
        """Return nested plain values, for YAML, JSON and checkpoints."""
        return asdict(self)

    @classmethod
    def of(cls, values: dict[str, Any]) -> "Recipe":
        """Return the recipe of nested values as of `as_dict`; those of jsonargparse become plain."""
        # Checkpoints hold recipes, and are read without any class but Python's own.
        values, recipe = json.loads(json.dumps(values)), cls()
        for name, value in values.items():
            group = getattr(recipe, name)
            setattr(recipe, name, replace(group, **value) if isinstance(value, dict) else value)
        return recipe
