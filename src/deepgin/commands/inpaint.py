"""`deepgin inpaint PICTURE MASK -o OUT`."""

from pathlib import Path
from typing import Any

from .parsing import Parser, add_runtime


def parser() -> Parser:
    """Return the command's parser."""
    p = Parser("inpaint", "Fill the hole of a picture; nothing outside the mask changes.")
    p.add_argument("picture", help="a picture file")
    p.add_argument("mask", help="a picture of the same size: white is missing")
    p.add_argument("-o", "--output", required=True, help="the file to write; .png keeps pixels")
    p.add_argument("--overwrite", action="store_true", help="replace the output if it exists")
    p.add_argument("--invert", action="store_true", help="black is missing instead of white")
    add_runtime(p)
    return p


def run(args: Any) -> None:
    """Fill and write."""
    from ..errors import UsageError
    from ..inpainting import Inpainter
    from ..pictures import check_target, write_picture

    target = check_target(args.output)
    inputs = [Path(source) for source in (args.picture, args.mask)]
    if target.exists() and any(path.exists() and target.samefile(path) for path in inputs):
        raise UsageError(f"{target} is also an input: choose another name")
    if target.exists() and not args.overwrite:
        raise UsageError(f"{target} exists: add --overwrite, or choose another name")
    inpainter = Inpainter(args.weights, device=args.device, precision=args.precision)
    filled = inpainter(args.picture, args.mask, invert=args.invert)
    write_picture(filled, target, overwrite=args.overwrite)
    print(f"wrote {target}")
