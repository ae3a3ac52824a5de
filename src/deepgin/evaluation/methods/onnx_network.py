"""A network of other authors as a method: one picture at its own size, mirrored to the multiple."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np

from ...errors import DeepginError
from ...runtimes.network import Network
from ...runtimes.onnx import plain_session
from ...runtimes.probe import check
from ...weights import file_hash


class OnnxNetwork:
    """An inpainting network in an ONNX file.

    Args:
        file: its path.
        options: of `runtimes.contracts.OPTIONS`, by name.
        device: auto, cpu, cuda or cuda:N.
        threads: of one run; None takes ONNX Runtime's number.

    Raises:
        UsageError: an option is missing or wrong, or the inputs are not clear.
        WeightsError: the file is missing or damaged.
    """

    def __init__(
        self,
        file: Path,
        options: Mapping[str, str],
        device: str = "auto",
        threads: int | None = None,
    ) -> None:
        self.file = file
        self.network = Network(file, plain_session(file, device, threads), options)
        if not self.network.contract.out:
            check(self.network)
        self.contract = self.network.contract

    def __str__(self) -> str:
        """Name file, hash, contract and runtime in one line."""
        import onnxruntime  # type: ignore[import-untyped]

        return (
            f"ONNX file {self.file.name} (SHA-256 {file_hash(self.file)[:16]}), {self.contract}, "
            f"ONNX Runtime {onnxruntime.__version__}, {self.network.session.get_providers()[0]}"
        )

    def fill(self, picture: np.ndarray, hole: np.ndarray) -> np.ndarray:
        """Return a filled picture: uint8 H x W x 3 and bool H x W in, uint8 H x W x 3 out.

        Raises:
            DeepginError: the network takes another size, or returns no picture or no numbers.
        """
        height, width = hole.shape
        multiple, size = self.contract.multiple, self.contract.size
        border = (0, -height % multiple), (0, -width % multiple)
        larger = np.pad(picture, (*border, (0, 0)), "reflect")
        hidden = np.pad(hole, border, "reflect")
        if size and size != hidden.shape:
            raise DeepginError(
                f"{self.file.name} takes pictures of {size[1]} x {size[0]} pixels only, not "
                f"{hidden.shape[1]} x {hidden.shape[0]}",
                mend="use {size=" + str(size[0]) + "}, or set multiple=",
            )
        output = self.network.run(larger[None], hidden[None], self.contract)
        return self.network.bytes_of(output)[0, :height, :width]
