"""Filling pictures against a plain version of the same network, as ratios in one run.

python benchmarks/inference.py [--weights FILE] [--rounds 5] [--pictures 24]

Plain is as the paper's code has it: float32, the matrix of attention's scores in memory, the
built-in pad in every branch, sub-images one by one, regrouped by a loop over pixels. Each form is
timed in a process of its own, the forms in turn; times and peaks of memory are shares of plain.
ONNX Runtime, and OpenVINO if it is installed, are timed with as many threads as PyTorch, with the
weights that come with the package.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import torch
from measure import heading, medians, table
from network import plainly
from PIL import Image

from deepgin import console
from deepgin.devices import choose_precision, keep_freed_memory
from deepgin.evaluation.measures import Peak
from deepgin.inpainting import Inpainter, Options
from deepgin.inpainting.batches import Steps, complete_all, fill
from deepgin.inpainting.fits import polyphase
from deepgin.inpainting.folders import FolderRequest, JobOptions, fill_folder
from deepgin.inpainting.scenes import Scene
from deepgin.masks import draw
from deepgin.network import Generator
from deepgin.runtimes import Runtime
from deepgin.runtimes.onnx import OnnxRuntime
from deepgin.runtimes.openvino import OpenVinoRuntime
from deepgin.runtimes.torch import TorchRuntime, to_bytes
from deepgin.weights import Model, load

# Name: side in pixels, and how many at once.
CASES = {
    "one picture at 256": (256, 1),
    "four pictures at 256": (256, 4),
    "one picture at 512, direct": (512, 1),
    "one picture at 1024, polyphase": (1024, 1),
}
PLAIN = "plain"
PLAIN_KEPT = "plain, freed memory kept"
ONNX = "ONNX Runtime, float32"
OPENVINO = {"OpenVINO, float32": "float32", "OpenVINO, bf16": "bf16"}


def example(side: int, count: int) -> tuple[np.ndarray, np.ndarray]:
    """Return pictures of noise and masks with every kind's look; time does not depend on either."""
    pictures = np.random.default_rng(0).integers(0, 256, (count, side, side, 3), dtype=np.uint8)
    return pictures, np.stack([draw("cellular", side, side, i) for i in range(count)])


class Plain:
    """The network as the paper's code has it."""

    def __init__(self, weights: str | None) -> None:
        self.network: Generator = load(weights).eval()

    def fill(self, pictures: np.ndarray, masks: np.ndarray) -> np.ndarray:
        image = torch.from_numpy(pictures).permute(0, 3, 1, 2).float().contiguous() / 255
        mask = torch.from_numpy(masks).unsqueeze(1).float()
        with plainly(), torch.inference_mode():
            return to_bytes(self.network(image, mask).completed)

    def polyphase(self, picture: np.ndarray, mask: np.ndarray, s: int) -> np.ndarray:
        """Fill the phases one by one, taken apart and put together pixel by pixel."""
        height, width = mask.shape
        parts = np.zeros((s * s, height // s, width // s, 3), np.uint8)
        holes = np.zeros(parts.shape[:3], np.bool_)
        for y in range(height):
            for x in range(width):
                i = y % s * s + x % s
                parts[i, y // s, x // s] = picture[y, x]
                holes[i, y // s, x // s] = mask[y, x]
        filled = [self.fill(parts[i : i + 1], holes[i : i + 1])[0] for i in range(s * s)]
        whole = np.zeros_like(picture)
        for y in range(height):
            for x in range(width):
                whole[y, x] = filled[y % s * s + x % s][y // s, x // s]
        return whole


def work(form: str, case: str, weights: str | None) -> Callable[[], object]:
    """Return what fills a case's pictures once."""
    side, count = CASES[case]
    pictures, masks = example(side, count)
    if form in (PLAIN, PLAIN_KEPT):
        plain = Plain(weights)
        if side > 512:
            return lambda: plain.polyphase(pictures[0], masks[0], side // 256)
        return lambda: plain.fill(pictures, masks)
    runtime: Runtime
    os.environ["OMP_NUM_THREADS"] = str(torch.get_num_threads())
    if form == ONNX:
        runtime = OnnxRuntime(Model(weights, "cpu"))
    elif form in OPENVINO:
        runtime = OpenVinoRuntime(Model(weights, "cpu", OPENVINO[form]))
    else:
        runtime = TorchRuntime(Model(weights, "cpu", form))
    if side > 512:
        scene = Scene(pictures[0], masks[0], masks[0])
        return lambda: complete_all(
            [polyphase(scene, Steps())], lambda patches: fill(runtime, patches)
        )
    return lambda: runtime.fill(pictures, masks)


def measure(form: str, case: str, weights: str | None) -> None:
    """Print the seconds of a form in a case and by how many MB its peak grows.

    In a process of its own, since a peak is a process's, and so is what it does with freed memory.
    """
    if form != PLAIN:
        keep_freed_memory()  # as `deepgin inpaint` does
    once = work(form, case, weights)
    peak = Peak()
    once()
    grown = peak.growth() or float("nan")
    print(json.dumps([timed(once), grown]))


def measured(form: str, case: str, weights: str | None) -> list[float]:
    """Run `measure` in a process of its own."""
    words = [sys.executable, __file__, "--measure", form, case]
    words += ["--weights", weights] if weights else []
    done = subprocess.run(words, check=True, capture_output=True, text=True)
    return json.loads(done.stdout)


def compare_network(args: argparse.Namespace) -> None:
    """Print time and memory of all cases, the forms taken in turn."""
    for case in CASES:
        runs: dict[str, list[list[float]]] = {form: [] for form in forms(args.weights)}
        for _ in range(args.rounds):
            for form, rounds in runs.items():
                rounds.append(measured(form, case, args.weights))
        seconds, peaks = (
            {form: statistics.median(one[i] for one in rounds) for form, rounds in runs.items()}
            for i in range(2)
        )
        table(case, seconds, PLAIN)
        shares = [f"{name} {mb:.0f} MB ({mb / peaks[PLAIN]:.2f})" for name, mb in peaks.items()]
        print(f"\nPeak of memory (share of plain): {', '.join(shares)}.", flush=True)
        if ONNX in seconds:
            times, memory = (part[ONNX] / part["float32"] for part in (seconds, peaks))
            print(f"\n{ONNX}: {times:.2f} of the time of PyTorch's, {memory:.2f} of its memory.")


def forms(weights: str | None) -> tuple[str, ...]:
    """Return the forms; bf16 only where the hardware multiplies it, others with a graph at hand."""
    fast = choose_precision(torch.device("cpu")) == torch.bfloat16
    others = [] if weights else [ONNX, *(OPENVINO if find_spec("openvino") else [])]
    every = (PLAIN, PLAIN_KEPT, "float32", "bf16", *others)
    return tuple(form for form in every if fast or "bf16" not in form)


def make_folder_of(folder: Path, count: int) -> None:
    """Write so many pictures of 256 x 256 and their masks."""
    (folder / "photos").mkdir()
    (folder / "masks").mkdir()
    for i in range(count):
        coarse = np.random.default_rng(i).integers(0, 256, (16, 16, 3), dtype=np.uint8)
        photo = Image.fromarray(coarse).resize((256, 256), Image.Resampling.BICUBIC)
        photo.save(folder / "photos" / f"{i:04}.png")
        mask = draw("freeform", 256, 256, i)
        Image.fromarray(mask).save(folder / "masks" / f"{i:04}.png")


# Of the network; what texture takes: benchmarks/large.py.
ALONE = Options(texture="off")


def compare_folder(args: argparse.Namespace) -> None:
    """Print how fast a folder is filled as a whole, one by one, and by a command for each."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        make_folder_of(folder, args.pictures)
        photos, masks, out = (folder / part for part in ("photos", "masks", "out"))
        out.mkdir()
        inpainter = Inpainter(args.weights, options=ALONE)
        overwrite = JobOptions(overwrite=True)

        def as_a_whole() -> None:
            model = Model(args.weights)
            request = FolderRequest(
                photos, out, masks, options=ALONE, writing=overwrite, model=model
            )
            fill_folder(request, console.watcher())

        def one_by_one() -> None:
            for photo in sorted(photos.iterdir()):
                result = inpainter.run(photo, masks / photo.name)
                result.document.save(out / photo.name, overwrite=True)

        found = medians({"one by one": one_by_one, "folder": as_a_whole}, args.rounds)
        few = sorted(photos.iterdir())[:3]
        begun = time.perf_counter()
        for photo in few:
            command(args, photo, masks / photo.name, "-o", out / photo.name)
        found["a command for each"] = (time.perf_counter() - begun) * args.pictures / len(few)
        table(f"a folder of {args.pictures} pictures of 256 x 256", found, "one by one")
        rates = [f"{form} {args.pictures / seconds:.2f}" for form, seconds in found.items()]
        print(f"\nPictures a second: {', '.join(rates)}.")
        starts = [
            timed(lambda: run_deepgin("--help")),
            timed(lambda: command(args, few[0], masks / few[0].name, "-o", out / "x.png")),
        ]
        print(f"\nStart-up: `deepgin --help` {starts[0]:.2f} s, a first fill {starts[1]:.2f} s.")


def timed(once: Callable[[], object], rounds: int = 3) -> float:
    """Return the median of the seconds of some calls."""
    seconds = []
    for _ in range(rounds):
        begun = time.perf_counter()
        once()
        seconds.append(time.perf_counter() - begun)
    return statistics.median(seconds)


def command(args: argparse.Namespace, *words: object) -> None:
    """Run `deepgin inpaint` in a process of its own."""
    weights = ["--weights", args.weights] if args.weights else []
    run_deepgin("inpaint", *map(str, words), *weights, "--overwrite", "--texture", "off")


def run_deepgin(*words: str) -> None:
    subprocess.run([sys.executable, "-m", "deepgin", *words], check=True, capture_output=True)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--weights", help="in place of the package's own")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--pictures", type=int, default=24, help="in the folder")
    parser.add_argument("--measure", nargs=2, metavar=("FORM", "CASE"), help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.measure:
        measure(*args.measure, args.weights)
        return
    heading()
    compare_network(args)
    keep_freed_memory()
    compare_folder(args)


if __name__ == "__main__":
    main()
