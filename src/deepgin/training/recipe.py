"""The recipe: everything that decides how a network is trained. It does nothing itself."""

from dataclasses import asdict, dataclass, field
from typing import Any

from ..errors import UsageError, nearest_name
from .data import DataRecipe, check_data

Amount = int | str
"""Samples (a picture under one mask is one), or words: "10 epochs", "60000 samples"."""


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
    width: int = 32
    initialisation: str = "full"
    recompute: bool = False
    compile: bool = False


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
        feature_matching: on the discriminators' hidden maps, as in LaMa (100 there, 0 in [P]).
        gradient_penalty: R1 at real pictures, as in LaMa (0.001 there, 0 in [P]).
        network: what perceptual and style loss look through: vgg19 or vgg16 (downloaded once), or
            a file.
    """

    form: str = "paper"
    hole: float = 5.0
    by_area: bool = False
    adversarial: float = 0.001
    perceptual: float = 0.05
    style: float = 80.0
    total_variation: float = 0.1
    feature_matching: float = 0.0
    gradient_penalty: float = 0.0
    network: str = "vgg19"


@dataclass
class OptimiserRecipe:
    """How steps follow from gradients; the rates are the stages'.

    Attributes:
        name: of the generator's: adam, as in the paper, or muon, which takes Adam for what is no
            kernel.
        discriminators: likewise of the discriminators'.
        beta1: 0.5 in the paper.
        beta2: 0.999 in the paper.
        clip: the generator's gradient norm is scaled down to this; 0 leaves it.
        ramp_steps: the rate rises linearly over the first steps of every fresh optimizer.
        accumulate: a step's pictures are worked off in so many parts, to save memory.
    """

    name: str = "adam"
    discriminators: str = "adam"
    beta1: float = 0.5
    beta2: float = 0.999
    clip: float = 1.0
    ramp_steps: int = 500
    accumulate: int = 1


@dataclass
class WarmUpRecipe:
    """The first stage: the generator alone, L1 alone ([P] section 4.2).

    Attributes:
        length: of the stage; 10 epochs in the paper; 0 leaves the stage out.
        rate: the learning rate.
        decay: the rate falls linearly to zero over the last so many; 0 keeps it constant.
    """

    length: Amount = 1_000_000
    rate: float = 2.5e-4
    decay: Amount = 0


@dataclass
class MainRecipe:
    """The second stage: all losses, generator and discriminators in turn ([P] section 4.2).

    Attributes:
        length: of the stage; 100 epochs in the paper; 0 leaves the stage out.
        rate: the generator's learning rate.
        discriminator_rate: the discriminators'.
        discriminator_width: channels of their first layer, 64 in the paper.
        discriminator_first: the discriminators alone are trained over the first so many.
        discriminator_augment: change at random the colours and the place of all that they see.
        decay: both rates fall linearly to zero over the last so many; 90 epochs in the paper.
    """

    length: Amount = 0
    rate: float = 1e-4
    discriminator_rate: float = 4e-4
    discriminator_width: int = 64
    discriminator_first: Amount = 0
    discriminator_augment: bool = False
    decay: Amount = 0


@dataclass
class EmaRecipe:
    """Moving averages of the weights; validation chooses among them.

    Attributes:
        half_lives: in samples.
        ramp: no half-life is longer than this share of the stage's samples so far.
    """

    half_lives: list[int] = field(default_factory=lambda: [2_000, 20_000, 100_000])
    ramp: float = 0.1


@dataclass
class GuardRecipe:
    """What becomes of steps that explode: each is left out.

    Attributes:
        in_a_row: after so many one after the other, the run is taken for lost.
        then: back (to the last checkpoint, with half the rate and other pictures) or stop.
    """

    in_a_row: int = 10
    then: str = "back"


@dataclass
class WatchRecipe:
    """How a run is watched and saved.

    Attributes:
        save_minutes: minutes between checkpoints.
        keep: so many checkpoints are kept, beside the one that validated best.
        log_samples: samples between lines of the log.
        validate_samples: samples between validations.
        validation_pictures: at most so many, taken evenly from the folder, each with one frozen
            mask of each kind at 256 x 256.
        lpips_heads: file of LPIPS's linear heads (v0.1); with it validation measures LPIPS too.
        lpips_backbone: file of AlexNet's public weights; empty downloads them once.
        tensorboard: write TensorBoard logs too, if it is installed.
    """

    save_minutes: float = 5.0
    keep: int = 2
    log_samples: int = 600
    validate_samples: int = 6_000
    validation_pictures: int = 12
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
        optimiser: how steps follow from gradients.
        warm_up: the first stage.
        main: the second stage.
        ema: moving averages.
        guard: what becomes of exploding steps.
        watch: log, checkpoints and validation.
        init: weights to start from in place of random ones: a file, hf:owner/name, or shipped.
        seed: of the weights, the order of the pictures, the crops and the masks.
        device: auto, cpu, cuda or cuda:N.
        devices: so many processes on this machine, one a GPU (or CPU processes).
        nodes: so many machines.
        precision: auto, float32 or bf16.
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
    seed: int = 0
    device: str = "auto"
    devices: int = 1
    nodes: int = 1
    precision: str = "auto"
    threads: int = 0

    def as_dict(self) -> dict[str, Any]:
        """Return nested plain values, for YAML, JSON and checkpoints."""
        return asdict(self)


_CHOICES = {
    "network.initialisation": ("full", "released"),
    "loss.form": ("paper", "released"),
    "optimiser.name": ("adam", "muon"),
    "optimiser.discriminators": ("adam", "muon"),
    "guard.then": ("back", "stop"),
}
_AT_LEAST: dict[str, float] = {
    "optimiser.accumulate": 1,
    "main.discriminator_width": 1,
    "guard.in_a_row": 1,
    "watch.keep": 1,
    "watch.log_samples": 1,
    "watch.validate_samples": 1,
    "watch.validation_pictures": 1,
    "watch.save_minutes": 0,
    "devices": 1,
    "nodes": 1,
    "threads": 0,
    "optimiser.clip": 0,
    "optimiser.ramp_steps": 0,
    "warm_up.rate": 0,
    "main.rate": 0,
    "main.discriminator_rate": 0,
    "ema.ramp": 0,
    "loss.hole": 0,
    "loss.adversarial": 0,
    "loss.perceptual": 0,
    "loss.style": 0,
    "loss.total_variation": 0,
    "loss.feature_matching": 0,
    "loss.gradient_penalty": 0,
}

_AT_MOST = {
    "threads": 1024,  # many more of them end the process
    "seed": 2**62,
}


def check(recipe: Recipe) -> None:
    """Refuse a recipe that cannot work.

    Raises:
        UsageError: names the field and what it may be.
    """
    from ..network import variant  # not above: the command's --help must not wait for torch

    check_data(recipe.data)
    variant(recipe.network.variant)
    for name, choices in _CHOICES.items():
        value = _value(recipe, name)
        if value not in choices:
            hint = nearest_name(value, choices)
            raise UsageError(f"{name} '{value}' does not work{hint}: {' or '.join(choices)}")
    for name, least in _AT_LEAST.items():
        if not _value(recipe, name) >= least:
            raise UsageError(f"{name} {_value(recipe, name)} does not work: at least {least:g}")
    for name, most in _AT_MOST.items():
        if abs(_value(recipe, name)) > most:
            raise UsageError(f"{name} {_value(recipe, name)} does not work: at most {most}")
    for name in ("optimiser.beta1", "optimiser.beta2"):
        if not 0 <= _value(recipe, name) < 1:
            raise UsageError(f"{name} {_value(recipe, name)} does not work: in [0, 1)")
    if not recipe.ema.half_lives or min(recipe.ema.half_lives) < 1:
        raise UsageError("ema.half_lives needs at least one number of samples")
    if recipe.data.pictures_per_step % recipe.optimiser.accumulate:
        raise UsageError(
            f"optimiser.accumulate {recipe.optimiser.accumulate} does not divide "
            f"data.pictures_per_step {recipe.data.pictures_per_step}"
        )


def _value(recipe: Recipe, name: str) -> Any:
    value: Any = recipe
    for part in name.split("."):
        value = getattr(value, part)
    return value
