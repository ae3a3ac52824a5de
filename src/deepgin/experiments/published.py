"""The figures that the paper printed, and those of a report as cells beside them.

The paper does not define its "L1 %", and no reading of it fits the printed values, so that it cannot
be compared with ours. It names neither the Inception of its FID nor the settings of its LPIPS.
"""

from ..evaluation.compare import values_of
from ..evaluation.scores import Report
from ..evaluation.statistics import mean_interval

PRINTED = ("PSNR", "SSIM", "L1 % (undefined)", "FID", "LPIPS")

# [P] Table 1: CelebA-HQ, 3,000 pictures, the three kinds of masks, by our names of the rows. None:
# the printed value is illegible. The first PSNR is hard to read.
TABLE1: dict[str, tuple[str, tuple[float | None, ...]]] = {
    "std-coarse": ("StdResBlk (Coarse only)", (31.55, None, None, 23.824, 0.182)),
    "std": ("StdResBlk", (31.34, 0.923, 4.710, 19.436, 0.191)),
    "std-sa": ("StdResBlk-SA", (31.60, 0.925, 4.510, 18.239, 0.180)),
    "std-mssa": ("StdResBlk-MSSA", (32.66, 0.933, 4.067, 12.843, 0.148)),
    "dilated-mssa": ("DilatedResBlk-MSSA", (32.71, 0.933, 4.034, 12.548, 0.149)),
    "spd-mssa": ("SPDResBlk-MSSA", (32.88, 0.935, 3.884, 12.335, 0.143)),
    "deepgin": ("SPDResBlk-MSSA-BP", (33.26, 0.939, 3.666, 11.424, 0.132)),
}

# [P] Table 2, by data ("ffhq", "oxford"), masks ("rectangles", "three kinds"), method and size
# ("original": sub-sampled and interleaved; "256": resized).
TABLE2: dict[tuple[str, str, str, str], tuple[float, ...]] = {
    ("ffhq", "rectangles", "DeepFill v1", "original"): (20.22, 0.872, 16.523, 97.630, 0.173),
    ("ffhq", "rectangles", "DeepFill v1", "256"): (21.55, 0.836, 13.631, 26.276, 0.144),
    ("ffhq", "rectangles", "DeepFill v2", "original"): (20.95, 0.903, 14.607, 92.070, 0.170),
    ("ffhq", "rectangles", "DeepFill v2", "256"): (22.52, 0.845, 12.029, 19.336, 0.128),
    ("ffhq", "rectangles", "DeepGIN", "original"): (26.05, 0.923, 7.183, 20.849, 0.137),
    ("ffhq", "rectangles", "DeepGIN", "256"): (24.36, 0.867, 9.797, 37.577, 0.142),
    ("oxford", "rectangles", "DeepFill v1", "original"): (19.20, 0.767, 20.322, 67.193, 0.187),
    ("oxford", "rectangles", "DeepFill v1", "256"): (19.49, 0.795, 16.851, 58.588, 0.169),
    ("oxford", "rectangles", "DeepFill v2", "original"): (18.58, 0.766, 21.204, 77.636, 0.192),
    ("oxford", "rectangles", "DeepFill v2", "256"): (18.88, 0.789, 18.308, 66.615, 0.174),
    ("oxford", "rectangles", "DeepGIN", "original"): (21.92, 0.861, 12.067, 63.744, 0.170),
    ("oxford", "rectangles", "DeepGIN", "256"): (21.90, 0.819, 12.995, 74.866, 0.185),
    ("ffhq", "three kinds", "DeepFill v1", "original"): (25.12, 0.839, 11.363, 64.534, 0.232),
    ("ffhq", "three kinds", "DeepFill v1", "256"): (22.87, 0.683, 16.812, 80.952, 0.310),
    ("ffhq", "three kinds", "DeepFill v2", "original"): (29.70, 0.912, 7.994, 36.940, 0.188),
    ("ffhq", "three kinds", "DeepFill v2", "256"): (22.75, 0.716, 17.472, 75.555, 0.293),
    ("ffhq", "three kinds", "DeepGIN", "original"): (32.36, 0.929, 4.071, 14.327, 0.156),
    ("ffhq", "three kinds", "DeepGIN", "256"): (24.71, 0.760, 13.417, 64.542, 0.274),
    ("oxford", "three kinds", "DeepFill v1", "original"): (21.48, 0.741, 23.460, 61.958, 0.237),
    ("oxford", "three kinds", "DeepFill v1", "256"): (21.64, 0.686, 18.835, 81.009, 0.284),
    ("oxford", "three kinds", "DeepFill v2", "original"): (24.68, 0.802, 19.195, 38.315, 0.179),
    ("oxford", "three kinds", "DeepFill v2", "256"): (20.80, 0.702, 20.687, 82.671, 0.266),
    ("oxford", "three kinds", "DeepGIN", "original"): (27.57, 0.871, 7.268, 38.016, 0.191),
    ("oxford", "three kinds", "DeepGIN", "256"): (23.60, 0.744, 14.659, 79.927, 0.265),
}

METRICS = {
    "psnr": ("PSNR", 2),
    "ssim": ("SSIM", 3),
    "l1_relative": ("L1 relative, whole", 4),
    "l1_relative_hole": ("L1 relative, hole", 4),
    "fid": ("FID", 2),
    "lpips-alexnet": ("LPIPS", 3),
}
"""Heading and decimals of the metrics of the paper's tables, by our names."""


def columns(report: Report) -> list[str]:
    """Return the metrics of `METRICS` that were measured."""
    return [name for name in METRICS if name in report.metrics]


def cell(report: Report, method: str, masks: str, metric: str) -> str:
    """Return the mean over the pictures, or the value of the set; `-` if there is none.

    Infinite values are counted, and not in the mean.
    """
    digits = METRICS[metric][1]
    for one in report.sets:
        if (one.method, one.masks, one.metric) == (method, masks, metric):
            return f"{one.value:.{digits}f}"
    every = values_of(report, method, metric)
    values = [value for (name, _), value in every.items() if name == masks]
    if not values:
        return "-"
    mean = mean_interval(values)
    infinite = f" ({mean.left_out} infinite)" if mean.left_out else ""
    return f"{mean.mean:.{digits}f}{infinite}"


def printed(value: float | None) -> str:
    """Return a figure of the paper."""
    return "-" if value is None else f"{value:g}"


def hashes(report: Report) -> str:
    """Return the mask sets with the start of their hashes."""
    return ", ".join(f"{name} `{one['hash'][:16]}`" for name, one in report.masks.items())


def footnote(report: Report) -> str:
    """Return pictures, masks and command of the figures."""
    pictures = report.pictures
    return (
        f"{pictures['count']} pictures of size {pictures['size']} (`{pictures['hash'][:16]}`), "
        f"masks {hashes(report)}, {report.device}. The paper does not define its L1 %: it is "
        f"comparable with no column of ours. Command: `{report.command}`."
    )
