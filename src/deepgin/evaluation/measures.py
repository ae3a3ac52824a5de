"""The metrics, by name: of a completed picture, of whole sets, and the memory that filling takes."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from ..devices import choose_device
from ..errors import UsageError, nearest_name
from ..inpainting.fits import phases
from ..metrics import (
    Moments,
    fid,
    fid_warning,
    grid,
    kid,
    l1,
    l1_hole,
    l1_relative,
    l1_relative_hole,
    laplacian,
    psnr,
    ssim,
)
from ..perceptual import load_inception
from ..pictures import read_rgb
from ..runtimes.torch import from_array
from ..weights import file_hash
from .scores import PICTURES, Score, SetScore, picture_path

MEMORY = "memory"
VGG = ("vgg", "style")
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
    step = phases(mask.shape[0], mask.shape[1], _TRAINED_AT)
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
        lambda *_: None,  # the runner takes it while the method runs
    ),
}
SET_METRICS = {
    "fid": {
        "definition": "Fréchet distance of the 2015 Inception's features, completed pictures "
        "against truths, bilinear to 299",
        "unit": "",
        "better": "lower",
    },
    "kid": {
        "definition": "kernel distance of the same features, mean of 100 seeded subsets of at "
        "most 1,000",
        "unit": "",
        "better": "lower",
    },
}


def measures(names: str, extra: Mapping[str, Measure] | None = None) -> dict[str, Measure]:
    """Return the measures of a comma-separated list; "all" is all of `MEASURES`.

    `extra` measures are known too, and returned whether they are named or not.

    Raises:
        UsageError: an unknown name.
    """
    extra = dict(extra or {})
    known = MEASURES | extra
    chosen = {}
    for name in MEASURES if names == "all" else names.split(","):
        if name not in known:
            problem, mend = f"the metric '{name}' needs VGG-19", "add {vgg=FILE}"
            if name not in VGG:
                problem = f"no metric '{name}'{nearest_name(name, [*known])}"
                mend = f"choose from {', '.join(known)}, or all"
            raise UsageError(problem, field="metrics", mend=mend)
        chosen[name] = known[name]
    return chosen | extra


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
    """Return the distances `VGG` of VGG-19's features in the hole, by name.

    For `weights` see `metrics.vgg.load_hole_features`. The definition has the SHA-256 of a file,
    since other weights give other numbers.
    """
    from ..metrics.vgg import load_hole_features, style_distance, vgg_distance

    features = load_hole_features(weights, choose_device(device))
    source = file_hash(weights)[:16] if Path(weights).is_file() else weights

    def measure(
        what: str, distance: Callable[[Sequence[Tensor], Sequence[Tensor], Sequence[Tensor]], float]
    ) -> Measure:
        def of(completed: np.ndarray, truth: np.ndarray, mask: np.ndarray) -> float | None:
            layers = features(completed, truth, mask)
            return distance(*layers) if layers else None

        return Measure(f"{what} in the hole, VGG-19 to conv3_1 ({source})", "", "lower", of)

    return {
        "vgg": measure("squared distance of normalised features", vgg_distance),
        "style": measure("relative distance of the features' Gram matrices", style_distance),
    }


def set_scores(
    folder: Path, scores: Iterable[Score], weights: str, device: torch.device
) -> tuple[SetScore, ...]:
    """Return FID and KID of each method and mask set with two pictures or more.

    `folder` is that of the report, with its pictures; failed scores have none. For `weights` of
    the Inception see `load_inception`.
    """
    network = load_inception(weights).to(device)

    def features(what: str, names: tuple[str, ...]) -> np.ndarray:
        rows = []
        for name in names:  # one at a time, as sizes may differ
            picture = np.asarray(read_rgb(folder / PICTURES / picture_path(what, name)))
            image = from_array(picture[None]).to(device).permute(0, 3, 1, 2).float() / 255
            with torch.inference_mode():
                rows.append(network(image)[0].cpu().numpy())
        return np.stack(rows)

    truths = cache(partial(features, "truth"))  # most methods have the same
    groups: dict[tuple[str, str], list[str]] = {}
    for score in scores:
        if not score.error:
            groups.setdefault((score.method, score.masks), []).append(score.picture)
    results = []
    for (method, masks), pictures in groups.items():
        names, count = tuple(pictures), len(pictures)
        if count < 2:
            continue
        ours, truth = features(f"{method}/{masks}", names), truths(names)
        distance = fid(_moments(ours), _moments(truth))
        results.append(SetScore(method, masks, "fid", distance, count, fid_warning(count)))
        results.append(SetScore(method, masks, "kid", kid(ours, truth), count))
    return tuple(results)


def _moments(features: np.ndarray) -> Moments:
    moments = Moments()
    moments.add(features)
    return moments


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
