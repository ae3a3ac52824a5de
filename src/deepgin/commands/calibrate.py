"""`deepgin calibrate --network FILE [--reference vgg19] --photos DIR`."""

from typing import TYPE_CHECKING, Any

from .parsing import Parser, add_runtime

if TYPE_CHECKING:
    from ..training.calibration import Calibration


def parser() -> Parser:
    """Return the command's parser."""
    p = Parser(
        "calibrate",
        "Weigh perceptual and style loss for a network that is not the paper's VGG-19.",
        ("deepgin calibrate --network FILE --reference vgg19 --photos PHOTOS",),
    )
    p.add_argument("--network", required=True, metavar="FILE", help="the network to train with")
    p.add_argument(
        "--reference",
        default="",
        help="what the paper's weights are meant for: vgg19 or its file; else it is estimated",
    )
    p.add_argument("--photos", required=True, metavar="DIR", help="a folder of pictures")
    p.add_argument("--size", type=int, default=256, help="side in pixels, a multiple of 16")
    p.add_argument("--limit", type=int, default=24, help="at most so many pictures; 0 takes all")
    add_runtime(p)
    return p


def run(args: Any) -> None:
    """Measure and print."""
    from pathlib import Path

    from ..errors import UsageError
    from ..evaluation.protocol import Protocol
    from ..network import SIZE_MULTIPLE
    from ..perceptual import load_vgg
    from ..runtimes.torch import TorchRuntime
    from ..training.balance import estimate_reference
    from ..training.calibration import calibrate, examples_of, truths_of

    if args.size % SIZE_MULTIPLE:
        raise UsageError(f"--size {args.size} is no multiple of {SIZE_MULTIPLE}")
    protocol = Protocol(Path(args.photos), args.size, limit=args.limit)
    protocol.pictures()  # a wrong folder is better told of before networks are loaded
    given = load_vgg(args.network)
    reference = load_vgg(args.reference) if args.reference else None
    runtime = TorchRuntime(args.weights, args.device, args.precision, args.sharpness)
    if reference is None:
        reference = estimate_reference(given, truths_of(protocol, 16))
    networks = given.to(runtime.device), reference.to(runtime.device)
    found = calibrate(*networks, examples_of(runtime, protocol))
    print(_table(found))
    if not args.reference:
        print("The reference is ESTIMATED (docs/calibration.md); --reference vgg19 measures it.")
    print(f"--loss.perceptual {found.perceptual:.2g} --loss.style {found.style:.2g}")


def _table(found: "Calibration") -> str:
    """Return Markdown: the terms of each layer, and each loss's share of the whole."""
    lines = [
        "| layer | perceptual, reference | perceptual, given | style, reference | style, given |",
        "|---|---:|---:|---:|---:|",
    ]
    for layer, reference in found.reference.items():
        given = found.given[layer]
        values = [terms[name] for name in ("perceptual", "style") for terms in (reference, given)]
        lines.append(f"| {layer} | " + " | ".join(f"{value:.4g}" for value in values) + " |")
    shares = found.shares(found.perceptual, found.style, "given")
    said = ", ".join(f"{name} {share:.1%}" for name, share in shares.items())
    return "\n".join([*lines, "", f"Shares of the loss over {found.samples} samples: {said}."])
