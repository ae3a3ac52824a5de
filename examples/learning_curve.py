"""PSNR over training samples, its slope, and what the slope predicts for more samples.

    python examples/learning_curve.py REPORT first=30600 second=79326 -o curve.png

REPORT is of `deepgin evaluate` with one method for each release (name=samples). The fit is a
straight line over the logarithm of the samples. Intervals are over pictures: a bootstrap draws
pictures, each with all its masks. Needs matplotlib: pip install ".[evaluate]".
"""

import argparse

import matplotlib
import numpy as np

matplotlib.use("Agg")
import matplotlib.pyplot as plt

from deepgin.evaluation.compare import values_of
from deepgin.evaluation.scores import Report

FACTORS = (10, 100)
RESAMPLES = 10_000


def psnr_by_picture(report: Report, methods: list[str]) -> np.ndarray:
    """Return pictures x methods: the mean over the kinds of mask, infinite values left out."""
    tables = [values_of(report, method, "psnr") for method in methods]
    pictures = sorted({picture for _, picture in tables[0]})
    masks = sorted({mask for mask, _ in tables[0]})
    values = np.array([[[t[m, p] for m in masks] for t in tables] for p in pictures])
    values[~np.isfinite(values)] = np.nan
    return np.nanmean(values, axis=2)


def predictions(values: np.ndarray, samples: np.ndarray) -> np.ndarray:
    """Return resamples x 3: the gain of a tenfold training, then PSNR at 10 and 100 times."""
    draw = np.random.default_rng(0).integers(0, len(values), (RESAMPLES, len(values)))
    means = np.concatenate([values.mean(0)[None], values[draw].mean(1)])
    slope, start = np.polyfit(np.log10(samples), means.T, 1)
    later = [start + slope * np.log10(samples[-1] * factor) for factor in FACTORS]
    return np.stack([slope, *later], 1)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("report")
    parser.add_argument("methods", nargs="+", metavar="METHOD=SAMPLES")
    parser.add_argument("-o", "--output", required=True)
    args = parser.parse_args()
    points = dict(one.rsplit("=", 1) for one in args.methods)
    samples = np.array([int(count) for count in points.values()], float)
    values = psnr_by_picture(Report.read(args.report), list(points))
    mean = values.mean(0)
    print("| samples | PSNR, dB |\n|---:|---:|")
    for count, psnr in zip(samples, mean, strict=True):
        print(f"| {count:,.0f} | {psnr:.2f} |")
    found = predictions(values, samples)
    low, high = np.percentile(found[1:], (2.5, 97.5), axis=0)
    names = ["ten times as many samples", *(f"at {samples[-1] * f:,.0f} samples" for f in FACTORS)]
    print("\n| | dB, by the fit |\n|---|---|")
    for name, best, a, b in zip(names, found[0], low, high, strict=True):
        print(f"| {name} | {best:.2f} [{a:.2f}, {b:.2f}] |")

    figure, axis = plt.subplots(figsize=(6.5, 4), constrained_layout=True)
    axis.semilogx(samples, mean, "o", label="measured")
    reach = np.array([samples[0], samples[-1] * FACTORS[-1]])
    axis.semilogx(reach, found[0, 1] + found[0, 0] * np.log10(reach / samples[-1] / 10), "--")
    axis.set_xlabel("training samples (a picture under one mask)")
    axis.set_ylabel("PSNR, dB (mean of the kinds of mask)")
    axis.grid(alpha=0.3)
    figure.savefig(args.output, dpi=90)


if __name__ == "__main__":
    main()
