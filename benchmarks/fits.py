"""The fits against each other on pictures of one size: PSNR in the hole and seconds.

python benchmarks/fits.py PHOTOS [--size 1100x700] [--limit 6] [--fits direct,resize,crop,polyphase]

Every picture is scaled to cover the size (Lanczos) and cut at its centre. PSNR is of the hole's
8-bit pixels alone, in dB, its mean over the pictures.
"""

import argparse
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
from measure import heading
from PIL import Image, ImageOps

from deepgin.devices import keep_freed_memory
from deepgin.errors import UsageError
from deepgin.inpainting import Inpainter, Options
from deepgin.masks import cellular, freeform, rectangle
from deepgin.pictures import find_pictures, read_rgb

MASKS: dict[str, Callable[[int, int, int], np.ndarray]] = {
    "strokes up to 25 pixels wide": lambda h, w, i: freeform(h, w, i, absolute=True),
    "strokes that grow with the picture": freeform,
    "a rectangle of 2 %": lambda h, w, i: rectangle(h, w, i, rate=0.02),
    "a rectangle of 30 to 70 % a side": rectangle,
    "cells": cellular,
}


def psnr_in(hole: np.ndarray, found: np.ndarray, truth: np.ndarray) -> float:
    """Return the PSNR of the hole's pixels in dB."""
    error = np.square(found[hole].astype(np.float64) - truth[hole]).mean()
    return float(10 * np.log10(255**2 / max(error, 1e-12)))


def row(inpainter: Inpainter, pictures: list[np.ndarray], kind: str, fit: str) -> tuple[str, float]:
    """Return what a fit reaches on all pictures, as a cell of the table, and its seconds."""
    scores, began = [], time.perf_counter()
    for i, picture in enumerate(pictures):
        hole = MASKS[kind](*picture.shape[:2], i)
        try:
            found = inpainter.run(picture, hole, options=Options(fit=fit, texture="off")).array()
        except UsageError:  # direct refuses what is too large for it
            return "-", float("nan")
        scores.append(psnr_in(hole, found, picture))
    return f"{np.mean(scores):.2f}", (time.perf_counter() - began) / len(pictures)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("photos", type=Path)
    parser.add_argument("--size", default="1100x700", help="width x height")
    parser.add_argument("--limit", type=int, default=6, help="pictures, taken evenly")
    parser.add_argument("--fits", default="direct,resize,crop,polyphase")
    parser.add_argument("--weights")
    args = parser.parse_args()
    keep_freed_memory()
    width, height = (int(side) for side in args.size.split("x"))
    paths = find_pictures(args.photos, args.limit)
    pictures = [
        np.array(ImageOps.fit(read_rgb(path), (width, height), Image.LANCZOS)) for path in paths
    ]
    inpainter, fits = Inpainter(args.weights), args.fits.split(",")
    heading()
    print(f"\n| hole, {len(pictures)} pictures of {width} x {height} | {' | '.join(fits)} |")
    print("|---|" + "---:|" * len(fits))
    for kind in MASKS:
        cells = [row(inpainter, pictures, kind, fit) for fit in fits]
        told = [f"{score} ({seconds:.1f} s)" if score != "-" else "-" for score, seconds in cells]
        print(f"| {kind} | {' | '.join(told)} |", flush=True)


if __name__ == "__main__":
    main()
