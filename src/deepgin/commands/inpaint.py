"""`deepgin inpaint SOURCE [MASKS] -o TARGET`: one picture, or a folder of them."""

import os
import sys
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from ..errors import UsageError
from .parsing import Parser, add_filling, add_runtime, counted, filling_of, model_of
from .reporting import JsonReport

if TYPE_CHECKING:
    from ..inpainting.folders import FolderRequest

_OF_FOLDERS = ("glob", "limit", "suffix", "format", "shard")
_EXAMPLES = (
    "deepgin inpaint photo.jpg mask.png -o filled.png",
    "deepgin inpaint photo.jpg --box 40,60,200,120 -o filled.jpg",
    "deepgin inpaint photo.jpg --extend 10%,0,10%,0 -o wider.jpg",
    "deepgin inpaint PHOTOS MASKS -o FILLED --format png",
    "deepgin inpaint - mask.png -o - < photo.jpg > filled.jpg",
)


def parser() -> Parser:
    """Return the command's parser."""
    p = Parser(
        "inpaint",
        "Fill the holes of one picture, or of all pictures of a folder. Nothing else changes.",
        _EXAMPLES,
    )
    p.add_argument("source", help="a picture, a folder of pictures, or - for standard input")
    p.add_argument(
        "masks",
        nargs="?",
        help="a mask, white where the hole is, or a folder of masks with the pictures' names; "
        "default: NAME_mask beside each picture",
    )
    p.add_argument(
        "-o",
        "--output",
        required=True,
        help="the file or folder to write, or - for standard output; .png keeps pixels",
    )
    p.add_argument("--overwrite", action="store_true", help="replace existing files")
    add_filling(p)
    p.add_argument("--guidance", help="a segmentation, or a folder of them, for guided weights")
    p.add_argument("--quality", type=int, help="quality from 0 to 100, for JPEG, WebP and AVIF")
    p.add_argument(
        "--provenance",
        action="store_true",
        help="write the version, hash of the weights and options into the metadata of results",
    )
    p.add_argument("--glob", default="", help="folders: only pictures that match, such as '*.jpg'")
    p.add_argument(
        "--limit", type=int, default=0, help="folders: use at most N pictures, evenly spaced"
    )
    p.add_argument("--suffix", default="", help="folders: text to add to the names of results")
    p.add_argument(
        "--format",
        default="",
        help="folders and standard output: file format, such as png, jpg or webp",
    )
    p.add_argument("--shard", default="", help="folders: fill only part i of n, written i/n")
    p.add_argument("-v", "--verbose", action="store_true", help="print the fit, and why it is used")
    p.add_argument("-q", "--quiet", action="store_true", help="print errors only")
    p.add_argument(
        "--json",
        action="store_true",
        help="print a JSON object for each picture; on stderr if the picture is on stdout",
    )
    add_runtime(p)
    return p


def run(args: Any) -> None:
    """Fill and write."""
    from ..devices import keep_freed_memory

    keep_freed_memory()
    streams = "-" in (args.source, args.masks, args.output)
    if os.path.isdir(args.source) and not streams:
        return _folder(args)
    for name in _OF_FOLDERS:
        if getattr(args, name) and not (name == "format" and args.output == "-"):
            mend = f"leave {{{name}}} out"
            raise UsageError(f"{name} is for a folder of pictures", field=name, mend=mend)
    if streams:
        _through_streams(args)
    else:
        _one(args, _request(args), JsonReport(sys.stdout if args.json else None, not args.quiet))


def _one(args: Any, request: "FolderRequest", report: JsonReport) -> None:
    from .. import console
    from ..inpainting import folders

    silent = args.quiet or args.json
    # Progress would name the files that stand in for the streams.
    plain = silent or ("-" in (args.source, args.masks, args.output) and not args.verbose)
    watcher = report if plain else console.watcher(args.verbose)
    target = folders.fill_one(request, watcher, report.result)
    if not silent and args.output != "-":
        print(f"wrote {console.shown(target)}")


def _folder(args: Any) -> None:
    from .. import console
    from ..errors import DeepginError
    from ..inpainting import folders

    request = _request(args)
    silent = args.quiet or args.json
    report = JsonReport(sys.stdout if args.json else None, not args.quiet, request.source)
    watcher = report if silent else console.watcher(args.verbose)
    summary = folders.fill_folder(request, watcher, report.result)
    failed = len(summary.failed)
    counts = counted(filled=summary.done, skipped=summary.skipped, failed=failed)
    if not silent:
        print(f"{counts}: {console.shown(request.target)}")
    if failed:
        raise DeepginError(
            f"{failed} of {summary.done + summary.skipped + failed} failed, named above",
            mend="mend them and run the same command again",
        ) from summary.error


def _own_ending(source: Path) -> str:
    """Return the ending, such as `.jpg`, for the format of a picture file."""
    from ..pictures.formats import format_named
    from ..pictures.opening import opened

    with opened(source) as image:
        try:
            return format_named(Path("result"), image.format).endings[0]
        except UsageError as error:
            problem = f"{source}: {image.format} is not written"
            raise UsageError(problem, field="format", mend="add {format=png}") from error


def _through_streams(args: Any) -> None:
    """Fill one picture whose bytes, or whose mask's, come in by stdin or go out by stdout."""
    from ..errors import DeepginError

    if args.source == args.masks == "-":
        problem = "picture and mask cannot both come from standard input"
        raise UsageError(problem, field="mask", mend="name a file")
    request = _request(args)
    with TemporaryDirectory() as folder:
        stdin, stdout = Path(folder) / "stdin", Path(folder) / "stdout"

        def rename(text: str) -> str:
            return text.replace(str(stdin), "standard input").replace(str(stdout), "-")

        try:
            if "-" in (args.source, args.masks):
                stdin.write_bytes(sys.stdin.buffer.read())
                if args.source == "-":
                    request = replace(request, source=stdin)
                else:
                    request = replace(request, masks=stdin)
            if args.output == "-":
                ending = request.writing.ending or _own_ending(request.source)
                stdout = stdout.with_suffix(ending)
                request = replace(request, target=stdout)
            lines = (sys.stderr if args.output == "-" else sys.stdout) if args.json else None
            _one(args, request, JsonReport(lines, not args.quiet, rename=rename))
            if args.output == "-":
                sys.stdout.buffer.write(stdout.read_bytes())
        except DeepginError as error:
            error.problem = rename(error.problem)
            raise


def _request(args: Any) -> "FolderRequest":
    """Return the request; options that do not work are refused before anything is read."""
    from ..inpainting.folders import FolderRequest, JobOptions, parse_shard

    options = filling_of(args)
    if options.hole and args.masks:
        mend = f"use a mask or {{{options.hole}}}"
        raise UsageError("the hole is described twice", field="mask", mend=mend)
    return FolderRequest(
        Path(args.source),
        Path(args.output),
        Path(args.masks) if args.masks else None,
        Path(args.guidance) if args.guidance else None,
        masked=bool(args.masks) or not (options.hole or options.grows),
        glob=args.glob,
        limit=args.limit,
        options=options,
        writing=JobOptions(
            args.overwrite,
            args.suffix,
            args.format,
            args.quality,
            shard=parse_shard(args.shard) if args.shard else (1, 1),
        ),
        provenance=args.provenance,
        model=model_of(args),
    )
