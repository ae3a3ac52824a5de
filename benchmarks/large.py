"""Large photographs with one hole, with texture and without: seconds and memory.

python benchmarks/large.py [PHOTOS] [--rounds 3] [--hole 600x800] [--weights FILE]

The photograph is the largest one of the folder (without one, of examples/) at its own size, repeated
by reflection, so that its texture is a camera's. The hole is in the middle. Each round of each form
has a process of its own, which fills once to warm up, from where the growth of memory comes, and
once for the time; the forms are taken in turn.
"""

import argparse
import json
import statistics
import subprocess
import sys
import time
from collections.abc import Iterable
from pathlib import Path

import numpy as np
from measure import heading
from PIL import Image

from deepgin.devices import keep_freed_memory
from deepgin.evaluation.measures import Peak
from deepgin.inpainting import Inpainter, Options
from deepgin.pictures import find_pictures, read_rgb

SIZES = {"12 megapixels": (4000, 3000), "48 megapixels": (8000, 6000)}
FORMS = ("auto", "off")
EXAMPLES = Path(__file__).parents[1] / "examples"


def largest(paths: Iterable[Path]) -> Path:
    """Return the picture of the most pixels."""

    def pixels(path: Path) -> int:
        with Image.open(path) as opened:
            return opened.width * opened.height

    return max(paths, key=pixels)


def scene(photo: Path, size: tuple[int, int], hole: tuple[int, int]) -> tuple[np.ndarray, ...]:
    """Return a picture of a size, width x height, and the hole in its middle."""
    picture = np.array(read_rgb(photo))
    height, width = picture.shape[:2]
    border = (0, max(0, size[1] - height)), (0, max(0, size[0] - width))
    picture = np.pad(picture, (*border, (0, 0)), "symmetric")
    picture = np.ascontiguousarray(picture[: size[1], : size[0]])
    mask = np.zeros(picture.shape[:2], np.bool_)
    top, left = (size[1] - hole[1]) // 2, (size[0] - hole[0]) // 2
    mask[top : top + hole[1], left : left + hole[0]] = True
    return picture, mask


def measure(args: argparse.Namespace, photo: Path) -> None:
    """Print seconds, growth of memory in MB and the fit of one form, in a process of its own."""
    form, size = args.measure
    keep_freed_memory()  # as `deepgin inpaint` does
    picture, mask = scene(photo, SIZES[size], sides(args.hole))
    inpainter = Inpainter(args.weights, options=Options(texture=form))
    peak = Peak()
    inpainter.run(picture, mask)
    growth = peak.growth() or float("nan")
    begun = time.perf_counter()
    result = inpainter.run(picture, mask)
    print(json.dumps([time.perf_counter() - begun, growth, result.fit]))


def measured(args: argparse.Namespace, form: str, size: str) -> tuple[float, float, str]:
    """Run `measure` in a process of its own."""
    words = [sys.executable, __file__, "--measure", form, size, "--hole", args.hole]
    words += ["--weights", args.weights] if args.weights else []
    words += [str(args.photos)] if args.photos else []
    done = subprocess.run(words, check=True, stdout=subprocess.PIPE, text=True)
    seconds, growth, fit = json.loads(done.stdout)
    return seconds, growth, fit


def sides(text: str) -> tuple[int, int]:
    width, height = (int(side) for side in text.split("x"))
    return width, height


def compare(args: argparse.Namespace) -> None:
    """Print a row for each size and form, ratios to the network alone."""
    print("\n| photograph | texture | seconds | times `off` | MB | times `off` |")
    print("|---|---|---:|---:|---:|---:|")
    fits = {}
    for size, (width, height) in SIZES.items():
        found: dict[str, list[tuple[float, float, str]]] = {form: [] for form in FORMS}
        for _ in range(args.rounds):
            for form, rounds in found.items():
                rounds.append(measured(args, form, size))
        seconds, grown = (
            {form: statistics.median(one[i] for one in rounds) for form, rounds in found.items()}
            for i in range(2)
        )
        for form, rounds in found.items():
            fits[form] = rounds[0][2]
            ratios = seconds[form] / seconds["off"], grown[form] / grown["off"]
            print(
                f"| {width} x {height} | {form} | {seconds[form]:.2f} | {ratios[0]:.2f} "
                f"| {grown[form]:.0f} | {ratios[1]:.2f} |",
                flush=True,
            )
    print(f"\nMB: growth of the process's memory at its peak. Fits: {json.dumps(fits)}.")


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("photos", type=Path, nargs="?", help="a folder; else examples/")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--hole", default="600x800", help="width x height")
    parser.add_argument("--weights", help="in place of the package's own")
    parser.add_argument("--measure", nargs=2, metavar=("FORM", "SIZE"), help=argparse.SUPPRESS)
    args = parser.parse_args()
    photo = largest(find_pictures(args.photos or EXAMPLES))
    if args.measure:
        measure(args, photo)
        return
    heading()
    print(f"\n{photo.name}, a hole of {args.hole.replace('x', ' x ')} pixels.")
    compare(args)


if __name__ == "__main__":
    main()
