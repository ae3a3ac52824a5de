"""`deepgin inpaint SOURCE [MASKS] -o TARGET`: one picture, or a folder of them."""

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..errors import UsageError
from .parsing import Parser, add_filling, add_runtime, counted, filling_of

if TYPE_CHECKING:
    from ..inpainting.folders import FolderRequest

_OF_FOLDERS = ("glob", "limit", "suffix", "format", "shard")


def parser() -> Parser:
    """Return the command's parser."""
    p = Parser(
        "inpaint", "Fill the holes of a picture, or of a folder's; nothing outside them changes."
    )
    p.add_argument("source", help="a picture, or a folder of pictures")
    p.add_argument(
        "masks",
        nargs="?",
        help="white is missing: a mask (in a folder for all pictures), or a folder of masks with "
        "the pictures' names; without it masks lie beside their pictures as NAME_mask",
    )
    p.add_argument(
        "-o", "--output", required=True, help="the file to write, or the folder; .png keeps pixels"
    )
    p.add_argument("--overwrite", action="store_true", help="replace what exists")
    p.add_argument(
        "--alpha", action="store_true", help="the hole is where pictures are transparent"
    )
    add_filling(p)
    p.add_argument("--guidance", help="a segmentation, or a folder, for guided weights")
    p.add_argument("--quality", type=int, help="0 to 100, of JPEG, WebP and AVIF")
    p.add_argument(
        "--provenance",
        action="store_true",
        help="write version, hash of the weights and options into the metadata",
    )
    p.add_argument("--glob", default="", help="of a folder: only pictures that match, as '*.jpg'")
    p.add_argument("--limit", type=int, default=0, help="of a folder: so many, taken evenly")
    p.add_argument("--suffix", default="", help="of a folder: comes after the names of results")
    p.add_argument("--format", default="", help="of a folder: png, jpg, webp, ... for all results")
    p.add_argument("--shard", default="", help="of a folder: i/n, this is the i-th of n machines")
    p.add_argument("-v", "--verbose", action="store_true", help="say which fit is used, and why")
    add_runtime(p)
    return p


def run(args: Any) -> None:
    """Fill and write."""
    from .. import console
    from ..devices import keep_freed_memory
    from ..errors import DeepginError
    from ..inpainting import folders

    keep_freed_memory()
    request = _request(args)
    watcher = console.watcher(args.verbose)
    if not os.path.isdir(request.source):
        if wrong := next((name for name in _OF_FOLDERS if getattr(args, name)), None):
            raise UsageError(f"--{wrong} is for a folder of pictures: leave it out")
        print(f"wrote {folders.shown(folders.fill_one(request, watcher))}")
        return
    summary = folders.fill_folder(request, watcher)
    failed = len(summary.failed)
    told = counted(filled=summary.done, skipped=summary.skipped, failed=failed)
    print(f"{told}: {folders.shown(request.target)}")
    if failed:
        raise DeepginError(
            f"{failed} of {summary.done + summary.skipped + failed} failed, named above: mend them and run the same "
            "command again"
        ) from summary.error


def _request(args: Any) -> "FolderRequest":
    """Return what is asked for; options that do not work are told of before anything is read."""
    from ..inpainting.folders import FolderRequest, JobOptions, parse_shard

    made = [name for name in ("--box", "--color", "--alpha") if getattr(args, name[2:])]
    given = [*made, *(["a mask"] if args.masks else [])]
    if len(given) > 1:
        raise UsageError(f"{' and '.join(given)} say what the hole is: give one of them")
    return FolderRequest(
        Path(args.source),
        Path(args.output),
        Path(args.masks) if args.masks else None,
        Path(args.guidance) if args.guidance else None,
        masked=not made,
        glob=args.glob,
        limit=args.limit,
        options=filling_of(args),
        writing=JobOptions(
            args.overwrite,
            args.suffix,
            args.format,
            args.quality,
            shard=parse_shard(args.shard) if args.shard else (1, 1),
        ),
        provenance=args.provenance,
        weights=args.weights,
        device=args.device,
        precision=args.precision,
        sharpness=args.sharpness,
    )
