"""What a measuring found: a score for each picture, and the report of a whole run, as files."""

import json
import math
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

from ..errors import DeepginError
from ..files import write_text

PICTURES = "pictures"
"""The folder of a report that holds what `kept_as` names."""
FORMAT = 1
"""Of report.json; it goes up when a reader of the old one would misread the new one."""


@dataclass(frozen=True)
class Score:
    """One method on one picture under one mask.

    Attributes:
        method: its name in this report.
        masks: the name of the mask set.
        picture: its path below the pictures' folder, with forward slashes.
        width, height: of the picture as it was measured, in pixels.
        coverage: the missing share, in [0, 1].
        seconds: of the method alone.
        fit: how the picture was brought to the network; empty for other methods.
        error: why the method failed, in a line; empty where it did not.
        values: by metric; empty where it failed. PSNR may be infinite.
    """

    method: str
    masks: str
    picture: str
    width: int
    height: int
    coverage: float
    seconds: float
    fit: str
    error: str
    values: dict[str, float]


@dataclass(frozen=True)
class SetScore:
    """A metric of a whole set of completed pictures, such as FID.

    Attributes:
        method: its name in this report.
        masks: the name of the mask set.
        metric: its name.
        value: of the set.
        count: pictures in it.
        warning: what must be said of it, or nothing.
    """

    method: str
    masks: str
    metric: str
    value: float
    count: int
    warning: str = ""


@dataclass(frozen=True)
class Report:
    """All that a run measured, and what it takes to read or repeat it.

    Attributes:
        command: that makes it.
        versions: of deepgin and of what it stands on.
        device: and precision of networks.
        pictures: `count`, `hash` (SHA-256 over names and files) and `size`.
        masks: by name of the set: `hash` and `definition`.
        methods: by name: what it is, in a line.
        metrics: by name: `definition`, `unit` and `better` ("higher", "lower", "nearer 1").
        scores: one for each method, mask set and picture.
        sets: metrics of whole sets.
        left_out: names of pictures that no method was measured on, and why.
    """

    command: str
    versions: dict[str, str]
    device: str
    pictures: dict[str, Any]
    masks: dict[str, dict[str, str]]
    methods: dict[str, str]
    metrics: dict[str, dict[str, str]]
    scores: tuple[Score, ...]
    sets: tuple[SetScore, ...] = ()
    left_out: tuple[tuple[str, str], ...] = ()

    def write(self, path: Path) -> None:
        """Write it as JSON, whole or not at all; infinities as strings, which JSON lacks."""
        columns = [f.name for f in fields(Score)]
        rows = [[*as_json(score).values()] for score in self.scores]
        told = {f.name: getattr(self, f.name) for f in fields(self)}
        told["scores"] = {"columns": columns, "rows": rows}
        told["sets"] = [asdict(one) for one in self.sets]
        write_text(path, json.dumps({"format": FORMAT} | told, indent=1, allow_nan=False) + "\n")

    @classmethod
    def read(cls, path: str | Path) -> "Report":
        """Read what `write` wrote.

        Raises:
            DeepginError: no such file, or it is no report of this format.
        """
        try:
            told = json.loads(Path(path).read_text(encoding="utf-8"))
            if told.pop("format") != FORMAT:
                raise DeepginError(f"{path} is a report of another version: measure again")
            table = told["scores"]
            rows = [dict(zip(table["columns"], row, strict=True)) for row in table["rows"]]
            told["scores"] = tuple(as_score(row) for row in rows)
            told["sets"] = tuple(SetScore(**one) for one in told["sets"])
            told["left_out"] = tuple((name, why) for name, why in told["left_out"])
            return cls(**told)
        except OSError as error:
            raise DeepginError(f"{path} cannot be read: {error.strerror or error}") from error
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise DeepginError(
                f"{path} is no report, or it is damaged: name the report.json of deepgin evaluate"
            ) from error


def as_json(score: Score) -> dict[str, Any]:
    """Return a score as JSON can hold it: infinities as strings."""
    values = {k: v if math.isfinite(v) else str(v) for k, v in score.values.items()}
    return asdict(score) | {"values": values}


def as_score(told: dict[str, Any]) -> Score:
    """Undo `as_json`."""
    return Score(**told | {"values": {k: float(v) for k, v in told["values"].items()}})


def kept_as(what: str, picture: str) -> str:
    """Return where, below `PICTURES`, a run keeps a picture.

    Args:
        what: "truth", "hole/MASKS", or "METHOD/MASKS"; some systems take no colon in names.
        picture: its name in scores; whole, so that a.jpg and a.webp do not meet.
    """
    name = picture if picture.endswith(".png") else f"{picture}.png"
    return f"{what.replace(':', '_')}/{name}"
