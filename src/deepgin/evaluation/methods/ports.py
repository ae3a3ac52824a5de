"""Inputs and outputs of a network in an ONNX file: names, layouts and types."""

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
        name: its name in the file.
        type: the type of its samples.
        shape: its shape; free lengths are None.
        channels_last: N x H x W x C instead of N x C x H x W.
    """

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
    """The inputs and the output that are used.

    Attributes:
        image: input of the picture; without `mask` it has four channels, picture then mask.
        mask: input of the mask.
        output: name of the output.
        output_is_bytes: whether the output is uint8.
    """

    image: Port
    mask: Port | None
    output: str
    output_is_bytes: bool

    def feeds(self, name: str, image: np.ndarray, mask: np.ndarray) -> dict[str, np.ndarray]:
        """Return the inputs of ONNX Runtime for H x W x 3 and H x W x 1 arrays.

        Raises:
            DeepginError: the network takes pictures of another size only.
        """
        if self.mask is None:
            fed = {self.image.name: self.image.laid_out(np.concatenate([image, mask], -1))}
        else:
            fed = {self.image.name: self.image.laid_out(image)}
            fed[self.mask.name] = self.mask.laid_out(mask)
        for port in filter(None, (self.image, self.mask)):
            shape = fed[port.name].shape
            if any(a not in (None, b) for a, b in zip(port.shape, shape, strict=True)):
                fixed = " x ".join("any" if a is None else str(a) for a in port.shape)
                raise DeepginError(
                    f"{name}: its input {port.name} takes {fixed} only, not "
                    f"{' x '.join(map(str, shape))}",
                    field="methods",
                    mend="measure at its size with {size}, or set multiple=",
                )
        return fed


def ports_of(name: str, inputs: Any, outputs: Any, options: dict[str, str]) -> Ports:
    """Return the inputs of picture and mask, and the output, of an ONNX file.

    Args:
        name: the name of the method, for messages.
        inputs, outputs: ONNX Runtime's descriptions, each with name, type and shape.
        options: image, mask and output name them if the file does not make them clear.

    Raises:
        UsageError: they are not clear, or there are other inputs.
    """
    nodes = {node.name: node for node in inputs}
    for option, known in (("image", [*nodes]), ("mask", [*nodes]), ("output", _names(outputs))):
        if option in options:
            one_of(name, option, options[option], known)
    output = options.get("output", outputs[0].name)
    [bytes_out] = [node.type == "tensor(uint8)" for node in outputs if node.name == output]
    if len(nodes) == 1 and 4 in _channels(inputs[0]):
        return Ports(_port(name, inputs[0], 4), None, output, bytes_out)
    image, mask = _image_and_mask(name, nodes, options)
    return Ports(_port(name, nodes[image], 3), _port(name, nodes[mask], 1), output, bytes_out)


def _image_and_mask(name: str, nodes: dict[str, Any], options: dict[str, str]) -> tuple[str, str]:
    listed = ", ".join(f"{node.name} {_shape(node)}" for node in nodes.values())
    if len(nodes) != 2:
        raise UsageError(
            f"{name}: its inputs are {listed}, not picture and mask, nor one of four channels",
            field="methods",
            mend="write a python: function around it",
        )
    masks = [one for one in nodes if "mask" in one.lower()]
    if len(masks) != 1:
        masks = [one for one, node in nodes.items() if 1 in _channels(node)]
    if "image" in options:
        masks = [one for one in nodes if one != options["image"]]
    if "mask" in options:
        masks = [options["mask"]]
    if len(masks) != 1 or options.get("image") == masks[0]:
        raise UsageError(
            f"{name}: picture and mask among its inputs {listed} are not clear",
            field="methods",
            mend="add image=NAME,mask=NAME",
        )
    [image] = nodes.keys() - masks
    return image, masks[0]


def _names(nodes: Any) -> list[str]:
    return [node.name for node in nodes]


def _shape(node: Any) -> str:
    return " x ".join(map(str, node.shape))


def _channels(node: Any) -> tuple[Any, ...]:
    """Return the lengths of the axes that may be channels."""
    return (node.shape[1], node.shape[3]) if len(node.shape) == 4 else ()


def _port(name: str, node: Any, channels: int) -> Port:
    ranks = (3, 4) if channels == 1 else (4,)
    if len(node.shape) not in ranks or node.type not in _TYPES:
        raise UsageError(
            f"{name}: its input {node.name} ({node.type} {_shape(node)}) is not a picture",
            field="methods",
        )
    shape = tuple(length if isinstance(length, int) else None for length in node.shape)
    last = len(shape) == 4 and shape[3] == channels and shape[1] != channels
    return Port(node.name, np.dtype(_TYPES[node.type]), shape, last)


def one_of(name: str, option: str, value: str, known: Sequence[str]) -> str:
    """Return the value of an option.

    Raises:
        UsageError: it is not one of `known`.
    """
    if value not in known:
        raise UsageError(
            f"{name}: unknown value {option}={value}",
            field="methods",
            mend=f"choose from {', '.join(known)}",
        )
    return value
