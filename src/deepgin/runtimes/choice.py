"""Which runtime weights are run by, and what files of either say of themselves."""

from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from ..errors import UsageError
from ..weights.blend import sharpness_of
from ..weights.card import Card, read_card
from ..weights.hub import local_path
from . import Runtime

if TYPE_CHECKING:
    from ..network import Generator


def open_runtime(
    weights: "str | Path | Generator | None" = None,
    device: str = "auto",
    precision: str = "auto",
    sharpness: float | None = None,
) -> Runtime:
    """Return what runs `weights`: ONNX Runtime for .onnx, else PyTorch if it is installed.

    Without PyTorch ONNX Runtime takes our weights too, as far as their graph is in the package.

    Args:
        weights: a file, an address on the hub, a generator, or None for the package's own.
        device: auto, cpu, cuda, cuda:N or mps.
        precision: auto, float32 or bf16.
        sharpness: of weights of two sets, 0 (soft) to 1 (sharp); None takes their own default.

    Raises:
        WeightsError: the weights cannot be used; UsageError: device, precision or sharpness cannot.
    """
    named = weights is None or isinstance(weights, str | Path)
    path = local_path(weights) if named else None  # type: ignore[arg-type]
    if path is not None and (path.suffix == ".onnx" or not find_spec("torch")):
        if not find_spec("onnxruntime"):
            needs = "ONNX Runtime" if path.suffix == ".onnx" else "PyTorch or ONNX Runtime"
            raise UsageError(f"{path} needs {needs}, which is not installed: see the README")
        from .onnx import OnnxRuntime

        return OnnxRuntime(path, device, precision, sharpness)
    from .torch import TorchRuntime

    return TorchRuntime(path or weights, device, precision, sharpness)


def soft_sharpness(weights: "str | Path | Generator | None" = None) -> float | None:
    """Return 0, the soft end, for weights of two sets; None for others.

    Raises:
        WeightsError: the file cannot be used.
    """
    if weights is None or isinstance(weights, str | Path):
        return None if sharpness_of(local_path(weights)) is None else 0.0
    return None


def card_of_file(path: Path) -> Card:
    """Read what a weights file, or an ONNX file of `deepgin export`, says about itself.

    Raises:
        WeightsError: missing, damaged, or without our metadata.
    """
    if path.suffix != ".onnx":
        return read_card(path)
    from .onnx import card_of_session, plain_session

    return card_of_session(plain_session(path), path)
