"""`deepgin table2 --data ffhq=DIR,oxford=DIR -o REPORT`: the paper's Table 2."""

import shlex
from pathlib import Path
from typing import Any

from ..console import say, watcher
from .measuring import add_measuring, request, words_of
from .parsing import Parser
from .table1 import METRICS


def parser() -> Parser:
    """Return the command's parser."""
    p = Parser(
        "table2",
        "Print the paper's Table 2 for your methods, beside the paper's figures.",
        ("deepgin table2 --data ffhq=FFHQ,oxford=OXFORD --methods deepgin:polyphase -o REPORT",),
    )
    p.add_argument(
        "--data",
        required=True,
        metavar="NAME=PHOTOS",
        help="separated by commas: ffhq=DIR,oxford=DIR; the paper has no figures for other names",
    )
    p.add_argument(
        "--methods",
        default="deepgin:polyphase",
        help="separated by commas; see deepgin help evaluate",
    )
    add_measuring(p, metrics=METRICS, output=True)
    return p


def run(args: Any) -> None:
    """Measure and print."""
    from ..evaluation.evaluate import evaluate
    from ..experiments import table2
    from ..files import write_text

    data, output = table2.data_of(args.data), Path(args.output)
    names = ",".join(f"{name}=PHOTOS" for name in data)
    words = ["deepgin", "table2", "--data", names, "--methods", args.methods, *words_of(args)]
    reports = {}
    for name, folder in data.items():
        for size, side in table2.SIZES.items():
            say(f"{name}, {size}")
            asked = request(
                args,
                shlex.join(words),
                data=folder,
                masks=tuple(masks[size] for masks in table2.MASKS.values()),
                methods=args.methods,
                size=side,
            )
            reports[name, size] = evaluate(asked, output / f"{name}-{size}", watcher())
    table = table2.markdown(reports)
    write_text(output / "table2.md", table + "\n")
    print(table)
