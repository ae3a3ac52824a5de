"""Our network and those of others in one run: seconds, memory and arithmetic.

python benchmarks/peers.py [PHOTOS] [--rounds 3] [--only "512"]

Networks of others have random weights (`peer_networks.py`): time does not depend on them. They run
in PyTorch's float32 on channels_last, as IOPaint runs them on a CPU but for the layout, which makes
them faster. At 12 megapixels they fill a crop round the hole of 600 x 800 pixels, with IOPaint's
margin of 196 pixels; MI-GAN shrinks a crop of margin 128 to 512. Ours fills as `deepgin inpaint`.
Each round of each form has a process of its own. Arithmetic is of convolutions, products and
attention, twice the multiplications; the transforms of LaMa are left out.
"""

import argparse
import json
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
from large import EXAMPLES, largest, scene
from measure import heading
from peer_networks import AotGan, DeepFill, Lama, MiGan
from torch.utils.flop_counter import FlopCounterMode

from deepgin.devices import keep_freed_memory
from deepgin.evaluation.measures import Peak
from deepgin.inpainting import Inpainter, Options
from deepgin.pictures import find_pictures
from deepgin.runtimes.onnx import OnnxRuntime
from deepgin.runtimes.torch import TorchRuntime
from deepgin.weights.model import Model

SIDES = {"256": 256, "512": 512}
LARGE = "12 megapixels"
PHOTO, HOLE = (4000, 3000), (600, 800)
MARGIN, MIGAN_MARGIN, MIGAN_SIDE = 196, 128, 512
OURS = ("deepgin, ONNX Runtime", "deepgin, PyTorch")
TEXTURE = "deepgin, texture"
PEERS: dict[str, Callable[[int], torch.nn.Module]] = {
    "LaMa (big)": lambda side: Lama(),
    "MI-GAN": lambda side: MiGan(256 if side <= 256 else 512),
    "AOT-GAN": lambda side: AotGan(),
    "DeepFill v2": lambda side: DeepFill(),
}


def forms(case: str) -> tuple[str, ...]:
    """Return the names of the forms of a case.

    The attention of DeepFill v2 over a crop of 992 x 1192 needs more than 10 GB.
    """
    if case == LARGE:
        return (*OURS, TEXTURE, *(name for name in PEERS if name != "DeepFill v2"))
    return (*OURS, *PEERS)


def work(form: str, case: str, photo: Path) -> Callable[[], object]:
    """Return what fills the hole of a case once."""
    if case == LARGE:
        picture, hole = scene(photo, PHOTO, HOLE)
        if form in PEERS:
            return peer(form, *cropped(form, picture, hole))
        inpainter = Inpainter(options=Options(texture="auto" if form == TEXTURE else "off"))
        if form == OURS[0]:
            inpainter = Inpainter(runtime=OnnxRuntime(Model()), options=Options(texture="off"))
        return lambda: inpainter.run(picture, hole)
    side = SIDES[case]
    picture = np.random.default_rng(0).integers(0, 256, (side, side, 3), dtype=np.uint8)
    hole = np.zeros((side, side), np.bool_)
    hole[side // 4 : -side // 4, side // 4 : -side // 4] = True
    if form in PEERS:
        return peer(form, picture, hole)
    runtime = (OnnxRuntime if form == OURS[0] else TorchRuntime)(Model(device="cpu"))
    return lambda: runtime.fill(picture[None], hole[None])


def cropped(form: str, picture: np.ndarray, hole: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the crop that IOPaint fills; of MI-GAN's, every n-th pixel stands for the shrunk one."""
    margin = MIGAN_MARGIN if form == "MI-GAN" else MARGIN
    rows, columns = (np.flatnonzero(hole.any(axis)) for axis in (1, 0))
    box = tuple(slice(max(0, part[0] - margin), part[-1] + 1 + margin) for part in (rows, columns))
    picture, hole = picture[box], hole[box]
    if form == "MI-GAN":
        at = [np.linspace(0, side - 1, MIGAN_SIDE).astype(int) for side in hole.shape]
        return picture[np.ix_(*at)], hole[np.ix_(*at)]
    padding = [(0, -side % 8) for side in hole.shape]
    return np.pad(picture, (*padding, (0, 0)), "symmetric"), np.pad(hole, padding, "symmetric")


def peer(form: str, picture: np.ndarray, hole: np.ndarray) -> Callable[[], object]:
    """Return what runs a network of others on a picture once."""
    network = PEERS[form](max(hole.shape)).eval().to(memory_format=torch.channels_last)
    image = torch.from_numpy(picture).permute(2, 0, 1)[None].float() / 127.5 - 1
    mask = torch.from_numpy(hole)[None, None].float()

    @torch.inference_mode()
    def once() -> object:
        return network(image, mask)

    return once


def measure(form: str, case: str, photo: Path) -> None:
    """Print seconds, growth of memory in MB and GFLOP of a form, in a process of its own."""
    keep_freed_memory()  # as `deepgin inpaint` does
    once = work(form, case, photo)
    peak = Peak()
    once()
    growth = peak.growth() or float("nan")
    begun = time.perf_counter()
    once()
    seconds = time.perf_counter() - begun
    with FlopCounterMode(display=False) as counter:
        once()
    print(json.dumps([seconds, growth, counter.get_total_flops() / 1e9]))


def measured(args: argparse.Namespace, form: str, case: str) -> list[float]:
    """Run `measure` in a process of its own."""
    words = [sys.executable, __file__, "--measure", form, case]
    words += [str(args.photos)] if args.photos else []
    done = subprocess.run(words, check=True, stdout=subprocess.PIPE, text=True)
    return json.loads(done.stdout)


def compare(args: argparse.Namespace, case: str) -> None:
    """Print a row for each form, ratios to the first."""
    found: dict[str, list[list[float]]] = {form: [] for form in forms(case)}
    for _ in range(args.rounds):
        for form, rounds in found.items():
            rounds.append(measured(args, form, case))
    print(f"\n**{case}**\n\n| form | seconds | times | MB | GFLOP |\n|---|---:|---:|---:|---:|")
    middle = {
        f: [statistics.median(column) for column in zip(*r, strict=True)] for f, r in found.items()
    }
    for form, (seconds, megabytes, gflop) in middle.items():
        times = seconds / middle[OURS[0]][0]
        counted = f"{gflop:.0f}" if gflop else ""
        print(f"| {form} | {seconds:.2f} | {times:.2f} | {megabytes:.0f} | {counted} |", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("photos", type=Path, nargs="?", help="a folder; else examples/")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--only", help="one case: 256, 512 or 12 megapixels")
    parser.add_argument("--measure", nargs=2, metavar=("FORM", "CASE"), help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.measure:
        measure(*args.measure, largest(find_pictures(args.photos or EXAMPLES)))
        return
    heading()
    for case in (*SIDES, LARGE):
        if args.only in (None, case):
            compare(args, case)


if __name__ == "__main__":
    main()
