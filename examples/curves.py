"""Draw a training run's curves from its log.

python examples/curves.py RUN curves.png      (needs matplotlib: pip install ".[evaluate]")
"""

import json
import sys
from pathlib import Path

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt

PANELS = {
    "L1 (warm-up and main)": ["l1"],
    "perceptual, style (x 100)": ["perceptual", "style"],
    "discriminators' mean scores": ["score_real", "score_fake"],
    "gradient norms": ["norm", "norm_discriminators"],
}
SCALES = {"style": 100.0}
SMOOTH = 5
"""Lines of the log to a point: few samples make noisy means."""


def read(run: Path) -> tuple[list[dict], list[dict]]:
    """Return the lines of losses and those of validations; of repeated ones the later counts."""
    lines = [json.loads(line) for line in (run / "log.jsonl").read_text().splitlines()]
    losses = {line["samples"]: line for line in lines if "validation" not in line}
    checks = {line["samples"]: line for line in lines if "validation" in line}
    return [losses[k] for k in sorted(losses)], [checks[k] for k in sorted(checks)]


def main(run: Path, target: Path) -> None:
    losses, checks = read(run)
    figure, axes = plt.subplots(2, 3, figsize=(13, 6.5), constrained_layout=True)
    begun = next((line["samples"] for line in losses if line["stage"] == "main"), None)
    for axis, (title, names) in zip(axes.flat, PANELS.items(), strict=False):
        for name in names:
            found = [(x["samples"], SCALES.get(name, 1) * x[name]) for x in losses if name in x]
            parts = [found[i : i + SMOOTH] for i in range(0, len(found), SMOOTH)]
            points = [tuple(sum(v) / len(v) for v in zip(*part, strict=True)) for part in parts]
            axis.plot(*zip(*points, strict=True), label=name) if points else None
        axis.set_title(title)
        if axis.lines:
            axis.legend()
    for axis, metric in zip(axes.flat[4:], ("psnr", "ssim"), strict=True):
        for half_life in checks[-1]["validation"] if checks else ():
            found = [(x["samples"], x["validation"].get(half_life)) for x in checks]
            points = [(s, sum(v[metric].values()) / len(v[metric])) for s, v in found if v]
            axis.plot(*zip(*points, strict=True), "o-", label=f"half-life {half_life}")
        axis.set_title(f"validation: {metric}, mean of the kinds")
        axis.legend()
    for axis in axes.flat:
        axis.set_xlabel("samples")
        if begun is not None:
            axis.axvline(begun, color="grey", linestyle=":")
    figure.savefig(target, dpi=80)


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
