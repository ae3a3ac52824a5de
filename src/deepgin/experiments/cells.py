"""A report's figures as cells of the paper's tables. How they are laid out is the tables'."""

from ..evaluation.compare import values_of
from ..evaluation.records import Report
from ..evaluation.statistics import summary

METRICS = {
    "psnr": ("PSNR", 2),
    "ssim": ("SSIM", 3),
    "l1_relative": ("L1 relative, whole", 4),
    "l1_relative_hole": ("L1 relative, hole", 4),
    "fid": ("FID", 2),
    "lpips-alexnet": ("LPIPS", 3),
}
"""What the paper's tables have, by our names: heading and decimals."""


def columns(report: Report) -> list[str]:
    """Return those of `METRICS` that were measured."""
    return [name for name in METRICS if name in report.metrics]


def cell(report: Report, method: str, masks: str, metric: str) -> str:
    """Return a mean over the pictures, or a set's value; `-` where there is none.

    Infinite values are counted apart.
    """
    digits = METRICS[metric][1]
    for one in report.sets:
        if (one.method, one.masks, one.metric) == (method, masks, metric):
            return f"{one.value:.{digits}f}"
    found = values_of(report, method, metric)
    values = [value for (name, _), value in found.items() if name == masks]
    if not values:
        return "-"
    told = summary(values)
    infinite = f" ({told.infinite} infinite)" if told.infinite else ""
    return f"{told.mean:.{digits}f}{infinite}"


def printed(value: float | None) -> str:
    """Return a figure of the paper."""
    return "-" if value is None else f"{value:g}"


def footnote(report: Report) -> str:
    """Return what the figures are of, and the command that makes them."""
    pictures = report.pictures
    masks = ", ".join(f"{name} `{one['hash'][:16]}`" for name, one in report.masks.items())
    return (
        f"{pictures['count']} pictures of size {pictures['size']} (`{pictures['hash'][:16]}`), "
        f"masks {masks}, {report.device}. The paper does not define its L1 %: it is comparable "
        f"with no column of ours. Command: `{report.command}`."
    )
