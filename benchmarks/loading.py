"""Making training samples against the network's own step, as ratios in one run.

python benchmarks/loading.py [--train PHOTOS] [--width 32] [--pictures 2] [--rounds 3]

A ratio above 1 says that samples are made faster than the network uses them; with 0 workers they
are made in a thread, with n in n processes, and either shares the cores with the network.
"""

import argparse
import statistics
import time
from collections.abc import Callable
from itertools import islice

import torch
from measure import heading, table

from deepgin.devices import autocast, choose_device, choose_precision, keep_freed_memory
from deepgin.losses.l1 import reconstruction
from deepgin.masks import KINDS
from deepgin.network import build
from deepgin.training.data import Batch, open_samples
from deepgin.training.recipe import DataRecipe


def step(width: int, size: int, pictures: int, device: torch.device) -> Callable[[], object]:
    """Return a warm-up step of the compact network."""
    last = torch.channels_last
    network = build("deepgin-prefill", width).train().to(device).to(memory_format=last)
    optimizer = torch.optim.Adam(network.parameters(), 1e-5, fused=True)
    samples = pictures * len(KINDS)
    image = torch.rand(samples, 3, size, size, device=device).to(memory_format=last)
    mask = (torch.rand(samples, 1, size, size, device=device) > 0.5).float()
    precision = choose_precision(device)

    def work() -> object:
        with autocast(device, precision):
            filled = network(image, mask)
        loss = reconstruction(filled, image, mask)
        loss.backward()
        optimizer.step()
        optimizer.zero_grad()
        return loss.item()  # a GPU has then done all of it

    return work


def seconds_each(work: Callable[[], object], count: int) -> float:
    """Return the mean time of one call, after one that is not counted."""
    work()
    begun = time.perf_counter()
    for _ in range(count):
        work()
    return (time.perf_counter() - begun) / count


def loading(recipe: DataRecipe, device: torch.device, first: int, count: int) -> float:
    """Return the mean time of a batch once all workers run, and what was made ahead is used."""
    made = open_samples(recipe, 0, device).batches({"pictures": first})
    for _ in islice(made, 2 * recipe.workers + 3):
        pass

    def use() -> Batch:
        return next(made)

    found = seconds_each(use, count)
    made.close()  # type: ignore[attr-defined]
    return found


def compare(args: argparse.Namespace, size: int, device: torch.device) -> None:
    """Print a table for one size."""
    recipes = {
        f"{framing}, {workers} workers": DataRecipe(
            args.train,
            size=size,
            framing=framing,
            smallest_scale=0.75 if size < 256 else 1.0,
            mask_windows=0.75 if size < 256 else 0.0,
            pictures_per_step=args.pictures,
            workers=workers,
        )
        for framing in ("crop", "squash")
        for workers in (0, 1, 2)
    }
    plain = "the network's step"
    work = step(args.width, size, args.pictures, device)
    seconds: dict[str, list[float]] = {name: [] for name in (plain, *recipes)}
    for round_ in range(args.rounds):
        seconds[plain].append(seconds_each(work, 3))
        for name, recipe in recipes.items():
            seconds[name].append(loading(recipe, device, 10_000 * round_, args.batches))
    found = {name: statistics.median(values) for name, values in seconds.items()}
    samples = args.pictures * len(KINDS)
    table(f"{samples} samples at {size}, network of width {args.width}", found, plain)
    rates = ", ".join(f"{name}: {samples / value:.1f}" for name, value in found.items())
    print(f"\nSamples a second: {rates}.")


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--train", default="examples", help="a folder of pictures or tar shards")
    parser.add_argument("--width", type=int, default=32)
    parser.add_argument("--pictures", type=int, default=2, help="in a step, three samples each")
    parser.add_argument("--batches", type=int, default=30, help="timed in each round")
    parser.add_argument("--rounds", type=int, default=3)
    args = parser.parse_args()
    keep_freed_memory()
    heading()
    for size in (128, 256):
        compare(args, size, choose_device())


if __name__ == "__main__":
    main()
