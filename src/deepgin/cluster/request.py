"""The request of a cluster job, reports of its units, and the manifests that say what was done."""

import json
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ..errors import UsageError
from ..inpainting import Options
from ..inpainting.folders import JobOptions, described, provenance
from ..weights.model import Model
from .places import Place, public

TAR, MANIFEST, JOB_MANIFEST = ".tar", ".tar.json", "manifest.json"


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
            "options": described(self.options),
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


@dataclass(frozen=True)
class UnitReport:
    """The outcome of a unit: the pictures in its tar and those that failed, or why there is none.

    Attributes:
        results: what the job's manifest says of its tar.
        warnings: how many pictures have each.
        before: it had been done before.
        restarted: a worker died filling it, and another one filled it.
    """

    unit: str
    error: str = ""
    filled: int = 0
    failed: tuple[tuple[str, str], ...] = ()
    results: dict[str, Any] = field(default_factory=dict)
    warnings: dict[str, int] = field(default_factory=dict)
    before: bool = False
    restarted: bool = False

    @classmethod
    def of(cls, manifest: dict[str, Any], *, before: bool = False) -> "UnitReport":
        """Return a unit's manifest in short."""
        pictures = manifest["pictures"]
        return cls(
            manifest["unit"],
            filled=sum(picture["status"] == "filled" for picture in pictures),
            failed=tuple((p["name"], p["error"]) for p in pictures if p["status"] == "failed"),
            results=manifest["results"],
            warnings=Counter(text for p in pictures for text in p.get("warnings", ())),
            before=before,
        )


def as_bytes(manifest: dict[str, Any]) -> bytes:
    """Return a manifest's file: JSON in ASCII, whatever the names in it are."""
    return (json.dumps(manifest, indent=1, sort_keys=True) + "\n").encode()


def read_manifest(target: Place, unit: str) -> dict[str, Any] | None:
    """Return a unit's manifest; None where it is not whole.

    Raises:
        PlaceError: it cannot be read.
    """
    try:
        manifest = json.loads(target.child(unit + MANIFEST).read())
    except ValueError:  # cut off, where storage shows what is still being written
        return None
    needed = {"content", "request", "results", "pictures"}
    return manifest if isinstance(manifest, dict) and needed <= manifest.keys() else None


def job_manifest(
    request: dict[str, Any], reports: dict[str, UnitReport], *, complete: bool
) -> dict:
    """Return the manifest of the whole job; it is complete once every unit is written."""
    units = [reports[name] for name in sorted(reports)]
    written = [report for report in units if not report.error]
    return {
        "complete": complete,
        "request": request,
        "pictures": {
            "filled": sum(report.filled for report in written),
            "failed": sum(len(report.failed) for report in written),
        },
        "units": [
            r.results | {"unit": r.unit, "filled": r.filled, "failed": len(r.failed)}
            for r in written
        ],
        "failed": [
            {"unit": report.unit, "name": name, "error": why}
            for report in written
            for name, why in report.failed
        ],
        "failed_units": [{"unit": r.unit, "error": r.error} for r in units if r.error],
    }
