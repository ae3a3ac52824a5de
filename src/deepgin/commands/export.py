"""`deepgin export [WEIGHTS] -o OUT.onnx`."""

from typing import Any

from .parsing import Parser, add_sharpness, output_of


def parser() -> Parser:
    """Return the command's parser."""
    p = Parser(
        "export",
        "Write a network as one file that fills holes without deepgin, bytes in, bytes out: ONNX, "
        "or a program of torch.export (.pt2).",
        ("deepgin export -o model.onnx", "deepgin export my.safetensors -o my.onnx --half"),
    )
    p.add_argument("weights", nargs="?", help="as --weights of other commands")
    p.add_argument("-o", "--output", required=True, help="an .onnx or .pt2 file to write")
    p.add_argument(
        "--contract",
        default="deepgin",
        help="deepgin: N x H x W x 3, white is missing; migan, as the file of MI-GAN: N x 3 x H x W, "
        "black is missing",
    )
    p.add_argument("--half", action="store_true", help="weights in float16: half the size")
    p.add_argument("--opset", type=int, default=18, help="ONNX opset, 18 to 20")
    p.add_argument("--overwrite", action="store_true", help="replace an existing file")
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
