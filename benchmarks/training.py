"""What a training step costs, in both stages: samples/s, FLOP/s, share of a matrix product's, launches.

python benchmarks/training.py [--width 32] [--size 128] [--pictures 2] [--network VGG] [--profile]
python benchmarks/training.py --device cuda --size 256 --pictures 16 --fast   # on a GPU

FLOP are those of the plain step in either form, so that shares compare.
"""

import argparse
import statistics
import time
from collections.abc import Callable
from typing import Any

import torch
from measure import heading
from torch.autograd import DeviceType
from torch.profiler import ProfilerActivity, profile
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils.flop_counter import FlopCounterMode

from deepgin.devices import choose_device, choose_precision, keep_freed_memory
from deepgin.masks import KINDS, draw
from deepgin.training.data import Batch, Share
from deepgin.training.fast.run import FastSteps
from deepgin.training.forms import PlainSteps, Steps
from deepgin.training.objective import Objective
from deepgin.training.processes import Ranks, StopSignals
from deepgin.training.recipe import (
    DataRecipe,
    LossRecipe,
    MainRecipe,
    NetworkRecipe,
    OptimiserRecipe,
    Recipe,
)
from deepgin.training.schedule import Schedule
from deepgin.training.state import RunState
from deepgin.training.step import StepSetup, prepare_network


def recipe_of(args: argparse.Namespace) -> Recipe:
    loss = LossRecipe(network=args.network)
    if not args.network:
        loss.perceptual = loss.style = 0.0
    return Recipe(
        network=NetworkRecipe(
            args.variant, args.width, recompute=args.recompute, compile=args.compile
        ),
        data=DataRecipe(size=args.size, pictures_per_step=args.pictures),
        loss=loss,
        optimiser=OptimiserRecipe(args.optimiser, args.optimiser),
        main=MainRecipe(length=10**9, discriminator_width=args.discriminator_width),
        precision=args.precision,
    )


def step_of(
    recipe: Recipe, main: bool, fast: bool, device: torch.device, precision: torch.dtype
) -> Callable[[], object]:
    """Return what takes one step on a batch that is already on the device."""
    state = RunState.fresh(recipe, device)
    if main:
        state.begin_main(recipe)
    objective = Objective(recipe.loss, device, precision, main)
    network = prepare_network(state.network, recipe.network)
    setup = StepSetup(state, objective, Ranks(Share(), device), network, clip=1.0)
    p, s = recipe.data.pictures_per_step, recipe.data.size
    pictures = torch.randint(0, 256, (p, s, s, 3), dtype=torch.uint8, device=device)
    masks = torch.stack([torch.from_numpy(draw(k, s, s, i)) for i in range(p) for k in KINDS])
    masks = masks.unflatten(0, (p, len(KINDS))).to(device)
    batch = Batch(pictures.permute(0, 3, 1, 2), masks, None, {}, {})
    schedule, stop = Schedule(recipe, 0), StopSignals()
    steps: Steps = PlainSteps(setup, schedule, stop)
    if fast:
        steps = FastSteps(recipe, setup, schedule, stop, print)
    steps.begin()
    return lambda: steps.take(batch)


class Operations(TorchDispatchMode):
    """Counts the operations within that do work: about what a GPU would launch."""

    count = 0

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        self.count += not (func.is_view or "empty" in str(func))
        return func(*args, **(kwargs or {}))


def launches(step: Callable[[], object], device: torch.device) -> int:
    """Return the kernels of a step, on CUDA as the profiler sees them, else its operations."""
    if device.type != "cuda":
        with Operations() as operations:
            step()
        return operations.count
    with profile(activities=[ProfilerActivity.CUDA]) as seen:
        step()
        torch.cuda.synchronize(device)
    return sum(event.device_type == DeviceType.CUDA for event in seen.events() or ())


def matrix_peak(device: torch.device, precision: torch.dtype) -> float:
    """Return the FLOP/s of a large matrix product in that precision, the best of several."""
    n = 8192 if device.type == "cuda" else 2048
    a, b = (torch.randn(n, n, device=device, dtype=precision) for _ in range(2))
    return 2 * n**3 / min(timed(lambda: a @ b, device, 8))


def timed(work: Callable[[], object], device: torch.device, rounds: int) -> list[float]:
    """Return the seconds of a call, in each of so many rounds; a GPU gets ten calls a round."""
    work()
    seconds, calls = [], 10 if device.type == "cuda" else 1
    for _ in range(rounds):
        if device.type == "cuda":
            torch.cuda.synchronize(device)
        begun = time.perf_counter()
        for _ in range(calls):
            work()
        if device.type == "cuda":
            torch.cuda.synchronize(device)
        seconds.append((time.perf_counter() - begun) / calls)
    return seconds


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--variant", default="deepgin-prefill")
    parser.add_argument("--width", type=int, default=32)
    parser.add_argument("--discriminator-width", type=int, default=32)
    parser.add_argument("--size", type=int, default=128)
    parser.add_argument("--pictures", type=int, default=2, help="each under three masks")
    parser.add_argument("--network", default="", help="perceptual: vgg19, vgg16 or a file")
    parser.add_argument("--device", default="auto")
    parser.add_argument("--precision", default="auto")
    parser.add_argument("--threads", type=int, default=0)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--optimiser", default="adam", help="of both networks: adam or muon")
    parser.add_argument("--fast", action="store_true", help="the fast steps, which CUDA takes")
    parser.add_argument("--compile", action="store_true")
    parser.add_argument("--recompute", action="store_true")
    parser.add_argument("--profile", action="store_true", help="say which operations take the time")
    args = parser.parse_args()
    keep_freed_memory()
    if args.threads:
        torch.set_num_threads(args.threads)
    device = choose_device(args.device)
    precision = choose_precision(device, args.precision)
    heading()
    peak = matrix_peak(device, precision)
    name = str(precision).removeprefix("torch.")
    print(f"\nA large {name} matrix product on {device}: {peak / 1e9:,.0f} GFLOP/s.")
    print("\n| stage | samples/s | GFLOP a sample | GFLOP/s | share of the product's | launches |")
    print("|---|---:|---:|---:|---:|---:|")
    recipe = recipe_of(args)
    for stage in ("warm-up", "main"):
        main_stage = stage == "main"
        step = step_of(recipe, main_stage, False, device, precision)
        with FlopCounterMode(display=False) as counter:
            step()
        work = counter.get_total_flops()
        if args.fast:
            step = step_of(recipe, main_stage, True, device, precision)
        seconds = statistics.median(timed(step, device, args.rounds))
        samples, rate = args.pictures * len(KINDS), work / seconds
        print(
            f"| {stage} | {samples / seconds:.2f} | {work / samples / 1e9:.1f} "
            f"| {rate / 1e9:,.0f} | {rate / peak:.0%} | {launches(step, device):,} |"
        )
        if args.profile:
            show_profile(step, device)


def show_profile(step: Callable, device: torch.device) -> None:
    """Print the operations that take most of a step's time."""
    activities = [ProfilerActivity.CPU]
    if device.type == "cuda":
        activities.append(ProfilerActivity.CUDA)
    with profile(activities=activities) as found:
        step()
    by = f"self_{device.type}_time_total"
    print(found.key_averages().table(sort_by=by, row_limit=14, max_name_column_width=40))


if __name__ == "__main__":
    main()
