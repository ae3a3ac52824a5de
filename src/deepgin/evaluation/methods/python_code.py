"""A method that is anybody's Python function. Naming one imports its module: that runs code."""

import importlib
import os
import sys
from collections.abc import Callable
from typing import Any

from ...errors import DeepginError, UsageError, nearest_name
from .base import Method, guarded, plain

HIDDEN = {"zero": 0, "grey": 127, "white": 255, "keep": None}


def python_of(name: str, where: str, options: dict[str, str]) -> Method:
    """Return the method of `module:function`.

    Args:
        name: in the report.
        where: the function: it gets uint8 H x W x 3 (RGB) and bool H x W (True = missing), and
            returns uint8 H x W x 3. Its module may lie in the current folder.
        options: `masked` alone: zero, grey, white or keep, what stands in the hole.

    Raises:
        UsageError: no such module or function, or another option.
        DeepginError: the module fails.
    """
    others = [key for key in options if key != "masked"]
    if others:
        raise UsageError(f"{name}: a python function takes masked= alone, not {others[0]}=")
    masked = options.get("masked", "zero")
    if masked not in HIDDEN:
        raise UsageError(f"{name}: masked={masked} does not work: choose from {', '.join(HIDDEN)}")
    fill = _function(where)
    what = f"Python function {where}, masked={masked}"
    return Method(name, what, guarded(name, plain(fill), HIDDEN[masked]))


def _function(where: str) -> Callable[..., Any]:
    module_name, _, path = where.partition(":")
    if not module_name or not path:
        raise UsageError(f"python:{where}: write python:MODULE:FUNCTION")
    if os.getcwd() not in sys.path:
        sys.path.append(os.getcwd())  # last, so that nothing in it hides what is installed
    try:
        found: Any = importlib.import_module(module_name)
    except Exception as error:
        if isinstance(error, ModuleNotFoundError) and module_name.startswith(f"{error.name}"):
            raise UsageError(
                f"python:{where}: there is no module {error.name} here or installed"
            ) from error
        told = f"{type(error).__name__}: {error}"
        raise DeepginError(f"python:{where}: importing {module_name} failed: {told}") from error
    for part in path.split("."):
        if not hasattr(found, part):
            close = nearest_name(part, dir(found))
            raise UsageError(f"python:{where}: {module_name} has no {part}{close}")
        found = getattr(found, part)
    if not callable(found):
        raise UsageError(f"python:{where} is no function")
    return found
