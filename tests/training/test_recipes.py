"""Every recipe that ships takes its first steps, from the command line."""

from pathlib import Path

import pytest

from deepgin.commands import main
from deepgin.commands.train import recipe_file
from deepgin.training.state import CHECKPOINT, read_checkpoint

from .conftest import picture_bytes

RECIPES = sorted(file.stem for file in recipe_file("tiny").parent.glob("*.yaml"))


def test_recipes_are_known() -> None:
    assert RECIPES == ["compact-128", "compact-256", "tiny"]


@pytest.mark.parametrize("name", RECIPES)
def test_first_steps(name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "photos").mkdir()
    for i in range(2):
        (tmp_path / "photos" / f"{i}.png").write_bytes(picture_bytes(i, (300, 260)))
    own = ["--samples", "9", "--data.pictures_per_step", "1", "--threads", "1"]
    paths = ["--data.train", str(tmp_path / "photos"), "-o", str(tmp_path / "run")]
    assert main(["train", "--recipe", name, *paths, *own]) == 0
    content = read_checkpoint(tmp_path / "run" / CHECKPOINT)
    assert content["progress"]["samples"] == 9
    assert content["guard"]["skipped"] == 0
    assert str(tmp_path / "run") in capsys.readouterr().out


def test_the_saved_recipe_makes_the_same_run(tmp_path: Path) -> None:
    (tmp_path / "photos").mkdir()
    (tmp_path / "photos" / "0.png").write_bytes(picture_bytes(0, (300, 260)))
    first, second = tmp_path / "first", tmp_path / "second"
    paths = ["--data.train", str(tmp_path / "photos"), "--samples", "12"]
    assert main(["train", "--recipe", "tiny", *paths, "-o", str(first)]) == 0
    assert main(["train", "--recipe", str(first / "recipe.yaml"), "-o", str(second)]) == 0
    networks = [read_checkpoint(run / CHECKPOINT)["network"] for run in (first, second)]
    assert all((networks[0][name] == networks[1][name]).all() for name in networks[0])
    assert (first / "recipe.yaml").read_text() == (second / "recipe.yaml").read_text()
