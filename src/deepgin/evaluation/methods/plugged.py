"""Plugged methods: a network in an ONNX file, or a Python function, whose import runs its code."""

import hashlib
import importlib
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import torch

from ...errors import DeepginError, UsageError, WeightsError, nearest_name
from ...runtimes.onnx import plain_session
from .base import Method, guarded, not_installed, plain
from .conventions import Convention, convention_of
from .ports import Ports, ports_of

HIDDEN = {"zero": 0, "grey": 127, "white": 255, "keep": None}


def onnx_of(name: str, file: str, options: dict[str, str], device: str = "auto") -> Method:
    """Return the method of an ONNX file.

    Args:
        name: its name in the report.
        file: its path.
        options: see `convention_of` and `ports_of`.
        device: `cpu`, else the GPU if ONNX Runtime can use it.

    Raises:
        UsageError: options are missing or wrong, or the inputs are not clear.
        WeightsError: the file is missing or damaged.
        DeepginError: ONNX Runtime is not installed.
    """
    try:
        import onnxruntime  # type: ignore[import-untyped]
    except ImportError as error:
        raise not_installed(name, "ONNX Runtime") from error
    session = _session(name, Path(file), device)
    ports = ports_of(name, session.get_inputs(), session.get_outputs(), options)
    convention = convention_of(name, options, ports)
    digits = hashlib.sha256(Path(file).read_bytes()).hexdigest()[:16]
    what = (
        f"ONNX file {Path(file).name} (SHA-256 {digits}), {convention.describe()}, "
        f"ONNX Runtime {onnxruntime.__version__}, {session.get_providers()[0]}"
    )
    hidden = None if convention.masked == "keep" else 0
    return Method(
        name, what, guarded(name, plain(_Network(name, session, ports, convention)), hidden)
    )


def _session(name: str, file: Path, device: str) -> Any:
    try:
        # As many threads as deepgin, since times are compared.
        where = "cpu" if device == "cpu" else "auto"
        return plain_session(file, where, torch.get_num_threads())
    except WeightsError as error:
        raise WeightsError(f"{name}: {error}") from error


class _Network:
    def __init__(self, name: str, session: Any, ports: Ports, convention: Convention) -> None:
        self.name, self.session, self.ports, self.convention = name, session, ports, convention

    def __call__(self, picture: np.ndarray, hole: np.ndarray) -> np.ndarray:
        height, width = hole.shape
        multiple = self.convention.multiple
        border = (0, -height % multiple), (0, -width % multiple)
        larger = np.pad(picture, (*border, (0, 0)), "reflect")
        hidden = np.pad(hole, border, "reflect")
        image, mask = self.convention.image(larger, hidden), self.convention.mask(hidden)
        feeds = self.ports.feeds(self.name, image, mask)
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
                f"{self.name}: its output {self.ports.output} is {' x '.join(map(str, shape))}, "
                f"not an RGB picture of {size[1]} x {size[0]} pixels"
            )
        return self.convention.picture(self.name, output)


def python_of(name: str, where: str, options: dict[str, str]) -> Method:
    """Return the method of `module:function`.

    Args:
        name: its name in the report.
        where: the function. It takes uint8 H x W x 3 (RGB) and bool H x W (True = missing), and
            returns uint8 H x W x 3. Its module may lie in the current folder.
        options: only `masked`, the content of the hole: zero, grey, white or keep.

    Raises:
        UsageError: no such module or function, or another option.
        DeepginError: importing the module fails.
    """
    others = [key for key in options if key != "masked"]
    if others:
        raise UsageError(
            f"{name}: a python function takes masked= only, not {others[0]}=", field="methods"
        )
    masked = options.get("masked", "zero")
    if masked not in HIDDEN:
        raise UsageError(
            f"{name}: unknown value masked={masked}",
            field="methods",
            mend=f"choose from {', '.join(HIDDEN)}",
        )
    fill = _function(where)
    what = f"Python function {where}, masked={masked}"
    return Method(name, what, guarded(name, plain(fill), HIDDEN[masked]))


def _function(where: str) -> Callable[..., Any]:
    module_name, _, path = where.partition(":")
    if not module_name or not path:
        raise UsageError(
            f"python:{where} lacks a module or a function",
            field="methods",
            mend="write python:MODULE:FUNCTION",
        )
    if os.getcwd() not in sys.path:
        sys.path.append(os.getcwd())  # last, so that installed packages come first
    try:
        value: Any = importlib.import_module(module_name)
    except Exception as error:
        if isinstance(error, ModuleNotFoundError) and module_name.startswith(f"{error.name}"):
            raise UsageError(
                f"python:{where}: there is no module {error.name} here or installed",
                field="methods",
            ) from error
        text = f"{type(error).__name__}: {error}"
        raise DeepginError(f"python:{where}: importing {module_name} failed: {text}") from error
    for part in path.split("."):
        if not hasattr(value, part):
            close = nearest_name(part, dir(value))
            raise UsageError(f"python:{where}: {module_name} has no {part}{close}", field="methods")
        value = getattr(value, part)
    if not callable(value):
        raise UsageError(f"python:{where} is not a function", field="methods")
    return value
