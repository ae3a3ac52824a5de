"""`deepgin evaluate PHOTOS --methods deepgin,telea`."""

import json
import shlex
from dataclasses import asdict
from pathlib import Path
from typing import Any

from .parsing import Parser, add_runtime


def parser() -> Parser:
    """Return the command's parser."""
    p = Parser("evaluate", "Measure methods on a folder of pictures under frozen masks.")
    p.add_argument("photos", help="a folder of pictures that no method was trained on")
    p.add_argument(
        "--methods",
        default="deepgin,telea",
        help="of deepgin, pull-push, telea, navier-stokes, fsr-fast",
    )
    p.add_argument("--kinds", default="rectangle,freeform,cellular", help="of masks, with commas")
    p.add_argument("--size", type=int, default=256, help="side in pixels")
    p.add_argument("--limit", type=int, default=0, help="at most so many pictures, taken evenly")
    p.add_argument("--save", metavar="DIR", help="keep the completed pictures there")
    p.add_argument("--overwrite", action="store_true", help="let --save replace pictures")
    p.add_argument("--json", action="store_true", help="print JSON")
    add_runtime(p)
    return p


def run(args: Any) -> None:
    """Measure and print."""
    import sys

    from PIL import Image

    from ..errors import UsageError
    from ..evaluation.methods import method
    from ..evaluation.protocol import Protocol
    from ..evaluation.report import markdown
    from ..evaluation.runner import run as evaluate
    from ..files import make_folder
    from ..pictures import write_picture

    protocol = Protocol(Path(args.photos), args.size, tuple(args.kinds.split(",")), args.limit)
    files = protocol.pictures()  # a wrong folder is better told of before networks are loaded
    names = args.methods.split(",")
    methods = {name: method(name, args.weights, args.precision, args.device) for name in names}
    if args.save and any(make_folder(args.save).iterdir()) and not args.overwrite:
        raise UsageError(f"{args.save} is not empty: add --overwrite, or choose another folder")

    def keep(name: str, kind: str, file: Path, completed: Any) -> None:
        # The whole name, so that a.jpg and a.webp do not meet, nor those of two folders.
        inside = file.relative_to(protocol.folder)
        folder = make_folder(Path(args.save) / name / kind / inside.parent)
        name_of_file = inside.name if inside.suffix == ".png" else f"{inside.name}.png"
        write_picture(Image.fromarray(completed), folder / name_of_file, overwrite=True)

    scores = evaluate(
        protocol, methods, lambda text: print(text, file=sys.stderr), keep if args.save else None
    )
    command = command_of(args)
    if args.json:
        hashes = {kind: protocol.masks(kind).hash for kind in protocol.kinds}
        facts = {"command": command, "pictures": len(files), "masks": hashes}
        print(json.dumps(facts | {"scores": [asdict(s) for s in scores]}, indent=2))
        return
    print(markdown(protocol, scores, command))


def command_of(args: Any) -> str:
    """Return the command that makes the figures, without what does not change them."""
    words = ["deepgin", "evaluate", "PHOTOS"]
    words += ["--methods", args.methods, "--kinds", args.kinds, "--size", str(args.size)]
    if args.limit:
        words += ["--limit", str(args.limit)]
    if args.weights:
        words += ["--weights", Path(args.weights).name]
    for name in ("device", "precision"):
        if getattr(args, name) != "auto":
            words += [f"--{name}", getattr(args, name)]
    return shlex.join(words)
