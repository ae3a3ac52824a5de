"""Contracts: what the arrays of inpainting networks mean, and those of networks that are known."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..errors import UsageError, nearest_name
from .ports import LAYOUTS, Ports, choice

RANGES = {"0..1": (0.0, 1.0), "-1..1": (-1.0, 1.0), "0..255": (0.0, 255.0)}
MASK_RANGES = RANGES | {"-0.5..0.5": (-0.5, 0.5)}
MASKED = ("zero", "grey", "white", "keep")
OPTIONS = {
    "network": "the name of a known network; the other options change its contract",
    "hole": "what the mask holds where pixels are missing: 1 (the top of its range) or 0",
    "range": f"range of the input picture: {', '.join(RANGES)}",
    "out": "range of the output picture; default: as range",
    "masked": f"what stands in the hole of the input picture: {', '.join(MASKED)}",
    "mask-range": f"range of the mask: {', '.join(MASK_RANGES)}",
    "multiple": "height and width must be multiples of this",
    "image": "name of the picture's input",
    "mask": "name of the mask's input",
    "output": "name of the output, or first, or last",
    "channels": f"channels of the picture's input: {', '.join(LAYOUTS)}",
    "size": "the only size that it takes, as 512 or 512x768 (width x height)",
    "trained-at": "side of the pictures that it was trained at",
    "grow": "pixels by which the hole is grown for the network",
}
"""What may be stated of a network, each with its description."""
# Seen in the authors' code and in that of those who export the files.
NETWORKS: dict[str, dict[str, str]] = {
    # Exports differ in what they return, [0, 1] or [0, 255]: the probe finds out.
    "lama": {"hole": "1", "range": "0..1", "out": "", "multiple": "8", "trained-at": "512"},
    # It keeps the pixels at the edge of its hole, and blends those beside them.
    "migan-pipeline": {"hole": "0", "multiple": "1", "trained-at": "512", "grow": "3"},
    "migan": {
        "hole": "0",
        "range": "-1..1",
        "mask-range": "-0.5..0.5",
        "channels": "MRGB",
        "trained-at": "512",
    },
    "deepfill": {
        "hole": "1",
        "range": "-1..1",
        "channels": "RGB1M",
        "output": "last",
        "trained-at": "256",
    },
    "aot-gan": {"hole": "1", "range": "-1..1", "masked": "white", "trained-at": "512"},
    "mat": {"hole": "0", "range": "-1..1", "size": "512"},
}
"""Contracts by name."""
_USUAL_SIDE = 512
_MOST = 4096


@dataclass(frozen=True)
class Contract:
    """What the arrays of a network mean.

    Attributes:
        hole: value of missing pixels in its mask, 1 or 0.
        range: range of its input picture, a name of `RANGES`.
        out: range of its output picture; empty: a probe finds it.
        masked: content of the hole in its input: the number zero, the middle (grey) or the top
            (white) of the range, or what the picture has there (keep).
        mask_range: range of its mask.
        multiple: height and width are multiples of this.
        network: the name of a known network, or empty.
        size: height and width of the only size that it takes; None if sizes are free.
        trained_at: the side in pixels of the pictures that it was trained at.
        grow: pixels by which the hole is grown for the network.
    """

    hole: int
    range: str
    out: str
    masked: str
    mask_range: str
    multiple: int
    network: str = ""
    size: tuple[int, int] | None = None
    trained_at: int = _USUAL_SIDE
    grow: int = 0

    def __str__(self) -> str:
        facts = {key.replace("_", "-"): value for key, value in vars(self).items()}
        del facts["network"], facts["size"], facts["trained-at"]
        if not self.grow:
            del facts["grow"]
        return ", ".join(f"{key}={value}" for key, value in facts.items())

    def image(self, pictures: np.ndarray, holes: np.ndarray) -> np.ndarray:
        """Return uint8 ... x 3 in the network's range, float32, with its holes masked."""
        low, high = RANGES[self.range]
        scaled = (pictures * ((high - low) / 255) + low).astype(np.float32)
        if self.masked != "keep":
            levels = {"zero": 0.0, "white": high, "grey": (low + high) / 2}
            # The middle of 0..255 is 127.5, which becomes 127 in a uint8 input.
            scaled[holes] = levels[self.masked]
        return scaled

    def mask(self, holes: np.ndarray) -> np.ndarray:
        """Return masks in the network's range and polarity, float32, ... x 1."""
        low, high = MASK_RANGES[self.mask_range]
        return np.where(holes == bool(self.hole), high, low).astype(np.float32)[..., None]

    def levels(self, output: np.ndarray) -> np.ndarray:
        """Return an output of the network as grey levels, float, neither clipped nor rounded."""
        low, high = RANGES[self.out]
        return (output.astype(np.float64) - low) * (255 / (high - low))


def known(inputs: Sequence[Any], outputs: Sequence[Any]) -> dict[str, str]:
    """Return the options of a network that its inputs' names, types and shapes tell, or none."""
    shapes = {node.name: list(node.shape[1:]) for node in inputs}
    types = {node.type for node in inputs}
    if shapes.keys() == {"image", "mask"}:
        # As the authors' script exports its pipeline.
        if types == {"tensor(uint8)"} and shapes["image"][0] == 3:
            return {"network": "migan-pipeline"}
        # As Carve and OpenCV export it. Another range of the output would be another network.
        if shapes == {"image": [3, 512, 512], "mask": [1, 512, 512]} and "float" in str(types):
            return {"network": "lama", "out": "0..255"}
    # As the authors' script exports the network alone.
    if shapes in ({"input": [4, side, side]} for side in (256, 512)):
        return {"network": "migan"} if outputs[0].name == "output" else {}
    return {}


def completed(stated: Mapping[str, str]) -> dict[str, str]:
    """Return options with those of the network that they name.

    Raises:
        UsageError: an unknown option or network.
    """
    for key in stated:
        if key not in OPTIONS:
            raise UsageError(
                f"no option '{key}' of networks{nearest_name(key, list(OPTIONS))}",
                field="contract",
                mend=f"choose from {', '.join(OPTIONS)}",
            )
    name = stated.get("network", "")
    if name == "edgeconnect":
        raise UsageError(
            "EdgeConnect's second network needs edges beside picture and mask",
            field="contract",
            mend="export both of its networks as one graph of picture and mask, and state "
            "{contract=hole=1,range=0..1,masked=white}",
        )
    if name and name not in NETWORKS:
        raise UsageError(
            f"no known network '{name}'{nearest_name(name, list(NETWORKS))}",
            field="contract",
            mend=f"choose from {', '.join(NETWORKS)}, or state its contract, as in "
            "{contract=hole=1,range=0..1}",
        )
    return NETWORKS.get(name, {}) | dict(stated)


def contract_of(options: Mapping[str, str], ports: Ports) -> Contract:
    """Return the contract of a network from options, with defaults from its types.

    Polarity and the range of a float picture are never guessed: a wrong guess gives wrong pixels.

    Raises:
        UsageError: an option is missing or has a wrong value.
    """
    image_bytes = ports.image.type == np.uint8
    mask_bytes = (ports.mask or ports.image).type == np.uint8
    if not {"hole", "range"} & options.keys() and not image_bytes:
        raise UsageError(
            "what its mask and picture hold is not known",
            field="contract",
            mend="state it, as in {contract=hole=1,range=0..1} or {contract=lama}",
        )
    if "hole" not in options:
        raise _missing("the value of missing pixels in its mask is not known", "hole=1", "hole=0")
    if "range" not in options and not image_bytes:
        raise _missing("the range of its picture is not known", *(f"range={one}" for one in RANGES))
    span = choice(options, "range", "0..255", RANGES)
    default = "0..255" if ports.output_is_bytes else span
    if options.get("out") == "" and not ports.output_is_bytes:
        out = ""
    else:
        out = choice({"out": options.get("out") or default}, "out", default, RANGES)
    for key, value, is_bytes in (("range", span, image_bytes), ("out", out, ports.output_is_bytes)):
        if is_bytes and value != "0..255":
            raise _wrong(f"{key}= must be 0..255, as the file's samples are uint8")
    size = _size(options, ports)
    side = _number(options, "trained-at", min(size) if size else _USUAL_SIDE, 16)
    if size and options.get("network", "") not in NETWORKS and side != min(size):
        raise _wrong(f"trained-at={side} is not the {min(size)} pixels that it takes alone")
    return Contract(
        hole=int(choice(options, "hole", "", ("0", "1"))),
        range=span,
        out=out,
        masked=choice(options, "masked", "zero", MASKED),
        mask_range=choice(options, "mask-range", "0..255" if mask_bytes else "0..1", MASK_RANGES),
        multiple=_number(options, "multiple", 8, 1),
        network=options.get("network", ""),
        size=size,
        trained_at=min(size) if size else side,
        grow=_number(options, "grow", 0, 0),
    )


def _size(options: Mapping[str, str], ports: Ports) -> tuple[int, int] | None:
    """Return the only size that a network takes, from its inputs or options; None if free."""
    height, width = ports.image.size()
    if text := options.get("size", ""):
        sides = text.split("x")
        if len(sides) > 2 or not all(one.isdecimal() and 16 <= int(one) <= _MOST for one in sides):
            raise _wrong(f"size={text} is not 16 to {_MOST} pixels, as in 512 or 512x768")
        stated = int(sides[-1]), int(sides[0])
        if (height or stated[0], width or stated[1]) != stated:
            raise _wrong(f"size={text} is not the size in the file, {width} x {height}")
        return stated
    if (height is None) != (width is None):
        raise _missing("one of its sides is fixed and the other free", "size=WIDTHxHEIGHT")
    return None if height is None or width is None else (height, width)


def _number(options: Mapping[str, str], key: str, default: int, least: int) -> int:
    text = options.get(key, str(default))
    if not text.isdecimal() or not least <= int(text) <= _MOST:
        raise _wrong(f"{key}={text} is not {least} to {_MOST} pixels")
    return int(text)


def _missing(problem: str, *choices: str) -> UsageError:
    mend = f"add {' or '.join(f'{{contract={one}}}' for one in choices)}"
    return UsageError(problem, field="contract", mend=mend)


def _wrong(problem: str) -> UsageError:
    return UsageError(problem, field="contract", mend="change it, or leave it out")
