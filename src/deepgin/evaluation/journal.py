"""The journal of a measuring: a line for each score, so that a run that was stopped goes on."""

import json
import shutil
from pathlib import Path
from typing import Any

from ..errors import DeepginError, UsageError
from ..files import write_text
from .records import PICTURES, Score, as_json, as_score

REQUEST, SCORES = "request.json", "scores.jsonl"


class Journal:
    """Scores in a folder, with what they are scores of.

    Args:
        folder: exists, and is held by this process.
        request: pictures, masks, metrics and methods; what the folder holds must be of the same,
            but for methods, of which more may be asked for.
        overwrite: forget what the folder holds of whatever.

    Raises:
        UsageError: the folder holds scores of something else.
        DeepginError: its files are damaged.
    """

    def __init__(self, folder: Path, request: dict[str, Any], overwrite: bool = False) -> None:
        self.path = folder / SCORES
        if overwrite:
            clear(folder)
        self.scores = self._read(folder, request)
        write_text(folder / REQUEST, json.dumps(request, indent=1) + "\n")
        # What a killed process left of a line would spoil the next one.
        lines = (json.dumps(as_json(score)) + "\n" for score in self.scores)
        write_text(self.path, "".join(lines))

    def _read(self, folder: Path, request: dict[str, Any]) -> list[Score]:
        if not (folder / REQUEST).exists():
            return []
        try:
            before = json.loads((folder / REQUEST).read_text(encoding="utf-8"))
            whole = self.path.read_text(encoding="utf-8").rpartition("\n")[0]
            scores = [as_score(json.loads(line)) for line in whole.splitlines()]
        except (OSError, ValueError, TypeError, KeyError) as error:
            raise DeepginError(
                f"{folder} holds damaged results: add --overwrite, or choose another folder"
            ) from error
        for part in ("pictures", "masks", "metrics"):
            if before.get(part) != request[part]:
                raise UsageError(
                    f"{folder} holds results of other {part}: add --overwrite to measure anew, or "
                    "choose another folder"
                )
        for name, what in request["methods"].items():
            if before["methods"].get(name, what) != what:
                raise UsageError(
                    f"{folder} holds results of another '{name}' ({before['methods'][name]}): give "
                    f"this one a name (other={name}), or add --overwrite"
                )
        request["methods"] = before["methods"] | request["methods"]
        return scores

    def add(self, score: Score) -> None:
        """Write a score down."""
        with self.path.open("a", encoding="utf-8") as file:
            file.write(json.dumps(as_json(score)) + "\n")
        self.scores.append(score)

    def done(self) -> set[tuple[str, str, str]]:
        """Return method, mask set and picture of all scores that did not fail."""
        return {(s.method, s.masks, s.picture) for s in self.scores if not s.error}


def clear(folder: Path) -> None:
    """Forget what a report's folder holds: scores and pictures. Of any other nothing is touched."""
    if (folder / REQUEST).is_file():
        shutil.rmtree(folder / PICTURES, ignore_errors=True)
        for name in (SCORES, REQUEST):
            (folder / name).unlink(missing_ok=True)
