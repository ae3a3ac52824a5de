"""A method that is a network in an ONNX file, run by ONNX Runtime."""

import hashlib
from pathlib import Path
from typing import Any

import numpy as np
import torch

from ...errors import DeepginError, WeightsError
from ...runtimes.onnx import plain_session
from .base import Method, guarded, not_installed, plain
from .conventions import Convention, convention_of
from .ports import Ports, ports_of


def onnx_of(name: str, file: str, options: dict[str, str], device: str = "auto") -> Method:
    """Return the method of an ONNX file.

    Args:
        name: in the report.
        file: its path.
        options: what the network expects; see `convention_of` and `ports_of`.
        device: `cpu` keeps it off the GPU, which it else uses where ONNX Runtime can.

    Raises:
        UsageError: options that are missing or do not work, or inputs that cannot be told apart.
        WeightsError: the file is missing or damaged.
        DeepginError: ONNX Runtime is not installed.
    """
    try:
        import onnxruntime  # type: ignore[import-untyped]
    except ImportError as error:
        raise not_installed(name, "ONNX Runtime") from error
    session = _session(name, Path(file), device)
    ports = ports_of(name, session.get_inputs(), session.get_outputs(), options)
    convention = convention_of(name, options, ports)
    digits = hashlib.sha256(Path(file).read_bytes()).hexdigest()[:16]
    what = (
        f"ONNX file {Path(file).name} (SHA-256 {digits}), {convention.told()}, "
        f"ONNX Runtime {onnxruntime.__version__}, {session.get_providers()[0]}"
    )
    hidden = None if convention.masked == "keep" else 0
    return Method(
        name, what, guarded(name, plain(_Network(name, session, ports, convention)), hidden)
    )


def _session(name: str, file: Path, device: str) -> Any:
    try:
        # As many threads as ours, as it is timed too; a GPU is used where ONNX Runtime can.
        where = "cpu" if device == "cpu" else "auto"
        return plain_session(file, where, torch.get_num_threads())
    except WeightsError as error:
        raise WeightsError(f"{name}: {error}") from error


class _Network:
    def __init__(self, name: str, session: Any, ports: Ports, convention: Convention) -> None:
        self.name, self.session, self.ports, self.convention = name, session, ports, convention

    def __call__(self, picture: np.ndarray, hole: np.ndarray) -> np.ndarray:
        height, width = hole.shape
        multiple = self.convention.multiple
        border = (0, -height % multiple), (0, -width % multiple)
        larger = np.pad(picture, (*border, (0, 0)), "reflect")
        hidden = np.pad(hole, border, "reflect")
        image, mask = self.convention.image(larger, hidden), self.convention.mask(hidden)
        feeds = self.ports.feeds(self.name, image, mask)
        [found] = self.session.run([self.ports.output], feeds)
        return self._picture(np.asarray(found), hidden.shape)[:height, :width]

    def _picture(self, found: np.ndarray, size: tuple[int, ...]) -> np.ndarray:
        shape = found.shape
        if found.ndim == 4 and shape[0] == 1:
            found = found[0]
        if found.shape == (3, *size):
            found = np.moveaxis(found, 0, -1)
        if found.shape != (*size, 3):
            raise DeepginError(
                f"{self.name}: {self.ports.output} came back as {' x '.join(map(str, shape))}, "
                f"which is no RGB picture of {size[1]} x {size[0]} pixels"
            )
        return self.convention.picture(self.name, found)
