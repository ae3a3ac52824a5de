"""`deepgin compare A.json B.json`."""

import json
import math
from dataclasses import asdict
from typing import Any

from .parsing import Parser


def parser() -> Parser:
    """Return the command's parser."""
    p = Parser(
        "compare",
        "Compare methods picture by picture, within one report or between two.",
        (
            "deepgin compare REPORT --methods deepgin,telea",
            "deepgin compare OLD NEW --metric psnr --json",
        ),
    )
    p.add_argument("report", help="report.json of deepgin evaluate, or its folder")
    p.add_argument("other", nargs="?", help="another report of the same pictures and masks")
    p.add_argument(
        "--metric", metavar="NAMES", help="separated by commas; default: all that both have"
    )
    p.add_argument(
        "--methods",
        metavar="A,B",
        help="one report: A minus each method that follows. Two: A of the first minus B of the "
        "second; default: each method that is in both",
    )
    p.add_argument("--json", action="store_true", help="print JSON")
    return p


def run(args: Any) -> None:
    """Compare and print."""
    from ..evaluation.compare import differences, not_compared, pairs_of
    from ..evaluation.report import comparison
    from ..evaluation.scores import Report

    first = Report.read(args.report)
    second = first if args.other is None else Report.read(args.other)
    pairs = pairs_of(first, second, args.methods.split(",") if args.methods else [])
    metrics = args.metric.split(",") if args.metric else None
    found = differences(first, second, pairs, metrics)
    if args.json:
        facts = {"reports": [args.report, args.other or args.report], "pictures": first.pictures}
        rows = [_row(one) for one in found]
        print(json.dumps(facts | {"masks": first.masks, "differences": rows}, indent=2))
        return
    sides = (args.report, args.other) if args.other else ("", "")
    print(comparison(first, found, sides, not_compared(first, second)))


def _row(one: Any) -> dict[str, Any]:
    """Return a difference for JSON, with null for NaN."""
    pairs = {k: None if math.isnan(v) else v for k, v in asdict(one.pairs).items()}
    return asdict(one) | {"pairs": pairs, "verdict": one.verdict}
