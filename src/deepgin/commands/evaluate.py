"""`deepgin evaluate PHOTOS --methods deepgin,telea`."""

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

from .parsing import Parser, add_runtime


def parser() -> Parser:
    """Return the command's parser."""
    p = Parser("evaluate", "Measure methods on a folder of pictures under frozen masks.")
    p.add_argument("photos", help="a folder of pictures that no method was trained on")
    p.add_argument("--methods", default="deepgin,telea", help="names with commas; see docs")
    p.add_argument("--kinds", default="rectangle,freeform,cellular", help="of masks, with commas")
    p.add_argument("--size", type=int, default=256, help="side in pixels")
    p.add_argument("--limit", type=int, default=0, help="at most so many pictures, taken evenly")
    p.add_argument("--save", metavar="DIR", help="keep the completed pictures there")
    p.add_argument("--json", action="store_true", help="print JSON")
    add_runtime(p)
    return p


def run(args: Any) -> None:
    """Measure and print."""
    import sys

    from PIL import Image

    from ..evaluation.methods import method
    from ..evaluation.protocol import Protocol
    from ..evaluation.report import markdown
    from ..evaluation.runner import run as evaluate
    from ..files import make_folder
    from ..pictures import write_picture

    protocol = Protocol(Path(args.photos), args.size, tuple(args.kinds.split(",")), args.limit)
    names = args.methods.split(",")
    methods = {name: method(name, args.weights, args.precision) for name in names}

    def keep(name: str, kind: str, file: Path, completed: Any) -> None:
        folder = make_folder(Path(args.save) / name / kind / file.parent.name)
        write_picture(Image.fromarray(completed), folder / f"{file.stem}.png", overwrite=True)

    scores = evaluate(
        protocol, methods, lambda text: print(text, file=sys.stderr), keep if args.save else None
    )
    if args.json:
        hashes = {kind: protocol.masks(kind).hash for kind in protocol.kinds}
        print(json.dumps({"masks": hashes, "scores": [asdict(s) for s in scores]}, indent=2))
        return
    command = f"deepgin evaluate PHOTOS --methods {args.methods} --size {args.size}"
    print(markdown(protocol, scores, command + (f" --limit {args.limit}" if args.limit else "")))
