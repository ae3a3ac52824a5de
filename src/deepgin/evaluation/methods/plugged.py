"""Methods of others: a network in an ONNX file, or a Python function, whose import runs its code."""

import importlib
import os
import re
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch

from ...errors import DeepginError, UsageError, nearest_name
from ...runtimes.ports import choice
from .base import Method, guarded, plain
from .onnx_network import OnnxNetwork

HIDDEN = {"zero": 0, "grey": 127, "white": 255, "keep": None}


def onnx_of(name: str, file: str, options: dict[str, str], device: str = "auto") -> Method:
    """Return the method of an ONNX file; for arguments and errors see `OnnxNetwork`."""
    where = "cpu" if device == "cpu" else "auto"
    try:
        # As many threads as deepgin, since times are compared.
        network = OnnxNetwork(Path(file), options, where, torch.get_num_threads())
    except DeepginError as error:
        raise _of_method(name, error) from error
    hidden = None if network.contract.masked == "keep" else 0
    return Method(name, str(network), guarded(name, plain(network.fill), hidden))


def python_of(name: str, where: str, options: dict[str, str]) -> Method:
    """Return the method of `module:function`; the module may lie in the current folder.

    The function takes uint8 H x W x 3 (RGB) and bool H x W (True = missing), and returns uint8
    H x W x 3. Of the options only `masked` applies: zero, grey, white or keep.
    """
    try:
        if others := [key for key in options if key != "masked"]:
            raise UsageError(f"a python function takes masked= only, not {others[0]}=")
        masked = choice(options, "masked", "zero", HIDDEN)
        fill = _function(where)
    except DeepginError as error:
        raise _of_method(name, error) from error
    what = f"Python function {where}, masked={masked}"
    return Method(name, what, guarded(name, plain(fill), HIDDEN[masked]))


def _of_method(name: str, error: DeepginError) -> DeepginError:
    # Options follow the file here, and a known network is one of them.
    mend = re.sub(r"\{contract=([^=}]*)\}", r"network=\1", error.mend)
    mend = re.sub(r"\{contract=([^}]*)\}", r"\1", mend)
    return type(error)(f"{name}: {error.problem}", field="methods", mend=mend)


def _function(where: str) -> Callable[..., Any]:
    module_name, _, path = where.partition(":")
    if not module_name or not path:
        raise UsageError(
            f"python:{where} lacks a module or a function", mend="write python:MODULE:FUNCTION"
        )
    if os.getcwd() not in sys.path:
        sys.path.append(os.getcwd())  # last, so that installed packages come first
    try:
        value: Any = importlib.import_module(module_name)
    except Exception as error:
        if isinstance(error, ModuleNotFoundError) and module_name.startswith(f"{error.name}"):
            raise UsageError(f"there is no module {error.name} here or installed") from error
        text = f"{type(error).__name__}: {error}"
        raise DeepginError(f"importing {module_name} failed: {text}") from error
    for part in path.split("."):
        if not hasattr(value, part):
            raise UsageError(f"{module_name} has no {part}{nearest_name(part, dir(value))}")
        value = getattr(value, part)
    if not callable(value):
        raise UsageError(f"python:{where} is not a function")
    return value
