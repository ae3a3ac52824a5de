"""Several processes: what they average, and that two with half of every step are as one."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

from deepgin.errors import TrainingError
from deepgin.perceptual import VGG19, Vgg
from deepgin.training.data import Share
from deepgin.training.loop import Trainer
from deepgin.training.processes import Ranks, start_ranks
from deepgin.training.recipe import Recipe
from deepgin.training.run_folder import newest
from deepgin.training.state import read_checkpoint

from .conftest import Quiet

SCRIPT = """
import json, sys
from pathlib import Path
import torch
from safetensors.torch import save_file
from deepgin.commands.train import Screen, parser, recipe_of
from deepgin.perceptual import VGG19, Vgg
from deepgin.training.loop import Trainer

torch.set_default_dtype(torch.float64)
file, run = sys.argv[1:]
recipe = recipe_of(parser().parse_args(["--recipe", file]))
torch.manual_seed(0)
trainer = Trainer(recipe, Path(run), Screen(), perceptual=Vgg(VGG19[:3], width=4))
trainer.fit()
state = trainer.state
assert len(state.progress.positions) == trainer.ranks.share.ranks
tensors = {f"g.{k}": v.contiguous() for k, v in state.network.state_dict().items()}
tensors |= {f"d.{k}": v.contiguous() for k, v in state.discriminators.state_dict().items()}
save_file(tensors, f"{run}/rank{trainer.ranks.share.rank}.safetensors")
"""


def test_one_process_averages_nothing() -> None:
    ranks = Ranks(Share(), torch.device("cpu"))
    value = torch.tensor([1.0, 2.0])
    ranks.average([value])
    ranks.wait()
    assert value.tolist() == [1, 2]
    assert ranks.first
    assert not Ranks(Share(1, 2), torch.device("cpu")).first


def test_several_processes_need_fabric(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "lightning_fabric", None)
    with pytest.raises(TrainingError, match=r"deepgin\[train\]"):
        start_ranks(torch.device("cpu"), 2, 1)


def _run(recipe: Recipe, folder: Path, name: str, launcher: tuple[str, ...] = ()) -> Path:
    (folder / f"{name}.json").write_text(json.dumps(recipe.as_dict()))
    script = folder / "script.py"
    script.write_text(SCRIPT)
    command = [
        sys.executable,
        *launcher,
        str(script),
        str(folder / f"{name}.json"),
        str(folder / name),
    ]
    done = subprocess.run(command, check=False, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr[:3000]
    return folder / name


@pytest.fixture
def float64() -> Iterator[None]:
    torch.set_default_dtype(torch.float64)
    yield
    torch.set_default_dtype(torch.float32)


@pytest.mark.usefixtures("float64")
def test_two_processes_are_as_one(both_stages: Recipe, tmp_path: Path, watcher: Quiet) -> None:
    """Both stages, every loss, float64: half of each step's pictures in each of two processes."""
    data = replace(both_stages.data, pictures_per_step=2)
    recipe = replace(both_stages, data=data)
    halves = replace(recipe, data=replace(data, pictures_per_step=1))
    torchrun = ("torch.distributed.run", "--nproc_per_node", "2", "--master_port", "29411")
    torch.manual_seed(0)
    trainer = Trainer(recipe, tmp_path / "one", watcher, perceptual=Vgg(VGG19[:3], width=4))
    trainer.fit()
    assert trainer.state.discriminators
    one = {f"g.{k}": v for k, v in trainer.state.network.state_dict().items()}
    one |= {f"d.{k}": v for k, v in trainer.state.discriminators.state_dict().items()}
    for two in (
        _run(replace(halves, devices=2), tmp_path, "two"),
        _run(halves, tmp_path, "torchrun", ("-m", *torchrun)),
    ):
        for rank in (0, 1):
            found = load_file(two / f"rank{rank}.safetensors")
            assert found.keys() == one.keys()
            for name, value in one.items():
                torch.testing.assert_close(found[name], value, rtol=0, atol=1e-9)


@pytest.fixture
def two_processes(recipe: Recipe, tmp_path: Path) -> Iterator[tuple[subprocess.Popen[str], Path]]:
    """An endless run of two processes that has begun to train, and its folder."""
    endless = replace(recipe, devices=2, warm_up=replace(recipe.warm_up, length=10**8))
    (tmp_path / "recipe.yaml").write_text(json.dumps(endless.as_dict()))
    command = [sys.executable, "-m", "deepgin", "train", "--recipe", str(tmp_path / "recipe.yaml")]
    run = tmp_path / "run"
    process = subprocess.Popen(
        [*command, "-o", str(run)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    end = time.monotonic() + 120
    while not (run / "log.jsonl").exists():
        assert time.monotonic() < end
        time.sleep(0.02)
    yield process, run
    process.kill()


def test_a_signal_to_the_first_process_stops_both_at_one_step(
    two_processes: tuple[subprocess.Popen[str], Path],
) -> None:
    """The first knew of it before the second, left, and each waited for the other for ever."""
    process, run = two_processes
    process.terminate()
    output, errors = process.communicate(timeout=60)
    assert process.returncode == 0, errors
    assert output.count("the run is in") == 1  # one process speaks
    content = read_checkpoint(newest(run))
    assert len(content["progress"]["positions"]) == 2
    assert content["progress"]["samples"] == 6 * content["progress"]["steps"]


@pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="needs /proc")
def test_a_process_that_is_killed_ends_the_other_saved(
    two_processes: tuple[subprocess.Popen[str], Path],
) -> None:
    process, run = two_processes
    own = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
    os.kill(int(own[0]), signal.SIGKILL)
    _, errors = process.communicate(timeout=60)
    assert process.returncode != 0
    assert "Traceback" not in errors
    if process.returncode == -signal.SIGKILL:
        return  # on a machine this slow lightning's own observer, every five seconds, was first
    assert "deepgin: another process of the run has ended" in errors
    assert read_checkpoint(newest(run))["progress"]["samples"] > 0


def test_a_process_whose_starter_is_gone_ends_too() -> None:
    """One killed before the two had met left the other waiting for half an hour."""
    script = (
        "import time\nfrom deepgin.training import processes\nprocesses._GRACE = 0.1\n"
        "processes._end_after(2**22 + 1)\ntime.sleep(60)"  # no process has this number
    )
    assert subprocess.run([sys.executable, "-c", script], check=False, timeout=50).returncode == 1


def test_processes_that_find_other_checkpoints_are_refused(
    recipe: Recipe, tmp_path: Path, watcher: Quiet, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On machines that share no disk each would train from where it stands."""
    monkeypatch.setattr(Ranks, "gather", lambda self, place: [place, {"samples": 300}])
    with pytest.raises(TrainingError, match="a disk that all of them see"):
        Trainer(recipe, tmp_path / "run", watcher)
