"""`deepgin train --recipe NAME --data.train PHOTOS -o RUN`."""

from dataclasses import fields, is_dataclass
from pathlib import Path
from typing import Any, NoReturn, Self

from jsonargparse import ActionConfigFile, Namespace  # type: ignore[attr-defined]

from ..errors import UsageError, nearest_name
from ..training.checks import refusal
from ..training.recipe import Recipe
from .parsing import Parser


class _RecipeFile(ActionConfigFile):
    """`--recipe` takes the name of a shipped recipe or a YAML file."""

    def __call__(self, parser: Any, cfg: Any, value: Any, option_string: Any = None) -> None:
        parser.config_file = str(recipe_file(value))
        try:
            super().__call__(parser, cfg, parser.config_file, option_string)  # type: ignore[no-untyped-call]
        except (UsageError, UnicodeDecodeError) as error:
            field = getattr(error, "field", "")
            raise UsageError(f"{parser.config_file}: {error}", field=field) from error


class _RecipeParser(Parser):
    """Refuses a recipe's values with the name of the field."""

    def error(self, message: str, ex: Exception | None = None) -> NoReturn:
        if wrong := refusal(str(message)):
            raise wrong from ex
        super().error(message, ex)


def recipe_file(name: str) -> Path:
    """Return the file of a recipe: a path, or a name that ships with the package.

    Raises:
        UsageError: neither; the message lists the names.
    """
    folder = Path(__file__).parent.parent / "training" / "recipes"
    shipped = {file.stem: file for file in sorted(folder.glob("*.yaml"))}
    if name in shipped:
        return shipped[name]
    if Path(name).is_file():
        return Path(name)
    raise UsageError(
        f"no recipe '{name}'{nearest_name(name, list(shipped))}",
        field="recipe",
        mend=f"name a YAML file, or one of {', '.join(shipped)}",
    )


def parser() -> Parser:
    """Return the command's parser."""
    p = _RecipeParser(
        "train",
        "Train a network. The same command continues a stopped run.",
        (
            "deepgin train --recipe tiny --data.train examples --data.validation examples",
            "deepgin train --recipe small --data.train PHOTOS --data.validation OTHERS -o runs/mine",
        ),
    )
    p.add_argument("--recipe", action=_RecipeFile, help="name of a shipped recipe, or a YAML file")
    p.add_argument(
        "-o",
        "--output",
        metavar="RUN",
        help="folder of the run; default: runs/ and the recipe's name",
    )
    p.add_argument(
        "--resume",
        default="auto",
        metavar="auto|no|RUN|CHECKPOINT",
        help="auto: continue the run in RUN; no: refuse a RUN that is not empty; the folder or a "
        "checkpoint of another run: start a new run from it",
    )
    p.add_class_arguments(Recipe)
    return p


def recipe_of(args: Any) -> Recipe:
    """Return the recipe of parsed arguments, in plain values.

    Raises:
        UsageError: a group of options has a single value.
    """
    for field in fields(Recipe):
        if is_dataclass(field.default_factory) and not isinstance(args[field.name], Namespace):
            raise UsageError(f"{field.name} {args[field.name]!r} does not work: it takes options")
    return Recipe.of({field.name: _plain(args[field.name]) for field in fields(Recipe)})


def _plain(value: Any) -> Any:
    return value.as_dict() if isinstance(value, Namespace) else value


def run(args: Any) -> None:
    """Train."""
    from ..training.loop import Trainer
    from ..training.run_folder import checkpoints

    recipe = recipe_of(args)
    name = Path(str(args.recipe[-1])).stem if args.recipe else "own"
    output = Path(args.output or f"runs/{name}")
    branch = None if args.resume in ("auto", "no") else Path(args.resume)
    if args.resume == "no" and checkpoints(output):
        mend = "choose another folder, or use {resume=auto}"
        raise UsageError(f"{output} holds a run", field="resume", mend=mend)
    with Screen() as screen:
        trainer = Trainer(recipe, output, screen, branch)
        trainer.fit()
    if trainer.ranks.first:
        print(f"the run is in {output}")


class Screen:
    """Shows a run: a bar with the time left on a terminal, plain lines elsewhere."""

    def __init__(self) -> None:
        from rich.console import Console
        from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

        self.console = Console(highlight=False, soft_wrap=True, markup=False, emoji=False)
        columns = ("{task.completed:.0f} of {task.total:.0f} samples", "{task.description}")
        self.bar = Progress(
            BarColumn(20), *map(TextColumn, columns), TimeRemainingColumn(), console=self.console
        )
        self.task = self.bar.add_task("", total=None, visible=False)

    def __enter__(self) -> Self:
        if self.console.is_terminal:
            self.bar.start()
        return self

    def __exit__(self, *_: object) -> None:
        if self.console.is_terminal:
            self.bar.stop()

    def line(self, text: str) -> None:
        """Print a line."""
        self.console.print(text)

    def progress(self, samples: int, total: int, left: float, text: str) -> None:
        """Show how far the run is; `left` in seconds."""
        if self.console.is_terminal:
            self.bar.update(
                self.task, completed=samples, total=total, description=text, visible=True
            )
        else:
            hours, minutes = divmod(round(left / 60), 60)
            self.line(f"{samples} of {total} samples, {text}, {hours}:{minutes:02d} left")
