"""`Model`: which weights run, where and how. Needs no torch."""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from ..errors import UsageError
from .blend import sharpness_of
from .hub import local_path
from .statement import beside, joined, parse

if TYPE_CHECKING:
    from ..network import Generator


@dataclass(frozen=True)
class Model:
    """Weights, and how they run. A runtime resolves `auto` and None.

    Attributes:
        weights: a weights file or one of `deepgin export`, an address on the hub, a generator, or
            None for the weights that come with the package.
        device: auto, cpu, cuda, cuda:N, mps, or xpu (of Intel; with OpenVINO).
        precision: auto (bf16 where the hardware multiplies it), float32 or bf16.
        sharpness: of weights of two sets, 0 (soft) to 1 (sharp); None takes their own default.
        contract: of an ONNX file of other authors, what its arrays mean: the name of a known
            network, or `hole=1,range=0..1`, or both; see `runtimes.contracts`. Empty: the file's
            own inputs say it, or a YAML file beside it.
    """

    weights: "str | Path | Generator | None" = None
    device: str = "auto"
    precision: str = "auto"
    sharpness: float | None = None
    contract: str = ""

    def file(self) -> Path | None:
        """Return the weights file, downloaded if needed; None for a generator.

        Raises:
            UsageError, WeightsError: as for `local_path`.
        """
        if self.weights is None or isinstance(self.weights, str | Path):
            return local_path(self.weights)
        return None

    def softened(self) -> "Model":
        """Return the model under texture: weights of two sets at 0, unless it has a sharpness.

        Raises:
            WeightsError: the file cannot be used.
        """
        path = self.file()
        if self.sharpness is not None or path is None or sharpness_of(path) is None:
            return self
        return replace(self, sharpness=0.0)

    def stated(self) -> "Model":
        """Return the model with what the YAML file beside its ONNX file says; `network` wins.

        Raises:
            UsageError: the statement cannot be read, or the weights are no ONNX file.
        """
        path, own = self.file(), parse(self.contract)
        if path is None or path.suffix != ".onnx":
            if own:
                raise UsageError(
                    "only ONNX files of other authors need a statement",
                    field="contract",
                    mend="leave {contract} out",
                )
            return self
        return replace(self, contract=joined(beside(path) | own))
