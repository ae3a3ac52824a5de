"""`deepgin ablation --train PHOTOS --data OTHERS -o REPORT`: every row at one budget."""

import shlex
from dataclasses import replace
from pathlib import Path
from typing import Any

from ..console import say, watcher
from .measuring import add_measuring, request, words_of
from .parsing import Parser


def parser() -> Parser:
    """Return the command's parser."""
    p = Parser(
        "ablation",
        "Train every row of the paper's Table 1 at one budget and compare them.",
        ("deepgin ablation --train PHOTOS --data OTHERS -o REPORT",),
    )
    p.add_argument("--train", required=True, metavar="PHOTOS", help="pictures to train on")
    p.add_argument("--data", required=True, metavar="PHOTOS", help="other pictures, to measure on")
    p.add_argument(
        "--rows", default="all", help="separated by commas: ROW, or ROW*3 for three seeds"
    )
    p.add_argument("--recipe", default="ablation", help="name of a shipped recipe, or a YAML file")
    p.add_argument(
        "--samples", type=int, help="training samples of each run; default: the recipe's"
    )
    p.add_argument("--threads", type=int, default=0, help="threads of training; 0 uses all")
    p.add_argument("--runs", metavar="DIR", help="folder of the runs; default: REPORT/runs")
    add_measuring(p, metrics="psnr,ssim,l1_hole", output=True)
    return p


def run(args: Any) -> None:
    """Train what is not trained yet, measure and print."""
    from ..evaluation.evaluate import evaluate
    from ..experiments import ablation
    from ..files import write_text
    from .train import Screen, recipe_of
    from .train import parser as training

    output = Path(args.output)
    runs = ablation.runs_of(args.rows)
    options = ["--recipe", args.recipe, "--data.train", args.train, "--threads", str(args.threads)]
    recipe = recipe_of(training().parse_args([*options, "--device", args.device]))
    if args.samples:
        recipe = replace(recipe, warm_up=replace(recipe.warm_up, length=args.samples))
    specs = []
    for one in runs:
        say(one.name)
        with Screen() as screen:
            folder = Path(args.runs) if args.runs else output / "runs"
            weights = ablation.train(one, recipe, folder, screen)
        specs.append(f"{one.name}=deepgin:direct@{weights}")
    words = ["deepgin", "ablation", "--train", "PHOTOS", "--data", "OTHERS", "--rows", args.rows]
    words += ["--recipe", Path(args.recipe).name]
    words += ["--samples", str(args.samples)] if args.samples else []
    asked = request(
        args,
        shlex.join([*words, *words_of(args)]),
        data=Path(args.data),
        methods=",".join(specs),
        size=recipe.data.size,
    )
    table = ablation.markdown(evaluate(asked, output, watcher()), runs, recipe)
    write_text(output / "ablation.md", table + "\n")
    print(table)
