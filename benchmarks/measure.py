"""Timing several forms of the same work in turn, in one run, and printing their ratios."""

import platform
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path

import torch


def medians(forms: dict[str, Callable[[], object]], rounds: int) -> dict[str, float]:
    """Run every form once to warm up, then all in turn `rounds` times; seconds, medians."""
    for work in forms.values():
        work()
    seconds: dict[str, list[float]] = {name: [] for name in forms}
    for _ in range(rounds):
        for name, work in forms.items():
            begun = time.perf_counter()
            work()
            seconds[name].append(time.perf_counter() - begun)
    return {name: statistics.median(values) for name, values in seconds.items()}


def table(title: str, found: dict[str, float], plain: str) -> None:
    """Print a Markdown table of medians and how many times faster than `plain` each is."""
    print(f"\n**{title}**\n\n| form | ms | times as fast |\n|---|---:|---:|")
    for name, value in found.items():
        print(f"| {name} | {value * 1e3:.1f} | {found[plain] / value:.2f} |")


def heading() -> None:
    """Print machine, versions and command."""
    threads = torch.get_num_threads()
    command = " ".join(["python", f"benchmarks/{Path(sys.argv[0]).name}", *sys.argv[1:]])
    print(f"{platform.machine()}, {threads} threads, torch {torch.__version__}: `{command}`")
