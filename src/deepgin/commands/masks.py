"""`deepgin masks --kind KIND --size SIZE --count N --seed SEED -o DIR`."""

import json
import re
from typing import Any

from ..errors import UsageError
from .parsing import Parser


def parser() -> Parser:
    """Return the command's parser."""
    p = Parser(
        "masks",
        "Draw masks and write them as PNG (white is missing), with a manifest and a preview sheet.",
        ("deepgin masks --kind freeform --size 640x480 --count 9 --seed 1 -o masks",),
    )
    p.add_argument(
        "--kind",
        required=True,
        help="rectangle, freeform, cellular, blob, freeform-thin, rectangle-20, ...",
    )
    p.add_argument("--size", default="256", help="WIDTHxHEIGHT in pixels, or one side of a square")
    p.add_argument("--count", type=int, default=16, help="number of masks")
    p.add_argument(
        "--seed", default="0", help="the same seed gives the same masks on every machine"
    )
    p.add_argument(
        "--absolute", action="store_true", help="free-form strokes 10 to 24 pixels wide at any size"
    )
    p.add_argument("-o", "--output", required=True, metavar="DIR", help="folder to write")
    p.add_argument("--overwrite", action="store_true", help="replace existing files")
    return p


def run(args: Any) -> None:
    """Draw and write."""
    import numpy as np

    from ..files import make_folder, write_text
    from ..masks import MaskSet
    from ..masks.mask_sets import preview
    from ..pictures import Document

    if args.count < 1:
        problem = f"a count of {args.count} does not work"
        raise UsageError(problem, field="count", mend="at least 1")
    masks = MaskSet(args.kind, size_of(args.size), args.count, args.seed, args.absolute)
    manifest = masks.manifest()
    folder = make_folder(args.output)
    files = [folder / f"{entry['name']}.png" for entry in manifest["masks"]]
    listing, sheet = folder / "manifest.json", folder / "preview.png"
    for file in (listing, sheet, *files):
        if file.exists() and not args.overwrite:
            mend = "add {overwrite=true}, or choose another folder"
            raise UsageError(f"{file} exists", field="overwrite", mend=mend)
    for file, mask in zip(files, masks, strict=True):
        Document.of_array(mask.astype(np.uint8) * np.uint8(255)).save(file, overwrite=True)
    shown = [masks[i] for i in range(min(len(masks), 64))]
    Document.of_array(preview(shown)).save(sheet, overwrite=True)
    write_text(listing, json.dumps(manifest, indent=2) + "\n")
    mean = sum(entry["coverage"] for entry in manifest["masks"]) / len(masks)
    print(f"wrote {len(masks)} masks to {folder}: {mean:.1%} missing, hash {masks.hash[:16]}")


def size_of(text: str) -> tuple[int, int]:
    """Read WIDTHxHEIGHT or SIDE as (height, width)."""
    size = re.fullmatch(r"(\d+)(?:x(\d+))?", text)
    if not size:
        mend = "write 256, or 640x480 (width x height)"
        raise UsageError(f"a size of {text} does not work", field="size", mend=mend)
    width = int(size[1])
    return int(size[2] or width), width
