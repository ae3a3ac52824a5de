"""Several processes and the signals that stop or kill them; two with half of every step are as one."""

import json
import multiprocessing
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Literal

import pytest
import torch
from safetensors.torch import load_file

from deepgin.commands import main
from deepgin.errors import TrainingError
from deepgin.perceptual import VGG19, Vgg
from deepgin.training.loop import Trainer
from deepgin.training.processes import Ranks, Stopped, StopSignals, start_ranks
from deepgin.training.recipe import Recipe
from deepgin.training.run_folder import checkpoints, newest
from deepgin.training.state import read_checkpoint

from .conftest import Quiet, endless, samples_in

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
@pytest.mark.parametrize("steps", ["plain", "fast"])
def test_two_processes_are_as_one(
    both_stages: Recipe, tmp_path: Path, watcher: Quiet, steps: Literal["plain", "fast"]
) -> None:
    """Both stages, every loss, float64: half of each step's pictures in each of two processes."""
    data = replace(both_stages.data, pictures_per_step=2)
    recipe = replace(both_stages, data=data, steps=steps)
    halves = replace(recipe, data=replace(data, pictures_per_step=1))
    torchrun = ("torch.distributed.run", "--nproc_per_node", "2", "--master_port", "29411")
    torch.manual_seed(0)
    trainer = Trainer(recipe, tmp_path / "one", watcher, perceptual=Vgg(VGG19[:3], width=4))
    trainer.fit()
    assert trainer.state.discriminators
    one = {f"g.{k}": v for k, v in trainer.state.network.state_dict().items()}
    one |= {f"d.{k}": v for k, v in trainer.state.discriminators.state_dict().items()}
    runs = [_run(replace(halves, devices=2), tmp_path, "two")]
    if steps == "plain":
        runs.append(_run(halves, tmp_path, "torchrun", ("-m", *torchrun)))
    for two in runs:
        for rank in (0, 1):
            found = load_file(two / f"rank{rank}.safetensors")
            assert found.keys() == one.keys()
            for name, value in one.items():
                torch.testing.assert_close(found[name], value, rtol=0, atol=1e-9)


@pytest.fixture
def devices() -> int:
    return 2


@pytest.fixture
def begun(
    recipe: Recipe, tmp_path: Path, devices: int
) -> Iterator[tuple[subprocess.Popen[str], Path]]:
    """An endless run of some processes that has begun to train, and its folder."""
    file, run = tmp_path / "recipe.yaml", tmp_path / "run"
    file.write_text(json.dumps(replace(endless(recipe), devices=devices).as_dict()))
    command = [sys.executable, "-m", "deepgin", "train", "--recipe", str(file), "-o", str(run)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    _wait_for((run / "log.jsonl").exists)
    yield process, run
    process.kill()


@pytest.mark.parametrize("devices", [1, 2])
def test_a_signal_to_the_first_process_stops_all_at_one_step(
    begun: tuple[subprocess.Popen[str], Path], devices: int
) -> None:
    """The first knew of it before the second, left, and each waited for the other for ever."""
    process, run = begun
    process.terminate()
    output, errors = process.communicate(timeout=60)
    assert process.returncode == 0, errors
    assert output.count("the run is in") == 1  # one process speaks
    progress = read_checkpoint(newest(run))["progress"]
    assert len(progress["positions"]) == devices
    assert progress["samples"] == 3 * devices * progress["steps"] >= 6


@pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="needs /proc")
def test_a_process_that_is_killed_ends_the_other_saved(
    begun: tuple[subprocess.Popen[str], Path],
) -> None:
    process, run = begun
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
    with pytest.raises(TrainingError, match="run"):
        Trainer(recipe, tmp_path / "run", watcher)


def _send(number: int = signal.SIGTERM) -> None:
    os.kill(os.getpid(), number)
    time.sleep(0)  # handlers run between two instructions


def _hanging() -> Iterator[int]:
    yield 1
    threading.Timer(0.2, _send).start()
    while True:  # as a source that never answers
        time.sleep(0.01)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_only_asks(number: int) -> None:
    before = signal.getsignal(number)
    with StopSignals() as stop:
        _send(number)
        _send(number)
        assert stop.asked
        with pytest.raises(Stopped):
            stop.check()
    assert signal.getsignal(number) is before


def test_waiting_for_data_is_interrupted() -> None:
    with StopSignals() as stop:
        batches = stop.watched(_hanging())
        assert next(batches) == 1
        with pytest.raises(Stopped):
            next(batches)


def test_between_two_batches_the_next_is_not_waited_for() -> None:
    with StopSignals() as stop:
        batches = stop.watched(iter([1, 2]))
        assert next(batches) == 1
        _send()
        with pytest.raises(Stopped):
            next(batches)


def test_of_several_processes_none_stops_by_itself_at_the_first_signal() -> None:
    """The others would wait for it for ever."""
    with StopSignals(alone=False) as stop:
        _send()
        stop.check()
        batches = stop.watched(_hanging())
        assert next(batches) == 1
        with pytest.raises(Stopped):  # by the second
            next(batches)


def test_in_another_thread_nothing_is_touched() -> None:
    before, found = signal.getsignal(signal.SIGTERM), []

    def run() -> None:
        with StopSignals() as stop:
            found.append((signal.getsignal(signal.SIGTERM), stop.asked))

    thread = threading.Thread(target=run)
    thread.start()
    thread.join()
    assert found == [(before, False)]


def _wait_for(condition: Callable[[], bool], seconds: float = 120) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.02)


class CtrlC(Quiet):
    def progress(self, samples: int, total: int, left: float, text: str) -> None:
        os.kill(os.getpid(), signal.SIGINT)


def test_ctrl_c_saves(recipe: Recipe, tmp_path: Path) -> None:
    Trainer(endless(recipe), tmp_path / "run", CtrlC()).fit()
    assert samples_in(tmp_path / "run") == 6


@pytest.mark.slow
@pytest.mark.parametrize("stage", ["warm_up", "main"])
def test_kill_at_any_moment_leaves_a_loadable_checkpoint(
    recipe: Recipe, tmp_path: Path, stage: str
) -> None:
    """Killed over and over at moments of every kind, each time it goes on from where it was."""
    watch = replace(recipe.watch, save_minutes=0, log_samples=1)
    recipe = replace(endless(recipe), watch=watch)
    if stage == "main":
        later = replace(recipe.main, length=10**8, discriminator_width=4)
        recipe = replace(recipe, warm_up=replace(recipe.warm_up, length=0), main=later)
    file, run = tmp_path / "recipe.yaml", tmp_path / "run"
    file.write_text(json.dumps(recipe.as_dict()))
    seen = 0
    # Forked from one that has imported what takes longer than the rest; optimisers import dynamo.
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["deepgin.commands.train", "torch._dynamo"])
    command = ["train", "--recipe", str(file), "-o", str(run)]
    for attempt in range(10):
        process = context.Process(target=main, args=(command,))
        process.start()
        _wait_for(lambda before=seen: _newest_number(run) > before)  # type: ignore[misc]
        time.sleep(0.013 * attempt)
        process.kill()
        process.join()
        assert process.exitcode == -signal.SIGKILL
        found = samples_in(run)
        assert found > seen
        assert found == _newest_number(run)
        seen = found


def _newest_number(run: Path) -> int:
    found = checkpoints(run)
    return int(found[0].stem.split("-")[1]) if found else 0
