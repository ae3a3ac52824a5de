"""Names that a package has but imports on first use: what needs torch must not be waited for."""

from collections.abc import Callable, Mapping
from importlib import import_module
from typing import Any


def names_from(package: str, homes: Mapping[str, str]) -> Callable[[str], Any]:
    """Return a package's `__getattr__` (PEP 562).

    Args:
        package: its `__name__`.
        homes: the module below the package that has each name; a module has itself.
    """

    def get(name: str) -> Any:
        if name not in homes:
            raise AttributeError(f"module '{package}' has no attribute '{name}'")
        module = import_module(f".{homes[name]}", package)
        return module if name == homes[name] else getattr(module, name)

    return get
