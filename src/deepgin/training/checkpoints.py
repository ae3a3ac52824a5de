"""The checkpoints in a run's folder: which is newest, which are kept."""

import os
import shutil
from pathlib import Path

from ..errors import TrainingError
from ..files import whole_file

BEST = "checkpoint-best.pt"
_PATTERN = "checkpoint-[0-9]*.pt"


def name_of(samples: int) -> str:
    """Return a checkpoint's file name; names sort by samples."""
    return f"checkpoint-{samples:012d}.pt"


def checkpoints(folder: Path) -> list[Path]:
    """Return the folder's checkpoints, the newest first."""
    return sorted(folder.glob(_PATTERN), reverse=True)


def newest(path: Path) -> Path:
    """Return a checkpoint: the file itself, or the newest in a run's folder.

    Raises:
        TrainingError: there is none.
    """
    if path.is_dir():
        saved = checkpoints(path)
        if not saved:
            raise TrainingError(f"{path} holds no checkpoint")
        return saved[0]
    if not path.is_file():
        raise TrainingError(f"{path}: no such checkpoint")
    return path


def forget_old(folder: Path, keep: int) -> None:
    """Remove all but the newest `keep` checkpoints."""
    for path in checkpoints(folder)[keep:]:
        path.unlink(missing_ok=True)


def clear_unfinished(folder: Path) -> None:
    """Remove what a run that was killed while it wrote a file has left of it."""
    for pattern in (".checkpoint-*.pt", ".best-*.safetensors"):
        for path in folder.glob(pattern):
            path.unlink(missing_ok=True)


def keep_as_best(path: Path) -> None:
    """Give a checkpoint a second name under which it stays when it is no longer among the newest.

    A link where the file system has them, else a copy.
    """
    target = path.with_name(BEST)
    with whole_file(target) as temporary:
        try:
            os.link(path, temporary)
        except OSError:
            shutil.copyfile(path, temporary)
