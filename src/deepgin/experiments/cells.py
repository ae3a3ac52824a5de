"""Figures of a report as cells of the paper's tables."""

from ..evaluation.compare import values_of
from ..evaluation.scores import Report
from ..evaluation.statistics import mean_interval

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


def footnote(report: Report) -> str:
    """Return pictures, masks and command of the figures."""
    pictures = report.pictures
    masks = ", ".join(f"{name} `{one['hash'][:16]}`" for name, one in report.masks.items())
    return (
        f"{pictures['count']} pictures of size {pictures['size']} (`{pictures['hash'][:16]}`), "
        f"masks {masks}, {report.device}. The paper does not define its L1 %: it is comparable "
        f"with no column of ours. Command: `{report.command}`."
    )
