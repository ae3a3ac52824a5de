"""`deepgin cluster SOURCE [MASKS] -o TARGET`: very many pictures, on a Ray cluster."""

import time
from collections import Counter
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TextIO

from ..console import NAMES_SHOWN, SECONDS_BETWEEN_LINES, duration, say, shown
from ..errors import DeepginError, on_command_line, spelled
from .parsing import Parser, add_filling, add_runtime, counted, filling_of, model_of

if TYPE_CHECKING:
    from ..cluster import ClusterRequest
    from ..cluster.request import UnitReport


def parser() -> Parser:
    """Return the command's parser."""
    p = Parser(
        "cluster",
        "Fill the pictures of tar shards or of a folder on a Ray cluster. The same command "
        "continues a stopped job. Addresses are paths, s3://, gs://, https://, ... (fsspec).",
        ("deepgin cluster 's3://bucket/{000..099}.tar' -o s3://bucket/filled --workers 8",),
    )
    p.add_argument(
        "source",
        help="a folder of pictures or of tar shards, or shards such as '*.tar' or {000..099}.tar",
    )
    p.add_argument(
        "masks",
        nargs="?",
        help="a mask for all pictures, white where the hole is, or a folder of masks; default: "
        "NAME_mask or NAME.mask beside each picture, in shards too, or else where the picture is "
        "transparent",
    )
    p.add_argument("-o", "--output", required=True, help="folder for tars and manifests")
    p.add_argument("--overwrite", action="store_true", help="fill finished units again")
    p.add_argument(
        "--retry-failed", action="store_true", help="fill units with failed pictures again"
    )
    p.add_argument(
        "--workers", type=int, default=0, help="number of workers; 0 uses as many as fit"
    )
    p.add_argument(
        "--gpus-per-worker",
        type=float,
        help="GPUs of a worker; 0.5 shares one; default: 1 if there are GPUs",
    )
    p.add_argument("--cpus-per-worker", type=float, default=1, help="cores of a worker")
    p.add_argument(
        "--address", default="", help="address of a Ray cluster, or auto; default: this machine"
    )
    p.add_argument(
        "--pictures-per-unit", type=int, default=500, help="folders: pictures in one tar"
    )
    add_filling(p, without=("box", "color", "color_tolerance"))  # of one picture
    p.add_argument("--format", default="", help="file format of the results: png, jpg, webp, ...")
    p.add_argument("--quality", type=int, help="quality from 0 to 100, for JPEG, WebP and AVIF")
    add_runtime(p)
    return p


def run(args: Any) -> None:
    """Fill, and print the counts."""
    try:
        from ..cluster import fill_all
        from ..cluster.places import public
        from ..cluster.pool import Workers, hand_over
    except ImportError as error:
        mend = 'pip install -c constraints.txt ".[cluster]"'
        raise DeepginError(f"{error.name or error} is missing", mend=mend) from error
    workers = Workers(args.workers, args.cpus_per_worker, args.gpus_per_worker, args.address)
    request = _request(args)
    summary = fill_all(request, hand_over(workers), ClusterLines())
    failed = len(summary.failed)
    counts = counted(filled=summary.done, skipped=summary.skipped, failed=failed)
    print(f"{counts or 'nothing filled'}: {public(request.target)}")
    if failed:
        raise DeepginError(
            f"{failed} failed, named above",
            mend="mend them and run the same command again, with {retry_failed=true} for pictures",
        )


def _request(args: Any) -> "ClusterRequest":
    from ..cluster import ClusterRequest, absolute
    from ..inpainting.folders import JobOptions

    return ClusterRequest(
        absolute(args.source),
        absolute(args.output),
        absolute(args.masks or ""),
        options=filling_of(args),
        writing=JobOptions(args.overwrite, format=args.format, quality=args.quality),
        model=model_of(args),
        per_unit=args.pictures_per_unit,
        retry_failed=args.retry_failed,
    )


class ClusterLines:
    """A line every ten seconds on the stream (stderr); failures at the end, a line for each kind."""

    def __init__(
        self, stream: TextIO | None = None, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self.stream, self.clock = stream, clock
        self.units = self.past = self.pictures = 0
        self.begun = self.printed_at = clock()
        self.pictures_failed: list[tuple[str, str]] = []
        self.units_failed: dict[str, list[str]] = {}
        self.warnings: Counter[str] = Counter()

    def note(self, text: str) -> None:
        """Print a note."""
        say(f"deepgin: warning: {text}", self.stream)

    def begin(self, units: int, skipped: int) -> None:
        """Start the clock."""
        self.units = units
        self.begun = self.printed_at = self.clock()
        if skipped:
            say(f"{skipped} units are done: skipped (--overwrite does them again)", self.stream)

    def unit(self, report: "UnitReport") -> None:
        """Count a unit; print the count from time to time."""
        self.past += 1
        self.pictures += report.filled
        self.pictures_failed += report.failed
        self.warnings.update(report.warnings)
        if report.restarted and not report.error:
            self.note(f"{shown(report.unit)}: a worker died filling it, another one filled it")
        if report.error:
            (error,) = spelled([report.error], on_command_line)
            # Units that fail for one reason share a line.
            key = error.replace(report.unit, "")
            self.units_failed.setdefault(key, []).append(f"{shown(report.unit)}: {error}")
        if self.clock() - self.printed_at >= SECONDS_BETWEEN_LINES:
            self.printed_at = self.clock()
            say(self.line(), self.stream)

    def line(self) -> str:
        """Return the count, the rate and the time left."""
        seconds = max(self.clock() - self.begun, 1e-9)
        failed = len(self.pictures_failed) + sum(map(len, self.units_failed.values()))
        text = f"{self.past} of {self.units} units, {self.pictures} pictures filled"
        text += f" ({failed} failed)" if failed else ""
        text += f", {self.pictures / seconds:.3g} a second"
        left = (self.units - self.past) * seconds / max(self.past, 1)
        return f"{text}, {duration(left)} left" if left else text

    def end(self) -> None:
        """Print the last count, how often each warning occurred, and all failures."""
        if self.past:
            say(self.line(), self.stream)
        for text, count in self.warnings.most_common(NAMES_SHOWN):
            say(f"deepgin: warning: of {count} pictures: {text}", self.stream)
        for lines in self.units_failed.values():
            more = f" (and so for {len(lines) - 1} more)" if len(lines) > 1 else ""
            say(f"deepgin: {lines[0]}{more}", self.stream)
        for name, why in self.pictures_failed[:NAMES_SHOWN]:
            say(f"deepgin: {shown(name)}: {why}", self.stream)
        if (left := len(self.pictures_failed) - NAMES_SHOWN) > 0:
            say(f"deepgin: and {left} more pictures, which manifest.json names", self.stream)
