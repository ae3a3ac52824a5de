"""The parser, the options and the line of counts that commands share."""

import re
from argparse import Action
from collections.abc import Sequence
from dataclasses import fields, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

from jsonargparse import ArgumentParser, DefaultHelpFormatter

from ..errors import UsageError, nearest_name

if TYPE_CHECKING:
    from ..inpainting import Options
    from ..weights.model import Model


class _Help(DefaultHelpFormatter):
    """Shows defaults, but not that an option is unset; keeps the lines of examples."""

    def _fill_text(self, text: str, width: int, indent: str) -> str:
        return text if "\n" in text else super()._fill_text(text, width, indent)

    def _get_help_string(self, action: Action) -> str:
        text = super()._get_help_string(action)
        default = getattr(action, "default", None)
        if default is None or default is False or default == "":
            text = re.sub(r" \(default: %\(default\)s\)|, default: %\(default\)s", "", text)
        return text


class Parser(ArgumentParser):
    """A jsonargparse parser whose errors become ours.

    Args:
        command: its name.
        description: what it does.
        examples: commands to show below the options.

    Attributes:
        config_file: the file that a command's options were read from, for messages.
    """

    config_file = "the configuration file"

    def __init__(self, command: str, description: str, examples: tuple[str, ...] = ()) -> None:
        epilog = "\n  ".join(["examples:", *examples]) if examples else None
        super().__init__(
            prog=f"deepgin {command}",
            description=description,
            epilog=epilog,
            formatter_class=_Help,
        )

    def error(self, message: str, ex: Exception | None = None) -> NoReturn:
        """Raise the message as one line, with the nearest option where one is unknown."""
        text = " ".join(str(message).replace("error:", "").split())
        pattern = r"(?:Group '(.+)' does not accept option|Option) '(.+?)'(?: is not accepted)?"
        if found := re.fullmatch(pattern, text):
            # Only a file can say so: an unknown option of the command line is unrecognized.
            name = ".".join(part for part in found.groups() if part)
            text = f"{self.config_file}: there is no '{name}'"
        unknown = re.search(
            r"(?:[Uu]nrecognized arguments:|[Kk]ey|there is no) [-'\"]*([\w.-]+)", text
        )
        options = [name.lstrip("-") for name in self._option_string_actions]
        # Of a known name it is the value that is wrong.
        wrong = unknown[1] if unknown and unknown[1] not in options else ""
        close = nearest_name(wrong, options) if wrong else ""
        raise UsageError(f"{text}{close} (see {self.prog} --help)") from ex


def add_runtime(parser: Parser, *, several: bool = False) -> None:
    """Add the options that choose weights, device, precision and sharpness.

    `several` lets `--weights` come more than once: `args.weights` is then a list, or None.
    """
    more = "; may be given again, and a request then chooses one by the file's name"
    parser.add_argument(
        "--weights",
        metavar="FILE",
        action="append" if several else "store",
        help="a weights file, an ONNX file of any network, or hf:owner/name[/file][@revision]; "
        "default: those of the package" + several * more,
    )
    add_contract(parser)
    parser.add_argument("--device", default="auto", help="auto, cpu, cuda, cuda:N, mps or xpu")
    parser.add_argument("--precision", default="auto", help="auto, float32 or bf16")
    add_sharpness(parser)


def add_contract(parser: Parser) -> None:
    """Add the option that says what a network of other authors takes and returns."""
    parser.add_argument(
        "--contract",
        default="",
        metavar="CONTRACT",
        help="what an ONNX file of other authors takes and returns, where it does not show: a "
        "known network, as lama, or hole=1,range=0..1 (docs/networks.md)",
    )


def models_of(args: Any) -> "list[Model]":
    """Return the models that the options of `add_runtime(several=True)` mean.

    Raises:
        UsageError: a contract is stated for more than one file.
    """
    several = args.weights or [None]
    if args.contract and len(several) > 1:
        raise UsageError(
            "a contract is of one file",
            field="contract",
            mend="write FILE.yaml beside each file instead (docs/networks.md)",
        )
    return [replace(model_of(args), weights=weights) for weights in several]


def model_of(args: Any) -> "Model":
    """Return the `Model` that the options of `add_runtime` mean."""
    from ..weights.model import Model

    return Model(
        weights=args.weights,
        device=args.device,
        precision=args.precision,
        sharpness=args.sharpness,
        contract=args.contract,
    )


def add_sharpness(parser: Parser) -> None:
    """Add the option that chooses between the two sets of a weights file."""
    parser.add_argument(
        "--sharpness",
        type=float,
        metavar="0..1",
        help="0 (soft) to 1 (sharp), for weights that hold both; default: the file's own",
    )


def add_filling(parser: Parser, without: Sequence[str] = ()) -> None:
    """Add an option for each field of `Options`, but those named."""
    from ..inpainting import Options

    for option in fields(Options):
        if option.name in without:
            continue
        flag, text = f"--{option.name.replace('_', '-')}", option.metadata["help"]
        if option.default is False:
            parser.add_argument(flag, action="store_true", help=text)
            continue
        if choices := option.metadata.get("choices"):
            text += f" ({', '.join(choices)})"
        elif "maximum" in option.metadata:
            text += f" ({option.metadata['minimum']:g} to {option.metadata['maximum']:g})"
        default = "" if option.default is None else option.default
        kind: dict[str, Any] = {} if isinstance(default, str) else {"type": type(default)}
        parser.add_argument(flag, default=default, help=text, **kind)


def filling_of(args: Any) -> "Options":
    """Return the `Options` that the options of `add_filling` mean."""
    from ..inpainting import Options

    return Options(**{f.name: getattr(args, f.name) for f in fields(Options) if f.name in args})


def counted(**counts: int) -> str:
    """Return `3 filled, 1 failed`, without counts of 0."""
    return ", ".join(f"{count} {what}" for what, count in counts.items() if count)


def output_of(args: Any, ending: str = "") -> Path:
    """Return the file that --output names.

    Raises:
        UsageError: it has another ending, or exists and is not to be overwritten.
    """
    output = Path(args.output)
    if not output.name.endswith(ending):
        raise UsageError(f"{output} has another ending", field="output", mend=f"end it in {ending}")
    if output.exists() and not args.overwrite:
        mend = "add {overwrite=true}, or choose another name"
        raise UsageError(f"{output} exists", field="overwrite", mend=mend)
    return output
