"""Chooses the runtime of a model, and reads the card of its file."""

import os
from contextlib import suppress
from dataclasses import asdict, replace
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from ..errors import UsageError, WeightsError
from ..weights.card import Card, read_card
from ..weights.model import Model
from . import Runtime

RUNTIMES = ("torch", "onnxruntime", "openvino")


def open_runtime(model: Model) -> Runtime:
    """Return the runtime of a model, as `choose` says; ONNX files may be of other authors.

    Raises:
        WeightsError: the weights cannot be used; UsageError: device, precision or sharpness cannot.
    """
    model = model.stated()
    name, _ = choose(model)
    if name == "torch":
        from .torch import TorchRuntime

        return TorchRuntime(model)
    if name == "openvino":
        from .openvino import OpenVinoRuntime

        return OpenVinoRuntime(model)
    path = model.file()
    exported = path is not None and path.suffix == ".onnx"
    if not find_spec("onnxruntime"):
        needs = "ONNX Runtime" if exported else "PyTorch or ONNX Runtime"
        raise UsageError(f"{path} needs {needs}, which is not installed", mend="see the README")
    from .onnx import OnnxRuntime, is_ours, plain_session

    if path is None or not exported:
        return OnnxRuntime(model)
    session = plain_session(path, model.device)
    if is_ours(session) and not model.contract:
        return OnnxRuntime(model, session)
    from .foreign import ForeignRuntime

    return ForeignRuntime(model, session)


def choose(model: Model) -> tuple[str, str]:
    """Return which runtime runs a model, one of `RUNTIMES`, and why.

    `DEEPGIN_RUNTIME` names it. Otherwise a GPU is for PyTorch, or ONNX Runtime where the file is
    .onnx; a CPU for OpenVINO if it is installed and has the network's graph; then comes PyTorch,
    but for .onnx; then ONNX Runtime, which runs our weights too if it has the graph.

    Raises:
        WeightsError: the weights cannot be read; UsageError: `DEEPGIN_RUNTIME` is none of them.
    """
    path = model.file()
    if path is None:
        return "torch", "a generator is PyTorch's"
    named = os.environ.get("DEEPGIN_RUNTIME") or "auto"
    if named != "auto":
        _check(named, path)
        return named, "DEEPGIN_RUNTIME names it"
    if find_spec("openvino") and not model.contract and _fits_openvino(path, model.device):
        return "openvino", "the fastest on this CPU of those that are installed"
    if path.suffix == ".onnx":
        return "onnxruntime", "it runs ONNX files"
    if find_spec("torch"):
        return "torch", "it is installed, and runs every network and device"
    return "onnxruntime", "PyTorch is not installed"


def _check(named: str, path: Path) -> None:
    problem = ""
    if named not in RUNTIMES:
        problem = "is no runtime"
    elif not find_spec(named):
        problem = "is not installed"
    elif named == "torch" and path.suffix == ".onnx":
        problem = f"cannot run {path}"
    if problem:
        mend = f"name one of {', '.join(RUNTIMES)}, or auto"
        raise UsageError(f"'{named}' of DEEPGIN_RUNTIME {problem}", mend=mend)


def _fits_openvino(path: Path, device: str) -> bool:
    exported = path.suffix == ".onnx"
    if device == "auto" and _has_gpu(exported):
        return False
    if device not in ("auto", "cpu") and not device.startswith("xpu"):
        return False
    from .onnx import graph_of
    from .openvino import is_exported

    if exported:
        return is_exported(path)
    with suppress(WeightsError):
        return graph_of(read_card(path), path).is_file()
    return False


def _has_gpu(exported: bool) -> bool:
    """Return whether the runtime that comes next has a GPU."""
    if exported:
        from .onnx import has_cuda

        return has_cuda()
    # The import takes a second, and the build for CPUs alone has none.
    if not find_spec("torch") or version("torch").endswith("+cpu"):
        return False
    from ..devices import choose_device

    return choose_device().type != "cpu"


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
