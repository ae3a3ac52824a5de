"""Evaluation from options by name to a folder with the whole report."""

import csv
import io
import platform
from contextlib import suppress
from dataclasses import dataclass, field, fields
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
from ..weights import Model
from .measures import SET_METRICS, lpips_measure, measures, set_scores, vgg_measures
from .methods import methods as methods_of
from .report import html, markdown
from .runner import Watcher, run
from .scores import Report, Score

_PACKAGES = (
    "numpy",
    "pillow",
    "scipy",
    "opencv-contrib-python-headless",
    "scikit-image",
    "pypatchmatch",
    "onnxruntime",
    "openvino",
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
        model: weights and sharpness of `deepgin` where the method names none; device and
            precision of networks.
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
    model: Model = field(default_factory=Model)
    command: str = ""
    overwrite: bool = False
    keep: bool = True


def evaluate(request: EvaluationRequest, folder: Path, watcher: Watcher) -> Report:
    """Measure methods, write the report into a folder, which is created, and return it.

    Scores that the folder holds already are kept, so that a stopped run goes on.

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
    if request.fid and not request.keep:
        raise UsageError(
            "FID needs the completed pictures",
            field="fid",
            mend="give {output=REPORT}, and not {no_pictures=true}",
        )
    test_set = EvaluationSet(request.data, request.size, request.masks, request.limit)
    test_set.pictures()  # refuses a wrong folder before networks are loaded
    model = request.model
    extra = vgg_measures(request.vgg, model.device) if request.vgg else {}
    measured = measures(request.metrics, extra)
    heads, network, weights = request.lpips
    if heads is not None:
        measured |= lpips_measure(heads, network, weights, model.device)
    methods = methods_of(request.methods, model)
    watcher.say(f"reading {request.data} and drawing masks")
    pictures, masks = test_set.hashes()
    log_request: dict[str, Any] = {
        "pictures": {"hash": pictures, "size": str(request.size or "original")},
        "masks": masks,
        "metrics": {name: measure.to_dict() for name, measure in measured.items()},
        "methods": {method.name: method.what for method in methods},
    }
    keep, overwrite = request.keep, request.overwrite
    scores, left_out = run(
        test_set, methods, measured, folder, log_request, watcher, keep=keep, overwrite=overwrite
    )
    device = choose_device(model.device)
    precision = str(choose_precision(device, model.precision)).removeprefix("torch.")
    report = Report(
        command=request.command,
        versions=_versions(),
        device=f"{device} ({precision})",
        pictures=log_request["pictures"] | {"count": len({score.picture for score in scores})},
        masks={
            one.name: {"hash": masks[one.name], "definition": one.definition}
            for one in test_set.sets
        },
        methods=log_request["methods"],
        metrics=log_request["metrics"] | (SET_METRICS if request.fid else {}),
        scores=scores,
        sets=set_scores(folder, scores, request.fid, device) if request.fid else (),
        left_out=left_out,
    )
    report.write(folder / "report.json")
    write_text(folder / "scores.csv", _table(scores, [*measured]))
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
        with suppress(PackageNotFoundError):
            versions[name] = version(name)
    return versions


def _table(scores: tuple[Score, ...], metrics: list[str]) -> str:
    """Return the scores as CSV."""
    columns = [one.name for one in fields(Score) if one.name != "values"]
    text = io.StringIO()
    out = csv.DictWriter(text, [*columns, *metrics], restval="", extrasaction="ignore")
    out.writeheader()
    out.writerows(vars(score) | score.values for score in scores)
    # A file name need not be valid UTF-8.
    return text.getvalue().encode("utf-8", "backslashreplace").decode("utf-8")
