"""`deepgin evaluate --data PHOTOS --methods deepgin,telea -o REPORT`."""

import shlex
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from ..console import watcher
from .measuring import add_measuring, parse_size, request, words_of
from .parsing import Parser


def parser() -> Parser:
    """Return the command's parser."""
    p = Parser(
        "evaluate",
        "Measure methods on a folder of pictures, all under the same masks.",
        ("deepgin evaluate --data PHOTOS --methods deepgin,telea,fsr-fast -o REPORT",),
    )
    p.add_argument(
        "--data", required=True, metavar="PHOTOS", help="pictures that no method was trained on"
    )
    p.add_argument(
        "--masks",
        default="rectangle,freeform,cellular",
        help="separated by commas: kinds (deepgin help masks), or folders of masks with the "
        "pictures' names",
    )
    p.add_argument(
        "--methods",
        default="deepgin,telea",
        help="separated by commas: deepgin (the network alone), deepgin:texture, "
        "deepgin:crop+ensemble, old=deepgin@old.safetensors, telea, telea+texture, navier-stokes, "
        "patchmatch, biharmonic, onnx:FILE,hole=0, python:MODULE:FUNCTION (runs that code), ...; "
        "see docs/methods.md",
    )
    p.add_argument(
        "--size", default="256", help="side of the centre squares in pixels, or original"
    )
    add_measuring(p, metrics="psnr,ssim,l1,l1_hole", output=False)
    return p


def run(args: Any) -> None:
    """Measure and print."""
    from ..errors import DeepginError
    from ..evaluation.evaluate import evaluate
    from ..evaluation.report import markdown

    words = ["deepgin", "evaluate", "--data", "PHOTOS"]
    for name in ("masks", "methods", "size", "metrics"):
        words += [f"--{name}", getattr(args, name)]
    asked = request(
        args,
        shlex.join([*words, *words_of(args)]),
        data=Path(args.data),
        masks=tuple(args.masks.split(",")),
        methods=args.methods,
        size=parse_size(args.size),
    )
    with TemporaryDirectory() as passing:
        report = evaluate(asked, Path(args.output or passing), watcher())
    print(markdown(report))
    if args.output:
        print(f"\nThe report is {Path(args.output) / 'report.html'}")
    failed = sum(bool(score.error) for score in report.scores)
    if failed:
        raise DeepginError(
            f"{failed} of {len(report.scores)} measurements failed, named above",
            mend="mend them and run the same command again",
        )
