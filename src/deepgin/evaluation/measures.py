"""What is measured of a completed picture, by name. The functions are in metrics/."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from ..devices import choose_device
from ..errors import UsageError, nearest_name
from ..inpainting.fits.polyphase import phases
from ..metrics import grid, l1, l1_hole, l1_relative, l1_relative_hole, psnr, ssim
from ..runtimes.torch import from_array

MEMORY = "memory"
_TRAINED_AT = 256


@dataclass(frozen=True)
class Measure:
    """One metric of one picture.

    Attributes:
        definition: in a line.
        unit: of its values, or nothing.
        better: "higher" or "lower".
        of: completed, truth (uint8, H x W x 3) and mask (bool, H x W) in; None where it does not
            apply.
    """

    definition: str
    unit: str
    better: str
    of: Callable[[np.ndarray, np.ndarray, np.ndarray], float | None]

    def told(self) -> dict[str, str]:
        """Return what a report says of it."""
        return {"definition": self.definition, "unit": self.unit, "better": self.better}


def _grid(completed: np.ndarray, truth: np.ndarray, mask: np.ndarray) -> float | None:
    height, width = mask.shape
    step = phases(height, width, _TRAINED_AT)
    return grid(completed, truth, mask, step) if step > 1 else None


def _ssim(completed: np.ndarray, truth: np.ndarray, mask: np.ndarray) -> float | None:
    return ssim(completed, truth) if min(mask.shape) >= 11 else None


_OF = "of the 8-bit completed picture"
MEASURES = {
    "psnr": Measure(
        f"10 log10(255^2 / mean squared error) {_OF}, whole picture",
        "dB",
        "higher",
        lambda completed, truth, _: psnr(completed, truth),
    ),
    "ssim": Measure(
        f"structural similarity {_OF}, Gaussian window 11 x 11, sigma 1.5, mean of channels",
        "",
        "higher",
        _ssim,
    ),
    "l1": Measure(f"mean |completed - truth| / 255 {_OF}, whole picture", "", "lower", l1),
    "l1_hole": Measure(f"mean |completed - truth| / 255 {_OF}, hole alone", "", "lower", l1_hole),
    "l1_relative": Measure(
        f"sum |completed - truth| / sum truth {_OF}, whole picture", "", "lower", l1_relative
    ),
    "l1_relative_hole": Measure(
        f"sum |completed - truth| / sum truth {_OF}, hole alone", "", "lower", l1_relative_hole
    ),
    "grid": Measure(
        "strength of a grid of the paper's sub-sampling step in the hole (docs/metrics.md)",
        "grey levels",
        "lower",
        _grid,
    ),
    MEMORY: Measure(
        "growth of the process's memory (on CUDA of PyTorch's) while a picture is filled, at its "
        "peak",
        "MB",
        "lower",
        lambda *_: None,  # taken while the method runs
    ),
}


def lpips_measure(heads: str, network: str, weights: str | None, device: str) -> dict[str, Measure]:
    """Return LPIPS, by its name in reports; arguments as for `metrics.lpips.load_lpips`."""
    from ..metrics.lpips import load_lpips

    place = choose_device(device)
    lpips = load_lpips(heads, network, weights).to(place)

    def of(completed: np.ndarray, truth: np.ndarray, _: np.ndarray) -> float:
        pair = from_array(np.stack([completed, truth])).to(place).permute(0, 3, 1, 2).float() / 255
        return float(lpips(pair[:1], pair[1:]))

    return {f"lpips-{network}": Measure(f"LPIPS v0.1 {_OF}, {network}", "", "lower", of)}


def measures(names: str) -> dict[str, Measure]:
    """Return the measures of a comma-separated list; "all" takes them all.

    Raises:
        UsageError: an unknown name.
    """
    found = {}
    for name in MEASURES if names == "all" else names.split(","):
        if name not in MEASURES:
            raise UsageError(
                f"no metric '{name}'{nearest_name(name, [*MEASURES])}: "
                f"choose from {', '.join(MEASURES)}, or all"
            )
        found[name] = MEASURES[name]
    return found
