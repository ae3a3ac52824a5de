"""The methods that can be measured, by name: ours, classical ones, plugged networks."""

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
    """Return the method that `[NAME=]METHOD[:ARGUMENT][@WEIGHTS][+texture][,OPTION=VALUE...]` says.

    Args:
        spec: see docs/methods.md. `python:` imports the module that it names: that runs code.
        weights: of `deepgin` where the spec names none; None takes those of the package.
        device: auto, cpu, cuda, cuda:N or mps, for networks.
        precision: auto, float32 or bf16, for `deepgin`.
        sharpness: of `weights`, where the spec names none; None takes their own default.

    Raises:
        UsageError: no such method, or options that do not work.
        WeightsError: a network cannot be loaded.
        DeepginError: a package is not installed; the message says which extra brings it.
    """
    return _made(parse(spec), Networks(weights, device, precision, sharpness))


def methods(
    text: str,
    *,
    weights: str | Path | None = None,
    device: str = "auto",
    precision: str = "auto",
    sharpness: float | None = None,
) -> tuple[Method, ...]:
    """Return the methods of a list with commas; arguments and errors are those of `method`.

    Weights that several of them name are loaded once. Names are checked before anything is loaded.

    Raises:
        UsageError: two methods have one name, also if only small and capital letters differ.
    """
    specs = [parse(part) for part in split(text)]
    seen: dict[str, str] = {}
    for spec in specs:
        # Names become folders, and some file systems fold letters.
        if other := seen.get(spec.name.casefold()):
            names = f"'{spec.name}'" if other == spec.name else f"'{other}' and '{spec.name}'"
            raise UsageError(f"two methods are called {names}: name one, NAME=...")
        seen[spec.name.casefold()] = spec.name
    networks = Networks(weights, device, precision, sharpness)
    return tuple(_made(spec, networks) for spec in specs)


def _made(spec: Spec, networks: Networks) -> Method:
    made = _untextured(spec, networks)
    return textured(made, spec.kind) if spec.texture else made


def _untextured(spec: Spec, networks: Networks) -> Method:
    if spec.kind == "deepgin":
        return ours_of(spec.name, spec.argument, spec.weights, networks)
    if spec.kind == "onnx":
        return onnx_of(spec.name, spec.argument, spec.options, networks.device)
    if spec.kind == "python":
        return python_of(spec.name, spec.argument, spec.options)
    return classical_of(spec.kind, spec.name)


__all__ = ["METHODS", "ON_REQUEST", "Fill", "Method", "method", "methods"]
