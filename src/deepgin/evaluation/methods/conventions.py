"""How the numbers of a plugged network are meant: polarity, ranges, what stands in the hole."""

from dataclasses import dataclass

import numpy as np

from ...errors import DeepginError, UsageError
from .ports import Ports, one_of

RANGES = {"0..1": (0.0, 1.0), "-1..1": (-1.0, 1.0), "0..255": (0.0, 255.0)}
MASKED = ("zero", "grey", "white", "keep")


@dataclass(frozen=True)
class Convention:
    """How a network's numbers are meant.

    Attributes:
        hole: what its mask says of missing pixels, 1 or 0.
        range: of the picture that it takes, a name of `RANGES`.
        out: of the picture that it returns.
        masked: what stands in the hole of the picture that it takes: the number zero, the middle
            (grey) or the top (white) of the range, or the truth (keep).
        mask_range: of its mask.
        multiple: height and width are brought to multiples of this by reflection.
    """

    hole: int
    range: str
    out: str
    masked: str
    mask_range: str
    multiple: int

    def told(self) -> str:
        """Return it in words for the report."""
        return (
            f"hole={self.hole}, range={self.range}, out={self.out}, masked={self.masked}, "
            f"mask-range={self.mask_range}, multiple={self.multiple}"
        )

    def image(self, picture: np.ndarray, hole: np.ndarray) -> np.ndarray:
        """Return uint8 H x W x 3 in the network's range, float, with its hole covered."""
        low, high = RANGES[self.range]
        scaled = (picture * ((high - low) / 255) + low).astype(np.float32)
        if self.masked != "keep":
            levels = {"zero": 0.0, "white": high, "grey": (low + high) / 2}
            # A byte cannot hold the middle of 0 to 255; the half is cut off there.
            scaled[hole] = levels[self.masked]
        return scaled

    def mask(self, hole: np.ndarray) -> np.ndarray:
        """Return the mask in the network's range and polarity, float, H x W x 1."""
        low, high = RANGES[self.mask_range]
        return np.where(hole == bool(self.hole), high, low).astype(np.float32)[..., None]

    def picture(self, name: str, found: np.ndarray) -> np.ndarray:
        """Return what the network gave as uint8: clamped and rounded.

        Raises:
            DeepginError: it is not finite.
        """
        if found.dtype == np.uint8:
            return found
        low, high = RANGES[self.out]
        scaled = (found.astype(np.float64) - low) * (255 / (high - low))
        if not np.isfinite(scaled).all():
            raise DeepginError(f"{name} returned samples that are not finite")
        return (scaled.clip(0, 255) + 0.5).astype(np.uint8)


def convention_of(name: str, options: dict[str, str], ports: Ports) -> Convention:
    """Return what options say of a network, with what its types say where they are silent.

    Polarity, and the range of a float picture, are never guessed: a wrong guess is a wrong number.

    Raises:
        UsageError: an option is missing or does not work.
    """
    image_bytes = ports.image.type == np.uint8
    mask_bytes = (ports.mask or ports.image).type == np.uint8
    if "hole" not in options:
        raise UsageError(f"{name}: say what its mask holds where pixels are missing: hole=1 or 0")
    if "range" not in options and not image_bytes:
        raise UsageError(f"{name}: say its picture's range: range={' or '.join(RANGES)}")
    span = options.get("range", "0..255")
    told = Convention(
        int(one_of(name, "hole", options["hole"], ("0", "1"))),
        one_of(name, "range", span, tuple(RANGES)),
        one_of(
            name, "out", options.get("out", "0..255" if ports.output_is_bytes else span), [*RANGES]
        ),
        one_of(name, "masked", options.get("masked", "zero"), MASKED),
        one_of(
            name,
            "mask-range",
            options.get("mask-range", "0..255" if mask_bytes else "0..1"),
            [*RANGES],
        ),
        _multiple(name, options.get("multiple", "8")),
    )
    for option, is_bytes in (("range", image_bytes), ("out", ports.output_is_bytes)):
        if is_bytes and getattr(told, option) != "0..255":
            raise UsageError(f"{name}: {option}= must be 0..255, as the file's samples are uint8")
    return told


def _multiple(name: str, value: str) -> int:
    if not value.isdecimal() or not 1 <= int(value) <= 4096:
        raise UsageError(f"{name}: multiple={value} does not work: 1 to 4096 pixels")
    return int(value)
