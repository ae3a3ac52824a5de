"""The runtimes of a CPU against each other, with the weights that come with the package.

python benchmarks/runtimes.py [--rounds 15] [--threads 2]

They fill the same arrays in one process, in turn. Then `deepgin inpaint` fills a small picture by
each, in a process of its own: seconds with the start, and the peak of the process's memory.
"""

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from functools import partial
from pathlib import Path

import torch
from inference import example
from measure import heading, medians, table

from deepgin.devices import choose_precision, keep_freed_memory
from deepgin.runtimes.onnx import OnnxRuntime
from deepgin.runtimes.openvino import OpenVinoRuntime
from deepgin.runtimes.torch import TorchRuntime
from deepgin.weights import Model

ONNX = "ONNX Runtime, float32"
CASES = {"one picture at 256": (256, 1), "four at 256": (256, 4), "one at 512": (512, 1)}
EXAMPLES = Path(__file__).parents[1] / "examples"
START = """
import resource, sys
from deepgin.commands import main
try:
    main(sys.argv[1:])
finally:
    print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024)
"""


def compare_arrays(rounds: int) -> None:
    """Print times of filling arrays."""
    fast = choose_precision(torch.device("cpu")) == torch.bfloat16
    precisions = ("float32", "bf16") if fast else ("float32",)
    runtimes = {ONNX: OnnxRuntime(Model(device="cpu"))}
    for precision in precisions:
        model = Model(device="cpu", precision=precision)
        runtimes[f"PyTorch, {precision}"] = TorchRuntime(model)
        runtimes[f"OpenVINO, {precision}"] = OpenVinoRuntime(model)
    for case, (side, count) in CASES.items():
        pictures, masks = example(side, count)
        forms = {name: partial(runtime.fill, pictures, masks) for name, runtime in runtimes.items()}
        table(case, medians(forms, rounds), ONNX)


def compare_commands(rounds: int) -> None:
    """Print seconds and memory of a command that fills one picture."""
    print(
        "\n**a first fill by the command**\n\n| runtime | seconds | peak of memory, MB |\n|---|---:|---:|"
    )
    runs: dict[str, list[tuple[float, int]]] = {"onnxruntime": [], "torch": [], "openvino": []}
    for _ in range(rounds + 1):  # the first compiles for the cache
        for name, found in runs.items():
            found.append(first_fill(name))
    for name, found in runs.items():
        seconds, memory = (statistics.median(column) for column in zip(*found[1:], strict=True))
        print(f"| {name} | {seconds:.2f} | {memory:.0f} |")
    print(f"\nOpenVINO without its cache: {runs['openvino'][0][0]:.2f} s.")


def first_fill(runtime: str) -> tuple[float, int]:
    """Return seconds and MB."""
    names = [str(EXAMPLES / name) for name in ("chelsea.png", "chelsea-mask.png")]
    with tempfile.TemporaryDirectory() as folder:
        words = ["inpaint", *names, "-o", f"{folder}/filled.png", "--texture", "off"]
        begun = time.perf_counter()
        done = subprocess.run(
            [sys.executable, "-c", START, *words],
            env=os.environ | {"DEEPGIN_RUNTIME": runtime},
            check=True,
            capture_output=True,
            text=True,
        )
    return time.perf_counter() - begun, int(done.stdout.split()[-1])


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--threads", type=int, default=os.cpu_count())
    args = parser.parse_args()
    os.environ["OMP_NUM_THREADS"] = str(args.threads)
    torch.set_num_threads(args.threads)
    with tempfile.TemporaryDirectory() as folder:
        os.environ["DEEPGIN_CACHE"] = folder
        heading()
        keep_freed_memory()
        compare_commands(min(args.rounds, 3))
        compare_arrays(args.rounds)


if __name__ == "__main__":
    main()
