"""The methods that can be measured, by name: DeepGIN, classical methods, plugged networks."""

from pathlib import Path

from ...errors import UsageError
from .base import Fill, Method, textured
from .classical import classical_of
from .ours import Networks, ours_of
from .plugged import onnx_of, python_of
from .specs import METHODS, ON_REQUEST, Spec, parse, split


def method(
    spec: str,
    *,
    weights: str | Path | None = None,
    device: str = "auto",
    precision: str = "auto",
    sharpness: float | None = None,
) -> Method:
    """Return the method of `[NAME=]METHOD[:ARGUMENT][@WEIGHTS][+texture][,OPTION=VALUE...]`.

    Args:
        spec: see docs/methods.md. `python:` imports its module, which runs the module's code.
        weights: of `deepgin` if the spec names none; None is those of the package.
        device: of networks: auto, cpu, cuda, cuda:N or mps.
        precision: of `deepgin`: auto, float32 or bf16.
        sharpness: of `weights`, if the spec names none; None is their default.

    Raises:
        UsageError: an unknown method, or options that cannot be used.
        WeightsError: a network cannot be loaded.
        DeepginError: a package is not installed.
    """
    return _method(parse(spec), Networks(weights, device, precision, sharpness))


def methods(
    text: str,
    *,
    weights: str | Path | None = None,
    device: str = "auto",
    precision: str = "auto",
    sharpness: float | None = None,
) -> tuple[Method, ...]:
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
    networks = Networks(weights, device, precision, sharpness)
    return tuple(_method(spec, networks) for spec in specs)


def _method(spec: Spec, networks: Networks) -> Method:
    plain = _untextured(spec, networks)
    return textured(plain, spec.kind) if spec.texture else plain


def _untextured(spec: Spec, networks: Networks) -> Method:
    if spec.kind == "deepgin":
        return ours_of(spec.name, spec.argument, spec.weights, networks)
    if spec.kind == "onnx":
        return onnx_of(spec.name, spec.argument, spec.options, networks.device)
    if spec.kind == "python":
        return python_of(spec.name, spec.argument, spec.options)
    return classical_of(spec.kind, spec.name)


__all__ = ["METHODS", "ON_REQUEST", "Fill", "Method", "method", "methods"]
