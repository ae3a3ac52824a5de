"""The inputs and the output of an inpainting network in an ONNX file."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from ..errors import UsageError

LAYOUTS = ("RGB", "BGR", "RGBM", "BGRM", "MRGB", "MBGR", "RGB1M", "BGR1M")
"""Channels of the picture's input: colours, M the mask, 1 a plane of ones."""
_TYPES = {
    "tensor(float)": np.float32,
    "tensor(float16)": np.float16,
    "tensor(double)": np.float64,
    "tensor(uint8)": np.uint8,
    "tensor(bool)": np.bool_,
    "tensor(int32)": np.int32,
    "tensor(int64)": np.int64,
}
_MOST_CHANNELS = 5
_NOISE, _LABELS = ("z", "noise"), ("label", "c")


@dataclass(frozen=True)
class Port:
    """An input of a network; None in `shape` is a free length."""

    name: str
    type: np.dtype
    shape: tuple[int | None, ...]
    channels_last: bool

    def laid_out(self, array: np.ndarray) -> np.ndarray:
        """Return an N x H x W x C array in the layout and type of this input."""
        if len(self.shape) == 3:  # masks alone
            return array[..., 0].astype(self.type)
        ordered = array if self.channels_last else np.moveaxis(array, -1, 1)
        return np.ascontiguousarray(ordered).astype(self.type)

    def size(self) -> tuple[int | None, int | None]:
        """Return height and width, None where they are free."""
        spatial = self.shape[1:3] if self.channels_last or len(self.shape) == 3 else self.shape[2:]
        return spatial[0], spatial[1]


@dataclass(frozen=True)
class Ports:
    """Inputs and output of a network.

    Attributes:
        image: the picture; its channels are those of `layout`.
        mask: None where the mask is a channel of `image`.
        output: the name of the output.
        output_is_bytes: whether it is uint8.
        layout: one of `LAYOUTS`.
        constants: further inputs: noise from a fixed seed, or labels of 0.
    """

    image: Port
    mask: Port | None
    output: str
    output_is_bytes: bool
    layout: str = "RGB"
    constants: dict[str, np.ndarray] = field(default_factory=dict)

    def feeds(self, image: np.ndarray, mask: np.ndarray) -> dict[str, np.ndarray]:
        """Return ONNX Runtime's inputs for N x H x W x 3 and N x H x W x 1 arrays."""
        planes = {"R": image[..., :1], "G": image[..., 1:2], "B": image[..., 2:], "M": mask}
        planes["1"] = np.ones_like(mask)
        seen = np.concatenate([planes[letter] for letter in self.layout], -1)
        feeds = {self.image.name: self.image.laid_out(seen), **self.constants}
        if self.mask:
            feeds[self.mask.name] = self.mask.laid_out(mask)
        return feeds


def ports_of(inputs: Sequence[Any], outputs: Sequence[Any], options: Mapping[str, str]) -> Ports:
    """Return the inputs of picture and mask, and the output, from ONNX Runtime's descriptions.

    Args:
        inputs: of a session.
        outputs: of a session.
        options: `image`, `mask` and `output` name them; `channels` is one of `LAYOUTS`.

    Raises:
        UsageError: they are not clear and no options name them, or there are other inputs.
    """
    nodes, results = ({node.name: node for node in some} for some in (inputs, outputs))
    for option, known in (("image", nodes), ("mask", nodes)):
        if option in options:
            choice(options, option, "", known)
    names = {"first": outputs[0].name, "last": outputs[-1].name} | {n: n for n in results}
    output = results[names[choice(options, "output", "first", names)]]
    constants = {}
    for name in [*nodes]:
        if len(nodes) > 1 and (made := _constant(nodes[name])) is not None:
            constants[name] = made
            del nodes[name]
    if len(nodes) == 1:
        layout = choice(options, "channels", "RGBM", LAYOUTS)
        mask = None
        [image] = nodes
        if "M" not in layout or len(layout) not in _channels(nodes[image]):
            raise _unclear(nodes)
    else:
        layout = choice(options, "channels", "RGB", LAYOUTS)
        image, mask = _image_and_mask(nodes, options)
    return Ports(
        _port(nodes[image], len(layout)),
        _port(nodes[mask], 1) if mask else None,
        output.name,
        output.type == "tensor(uint8)",
        layout,
        constants,
    )


def _constant(node: Any) -> np.ndarray | None:
    """Return what stands in an input of noise or labels; None for others."""
    free = any(not isinstance(length, int) for length in node.shape[1:])
    if node.name not in (*_NOISE, *_LABELS) or free or len(node.shape) != 2:
        return None
    shape, kind = (1, *node.shape[1:]), _TYPES.get(node.type, np.float32)
    if node.name in _LABELS:
        return np.zeros(shape, kind)
    # The legacy generator gives the same numbers in every version of NumPy.
    return np.random.RandomState(0).standard_normal(shape).astype(kind)


def _listed(nodes: dict[str, Any]) -> str:
    return ", ".join(f"{node.name} ({shape_of(node.shape)})" for node in nodes.values())


def _unclear(nodes: dict[str, Any]) -> UsageError:
    if any("edge" in name.lower() for name in nodes):
        mend = "export it together with its edge model, as one graph of picture and mask"
    else:
        mend = "only inpainting networks fill; export one so that it takes a picture and a mask"
    return UsageError(
        f"its inputs are {_listed(nodes)}, not picture and mask, nor one of four channels",
        field="contract",
        mend=mend,
    )


def _image_and_mask(nodes: dict[str, Any], options: Mapping[str, str]) -> tuple[str, str]:
    if len(nodes) != 2 or any("edge" in name.lower() for name in nodes):
        raise _unclear(nodes)
    masks = [name for name in nodes if "mask" in name.lower()]
    if len(masks) != 1:
        masks = [name for name, node in nodes.items() if 1 in _channels(node)]
    if "image" in options:
        masks = [name for name in nodes if name != options["image"]]
    if "mask" in options:
        masks = [options["mask"]]
    if len(masks) != 1 or options.get("image") == masks[0]:
        raise UsageError(
            f"picture and mask among its inputs {_listed(nodes)} are not clear",
            field="contract",
            mend="add {contract=image=NAME,mask=NAME}",
        )
    [image] = nodes.keys() - masks
    return image, masks[0]


def shape_of(lengths: Any) -> str:
    """Return lengths of axes as text."""
    return " x ".join(map(str, lengths))


def _channels(node: Any) -> tuple[Any, ...]:
    """Return the lengths of the axes that may be channels."""
    return (node.shape[1], node.shape[3]) if len(node.shape) == 4 else ()


def _port(node: Any, channels: int) -> Port:
    ranks = (3, 4) if channels == 1 else (4,)
    first, *last_axis = _channels(node) or (channels,)
    wrong = (
        isinstance(first, int) and first <= _MOST_CHANNELS and channels not in (first, *last_axis)
    )
    if len(node.shape) not in ranks or node.type not in _TYPES or wrong:
        raise UsageError(
            f"its input {node.name} ({node.type} {shape_of(node.shape)}) is not a picture of "
            f"{channels} channel{'s' * (channels != 1)}",
            field="contract",
            mend="if it is an inpainting network, name its channels, as in {contract=channels=RGBM}",
        )
    shape = tuple(length if isinstance(length, int) else None for length in node.shape)
    if shape[0] not in (1, None):
        problem = f"its input {node.name} takes {shape[0]} pictures at once"
        raise UsageError(problem, field="contract", mend="export it for one, or for any number")
    last = len(shape) == 4 and shape[3] == channels and shape[1] != channels
    return Port(node.name, np.dtype(_TYPES[node.type]), shape, last)


def choice(options: Mapping[str, str], option: str, default: str, known: Any) -> str:
    """Return the value of an option; UsageError if it is not one of `known`."""
    value = options.get(option, default)
    if value not in known:
        mend = f"choose from {', '.join(known)}"
        raise UsageError(f"unknown value {option}={value}", field="contract", mend=mend)
    return value
