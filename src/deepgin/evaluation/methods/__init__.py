"""The methods that can be measured, by name: DeepGIN, classical methods, plugged networks."""

from ...errors import UsageError
from ...weights import Model
from .base import Fill, Method, textured
from .classical import classical_of
from .ours import Networks, ours_of
from .plugged import onnx_of, python_of
from .specs import METHODS, ON_REQUEST, Spec, parse, split


def method(spec: str, model: Model | None = None) -> Method:
    """Return the method of `[NAME=]METHOD[:ARGUMENT][@WEIGHTS][+texture][,OPTION=VALUE...]`.

    Args:
        spec: see docs/methods.md. `python:` imports its module, which runs the module's code.
        model: weights and sharpness of `deepgin` if the spec names none; device and precision.

    Raises:
        UsageError: an unknown method, or options that cannot be used.
        WeightsError: a network cannot be loaded.
        DeepginError: a package is not installed.
    """
    return _method(parse(spec), Networks(model or Model()))


def methods(text: str, model: Model | None = None) -> tuple[Method, ...]:
    """Return the methods of a comma-separated list; for arguments and errors see `method`.

    Each weights file is loaded once. Names are checked before anything is loaded.

    Raises:
        UsageError: two methods have one name, ignoring case.
    """
    specs = [parse(part) for part in split(text)]
    seen: dict[str, str] = {}
    for spec in specs:
        # Names become folders, and some file systems ignore case.
        if other := seen.get(spec.name.casefold()):
            names = f"'{spec.name}'" if other == spec.name else f"'{other}' and '{spec.name}'"
            raise UsageError(
                f"two methods are called {names}",
                field="methods",
                mend="name one, as in NAME=METHOD",
            )
        seen[spec.name.casefold()] = spec.name
    networks = Networks(model or Model())
    return tuple(_method(spec, networks) for spec in specs)


def _method(spec: Spec, networks: Networks) -> Method:
    if spec.kind == "deepgin":
        return ours_of(spec.name, spec.argument, spec.weights, networks)
    if spec.kind == "onnx":
        made = onnx_of(spec.name, spec.argument, spec.options, networks.model.device)
    elif spec.kind == "python":
        made = python_of(spec.name, spec.argument, spec.options)
    else:
        made = classical_of(spec.kind, spec.name)
    return textured(made, spec.kind) if spec.texture else made


__all__ = ["METHODS", "ON_REQUEST", "Fill", "Method", "method", "methods"]
