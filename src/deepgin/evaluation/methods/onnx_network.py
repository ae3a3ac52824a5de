"""Any inpainting network in an ONNX file: its inputs and output, and the conventions it follows."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from ...errors import DeepginError, UsageError
from ...runtimes.onnx import plain_session
from ...weights import file_hash

RANGES = {"0..1": (0.0, 1.0), "-1..1": (-1.0, 1.0), "0..255": (0.0, 255.0)}
MASKED = ("zero", "grey", "white", "keep")
OPTIONS = ("hole", "range", "out", "masked", "mask-range", "multiple", "image", "mask", "output")
_TYPES = {
    "tensor(float)": np.float32,
    "tensor(float16)": np.float16,
    "tensor(double)": np.float64,
    "tensor(uint8)": np.uint8,
    "tensor(bool)": np.bool_,
    "tensor(int32)": np.int32,
    "tensor(int64)": np.int64,
}


class OnnxNetwork:
    """An inpainting network in an ONNX file.

    Args:
        file: its path.
        options: fields of `Convention` by name; `image`, `mask` and `output` name the file's
            inputs and output where these are not clear.
        device: auto, cpu, cuda or cuda:N.
        threads: of one run; None takes ONNX Runtime's number.

    Raises:
        UsageError: an option is missing or wrong, or the inputs are not clear.
        WeightsError: the file is missing or damaged.
    """

    def __init__(
        self,
        file: Path,
        options: Mapping[str, str],
        device: str = "auto",
        threads: int | None = None,
    ) -> None:
        self.file, self.session = file, plain_session(file, device, threads)
        self.ports = ports_of(self.session.get_inputs(), self.session.get_outputs(), options)
        self.convention = convention_of(options, self.ports)

    def __str__(self) -> str:
        """Name file, hash, conventions and runtime in one line."""
        import onnxruntime  # type: ignore[import-untyped]

        return (
            f"ONNX file {self.file.name} (SHA-256 {file_hash(self.file)[:16]}), {self.convention}, "
            f"ONNX Runtime {onnxruntime.__version__}, {self.session.get_providers()[0]}"
        )

    def fill(self, picture: np.ndarray, hole: np.ndarray) -> np.ndarray:
        """Return a filled picture: uint8 H x W x 3 and bool H x W in, uint8 H x W x 3 out.

        Raises:
            DeepginError: the network takes another size, or returns no picture or no numbers.
        """
        height, width = hole.shape
        multiple = self.convention.multiple
        border = (0, -height % multiple), (0, -width % multiple)
        larger = np.pad(picture, (*border, (0, 0)), "reflect")
        hidden = np.pad(hole, border, "reflect")
        image, mask = self.convention.image(larger, hidden), self.convention.mask(hidden)
        feeds = self.ports.feeds(image, mask)
        for port in filter(None, (self.ports.image, self.ports.mask)):
            shape = feeds[port.name].shape
            if any(a not in (None, b) for a, b in zip(port.shape, shape, strict=True)):
                fixed = _shape("any" if length is None else length for length in port.shape)
                raise DeepginError(
                    f"{self.file.name}: its input {port.name} takes {fixed} only, not "
                    f"{_shape(shape)}",
                    mend="use pictures of its size, or set multiple=",
                )
        [output] = self.session.run([self.ports.output], feeds)
        return self._picture(np.asarray(output), hidden.shape)[:height, :width]

    def _picture(self, output: np.ndarray, size: tuple[int, ...]) -> np.ndarray:
        shape = output.shape
        if output.ndim == 4 and shape[0] == 1:
            output = output[0]
        if output.shape == (3, *size):
            output = np.moveaxis(output, 0, -1)
        if output.shape != (*size, 3):
            raise DeepginError(
                f"{self.file.name}: its output {self.ports.output} is {_shape(shape)}, "
                f"not an RGB picture of {size[1]} x {size[0]} pixels"
            )
        if output.dtype == np.uint8:
            return output
        low, high = RANGES[self.convention.out]
        scaled = (output.astype(np.float64) - low) * (255 / (high - low))
        if not np.isfinite(scaled).all():
            raise DeepginError(f"{self.file.name} returned samples that are not finite")
        return (scaled.clip(0, 255) + 0.5).astype(np.uint8)


@dataclass(frozen=True)
class Port:
    """An input of a network; None in `shape` is a free length."""

    name: str
    type: np.dtype
    shape: tuple[int | None, ...]
    channels_last: bool

    def laid_out(self, array: np.ndarray) -> np.ndarray:
        """Return an H x W x C array in the layout and type of this input."""
        if len(self.shape) == 3:  # masks alone
            return array[None, ..., 0].astype(self.type)
        ordered = array if self.channels_last else np.moveaxis(array, -1, 0)
        return np.ascontiguousarray(ordered[None]).astype(self.type)


@dataclass(frozen=True)
class Ports:
    """Inputs and output of a network; without `mask`, `image` has four channels, the mask last."""

    image: Port
    mask: Port | None
    output: str
    output_is_bytes: bool

    def feeds(self, image: np.ndarray, mask: np.ndarray) -> dict[str, np.ndarray]:
        """Return ONNX Runtime's inputs for H x W x 3 and H x W x 1 arrays."""
        if self.mask is None:
            return {self.image.name: self.image.laid_out(np.concatenate([image, mask], -1))}
        return {
            self.image.name: self.image.laid_out(image),
            self.mask.name: self.mask.laid_out(mask),
        }


@dataclass(frozen=True)
class Convention:
    """What the arrays of a network mean.

    Attributes:
        hole: value of missing pixels in its mask, 1 or 0.
        range: range of its input picture, a name of `RANGES`.
        out: range of its output picture.
        masked: content of the hole in its input: the number zero, the middle (grey) or the top
            (white) of the range, or what the picture has there (keep).
        mask_range: range of its mask.
        multiple: height and width are padded to multiples of this by reflection.
    """

    hole: int
    range: str
    out: str
    masked: str
    mask_range: str
    multiple: int

    def __str__(self) -> str:
        return ", ".join(f"{k.replace('_', '-')}={value}" for k, value in vars(self).items())

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


def ports_of(inputs: Sequence[Any], outputs: Sequence[Any], options: Mapping[str, str]) -> Ports:
    """Return the inputs of picture and mask, and the output, from ONNX Runtime's descriptions.

    Raises:
        UsageError: they are not clear and no options name them, or there are other inputs.
    """
    nodes, results = ({node.name: node for node in some} for some in (inputs, outputs))
    for option, known in (("image", nodes), ("mask", nodes), ("output", results)):
        if option in options:
            choice(options, option, "", known)
    output = results[options.get("output", outputs[0].name)]
    bytes_out = output.type == "tensor(uint8)"
    if len(nodes) == 1 and 4 in _channels(inputs[0]):
        return Ports(_port(inputs[0], 4), None, output.name, bytes_out)
    image, mask = _image_and_mask(nodes, options)
    return Ports(_port(nodes[image], 3), _port(nodes[mask], 1), output.name, bytes_out)


def _image_and_mask(nodes: dict[str, Any], options: Mapping[str, str]) -> tuple[str, str]:
    listed = ", ".join(f"{node.name} {_shape(node.shape)}" for node in nodes.values())
    if len(nodes) != 2:
        raise UsageError(
            f"its inputs are {listed}, not picture and mask, nor one of four channels",
            mend="write a Python function around it",
        )
    masks = [name for name in nodes if "mask" in name.lower()]
    if len(masks) != 1:
        masks = [name for name, node in nodes.items() if 1 in _channels(node)]
    if "image" in options:
        masks = [name for name in nodes if name != options["image"]]
    if "mask" in options:
        masks = [options["mask"]]
    if len(masks) != 1 or options.get("image") == masks[0]:
        raise UsageError(
            f"picture and mask among its inputs {listed} are not clear",
            mend="add image=NAME,mask=NAME",
        )
    [image] = nodes.keys() - masks
    return image, masks[0]


def _shape(lengths: Any) -> str:
    return " x ".join(map(str, lengths))


def _channels(node: Any) -> tuple[Any, ...]:
    """Return the lengths of the axes that may be channels."""
    return (node.shape[1], node.shape[3]) if len(node.shape) == 4 else ()


def _port(node: Any, channels: int) -> Port:
    ranks = (3, 4) if channels == 1 else (4,)
    if len(node.shape) not in ranks or node.type not in _TYPES:
        raise UsageError(
            f"its input {node.name} ({node.type} {_shape(node.shape)}) is not a picture"
        )
    shape = tuple(length if isinstance(length, int) else None for length in node.shape)
    last = len(shape) == 4 and shape[3] == channels and shape[1] != channels
    return Port(node.name, np.dtype(_TYPES[node.type]), shape, last)


def convention_of(options: Mapping[str, str], ports: Ports) -> Convention:
    """Return the convention of a network from options, with defaults from its types.

    Polarity and the range of a float picture are never guessed: a wrong guess gives wrong pixels.

    Raises:
        UsageError: an option is missing or has a wrong value.
    """
    image_bytes = ports.image.type == np.uint8
    mask_bytes = (ports.mask or ports.image).type == np.uint8
    if "hole" not in options:
        raise UsageError(
            "the value of missing pixels in its mask is not known", mend="add hole=1 or hole=0"
        )
    if "range" not in options and not image_bytes:
        raise UsageError(
            "the range of its picture is not known", mend=f"add range={' or '.join(RANGES)}"
        )
    span = choice(options, "range", "0..255", RANGES)
    out = choice(options, "out", "0..255" if ports.output_is_bytes else span, RANGES)
    if image_bytes and span != "0..255":
        raise UsageError("range= must be 0..255, as the file's samples are uint8")
    if ports.output_is_bytes and out != "0..255":
        raise UsageError("out= must be 0..255, as the file's samples are uint8")
    multiple = options.get("multiple", "8")
    if not multiple.isdecimal() or not 1 <= int(multiple) <= 4096:
        raise UsageError(f"multiple={multiple} is not 1 to 4096 pixels")
    return Convention(
        hole=int(choice(options, "hole", "", ("0", "1"))),
        range=span,
        out=out,
        masked=choice(options, "masked", "zero", MASKED),
        mask_range=choice(options, "mask-range", "0..255" if mask_bytes else "0..1", RANGES),
        multiple=int(multiple),
    )


def choice(options: Mapping[str, str], option: str, default: str, known: Any) -> str:
    """Return the value of an option; UsageError if it is not one of `known`."""
    value = options.get(option, default)
    if value not in known:
        mend = f"choose from {', '.join(known)}"
        raise UsageError(f"unknown value {option}={value}", mend=mend)
    return value
