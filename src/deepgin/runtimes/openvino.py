"""The runtime that uses OpenVINO. Needs neither torch nor onnx."""

import io
import os
import re
from collections.abc import Callable
from contextlib import suppress
from functools import cache, partial
from importlib.metadata import version
from pathlib import Path
from textwrap import shorten
from typing import Any

import numpy as np

from ..devices import PRECISIONS, threads
from ..errors import DeepginError, UsageError, WeightsError
from ..weights.blend import sharpness_of, tensors
from ..weights.card import KEY, Card, card_of, file_hash, read_card
from ..weights.model import Model
from . import Runtime, memory
from .cache import keep, kept, key_of
from .onnx import CONTRACT, feeds_of, graph_of

# Seen on a CPU with width 32 in float32: 16 at 256 pixels, 31 at 512, 33 at 768, 62 at 1024.
_BYTES_A_PIXEL_AND_WIDTH = 64


def parameters_of(graph: Path) -> Path:
    """Return the file of the same graph whose weights are inputs."""
    return graph.with_suffix(".parameters.onnx")


class OpenVinoRuntime(Runtime):
    """A generator in OpenVINO, on a CPU or a GPU of Intel.

    The weights are a file of `deepgin export`, or one of ours if the graph of its network comes
    with the package. What is compiled is kept in the user's cache folder.

    Raises:
        WeightsError: missing, damaged, another network's file, or weights without a graph here.
        UsageError: a device or precision that there is not, or a sharpness that they cannot have.
        DeepginError: OpenVINO is not installed.
    """

    size_multiple = 16
    trained_at = 256
    guided = False
    group_pixels = 0

    def __init__(self, model: Model) -> None:
        super().__init__()
        path = model.file()
        if path is None:
            raise UsageError("OpenVINO runs files, not generators", field="weights")
        place = _place(model.device)
        self.device = "cpu" if place == "CPU" else "xpu"
        self.precision = _precision(place, model.precision)
        self.sharpness = sharpness_of(path, model.sharpness)
        exported = path.suffix == ".onnx"
        self.card, graph = _exported(path) if exported else _ours(path)
        machine = _core().get_property(place, "FULL_DEVICE_NAME")
        files = [file_hash(file) for file in (path, graph)]
        key = key_of(version("openvino"), machine, self.precision, self.sharpness, *files)

        def network() -> Any:
            weights = {} if exported else tensors(path, self.sharpness)
            return _joined(graph, weights, path)

        self._open = partial(_compiled, network, key, place, self.precision, path)
        self._compiled = self._open()
        self.bytes_a_pixel = _BYTES_A_PIXEL_AND_WIDTH * max(1, self.card.width)

    def _fill(
        self, pictures: np.ndarray, masks: np.ndarray, guidance: np.ndarray | None
    ) -> np.ndarray:
        # A request of its own, which holds no earlier result: where memory runs out, OpenVINO has
        # been seen to return without an error and without a result.
        self._compiled = self._compiled or self._open()
        request = self._compiled.create_infer_request()
        request.infer(feeds_of(pictures, masks))
        filled = request.get_tensor("completed").data.copy()
        if filled.shape != pictures.shape or (filled != pictures)[~masks].any():
            raise MemoryError("OpenVINO gave no result")
        return filled

    def _free(self) -> None:
        self._compiled = None  # it gives no results any more

    def free_bytes(self) -> int:
        return memory.free_on_host()


@cache
def _core() -> Any:
    try:
        import openvino
    except ImportError as error:
        mend = "see the README"
        raise DeepginError("OpenVINO is not installed", mend=mend) from error
    return openvino.Core()


def is_exported(path: Path) -> bool:
    """Return whether OpenVINO reads a file, and finds that `deepgin export` wrote it for us."""
    with suppress(WeightsError):
        return bool(_exported(path))
    return False


def multiplies_bf16() -> bool:
    """Return whether this CPU has instructions for bf16."""
    return "BF16" in _core().get_property("CPU", "OPTIMIZATION_CAPABILITIES")


def _place(device: str) -> str:
    """Return OpenVINO's name of a device."""
    place = "CPU" if device in ("auto", "cpu") else device.upper().replace("XPU", "GPU")
    there = _core().available_devices
    if re.fullmatch(r"auto|cpu|xpu(:[0-9]+)?", device):
        place = place.replace(":", ".")
        if place in there or f"{place}.0" in there:
            return place
    raise UsageError(
        f"OpenVINO cannot use device '{device}' here",
        field="device",
        mend="use {device=cpu} or {device=auto}",
    )


def _precision(place: str, name: str) -> str:
    if name not in PRECISIONS:
        mend = f"choose one of {', '.join(PRECISIONS)}"
        raise UsageError(f"no precision '{name}'", field="precision", mend=mend)
    fast = place == "CPU" and multiplies_bf16()
    if name == "bf16" and not fast:
        raise UsageError(
            f"OpenVINO computes in float32 on this {place}, which does not multiply bf16",
            field="precision",
            mend="leave {precision} out",
        )
    return "bf16" if fast and name != "float32" else "float32"


def _exported(path: Path) -> tuple[Card, Path]:
    if not path.is_file():
        raise WeightsError(f"{path}: no such ONNX file")
    try:
        network = _read(path)
        inputs = {port.get_friendly_name() for port in network.get_parameters()}
    except Exception as error:  # its errors share no class
        raise WeightsError(f"{path} is no ONNX file that can be run: {_short(error)}") from error
    card = ["framework", KEY]
    if inputs != CONTRACT or not network.has_rt_info(card):
        raise WeightsError(f"{path} is not of `deepgin export` with our contract")
    return card_of(network.get_rt_info(card).astype(str), path), path


def _read(path: Path) -> Any:
    from openvino.frontend import FrontEndManager

    # `Core.read_model` tries every format on a damaged file, and one prints what it thinks of it.
    frontend = FrontEndManager().load_by_framework("onnx")
    return frontend.convert(frontend.load(str(path)))


def _ours(path: Path) -> tuple[Card, Path]:
    card = read_card(path)
    return card, parameters_of(graph_of(card, path))


def _joined(graph: Path, weights: dict[str, np.ndarray], path: Path) -> Any:
    """Read a graph, and make constants of the weights that are inputs, without a copy."""
    from openvino import op

    network = _read(graph)
    inputs = {port.get_friendly_name(): port for port in network.get_parameters()}
    needed = {name: tuple(inputs[name].shape) for name in inputs.keys() - CONTRACT}
    if needed != {name: value.shape for name, value in weights.items()}:
        raise WeightsError(f"{path} does not fit the network it names")
    for name in needed:
        constant = op.Constant(np.ascontiguousarray(weights[name]), shared_memory=True)
        inputs[name].output(0).replace(constant.output(0))
        network.remove_parameter(inputs[name])
    return network


def _compiled(network: Callable[[], Any], key: str, place: str, precision: str, path: Path) -> Any:
    """Return what is kept under a key, or compile and keep it."""
    settings = {
        "INFERENCE_PRECISION_HINT": "bf16" if precision == "bf16" else "f32",
        "PERFORMANCE_HINT": "LATENCY",
    }
    if place == "CPU":
        # Pinned threads of two processes would share one core and leave others idle.
        settings["ENABLE_CPU_PINNING"] = "NO"
        if "OMP_NUM_THREADS" in os.environ:
            settings["INFERENCE_NUM_THREADS"] = str(threads())
    if blob := kept(key):
        with suppress(RuntimeError):  # of another build
            return _core().import_model(io.BytesIO(blob), place, settings)
    try:
        compiled = _core().compile_model(network(), place, settings)
    except RuntimeError as error:
        raise WeightsError(f"{path} cannot be run by OpenVINO: {_short(error)}") from error
    with suppress(RuntimeError):  # not every device can
        keep(key, compiled.export_model().getvalue())
    return compiled


def _short(error: Exception) -> str:
    return shorten(" ".join(str(error).split()), 300)
