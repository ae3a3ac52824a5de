"""`deepgin convert latest_net_G.pth -o OUT.safetensors`."""

from pathlib import Path
from typing import Any

from .parsing import Parser, output_of


def parser() -> Parser:
    """Return the command's parser."""
    p = Parser(
        "convert",
        "Convert a checkpoint of the paper's authors (generator, guided generator or "
        "discriminators) into a weights file of deepgin.",
        ("deepgin convert latest_net_G.pth -o authors.safetensors",),
    )
    p.add_argument("checkpoint", help="latest_net_G.pth or latest_net_D.pth")
    p.add_argument("-o", "--output", required=True, help="a .safetensors file to write")
    p.add_argument("--licence", default="unknown: ask the authors", help="licence of the weights")
    p.add_argument("--overwrite", action="store_true", help="replace an existing file")
    return p


def run(args: Any) -> None:
    """Read, convert and write."""
    import torch

    from ..weights import convert, read_authors, save

    output = output_of(args, ".safetensors")
    network = convert(read_authors(args.checkpoint), args.checkpoint)
    facts = {"converted_from": Path(args.checkpoint).name}
    save(network, output, training=facts, licence=args.licence, dtype=torch.float32)
    kind = getattr(network, "name", "discriminators")
    print(f"wrote {output}: {kind} of width {network.width}")
