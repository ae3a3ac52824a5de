"""The options that all measuring commands share."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..errors import UsageError
from .parsing import Parser, add_runtime, model_of

if TYPE_CHECKING:
    from ..evaluation.evaluate import EvaluationRequest


def add_measuring(p: Parser, *, metrics: str, output: bool) -> None:
    """Add them.

    Args:
        p: the parser.
        metrics: the default of --metrics.
        output: whether --output is required.
    """
    p.add_argument(
        "--limit", type=int, default=0, help="use at most N pictures, evenly spaced; 0 uses all"
    )
    p.add_argument(
        "--metrics",
        default=metrics,
        help="separated by commas: psnr, ssim, l1, l1_hole, l1_relative, l1_relative_hole, grid, "
        "laplacian, memory; or all",
    )
    p.add_argument(
        "--lpips-heads", metavar="FILE", help="also measure LPIPS, with the linear heads in FILE"
    )
    p.add_argument("--lpips-network", default="alexnet", help="network of LPIPS: alexnet or vgg16")
    p.add_argument(
        "--lpips-weights", metavar="FILE", help="weights of the LPIPS network; default: download"
    )
    p.add_argument(
        "--vgg", metavar="FILE", help="also measure vgg and style, with the VGG-19 weights in FILE"
    )
    p.add_argument(
        "--fid",
        metavar="inception|FILE",
        help="also measure FID and KID, with the downloaded Inception network or the one in FILE",
    )
    p.add_argument(
        "-o",
        "--output",
        metavar="REPORT",
        required=output,
        help="write the report to this folder; the same command continues a stopped report",
    )
    p.add_argument(
        "--no-pictures", action="store_true", help="do not save the filled pictures in REPORT"
    )
    p.add_argument("--overwrite", action="store_true", help="replace the results in REPORT")
    add_runtime(p)


def request(args: Any, command: str, **asked: Any) -> "EvaluationRequest":
    """Return the request for the shared options and a command's own."""
    from ..evaluation.evaluate import EvaluationRequest

    return EvaluationRequest(
        limit=args.limit,
        metrics=args.metrics,
        lpips=(args.lpips_heads, args.lpips_network, args.lpips_weights),
        vgg=args.vgg,
        fid=args.fid,
        model=model_of(args),
        command=command,
        overwrite=args.overwrite,
        keep=not args.no_pictures and args.output is not None,
        **asked,
    )


def parse_size(text: str) -> int | None:
    """Return the side of centre squares; None for `original`.

    Raises:
        UsageError: it is neither.
    """
    if text == "original":
        return None
    if not text.isdecimal() or int(text) < 1:
        mend = "give a number of pixels, or original"
        raise UsageError(f"a size of {text} does not work", field="size", mend=mend)
    return int(text)


def words_of(args: Any) -> list[str]:
    """Return the shared options as words of a command, without what does not change figures."""
    from ..weights.hub import is_address

    words = []
    if args.limit:
        words += ["--limit", str(args.limit)]
    if args.lpips_heads:
        words += ["--lpips-heads", "FILE", "--lpips-network", args.lpips_network]
    if args.vgg:
        words += ["--vgg", Path(args.vgg).name]
    if args.fid:
        words += ["--fid", "inception"]
    if args.weights:
        words += [
            "--weights",
            args.weights if is_address(args.weights) else Path(args.weights).name,
        ]
    for name in ("device", "precision"):
        if getattr(args, name) != "auto":
            words += [f"--{name}", getattr(args, name)]
    if args.contract:
        words += ["--contract", args.contract]
    if args.sharpness is not None:
        words += ["--sharpness", str(args.sharpness)]
    return words
