"""What a cluster job is asked for, and what of it decides the results. No work is done here."""

from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from ..errors import UsageError
from ..inpainting import Options
from ..inpainting.folders import JobOptions, provenance
from .addresses import hidden


@dataclass(frozen=True)
class Request:
    """What is asked for; it travels to the workers.

    Attributes:
        source: address of a folder of pictures or tar shards, or of shards by `*` or {000..099}.
        target: address of the folder for results.
        masks: address of one mask for all pictures, or of a folder of masks; empty: beside them.
        options: how holes are found and filled.
        writing: format and quality of results.
        weights: a weights file of the machine that asks; None: those of the package.
        device: see `Inpainter`.
        precision: see `Inpainter`.
        sharpness: see `Inpainter`.
        per_unit: pictures that are filled and written as one, of a folder.
        overwrite: fill again what is done.
        retry_failed: fill again what holds pictures that failed.
    """

    source: str
    target: str
    masks: str = ""
    options: Options = field(default_factory=Options)
    writing: JobOptions = field(default_factory=JobOptions)
    weights: str | None = None
    device: str = "auto"
    precision: str = "auto"
    sharpness: float | None = None
    per_unit: int = 500
    overwrite: bool = False
    retry_failed: bool = False

    def __post_init__(self) -> None:
        if self.per_unit < 1:
            raise UsageError(f"{self.per_unit} pictures a unit do not work: at least 1")

    def told(self) -> dict[str, Any]:
        """Return what every manifest says of the request; results of another one do not mix.

        Raises:
            WeightsError, DeepginError: the weights cannot be read.
        """
        known = provenance(self.weights, self.options, self.sharpness)
        return known | {
            "options": asdict(self.options),
            "precision": self.precision,
            "format": self.writing.format,
            "quality": self.writing.quality,
            "source": hidden(self.source),
            "masks": hidden(self.masks),
        }


def absolute(address: str) -> str:
    """Return a path from the root on, since workers run elsewhere; other addresses as they are."""
    return address if "://" in address or not address else str(Path(address).absolute())
