"""What is written of a unit and of the whole job, and whether a unit is done. Nothing is filled."""

import json
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from .places import Place
from .units import Unit

TAR, MANIFEST, SUMMARY = ".tar", ".tar.json", "manifest.json"


@dataclass(frozen=True)
class Report:
    """What a unit came to.

    Attributes:
        unit: its name.
        error: why nothing of it is written, in one line; empty where it is.
        filled: pictures in its tar.
        failed: name and reason of those that are not.
        results: what the job's manifest says of its tar.
        warnings: what must be said of pictures, and of how many.
        before: it had been done before.
        begun: how often a worker began it; each time but the last it died.
    """

    unit: str
    error: str = ""
    filled: int = 0
    failed: tuple[tuple[str, str], ...] = ()
    results: dict[str, Any] = field(default_factory=dict)
    warnings: dict[str, int] = field(default_factory=dict)
    before: bool = False
    begun: int = 1

    def to_json(self) -> str:
        """Return it as a line for the way from a worker."""
        return json.dumps(self.__dict__)

    @classmethod
    def of_json(cls, text: str) -> "Report":
        """Return what `to_json` was made of."""
        told = json.loads(text)
        return cls(failed=tuple(map(tuple, told.pop("failed"))), **told)

    @classmethod
    def of(cls, manifest: dict[str, Any], *, before: bool = False) -> "Report":
        """Return what a unit's manifest says in short."""
        pictures = manifest["pictures"]
        return cls(
            manifest["unit"],
            filled=sum(picture["status"] == "filled" for picture in pictures),
            failed=tuple((p["name"], p["error"]) for p in pictures if p["status"] == "failed"),
            results=manifest["results"],
            warnings=Counter(text for p in pictures for text in p.get("warnings", ())),
            before=before,
        )


def manifest_of(
    unit: Unit,
    told: dict[str, Any],
    results: dict[str, Any],
    pictures: list[dict[str, Any]],
    notes: list[str],
) -> dict[str, Any]:
    """Return a unit's manifest.

    Args:
        unit: what was filled.
        told: see `Request.told`.
        results: name, size and hash of the tar.
        pictures: for each its name, and either what became of it or why nothing did.
        notes: what must be said of the unit.
    """
    return {
        "unit": unit.name,
        "content": unit.content,
        "request": told,
        "results": results,
        "notes": notes,
        "pictures": pictures,
    }


def as_bytes(manifest: dict[str, Any]) -> bytes:
    """Return a manifest's file: JSON, and UTF-8 whatever the names in it are."""
    return (json.dumps(manifest, indent=1, sort_keys=True) + "\n").encode()


def read_manifest(target: Place, unit: str) -> dict[str, Any] | None:
    """Return a unit's manifest; None where there is none that is whole.

    Raises:
        PlaceError: the target cannot be read.
    """
    try:
        told = json.loads(target.child(unit + MANIFEST).read())
    except ValueError:  # cut off, where a file system shows what is still being written
        return None
    whole = isinstance(told, dict) and {"content", "request", "results", "pictures"} <= told.keys()
    return told if whole else None


def agreed(unit: Unit, manifest: dict[str, Any], size: int) -> Report | None:
    """Return what a unit came to, if its manifest is of its content and its tar is of the size.

    Args:
        unit: as it is now.
        manifest: as it was read.
        size: of the tar in bytes, -1 where there is none.
    """
    whole = manifest["content"] == unit.content and manifest["results"]["bytes"] == size
    return Report.of(manifest) if whole else None


def differences(manifest: dict[str, Any], told: dict[str, Any]) -> list[str]:
    """Return in what a manifest's request differs from another."""
    before = manifest["request"]
    return [key for key in told if before.get(key) != told[key]]


def summary_of(told: dict[str, Any], reports: dict[str, Report], *, complete: bool) -> dict:
    """Return the manifest of the whole job.

    Args:
        told: see `Request.told`.
        reports: of the units that are done, and of those that are not; by name.
        complete: the job has gone through all of them.
    """
    units = [reports[name] for name in sorted(reports)]
    written = [report for report in units if not report.error]
    return {
        "complete": complete,
        "request": told,
        "pictures": {
            "filled": sum(report.filled for report in written),
            "failed": sum(len(report.failed) for report in written),
        },
        "units": [
            report.results
            | {"unit": report.unit, "filled": report.filled, "failed": len(report.failed)}
            for report in written
        ],
        "failed": [
            {"unit": report.unit, "name": name, "error": why}
            for report in written
            for name, why in report.failed
        ],
        "failed_units": [
            {"unit": report.unit, "error": report.error} for report in units if report.error
        ],
    }
