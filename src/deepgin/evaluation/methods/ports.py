"""Inputs and outputs of a network in an ONNX file: names, layouts and types; no meanings."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ...errors import DeepginError, UsageError

_TYPES = {
    "tensor(float)": np.float32,
    "tensor(float16)": np.float16,
    "tensor(double)": np.float64,
    "tensor(uint8)": np.uint8,
    "tensor(bool)": np.bool_,
    "tensor(int32)": np.int32,
    "tensor(int64)": np.int64,
}


@dataclass(frozen=True)
class Port:
    """An input of a network.

    Attributes:
        name: in the file.
        type: of its samples.
        shape: of what is fed; unknown lengths are None.
        channels_last: N x H x W x C instead of N x C x H x W.
    """

    name: str
    type: np.dtype
    shape: tuple[int | None, ...]
    channels_last: bool

    def laid_out(self, array: np.ndarray) -> np.ndarray:
        """Return H x W x C as this input takes it."""
        if len(self.shape) == 3:  # masks alone
            return array[None, ..., 0].astype(self.type)
        ordered = array if self.channels_last else np.moveaxis(array, -1, 0)
        return np.ascontiguousarray(ordered[None]).astype(self.type)


@dataclass(frozen=True)
class Ports:
    """The inputs and the output that are used.

    Attributes:
        image: of the picture; of four channels if there is no other: picture, then mask.
        mask: of the mask.
        output: the output's name.
        output_is_bytes: whether it is uint8.
    """

    image: Port
    mask: Port | None
    output: str
    output_is_bytes: bool

    def feeds(self, name: str, image: np.ndarray, mask: np.ndarray) -> dict[str, np.ndarray]:
        """Return what ONNX Runtime is given, from H x W x 3 and H x W x 1.

        Raises:
            DeepginError: the network takes pictures of another size alone.
        """
        if self.mask is None:
            fed = {self.image.name: self.image.laid_out(np.concatenate([image, mask], -1))}
        else:
            fed = {self.image.name: self.image.laid_out(image)}
            fed[self.mask.name] = self.mask.laid_out(mask)
        for port in filter(None, (self.image, self.mask)):
            shape = fed[port.name].shape
            if any(want not in (None, have) for want, have in zip(port.shape, shape, strict=True)):
                wanted = " x ".join("any" if want is None else str(want) for want in port.shape)
                raise DeepginError(
                    f"{name}: its input {port.name} takes {wanted} alone, not "
                    f"{' x '.join(map(str, shape))}: measure at its size (--size), or set multiple="
                )
        return fed


def ports_of(name: str, inputs: Any, outputs: Any, options: dict[str, str]) -> Ports:
    """Find picture, mask and output among ONNX Runtime's descriptions.

    Args:
        name: for messages.
        inputs, outputs: each with name, type and shape.
        options: image, mask and output name them where the file's names and shapes do not.

    Raises:
        UsageError: they cannot be told apart, or there are others.
    """
    nodes = {node.name: node for node in inputs}
    for option, known in (("image", [*nodes]), ("mask", [*nodes]), ("output", _names(outputs))):
        if option in options:
            one_of(name, option, options[option], known)
    output = options.get("output", outputs[0].name)
    [bytes_out] = [node.type == "tensor(uint8)" for node in outputs if node.name == output]
    if len(nodes) == 1 and 4 in _channels(inputs[0]):
        return Ports(_port(name, inputs[0], 4), None, output, bytes_out)
    image, mask = _told_apart(name, nodes, options)
    return Ports(_port(name, nodes[image], 3), _port(name, nodes[mask], 1), output, bytes_out)


def _told_apart(name: str, nodes: dict[str, Any], options: dict[str, str]) -> tuple[str, str]:
    told = ", ".join(f"{node.name} {_shape(node)}" for node in nodes.values())
    if len(nodes) != 2:
        raise UsageError(
            f"{name}: its inputs are {told}; picture and mask, or one of four channels, are what "
            "can be fed: write a python: function around it"
        )
    masks = [one for one in nodes if "mask" in one.lower()]
    if len(masks) != 1:
        masks = [one for one, node in nodes.items() if 1 in _channels(node)]
    if "image" in options:
        masks = [one for one in nodes if one != options["image"]]
    if "mask" in options:
        masks = [options["mask"]]
    if len(masks) != 1 or options.get("image") == masks[0]:
        raise UsageError(f"{name}: which input is which? Say image=NAME,mask=NAME of {told}")
    [image] = nodes.keys() - masks
    return image, masks[0]


def _names(nodes: Any) -> list[str]:
    return [node.name for node in nodes]


def _shape(node: Any) -> str:
    return " x ".join(map(str, node.shape))


def _channels(node: Any) -> tuple[Any, ...]:
    """Return the lengths that may be channels."""
    return (node.shape[1], node.shape[3]) if len(node.shape) == 4 else ()


def _port(name: str, node: Any, channels: int) -> Port:
    ranks = (3, 4) if channels == 1 else (4,)
    if len(node.shape) not in ranks or node.type not in _TYPES:
        raise UsageError(
            f"{name}: its input {node.name} ({node.type} {_shape(node)}) is no picture"
        )
    shape = tuple(length if isinstance(length, int) else None for length in node.shape)
    last = len(shape) == 4 and shape[3] == channels and shape[1] != channels
    return Port(node.name, np.dtype(_TYPES[node.type]), shape, last)


def one_of(name: str, option: str, value: str, known: Sequence[str]) -> str:
    """Return an option's value if it is a known one.

    Raises:
        UsageError: it is none.
    """
    if value not in known:
        raise UsageError(f"{name}: {option}={value} does not work: choose from {', '.join(known)}")
    return value
