"""Which checkpoints of a folder are found and kept."""

from pathlib import Path

import pytest

from deepgin.errors import TrainingError
from deepgin.training.checkpoints import (
    BEST,
    checkpoints,
    forget_old,
    keep_as_best,
    name_of,
    newest,
)


def test_newest_and_kept(tmp_path: Path) -> None:
    for samples in (9, 100, 30):
        (tmp_path / name_of(samples)).write_text(str(samples))
    (tmp_path / BEST).write_text("best")
    (tmp_path / f".{name_of(400)}").write_text("half")
    assert [p.read_text() for p in checkpoints(tmp_path)] == ["100", "30", "9"]
    assert newest(tmp_path).read_text() == newest(tmp_path / name_of(100)).read_text() == "100"
    forget_old(tmp_path, 2)
    assert [p.read_text() for p in checkpoints(tmp_path)] == ["100", "30"]
    assert (tmp_path / BEST).exists()


def test_best_stays_when_its_checkpoint_goes(tmp_path: Path) -> None:
    for samples in (1, 2):
        (tmp_path / name_of(samples)).write_text(str(samples))
    keep_as_best(tmp_path / name_of(1))
    keep_as_best(tmp_path / name_of(1))  # again is no error
    forget_old(tmp_path, 1)
    assert (tmp_path / BEST).read_text() == "1"
    keep_as_best(tmp_path / name_of(2))
    assert (tmp_path / BEST).read_text() == "2"
    assert len(list(tmp_path.iterdir())) == 2


def test_missing_is_named(tmp_path: Path) -> None:
    with pytest.raises(TrainingError, match="holds no checkpoint"):
        newest(tmp_path)
    with pytest.raises(TrainingError, match="nowhere.pt: no such checkpoint"):
        newest(tmp_path / "nowhere.pt")
