"""What is measured of a completed picture, by name. The functions are in metrics/."""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from torch import Tensor

from ..devices import choose_device
from ..errors import UsageError, nearest_name
from ..inpainting.fits.polyphase import phases
from ..metrics import grid, l1, l1_hole, l1_relative, l1_relative_hole, laplacian, psnr, ssim
from ..runtimes.torch import from_array

MEMORY = "memory"
VGG = ("vgg", "style")
"""What `vgg_measures` returns."""
_TRAINED_AT = 256


@dataclass(frozen=True)
class Measure:
    """One metric of one picture.

    Attributes:
        definition: in a line.
        unit: of its values, or nothing.
        better: "higher", "lower" or "nearer 1".
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


Distance = Callable[[Sequence[Tensor], Sequence[Tensor], Sequence[Tensor]], float]
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
    "laplacian": Measure(
        "root mean square of the Laplacian inside the hole, completed over truth: below 1 blurred, "
        "above 1 noisy (docs/metrics.md)",
        "",
        "nearer 1",
        laplacian,
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


def vgg_measures(weights: str, device: str) -> dict[str, Measure]:
    """Return the distances in the hole through VGG-19, by name.

    Args:
        weights: as for `metrics.hole_features.load_hole_features`; a file's SHA-256 stands in the
            definition, since other weights give other numbers.
        device: for the network.
    """
    from ..metrics.hole_features import load_hole_features
    from ..metrics.style import style_distance
    from ..metrics.vgg import vgg_distance

    features = load_hole_features(weights, choose_device(device))
    file = Path(weights)
    of = hashlib.sha256(file.read_bytes()).hexdigest()[:16] if file.is_file() else weights

    def measure(what: str, distance: Distance) -> Measure:
        def value(completed: np.ndarray, truth: np.ndarray, mask: np.ndarray) -> float | None:
            found = features(completed, truth, mask)
            return distance(*found) if found else None

        return Measure(f"{what} in the hole, VGG-19 to conv3_1 ({of})", "", "lower", value)

    return {
        "vgg": measure("squared distance of normalised features", vgg_distance),
        "style": measure("relative distance of the features' Gram matrices", style_distance),
    }


def measures(names: str, beside: Mapping[str, Measure] | None = None) -> dict[str, Measure]:
    """Return the measures of a comma-separated list; "all" takes them all.

    Args:
        names: of `MEASURES`, or of those beside.
        beside: more, which are taken whether they are named or not.

    Raises:
        UsageError: an unknown name.
    """
    beside = beside or {}
    known = MEASURES | dict(beside)
    found = {}
    for name in MEASURES if names == "all" else names.split(","):
        if name not in known:
            if name in VGG:
                raise UsageError(f"the metric '{name}' needs VGG-19: add --vgg FILE")
            raise UsageError(
                f"no metric '{name}'{nearest_name(name, [*known])}: "
                f"choose from {', '.join(known)}, or all"
            )
        found[name] = known[name]
    return found | dict(beside)
