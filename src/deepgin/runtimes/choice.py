"""Chooses the runtime of a model, and reads the card of its file."""

from dataclasses import asdict, replace
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from ..errors import UsageError
from ..weights.card import Card, read_card
from ..weights.model import Model
from . import Runtime


def open_runtime(model: Model) -> Runtime:
    """Return the runtime of a model: ONNX Runtime for .onnx, else PyTorch if it is installed.

    Without PyTorch, ONNX Runtime runs our weights too if their graph is in the package. ONNX files
    may hold networks of other authors.

    Raises:
        WeightsError: the weights cannot be used; UsageError: device, precision or sharpness cannot.
    """
    path, model = model.file(), model.stated()
    if path is not None and (path.suffix == ".onnx" or not find_spec("torch")):
        if not find_spec("onnxruntime"):
            needs = "ONNX Runtime" if path.suffix == ".onnx" else "PyTorch or ONNX Runtime"
            raise UsageError(f"{path} needs {needs}, which is not installed", mend="see the README")
        from .onnx import OnnxRuntime, is_ours, plain_session

        if path.suffix != ".onnx":
            return OnnxRuntime(model)
        session = plain_session(path, model.device)
        if is_ours(session) and not model.contract:
            return OnnxRuntime(model, session)
        from .foreign import ForeignRuntime

        return ForeignRuntime(model, session)
    from .torch import TorchRuntime

    return TorchRuntime(model)


def facts_of(model: Model) -> dict[str, Any]:
    """Return what a weights file says about itself; of other authors' networks the contract.

    Raises:
        WeightsError, UsageError: as for `open_runtime`.
    """
    path, model, runtime = model.file(), model.stated(), None
    assert path
    if path.suffix == ".onnx":
        runtime = open_runtime(replace(model, device="cpu", precision="auto"))
    if runtime is None or runtime.contract is None:
        return asdict(card_of_file(path))
    contract = runtime.contract
    return {
        "network": contract.network or "of other authors",
        "contract": asdict(contract),
        "notes": list(runtime.notes),
    }


def card_of_file(path: Path) -> Card:
    """Read what a weights file, or an ONNX file of `deepgin export`, says about itself.

    Raises:
        WeightsError: missing, damaged, or without our metadata.
    """
    if path.suffix != ".onnx":
        return read_card(path)
    from .onnx import card_of_session, plain_session

    return card_of_session(plain_session(path), path)
