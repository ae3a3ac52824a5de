"""Every recipe that ships takes its first steps, from the command line."""

from pathlib import Path

import pytest

from deepgin.commands import main
from deepgin.commands.train import recipe_file
from deepgin.network import variants
from deepgin.training.fast.run import FastSteps
from deepgin.training.run_folder import newest
from deepgin.training.state import read_checkpoint

from .conftest import checkpoint_of, equal, picture_bytes

RECIPES = sorted(file.stem for file in recipe_file("tiny").parent.glob("*.yaml"))


def test_recipes_are_known() -> None:
    compact = [f"compact-{name}" for name in ("128", "256", "gpu", "main")]
    paper = ["ablation", "ade20k", "celebahq"]
    assert [*paper, *compact, "finetune", "small", "tiny"] == RECIPES


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    """Pictures that are found as a plain folder and as either dataset of the paper."""
    folder = tmp_path / "photos"
    for place in ("images/training", "images/validation", "CelebA-HQ-img"):
        (folder / place).mkdir(parents=True)
        for i in range(4):
            content = picture_bytes(i, (300, 260), "JPEG")
            (folder / place / f"{i}.jpg").write_bytes(content)
    return folder


STEPS = ["--data.pictures_per_step", "1", "--threads", "1", "--main.discriminator_first", "0"]
STEPS += ["--watch.validation_pictures", "1", "--ema.half_lives", "[10]"]
SHORT = ["--warm_up.length", "3", "--main.length", "3", *STEPS]
# The recipes' own sizes take half a minute each on a busy core, nearly all of it in VGG.
SMALL = ["--data.size", "64", "--data.squash_size", "128"]
NARROW = ["--network.width", "4", "--main.discriminator_width", "4", "--init", ""]


@pytest.mark.parametrize("name", RECIPES)
def test_first_steps(
    name: str, photos: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], vgg_file: Path
) -> None:
    """Both stages, with the losses that the recipe names where it names some."""
    paths = ["--data.train", str(photos), "-o", str(tmp_path / "run")]
    size = [] if name == "finetune" else NARROW  # which begins with the weights that ship
    command = [
        "train",
        "--recipe",
        name,
        *paths,
        *SHORT,
        *SMALL,
        *size,
        "--loss.network",
        str(vgg_file),
    ]
    assert main(command) == 0
    content = read_checkpoint(newest(tmp_path / "run"))
    assert content["progress"]["samples"] == 6
    assert content["progress"]["stage"] == "main"
    assert content["guard"]["skipped"] == 0
    assert str(tmp_path / "run") in capsys.readouterr().out


@pytest.mark.parametrize("variant", [v for v in variants() if v != "deepgin-guided"])
def test_the_ablation_trains_every_row(variant: str, photos: Path, tmp_path: Path) -> None:
    paths = ["--data.train", str(photos), "-o", str(tmp_path / "run")]
    command = ["train", "--recipe", "ablation", "--network.variant", variant, *paths]
    assert main([*command, *NARROW, *STEPS, "--warm_up.length", "3"]) == 0
    content = read_checkpoint(newest(tmp_path / "run"))
    assert content["architecture"] == f"{variant} of width 4"
    assert content["progress"]["samples"] == 3


def test_the_saved_recipe_makes_the_same_run(tmp_path: Path) -> None:
    (tmp_path / "photos").mkdir()
    (tmp_path / "photos" / "0.png").write_bytes(picture_bytes(0, (300, 260)))
    first, second = tmp_path / "first", tmp_path / "second"
    paths = ["--data.train", str(tmp_path / "photos"), *SHORT]
    assert main(["train", "--recipe", "tiny", *paths, "-o", str(first)]) == 0
    assert main(["train", "--recipe", str(first / "recipe.yaml"), "-o", str(second)]) == 0
    networks = [read_checkpoint(newest(run))["network"] for run in (first, second)]
    assert all((networks[0][name] == networks[1][name]).all() for name in networks[0])
    assert (first / "recipe.yaml").read_text() == (second / "recipe.yaml").read_text()


def test_the_recipe_for_a_gpu_stops_and_goes_on(
    photos: Path, tmp_path: Path, vgg_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Both stages by the fast steps on a CPU; a stop in each changes nothing."""
    command = ["train", "--recipe", "compact-gpu", "--device", "cpu", "--data.train", str(photos)]
    command += [*STEPS, *SMALL, *NARROW, "--loss.network", str(vgg_file), "--main.decay", "0"]
    # Banks of masks are drawn for seconds.
    command += ["--watch.tensorboard", "false", "--data.size", "32", "--data.resident", "false"]
    taken = []
    real = FastSteps.take
    monkeypatch.setattr(FastSteps, "take", lambda *args: taken.append(1) or real(*args))
    lengths = [(6, 0), (9, 3), (9, 6)]
    for run, some in (("whole", lengths[-1:]), ("parts", lengths)):
        for warm_up, main_stage in some:
            more = ["--warm_up.length", str(warm_up), "--main.length", str(main_stage)]
            assert main([*command, "--warm_up.decay", "0", *more, "-o", str(tmp_path / run)]) == 0
    assert len(taken) == 10
    whole, parts = (checkpoint_of(tmp_path / run) for run in ("whole", "parts"))
    assert whole["progress"]["stage"] == "main"
    for name in ("network", "averages", "discriminators", "progress"):
        assert equal(whole[name], parts[name])
