"""The request of a cluster job, and which parts of it decide the results."""

from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from ..errors import UsageError
from ..inpainting import Options
from ..inpainting.folders import JobOptions, provenance
from ..weights.model import Model
from .places import public


@dataclass(frozen=True)
class ClusterRequest:
    """The request of a cluster job; it travels to the workers.

    Attributes:
        source: address of a folder of pictures or tar shards, or of shards by `*` or {000..099}.
        target: address of the folder for results.
        masks: address of one mask for all pictures, or of a folder of masks; empty: beside them.
        options: how holes are found and filled.
        writing: format and quality of results, and whether to fill again what is done.
        model: the network, and how it runs; the weights file is read where the job starts.
        per_unit: pictures of a folder in one unit.
        retry_failed: fill again the units in which pictures failed.
    """

    source: str
    target: str
    masks: str = ""
    options: Options = field(default_factory=Options)
    writing: JobOptions = field(default_factory=JobOptions)
    model: Model = field(default_factory=Model)
    per_unit: int = 500
    retry_failed: bool = False

    def __post_init__(self) -> None:
        if self.per_unit < 1:
            raise UsageError(
                f"{self.per_unit} pictures a unit do not work",
                field="pictures_per_unit",
                mend="at least 1",
            )

    def to_dict(self) -> dict[str, Any]:
        """Return the request as manifests have it; results of different ones do not mix.

        Raises:
            WeightsError, DeepginError: the weights cannot be read.
        """
        return provenance(self.model, self.options) | {
            "options": asdict(self.options),
            "precision": self.model.precision,
            "format": self.writing.format,
            "quality": self.writing.quality,
            "source": public(self.source),
            "masks": public(self.masks),
        }


@dataclass(frozen=True)
class Order:
    """What is the same for all units of a job.

    Attributes:
        request: of the job.
        described: see `ClusterRequest.to_dict`.
        one_mask: the masks' address is that of one for all.
    """

    request: ClusterRequest
    described: dict[str, Any]
    one_mask: bool = False


def absolute(address: str) -> str:
    """Return a path as an absolute one, since workers run elsewhere; other addresses unchanged."""
    return address if "://" in address or not address else str(Path(address).absolute())
