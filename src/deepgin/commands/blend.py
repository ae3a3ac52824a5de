"""`deepgin blend SOFT SHARP -o OUT.safetensors`."""

from typing import Any

from .parsing import Parser, output_of


def parser() -> Parser:
    """Return the command's parser."""
    p = Parser(
        "blend",
        "Put the weights of two stages of one training into one file. --sharpness of the other "
        "commands then mixes them.",
        ("deepgin blend warm-up.safetensors main.safetensors -o both.safetensors",),
    )
    p.add_argument("soft", help="weights of the warm-up, as --weights of other commands")
    p.add_argument("sharp", help="weights of the main stage")
    p.add_argument("-o", "--output", required=True, help="a .safetensors file to write")
    p.add_argument(
        "--sharpness",
        type=float,
        default=0.5,
        metavar="0..1",
        help="the file's default, 0 (soft) to 1 (sharp)",
    )
    p.add_argument("--overwrite", action="store_true", help="replace an existing file")
    return p


def run(args: Any) -> None:
    """Read, check that they go together, and write."""
    from ..weights import join

    output = output_of(args, ".safetensors")
    card = join(args.soft, args.sharp, output, args.sharpness)
    print(f"wrote {output}: {card.network} of width {card.width}, sharpness {card.sharpness:g}")
    print(f"licence of the weights: {card.licence}")
