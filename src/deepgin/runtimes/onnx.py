"""The runtime that uses ONNX Runtime. Needs neither torch nor onnx."""

import os
import re
from contextlib import suppress
from pathlib import Path
from textwrap import shorten
from typing import Any

import numpy as np

from ..errors import DeepginError, UsageError, WeightsError
from ..network.variants import variant, variants
from ..weights.blend import sharpness_of, tensors
from ..weights.card import KEY, Card, card_of, read_card
from ..weights.model import Model
from . import GPU_GROUP, Runtime, memory

GRAPHS = Path(__file__).parent / "graphs"
"""Graphs without weights, named VARIANT-WIDTH.onnx; `python -m deepgin.export` writes them anew."""
CONTRACT = {"picture", "mask"}
"""The inputs of a file that `deepgin export` wrote, but for MI-GAN's contract."""
# Seen on a CPU with width 32: 9 to 22 up to 512 pixels, 53 at 768, since a part of attention's
# scores (export/traceable.py) grows with the square of the area.
_BYTES_A_PIXEL_AND_WIDTH = 56


class OnnxRuntime(Runtime):
    """A generator in ONNX Runtime, in float32.

    The weights are a file of `deepgin export`, or one of ours if the graph of its network comes
    with the package.

    Raises:
        WeightsError: missing, damaged, another network's file, or weights without a graph here.
        UsageError: a device or precision that there is not, or a sharpness that they cannot have.
        DeepginError: ONNX Runtime is not installed.
    """

    size_multiple = 16
    trained_at = 256
    guided = False

    def __init__(self, model: Model, session: Any = None) -> None:
        super().__init__()
        path, device = model.file(), model.device
        if path is None:
            raise UsageError("ONNX Runtime runs files, not generators", field="weights")
        self.precision, self.sharpness = precision_of(model), sharpness_of(path, model.sharpness)
        if path.suffix == ".onnx":
            self._session, self.card = _exported(path, session or plain_session(path, device))
        else:
            self._session, self.card = _ours(path, device, self.sharpness)
        self.device = device_of(self._session, device)
        self.bytes_a_pixel = _BYTES_A_PIXEL_AND_WIDTH * max(1, self.card.width)
        self.group_pixels = GPU_GROUP if self.device == "cuda" else 0

    def _fill(
        self, pictures: np.ndarray, masks: np.ndarray, guidance: np.ndarray | None
    ) -> np.ndarray:
        return self._session.run(["completed"], feeds_of(pictures, masks))[0]

    def free_bytes(self) -> int:
        return memory.UNKNOWN if self.device == "cuda" else memory.free_on_host()


def feeds_of(pictures: np.ndarray, masks: np.ndarray) -> dict[str, np.ndarray]:
    """Return the inputs of our graphs and of files of `deepgin export` for a batch."""
    return {
        "picture": np.ascontiguousarray(pictures),
        "mask": np.where(masks, np.uint8(255), np.uint8(0)),
    }


def precision_of(model: Model) -> str:
    """Return the precision, float32; raises UsageError for another one."""
    if model.precision not in ("auto", "float32"):
        raise UsageError(
            f"ONNX Runtime computes in float32, not in '{model.precision}'",
            field="precision",
            mend="leave {precision} out, or install PyTorch",
        )
    return "float32"


def device_of(session: Any, device: str) -> str:
    """Return where a session runs, cpu or cuda; raises UsageError if it cannot use `device`."""
    used = "cuda" if session.get_providers()[0].startswith("CUDA") else "cpu"
    if device.startswith("cuda") and used != "cuda":
        raise UsageError(
            f"ONNX Runtime cannot use device '{device}' (its version of CUDA or cuDNN may be "
            "missing)",
            field="device",
            mend="use {device=cpu} or {device=auto}",
        )
    return used


def plain_session(path: Path, device: str = "cpu", threads: int | None = None) -> Any:
    """Open any ONNX file; returns ONNX Runtime's session.

    Its device is auto, cpu, cuda or cuda:N. Without `threads`, a run has as many as
    `OMP_NUM_THREADS` says, or as there are cores.

    Raises:
        WeightsError: it is missing, or none that can be run.
        DeepginError: ONNX Runtime is not installed.
    """
    if not path.is_file():
        raise WeightsError(f"{path}: no such ONNX file")
    wrong = f"{path} is no ONNX file that can be run"
    return _session(path, _options(threads), device, wrong)


def is_ours(session: Any) -> bool:
    """Return whether an open ONNX file is of `deepgin export`, with our own contract."""
    return {port.name for port in session.get_inputs()} == CONTRACT


def _exported(path: Path, session: Any) -> tuple[Any, Card]:
    if not is_ours(session):
        raise WeightsError(f"{path} is not of `deepgin export` with our contract")
    return session, card_of_session(session, path)


def card_of_session(session: Any, path: Path) -> Card:
    """Read the card in an open ONNX file; raises WeightsError where there is none."""
    return card_of(session.get_modelmeta().custom_metadata_map.get(KEY, ""), path)


def _ours(path: Path, device: str, sharpness: float | None) -> tuple[Any, Card]:
    card = read_card(path)
    graph = graph_of(card, path)
    options = _options()
    weights = tensors(path, sharpness)
    values = [_onnxruntime().OrtValue.ortvalue_from_numpy(value) for value in weights.values()]
    options.add_external_initializers(list(weights), values)
    return _session(graph, options, device, f"{path} does not fit the network it names"), card


def graph_of(card: Card, path: Path) -> Path:
    """Return the graph of a weights file's network; raises WeightsError where there is none."""
    if card.network not in variants():
        raise WeightsError(
            f"{path} holds {card.network}, which fill no holes", mend="name a generator"
        )
    graph = GRAPHS / f"{card.network}-{card.width}.onnx"
    if not graph.is_file():
        mend = "install it (see the README)"
        if not variant(card.network).guidance:
            mend += f", or run `deepgin export {path.name} -o {path.stem}.onnx` where it is"
        raise WeightsError(f"{path}: {card.network} of width {card.width} needs PyTorch", mend=mend)
    return graph


def _onnxruntime() -> Any:
    try:
        import onnxruntime  # type: ignore[import-untyped]
    except ImportError as error:
        raise DeepginError("ONNX Runtime is not installed", mend="see the README") from error
    return onnxruntime


def _options(threads: int | None = None) -> Any:
    options = _onnxruntime().SessionOptions()
    with suppress(KeyError, ValueError):
        options.intra_op_num_threads = threads or max(1, int(os.environ["OMP_NUM_THREADS"]))
    options.use_deterministic_compute = True
    options.log_severity_level = 4  # what fails is raised
    return options


def _session(path: Path, options: Any, device: str, wrong: str) -> Any:
    providers = _providers(device)
    try:
        return _onnxruntime().InferenceSession(str(path), options, providers=providers)
    except Exception as error:  # its errors share no class
        text = shorten(" ".join(str(error).split()), 300)
        apart = "external" in text.lower()
        mend = "put the file of its weights, which it names, beside it" if apart else ""
        raise WeightsError(f"{wrong}: {text}", mend=mend) from error


def has_cuda() -> bool:
    """Return whether ONNX Runtime was built for CUDA."""
    return "CUDAExecutionProvider" in _onnxruntime().get_available_providers()


def _providers(device: str) -> list[Any]:
    there = has_cuda()
    if device == "cpu" or (device == "auto" and not there):
        return ["CPUExecutionProvider"]
    cuda = re.fullmatch(r"auto|cuda(?::([0-9]+))?", device)
    if cuda and there:
        return [("CUDAExecutionProvider", {"device_id": cuda[1] or "0"}), "CPUExecutionProvider"]
    raise UsageError(
        f"ONNX Runtime cannot use device '{device}' here",
        field="device",
        mend="use {device=cpu} or {device=auto}",
    )
