"""`deepgin table1 --data PHOTOS --rows ROW=FILE,... -o REPORT`: the paper's Table 1."""

import shlex
from pathlib import Path
from typing import Any

from ..console import watcher
from .measuring import add_measuring, parse_size, request, words_of
from .parsing import Parser

METRICS = "psnr,ssim,l1_relative,l1_relative_hole"


def parser() -> Parser:
    """Return the command's parser."""
    p = Parser(
        "table1",
        "Print the paper's Table 1 for your weights, beside the paper's figures.",
        ("deepgin table1 --data CELEBA_HQ_TEST --rows std=std.safetensors -o REPORT",),
    )
    p.add_argument(
        "--data", required=True, metavar="PHOTOS", help="the test set of CelebA-HQ, as in the paper"
    )
    p.add_argument(
        "--rows", required=True, help="std=FILE,deepgin=FILE, ...; or a folder of ROW.safetensors"
    )
    p.add_argument("--size", default="original", help="original, or the side of centre squares")
    p.add_argument(
        "--fit",
        default="polyphase",
        help="polyphase as in the paper, or crop, resize, direct, auto",
    )
    add_measuring(p, metrics=METRICS, output=True)
    return p


def run(args: Any) -> None:
    """Measure and print."""
    from ..evaluation.evaluate import evaluate
    from ..experiments import table1
    from ..files import write_text

    rows = table1.weights_of(args.rows)
    words = ["deepgin", "table1", "--data", "PHOTOS", "--rows", "WEIGHTS"]
    words += ["--size", args.size, "--fit", args.fit, *words_of(args)]
    asked = request(
        args,
        shlex.join(words),
        data=Path(args.data),
        masks=(table1.MASKS,),
        methods=",".join(f"{row}=deepgin:{args.fit}@{file}" for row, file in rows.items()),
        size=parse_size(args.size),
    )
    table = table1.markdown(evaluate(asked, Path(args.output), watcher()))
    write_text(Path(args.output) / "table1.md", table + "\n")
    print(table)
