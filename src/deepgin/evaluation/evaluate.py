"""Evaluation from options by name to a folder with the whole report."""

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
from .report import html, markdown
from .runner import Watcher, run
from .scores import Report, Score
from .set_scores import set_scores

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
    """The options of an evaluation; see `deepgin evaluate --help`.

    Attributes:
        data: folder of pictures.
        masks: kinds of masks by name, or folders of masks.
        methods: comma-separated; see `methods.methods`.
        size: side of the centre squares in pixels; None keeps whole pictures.
        limit: use at most N pictures, evenly spaced; 0 uses all.
        metrics: comma-separated names, or "all".
        lpips: file of the heads (None: no LPIPS), name of the network, file of its weights.
        vgg: weights of VGG-19 (see `load_vgg`) for `vgg` and `style`; None measures neither.
        fid: weights of the Inception, "inception" or a file; None measures no FID.
        weights: weights of `deepgin` where the method names none.
        device, precision: of networks.
        sharpness: of `weights`; None is their default.
        command: the command that the report prints.
        overwrite: delete earlier results in the folder.
        keep: keep the completed pictures; figures and FID need them.
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
                f"{folder} lies in {place}, whose pictures are measured",
                field="output",
                mend="choose another folder",
            )
    test_set = EvaluationSet(request.data, request.size, request.masks, request.limit)
    test_set.pictures()  # refuses a wrong folder before networks are loaded
    extra = vgg_measures(request.vgg, request.device) if request.vgg else {}
    measured = measures(request.metrics, extra)
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
    pictures, masks = test_set.hashes()
    log_request: dict[str, Any] = {
        "pictures": {"hash": pictures, "size": str(request.size or "original")},
        "masks": masks,
        "metrics": {name: measure.to_dict() for name, measure in measured.items()},
        "methods": {method.name: method.what for method in methods},
    }
    result = run(
        test_set,
        methods,
        measured,
        folder,
        log_request,
        watcher,
        keep=request.keep,
        overwrite=request.overwrite,
    )
    device = choose_device(request.device)
    precision = str(choose_precision(device, request.precision)).removeprefix("torch.")
    sets, set_metrics = set_scores(folder, result.scores, request.fid, device)
    report = Report(
        command=request.command,
        versions=_versions(),
        device=f"{device} ({precision})",
        pictures=log_request["pictures"] | {"count": len({s.picture for s in result.scores})},
        masks={
            one.name: {"hash": masks[one.name], "definition": one.definition}
            for one in test_set.sets
        },
        methods=log_request["methods"],
        metrics=log_request["metrics"] | set_metrics,
        scores=result.scores,
        sets=sets,
        left_out=result.left_out,
    )
    report.write(folder / "report.json")
    write_text(folder / "scores.csv", _table(result.scores, [*measured]))
    write_text(folder / "report.md", markdown(report) + "\n")
    write_text(folder / "report.html", html(report, folder))
    return report


def _versions() -> dict[str, str]:
    versions = {
        "deepgin": __version__,
        "python": platform.python_version(),
        "torch": torch.__version__,
    }
    for name in _PACKAGES:
        try:
            versions[name] = version(name)
        except PackageNotFoundError:
            continue
    return versions


def _table(scores: tuple[Score, ...], metrics: list[str]) -> str:
    """Return the scores as CSV."""
    columns = ("method", "masks", "picture", "width", "height", "coverage", "seconds", "fit")
    text = io.StringIO()
    out = csv.writer(text)
    out.writerow([*columns, "error", *metrics])
    for score in scores:
        values = [score.values.get(name, "") for name in metrics]
        out.writerow([*(getattr(score, name) for name in columns), score.error, *values])
    # A file name need not be valid UTF-8.
    return text.getvalue().encode("utf-8", "backslashreplace").decode("utf-8")
