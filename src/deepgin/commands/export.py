"""`deepgin export [WEIGHTS] -o OUT.onnx`."""

from typing import Any

from .parsing import Parser, add_sharpness, output_of


def parser() -> Parser:
    """Return the command's parser."""
    p = Parser(
        "export",
        "Write a network as one file that fills holes without this package, bytes in, bytes out: "
        "ONNX, or a program of torch.export (.pt2).",
    )
    p.add_argument("weights", nargs="?", help="weights, as for --weights; else the package's own")
    p.add_argument("-o", "--output", required=True, help="an .onnx or .pt2 file to write")
    p.add_argument(
        "--contract",
        default="deepgin",
        help="deepgin (N x H x W x 3 and white = missing), or migan (as MI-GAN's file: N x 3 x H x "
        "W and black = missing)",
    )
    p.add_argument("--half", action="store_true", help="ONNX weights as float16: half the size")
    p.add_argument("--opset", type=int, default=18, help="of ONNX, 18 to 20")
    p.add_argument("--overwrite", action="store_true", help="replace the output if it exists")
    add_sharpness(p)
    return p


def run(args: Any) -> None:
    """Load, export and write."""
    from ..export import export
    from ..weights import load, local_path, read_card, sharpness_of

    output = output_of(args)
    path = local_path(args.weights)
    sharpness = sharpness_of(path, args.sharpness)
    network, card = load(path, sharpness), read_card(path).at(sharpness)
    export(
        network,
        output,
        contract=args.contract,
        halved=args.half,
        opset=args.opset,
        card=card,
    )
    size = output.stat().st_size / 1e6
    print(f"wrote {output}: {card.network} of width {card.width}, {size:.1f} MB")
    print(f"licence of the weights: {card.licence}")
