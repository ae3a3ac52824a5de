"""Conventions of a plugged network: mask polarity, ranges, and the content of the hole."""

from dataclasses import dataclass

import numpy as np

from ...errors import DeepginError, UsageError
from .ports import Ports, one_of

RANGES = {"0..1": (0.0, 1.0), "-1..1": (-1.0, 1.0), "0..255": (0.0, 255.0)}
MASKED = ("zero", "grey", "white", "keep")


@dataclass(frozen=True)
class Convention:
    """The conventions of a network.

    Attributes:
        hole: value of missing pixels in its mask, 1 or 0.
        range: range of its input picture, a name of `RANGES`.
        out: range of its output picture.
        masked: content of the hole in its input: the number zero, the middle (grey) or the top
            (white) of the range, or the truth (keep).
        mask_range: range of its mask.
        multiple: height and width are padded to multiples of this by reflection.
    """

    hole: int
    range: str
    out: str
    masked: str
    mask_range: str
    multiple: int

    def describe(self) -> str:
        """Return one line for the report."""
        return (
            f"hole={self.hole}, range={self.range}, out={self.out}, masked={self.masked}, "
            f"mask-range={self.mask_range}, multiple={self.multiple}"
        )

    def image(self, picture: np.ndarray, hole: np.ndarray) -> np.ndarray:
        """Return uint8 H x W x 3 in the network's range, float, with its hole masked."""
        low, high = RANGES[self.range]
        scaled = (picture * ((high - low) / 255) + low).astype(np.float32)
        if self.masked != "keep":
            levels = {"zero": 0.0, "white": high, "grey": (low + high) / 2}
            # The middle of 0..255 is 127.5, which becomes 127 in a uint8 input.
            scaled[hole] = levels[self.masked]
        return scaled

    def mask(self, hole: np.ndarray) -> np.ndarray:
        """Return the mask in the network's range and polarity, float, H x W x 1."""
        low, high = RANGES[self.mask_range]
        return np.where(hole == bool(self.hole), high, low).astype(np.float32)[..., None]

    def picture(self, name: str, output: np.ndarray) -> np.ndarray:
        """Return the output of the network as uint8, clamped and rounded.

        Raises:
            DeepginError: the output is not finite.
        """
        if output.dtype == np.uint8:
            return output
        low, high = RANGES[self.out]
        scaled = (output.astype(np.float64) - low) * (255 / (high - low))
        if not np.isfinite(scaled).all():
            raise DeepginError(f"{name} returned samples that are not finite")
        return (scaled.clip(0, 255) + 0.5).astype(np.uint8)


def convention_of(name: str, options: dict[str, str], ports: Ports) -> Convention:
    """Return the convention of a network from options, with defaults from its types.

    Polarity and the range of a float picture are never guessed: a wrong guess gives wrong scores.

    Raises:
        UsageError: an option is missing or has a wrong value.
    """
    image_bytes = ports.image.type == np.uint8
    mask_bytes = (ports.mask or ports.image).type == np.uint8
    if "hole" not in options:
        raise UsageError(
            f"{name}: the value of missing pixels in its mask is not known",
            field="methods",
            mend="add hole=1 or hole=0",
        )
    if "range" not in options and not image_bytes:
        raise UsageError(
            f"{name}: the range of its picture is not known",
            field="methods",
            mend=f"add range={' or '.join(RANGES)}",
        )
    span = options.get("range", "0..255")
    convention = Convention(
        hole=int(one_of(name, "hole", options["hole"], ("0", "1"))),
        range=one_of(name, "range", span, tuple(RANGES)),
        out=one_of(
            name, "out", options.get("out", "0..255" if ports.output_is_bytes else span), [*RANGES]
        ),
        masked=one_of(name, "masked", options.get("masked", "zero"), MASKED),
        mask_range=one_of(
            name,
            "mask-range",
            options.get("mask-range", "0..255" if mask_bytes else "0..1"),
            [*RANGES],
        ),
        multiple=_multiple(name, options.get("multiple", "8")),
    )
    for option, is_bytes in (("range", image_bytes), ("out", ports.output_is_bytes)):
        if is_bytes and getattr(convention, option) != "0..255":
            raise UsageError(
                f"{name}: {option}= must be 0..255, as the file's samples are uint8",
                field="methods",
            )
    return convention


def _multiple(name: str, value: str) -> int:
    if not value.isdecimal() or not 1 <= int(value) <= 4096:
        raise UsageError(f"{name}: multiple={value} is not 1 to 4096 pixels", field="methods")
    return int(value)
