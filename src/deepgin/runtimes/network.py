"""An open inpainting network of any authors, in an ONNX file, and its contract."""

from collections.abc import Mapping
from pathlib import Path
from textwrap import shorten
from typing import Any

import numpy as np
from scipy import ndimage  # type: ignore[import-untyped]

from ..errors import DeepginError, UsageError
from . import memory
from .contracts import Contract, completed, contract_of, known
from .ports import ports_of, shape_of


class Network:
    """An open network, and its contract.

    Args:
        file: its path, for messages.
        session: ONNX Runtime's.
        stated: options of `contracts.OPTIONS`; what they lack is that of a network that is known.

    Raises:
        UsageError: an option is missing or wrong, or the inputs are not clear.
    """

    def __init__(self, file: Path, session: Any, stated: Mapping[str, str]) -> None:
        self.file, self.session, self.stated = file, session, dict(stated)
        inputs, outputs = session.get_inputs(), session.get_outputs()
        if not {"network", "hole"} & stated.keys():
            self.stated = known(inputs, outputs) | self.stated
        try:
            options = completed(self.stated)
            self.ports = ports_of(inputs, outputs, options)
            self.contract = contract_of(options, self.ports)
        except UsageError as error:
            problem = f"{file}: {error.problem}"
            raise UsageError(problem, field=error.field, mend=error.mend) from error

    def run(self, pictures: np.ndarray, holes: np.ndarray, contract: Contract) -> np.ndarray:
        """Return the network's output for N x H x W x 3 uint8 and N x H x W bool.

        Returns:
            N x H x W x 3, in the network's own type and range, RGB.

        Raises:
            DeepginError: it does not run, or returns no picture.
        """
        if contract.grow:
            reach = 2 * contract.grow + 1
            holes = ndimage.maximum_filter(holes, (1, reach, reach))
        feeds = self.ports.feeds(contract.image(pictures, holes), contract.mask(holes))
        try:
            [output] = self.session.run([self.ports.output], feeds)
        except Exception as error:  # those of ONNX Runtime share no class
            if memory.ran_out(error):
                raise
            height, width = holes.shape[1:]
            text = shorten(" ".join(str(error).split()), 300)
            raise DeepginError(
                f"{self.file} does not run at {width} x {height} pixels: {text}",
                mend="if it takes one size alone, say so, as in {contract=size=512}; or state "
                "{contract=multiple=32}",
            ) from error
        return self._picture(np.asarray(output), holes.shape)

    def _picture(self, output: np.ndarray, expected: tuple[int, ...]) -> np.ndarray:
        count, height, width = expected
        shape = output.shape
        if output.ndim == 3 and count == 1:
            output = output[None]
        if output.shape == (count, 3, height, width):
            output = np.moveaxis(output, 1, -1)
        if output.shape != (count, height, width, 3):
            raise DeepginError(
                f"{self.file}: its output {self.ports.output} is {shape_of(shape)}, "
                f"not an RGB picture of {width} x {height} pixels"
            )
        if not np.isfinite(output).all():
            raise DeepginError(f"{self.file} returned samples that are not finite")
        return output[..., ::-1] if self.ports.layout.strip("M").startswith("BGR") else output

    def bytes_of(self, output: np.ndarray) -> np.ndarray:
        """Return an output as uint8."""
        if output.dtype == np.uint8:
            return output
        return (self.contract.levels(output).clip(0, 255) + 0.5).astype(np.uint8)
