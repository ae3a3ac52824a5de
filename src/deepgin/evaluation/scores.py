"""Scores of pictures and of sets, the report of a run, and the log from which a run goes on."""

import json
import math
import shutil
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

from ..errors import DeepginError, UsageError
from ..files import write_text

PICTURES = "pictures"
"""The folder of a report with the pictures that `picture_path` names."""
REQUEST, SCORES = "request.json", "scores.jsonl"
FORMAT = 1
"""Version of report.json. Raise it when a reader of the old one would misread the new one."""


@dataclass(frozen=True)
class Score:
    """One method on one picture under one mask set.

    Attributes:
        method, masks: names in the report.
        picture: its path below the pictures' folder, with forward slashes.
        width, height: in pixels, of the picture as it was measured.
        coverage: the missing share, in [0, 1].
        seconds: time of the method alone.
        fit: how the picture was fitted to the network; empty for other methods.
        error: one line if the method failed, else empty.
        values: value by metric, empty if the method failed. PSNR may be infinite.
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
    """A metric such as FID of a method's `count` pictures under one mask set.

    `warning` says why the value is unreliable, or is empty.
    """

    method: str
    masks: str
    metric: str
    value: float
    count: int
    warning: str = ""


@dataclass(frozen=True)
class Report:
    """The scores of a run, with all that is needed to read or repeat them.

    Attributes:
        command: the command that makes the report.
        versions: version by package.
        device: device and precision of networks.
        pictures: `count`, `hash` (SHA-256 over names and files) and `size`.
        masks: `hash` and `definition` by mask set.
        methods: one-line description by method.
        metrics: by metric, `definition`, `unit` and `better` ("higher", "lower", "nearer 1").
        scores: one for each method, mask set and picture.
        sets: scores of whole sets.
        left_out: pictures that were not measured, and the reasons.
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
        """Write the report as JSON, whole or not at all; infinities become strings."""
        columns = [f.name for f in fields(Score)]
        rows = [[*score_to_dict(score).values()] for score in self.scores]
        content = {f.name: getattr(self, f.name) for f in fields(self)}
        content["scores"] = {"columns": columns, "rows": rows}
        content["sets"] = [asdict(one) for one in self.sets]
        write_text(path, json.dumps({"format": FORMAT} | content, indent=1, allow_nan=False) + "\n")

    @classmethod
    def read(cls, path: str | Path) -> "Report":
        """Read a report that has scores: a report.json, or the folder that holds it.

        Raises:
            DeepginError: it is missing, damaged, of another format, or without scores.
        """
        path = Path(path)
        path = path / "report.json" if path.is_dir() else path
        try:
            content = json.loads(path.read_text(encoding="utf-8"))
            if content.pop("format") != FORMAT:
                raise DeepginError(f"{path} is a report of another version", mend="measure again")
            table = content["scores"]
            rows = [dict(zip(table["columns"], row, strict=True)) for row in table["rows"]]
            content["scores"] = tuple(score_from_dict(row) for row in rows)
            content["sets"] = tuple(SetScore(**one) for one in content["sets"])
            content["left_out"] = tuple((name, why) for name, why in content["left_out"])
            report = cls(**content)
            for facts in (report.pictures, report.methods, report.versions):
                facts.items()
            for table in (report.masks, report.metrics):
                for facts in table.values():
                    facts.items()
        except OSError as error:
            raise DeepginError(f"{path} cannot be read: {error.strerror or error}") from error
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise DeepginError(
                f"{path} is not a report, or it is damaged",
                mend="name the report.json of deepgin evaluate",
            ) from error
        if not report.scores:
            raise DeepginError(
                f"{path} holds no scores", mend="measure again, with pictures and methods"
            )
        return report


def score_to_dict(score: Score) -> dict[str, Any]:
    """Return a score for JSON: infinities become strings."""
    values = {k: v if math.isfinite(v) else str(v) for k, v in score.values.items()}
    return asdict(score) | {"values": values}


def score_from_dict(content: dict[str, Any]) -> Score:
    """Undo `score_to_dict`."""
    values = {k: float(v) for k, v in content["values"].items()}
    return Score(**content | {"values": values})


def picture_path(what: str, picture: str) -> str:
    """Return the path below `PICTURES` of a picture by its name in scores.

    `what` is "truth", "hole/MASKS", or "METHOD/MASKS"; colons become _ for Windows. The picture's
    suffix stays, to keep a.jpg and a.webp apart.
    """
    name = picture if picture.endswith(".png") else f"{picture}.png"
    return f"{what.replace(':', '_')}/{name}"


class ScoreLog:
    """The scores in a locked folder, one line each, and the request that they answer.

    Scores in the folder must have the pictures, masks and metrics of the request; methods may be
    added. `overwrite` deletes them first.

    Raises:
        UsageError: the folder holds scores of another request.
        DeepginError: its files are damaged.
    """

    def __init__(self, folder: Path, request: dict[str, Any], overwrite: bool = False) -> None:
        self.path = folder / SCORES
        if overwrite:
            clear(folder)
        self.scores = self._read(folder, request)
        write_text(folder / REQUEST, json.dumps(request, indent=1) + "\n")
        # A killed process may have left half a line, which would spoil the next one.
        lines = (json.dumps(score_to_dict(score)) + "\n" for score in self.scores)
        write_text(self.path, "".join(lines))

    def _read(self, folder: Path, request: dict[str, Any]) -> list[Score]:
        if not (folder / REQUEST).exists():
            return []
        try:
            before = json.loads((folder / REQUEST).read_text(encoding="utf-8"))
            whole = self.path.read_text(encoding="utf-8").rpartition("\n")[0]
            scores = [score_from_dict(json.loads(line)) for line in whole.splitlines()]
        except (OSError, ValueError, TypeError, KeyError) as error:
            raise DeepginError(
                f"{folder} holds damaged results",
                field="output",
                mend="add {overwrite=true}, or choose another folder",
            ) from error
        for part in ("pictures", "masks", "metrics"):
            if before.get(part) != request[part]:
                raise UsageError(
                    f"{folder} holds results of other {part}",
                    field="output",
                    mend="add {overwrite=true} to measure anew, or choose another folder",
                )
        for name, what in request["methods"].items():
            if before["methods"].get(name, what) != what:
                raise UsageError(
                    f"{folder} holds results of another '{name}' ({before['methods'][name]})",
                    field="methods",
                    mend=f"name this one, as in other={name}, or add {{overwrite=true}}",
                )
        request["methods"] = before["methods"] | request["methods"]
        return scores

    def add(self, score: Score) -> None:
        """Append a score to the file."""
        with self.path.open("a", encoding="utf-8") as file:
            file.write(json.dumps(score_to_dict(score)) + "\n")
        self.scores.append(score)

    def done(self) -> set[tuple[str, str, str]]:
        """Return method, mask set and picture of the scores that did not fail."""
        return {(s.method, s.masks, s.picture) for s in self.scores if not s.error}


def clear(folder: Path) -> None:
    """Delete scores and pictures of a report's folder; any other folder is left as it is."""
    if (folder / REQUEST).is_file():
        shutil.rmtree(folder / PICTURES, ignore_errors=True)
        for name in (SCORES, REQUEST):
            (folder / name).unlink(missing_ok=True)
