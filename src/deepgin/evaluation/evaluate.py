"""Doing what a person asks for: from names to a folder with the whole report."""

import csv
import io
import platform
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import torch

from ..devices import choose_device, choose_precision
from ..errors import UsageError
from ..files import write_text
from ..masks import KINDS
from ..testsets import EvaluationSet
from ..version import __version__
from .measures import lpips_measure, measures, vgg_measures
from .methods import methods as methods_of
from .records import Report, Score
from .report import html, markdown
from .runner import Watcher, run
from .sets import set_scores

_PACKAGES = (
    "numpy",
    "pillow",
    "scipy",
    "opencv-contrib-python-headless",
    "scikit-image",
    "pypatchmatch",
    "onnxruntime",
)


@dataclass(frozen=True)
class EvaluationRequest:
    """What is asked for; see `deepgin evaluate --help`.

    Attributes:
        data: the pictures' folder.
        masks: names of kinds, or folders.
        methods: as `methods.methods` reads them.
        size: of the centre squares; None leaves pictures whole.
        limit: at most so many pictures; 0 takes all.
        metrics: names with commas, or "all".
        lpips: file of the heads (None: no LPIPS), name of the network, file of its weights.
        vgg: weights of VGG-19 (see `load_vgg`); None measures neither `vgg` nor `style`.
        fid: the Inception's weights: "inception" or a file; None measures no FID.
        weights: of `deepgin` where its method names none.
        device: of networks.
        precision: of networks.
        sharpness: of `weights`; None takes their own default.
        command: that is told in the report.
        overwrite: forget what the folder holds.
        keep: keep pictures, without which there are neither figures nor FID.
    """

    data: Path
    masks: tuple[str, ...] = KINDS
    methods: str = "deepgin,telea"
    size: int | None = 256
    limit: int = 0
    metrics: str = "psnr,ssim,l1,l1_hole"
    lpips: tuple[str | None, str, str | None] = (None, "alexnet", None)
    vgg: str | None = None
    fid: str | None = None
    weights: str | None = None
    device: str = "auto"
    precision: str = "auto"
    sharpness: float | None = None
    command: str = ""
    overwrite: bool = False
    keep: bool = True


def evaluate(request: EvaluationRequest, folder: Path, watcher: Watcher) -> Report:
    """Measure methods, write the report into a folder, and return it.

    Scores that the folder holds already are kept, so that a stopped run goes on.

    Args:
        request: what to measure.
        folder: created if it is missing.
        watcher: receives the progress.

    Raises:
        DeepginError: the request, the folder or a file cannot be used.
    """
    for place in (request.data, *(Path(name) for name in request.masks if Path(name).is_dir())):
        if folder.resolve().is_relative_to(place.resolve()):
            raise UsageError(
                f"{folder} lies in {place}, whose pictures are measured: choose another folder"
            )
    protocol = EvaluationSet(request.data, request.size, request.masks, request.limit)
    protocol.pictures()  # a wrong folder is better told of before networks are loaded
    beside = vgg_measures(request.vgg, request.device) if request.vgg else {}
    measured = measures(request.metrics, beside)
    heads, network, weights = request.lpips
    if heads is not None:
        measured |= lpips_measure(heads, network, weights, request.device)
    methods = methods_of(
        request.methods,
        weights=request.weights,
        device=request.device,
        precision=request.precision,
        sharpness=request.sharpness,
    )
    watcher.say(f"reading {request.data} and drawing masks")
    pictures, masks = protocol.hashes()
    wanted: dict[str, Any] = {
        "pictures": {"hash": pictures, "size": str(request.size or "original")},
        "masks": masks,
        "metrics": {name: measure.told() for name, measure in measured.items()},
        "methods": {method.name: method.what for method in methods},
    }
    keep, overwrite = request.keep, request.overwrite
    found = run(
        protocol, methods, measured, folder, wanted, watcher, keep=keep, overwrite=overwrite
    )
    device = choose_device(request.device)
    precision = str(choose_precision(device, request.precision)).removeprefix("torch.")
    sets, told_of_sets = set_scores(folder, found.scores, request.fid, device)
    report = Report(
        command=request.command,
        versions=_versions(),
        device=f"{device} ({precision})",
        pictures=wanted["pictures"] | {"count": len({s.picture for s in found.scores})},
        masks={
            one.name: {"hash": masks[one.name], "definition": one.definition}
            for one in protocol.sets
        },
        methods=wanted["methods"],
        metrics=wanted["metrics"] | told_of_sets,
        scores=found.scores,
        sets=sets,
        left_out=found.left_out,
    )
    report.write(folder / "report.json")
    write_text(folder / "scores.csv", _table(found.scores, [*measured]))
    write_text(folder / "report.md", markdown(report) + "\n")
    write_text(folder / "report.html", html(report, folder))
    return report


def _versions() -> dict[str, str]:
    found = {
        "deepgin": __version__,
        "python": platform.python_version(),
        "torch": torch.__version__,
    }
    for name in _PACKAGES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found


def _table(scores: tuple[Score, ...], metrics: list[str]) -> str:
    """Return the scores as CSV."""
    columns = ("method", "masks", "picture", "width", "height", "coverage", "seconds", "fit")
    text = io.StringIO()
    out = csv.writer(text)
    out.writerow([*columns, "error", *metrics])
    for score in scores:
        values = [score.values.get(name, "") for name in metrics]
        out.writerow([*(getattr(score, name) for name in columns), score.error, *values])
    # A name need not be text.
    return text.getvalue().encode("utf-8", "backslashreplace").decode("utf-8")
