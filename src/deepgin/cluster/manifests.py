"""The manifests of a unit and of the whole job, and whether a unit is done."""

import json
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from .places import Place

TAR, MANIFEST, JOB_MANIFEST = ".tar", ".tar.json", "manifest.json"


@dataclass(frozen=True)
class Report:
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
    def of(cls, manifest: dict[str, Any], *, before: bool = False) -> "Report":
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


def job_manifest(request: dict[str, Any], reports: dict[str, Report], *, complete: bool) -> dict:
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
