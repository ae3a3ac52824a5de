"""What the figures have in common: colours, fonts, and files that come out the same every time."""

from pathlib import Path

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt
from matplotlib.figure import Figure

FOLDER = Path(__file__).parent
EXAMPLES = FOLDER.parents[1] / "examples"
INK, FAINT, HOLE = "#26313d", "#8a96a3", "#e4572e"
BLUE, GREEN, VIOLET, YELLOW = "#3b7dd8", "#2a9d8f", "#7b5ea7", "#e9b44c"

plt.rcParams.update(
    {
        "font.family": "sans-serif",
        "font.size": 10,
        "text.color": INK,
        "axes.labelcolor": INK,
        "axes.edgecolor": FAINT,
        "xtick.color": INK,
        "ytick.color": INK,
        "svg.hashsalt": "deepgin",
        "svg.fonttype": "none",
    }
)


def save(figure: Figure, name: str, **options: object) -> None:
    """Write a figure beside this file, without a date in it."""
    path = FOLDER / name
    metadata = {".svg": {"Date": None}, ".png": {"Software": None}}.get(path.suffix)
    figure.savefig(path, facecolor="white", metadata=metadata, **options)
    if path.suffix == ".svg":
        lines = path.read_text().splitlines()
        path.write_text("\n".join(line.rstrip() for line in lines) + "\n")
    print(f"wrote {path.name}: {path.stat().st_size / 1000:.0f} kB")
