"""What a training step costs, in both stages: samples/s, FLOP/s, share of a matrix product's.

python benchmarks/training.py [--width 32] [--size 128] [--pictures 2] [--network VGG] [--profile]
"""

import argparse
import statistics
import time
from collections.abc import Callable

import torch
from measure import heading
from torch.profiler import ProfilerActivity, profile
from torch.utils.flop_counter import FlopCounterMode

from deepgin.devices import choose_device, choose_precision, keep_freed_memory
from deepgin.masks import KINDS, draw
from deepgin.training.data import Batch, Share
from deepgin.training.objective import Objective
from deepgin.training.processes import Ranks
from deepgin.training.recipe import DataRecipe, LossRecipe, MainRecipe, NetworkRecipe, Recipe
from deepgin.training.schedule import Rates
from deepgin.training.state import RunState
from deepgin.training.step import StepSetup, prepare_network, train_step


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
        main=MainRecipe(discriminator_width=args.discriminator_width),
    )


def step_of(recipe: Recipe, main: bool, device: torch.device, precision: torch.dtype) -> Callable:
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
    rates = Rates(1e-6, 1e-6 if main else None)
    return lambda: train_step(setup, batch, rates)


def matrix_peak(device: torch.device, precision: torch.dtype) -> float:
    """Return the FLOP/s of a large matrix product in that precision, the best of several."""
    n = 8192 if device.type == "cuda" else 2048
    a, b = (torch.randn(n, n, device=device, dtype=precision) for _ in range(2))
    return 2 * n**3 / min(timed(lambda: a @ b, device, 8))


def timed(work: Callable[[], object], device: torch.device, rounds: int) -> list[float]:
    """Return the seconds of each of so many calls, after one to warm up."""
    work()
    seconds = []
    for _ in range(rounds):
        if device.type == "cuda":
            torch.cuda.synchronize(device)
        begun = time.perf_counter()
        work()
        if device.type == "cuda":
            torch.cuda.synchronize(device)
        seconds.append(time.perf_counter() - begun)
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
    print("\n| stage | samples/s | GFLOP a sample | GFLOP/s | share of the product's |")
    print("|---|---:|---:|---:|---:|")
    recipe = recipe_of(args)
    for stage in ("warm-up", "main"):
        step = step_of(recipe, stage == "main", device, precision)
        with FlopCounterMode(display=False) as counter:
            step()
        work = counter.get_total_flops()
        seconds = statistics.median(timed(step, device, args.rounds))
        samples, rate = args.pictures * len(KINDS), work / seconds
        print(
            f"| {stage} | {samples / seconds:.2f} | {work / samples / 1e9:.1f} "
            f"| {rate / 1e9:,.0f} | {rate / peak:.0%} |"
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
