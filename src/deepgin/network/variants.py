"""The rows of the paper's Table 1 by name, and ours."""

from dataclasses import dataclass, replace

from ..errors import UsageError, nearest_name


@dataclass(frozen=True)
class Variant:
    """What tells one row of Table 1 from another.

    Attributes:
        row: the row's name in [P] Table 1, or what ours is for.
        block: `standard`, `dilated` or `spd` (8 rates in the coarse stage, 4 in the refinement).
        refinement: whether there is a second stage.
        attention: non-local block in the middle of the refinement (1/16 of the size).
        skips: skip connections with a convolution at 1/4 and 1/8 of the size, mixed in.
        skip_attention: non-local blocks in the skips too ("multi-scale self-attention").
        back_projection: low-resolution branch and alpha map.
        guidance: further input channels of both stages.
        prefill: the hole is filled by pull-push first and both stages add to that.
        paper: whether [P] or [C] has it.
    """

    row: str
    block: str = "spd"
    refinement: bool = True
    attention: bool = True
    skips: bool = True
    skip_attention: bool = True
    back_projection: bool = True
    guidance: int = 0
    prefill: bool = False
    paper: bool = True


_STD = Variant(
    "StdResBlk",
    "standard",
    attention=False,
    skips=False,
    skip_attention=False,
    back_projection=False,
)
_VARIANTS = {
    "std-coarse": replace(_STD, row="StdResBlk (Coarse only)", refinement=False),
    "std": _STD,
    "std-sa": replace(_STD, row="StdResBlk-SA", attention=True),
    "std-sa-skip": replace(
        _STD, row="(ours: the skips without attention)", attention=True, skips=True, paper=False
    ),
    "std-mssa": Variant("StdResBlk-MSSA", "standard", back_projection=False),
    "dilated-mssa": Variant("DilatedResBlk-MSSA", "dilated", back_projection=False),
    "spd-mssa": Variant("SPDResBlk-MSSA", back_projection=False),
    "deepgin": Variant("SPDResBlk-MSSA-BP"),
    "deepgin-guided": Variant("(AIM 2020, track 2)", guidance=3),
    "deepgin-prefill": Variant("(ours: starts from pull-push)", prefill=True, paper=False),
}


def variants() -> tuple[str, ...]:
    """Return the names that `build` takes, in the order of [P] Table 1."""
    return tuple(_VARIANTS)


def variant(name: str) -> Variant:
    """Return what `name` stands for; a UsageError lists all names."""
    if name not in _VARIANTS:
        raise UsageError(
            f"no variant '{name}'{nearest_name(name, variants())}: "
            f"choose one of {', '.join(variants())}"
        )
    return _VARIANTS[name]
