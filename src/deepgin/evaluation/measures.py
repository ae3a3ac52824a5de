"""The metrics of one completed picture, by name, and the peak of memory while it is filled."""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from ..devices import choose_device
from ..errors import UsageError, nearest_name
from ..inpainting.fits import phases
from ..metrics import grid, l1, l1_hole, l1_relative, l1_relative_hole, laplacian, psnr, ssim
from ..runtimes.torch import from_array

MEMORY = "memory"
VGG = ("vgg", "style")
"""What `vgg_measures` returns."""
_TRAINED_AT = 256
_MB = 1e6


@dataclass(frozen=True)
class Measure:
    """One metric of one picture.

    Attributes:
        definition: one line for reports.
        unit: the unit of its values, or empty.
        better: "higher", "lower" or "nearer 1".
        of: takes completed, truth (uint8, H x W x 3) and mask (bool, H x W); returns the value,
            or None where the metric does not apply.
    """

    definition: str
    unit: str
    better: str
    of: Callable[[np.ndarray, np.ndarray, np.ndarray], float | None]

    def to_dict(self) -> dict[str, str]:
        """Return definition, unit and better."""
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
    """Return LPIPS by its name in reports; for the arguments see `metrics.lpips.load_lpips`."""
    from ..metrics.lpips import load_lpips

    place = choose_device(device)
    lpips = load_lpips(heads, network, weights).to(place)

    def of(completed: np.ndarray, truth: np.ndarray, _: np.ndarray) -> float:
        pair = from_array(np.stack([completed, truth])).to(place).permute(0, 3, 1, 2).float() / 255
        return float(lpips(pair[:1], pair[1:]))

    return {f"lpips-{network}": Measure(f"LPIPS v0.1 {_OF}, {network}", "", "lower", of)}


def vgg_measures(weights: str, device: str) -> dict[str, Measure]:
    """Return the distances of VGG-19 features in the hole, by name.

    Args:
        weights: see `metrics.hole_features.load_hole_features`. The definition has the SHA-256
            of a file, since other weights give other numbers.
        device: of the network.
    """
    from ..metrics.hole_features import load_hole_features
    from ..metrics.style import style_distance
    from ..metrics.vgg import vgg_distance

    features = load_hole_features(weights, choose_device(device))
    file = Path(weights)
    of = hashlib.sha256(file.read_bytes()).hexdigest()[:16] if file.is_file() else weights

    def measure(what: str, distance: Distance) -> Measure:
        def value(completed: np.ndarray, truth: np.ndarray, mask: np.ndarray) -> float | None:
            layers = features(completed, truth, mask)
            return distance(*layers) if layers else None

        return Measure(f"{what} in the hole, VGG-19 to conv3_1 ({of})", "", "lower", value)

    return {
        "vgg": measure("squared distance of normalised features", vgg_distance),
        "style": measure("relative distance of the features' Gram matrices", style_distance),
    }


def measures(names: str, extra: Mapping[str, Measure] | None = None) -> dict[str, Measure]:
    """Return the measures of a comma-separated list; "all" is all of `MEASURES`.

    Args:
        names: names of `MEASURES` or `extra`.
        extra: further measures, which are returned whether they are named or not.

    Raises:
        UsageError: an unknown name.
    """
    extra = extra or {}
    known = MEASURES | dict(extra)
    chosen = {}
    for name in MEASURES if names == "all" else names.split(","):
        if name not in known:
            if name in VGG:
                raise UsageError(
                    f"the metric '{name}' needs VGG-19", field="metrics", mend="add {vgg=FILE}"
                )
            raise UsageError(
                f"no metric '{name}'{nearest_name(name, [*known])}",
                field="metrics",
                mend=f"choose from {', '.join(known)}, or all",
            )
        chosen[name] = known[name]
    return chosen | dict(extra)


class Peak:
    """The peak growth of memory since this object was made.

    On CUDA it is what PyTorch allocated, else the resident memory of the process as Linux counts
    it. Memory that the allocator kept from earlier work is not seen: some tens of MB.
    """

    def __init__(self) -> None:
        if torch.cuda.is_initialized():
            torch.cuda.reset_peak_memory_stats()
            self._before = torch.cuda.memory_allocated() / _MB
            return
        with suppress(OSError):
            Path("/proc/self/clear_refs").write_text("5")  # resets the peak
        self._before = _resident("VmRSS:")

    def growth(self) -> float | None:
        """Return it in MB; None on systems that do not report it."""
        if torch.cuda.is_initialized():
            return torch.cuda.max_memory_allocated() / _MB - self._before
        now = _resident("VmHWM:")
        return None if now == 0 else max(0.0, now - self._before)


def _resident(name: str) -> float:
    with suppress(OSError, ValueError, IndexError):
        status = Path("/proc/self/status").read_text()
        return int(status.split(name)[1].split()[0]) * 1024 / _MB
    return 0.0
