"""The command line: one file a command, which parses, calls and prints."""

import os
import sys
import warnings
from importlib import import_module

from ..console import say
from ..errors import DeepginError, nearest_name, on_command_line, spelled
from ..version import __version__

# The modules are imported when they are called: the list must not wait for torch.
COMMANDS = {
    "inpaint": "fill the hole of a picture",
    "masks": "write masks of a kind",
    "train": "train a network on a folder of pictures",
    "evaluate": "measure methods on a folder of pictures",
    "compare": "compare measured methods picture by picture, with intervals",
    "table1": "print the paper's Table 1 for your weights",
    "table2": "print the paper's Table 2 for your methods",
    "ablation": "train every row of Table 1 at one budget and compare them",
    "app": "paint and fill in the browser",
    "serve": "fill pictures over HTTP",
    "cluster": "fill very many pictures on a Ray cluster",
    "convert": "convert a checkpoint of the paper's authors",
    "blend": "put soft and sharp weights into one file",
    "export": "write a network as one ONNX file",
    "info": "show variants, weights and this machine",
    "completion": "print a script that completes commands and options in the shell",
}

_WITHOUT_TORCH = (
    "needs PyTorch: choose it for this machine on pytorch.org, then run "
    "pip install -c constraints.txt '.[torch]'"
)


def main(argv: list[str] | None = None) -> int:
    """Run `deepgin` and return its exit code: 0, 1 for failed work, 2 for wrong use."""
    argv = sys.argv[1:] if argv is None else argv
    if argv[:1] == ["help"]:
        argv = [*argv[1:2], "--help"]
    if not argv or argv[0] in ("-h", "--help", "--version"):
        print(f"deepgin {__version__}" if argv[:1] == ["--version"] else _usage())
        return 0 if argv else 2
    name, rest = argv[0], argv[1:]
    if name not in COMMANDS:
        close = nearest_name(name, list(COMMANDS))
        return _fail(f"no command '{name}'{close}: see deepgin --help", 2)
    debug = "--debug" in rest
    rest = [argument for argument in rest if argument != "--debug"]
    try:
        with warnings.catch_warnings():
            warnings.showwarning = _show_warning
            command = import_module(f".{name}", __name__)
            command.run(command.parser().parse_args(rest))
        sys.stdout.flush()
    except DeepginError as error:
        if debug:
            raise
        return _fail(error.spelled(on_command_line), error.exit_code)
    except KeyboardInterrupt:
        return _fail("stopped", 130)
    except BrokenPipeError:
        # The reader, `head` perhaps, has seen enough; Python's last flush must not complain.
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        return 0
    except Exception as error:
        if debug:
            raise
        if isinstance(error, ModuleNotFoundError) and error.name == "torch":
            return _fail(f"deepgin {name} {_WITHOUT_TORCH}", 1)
        what = str(error) or "no message"
        return _fail(f"{type(error).__name__}: {what} (--debug shows where)", 1)
    return 0


def _usage() -> str:
    lines = [f"  {name:<11}{what}" for name, what in COMMANDS.items()]
    return "\n".join(
        ["usage: deepgin COMMAND ...", "", "Fill holes in photographs, train, measure.", ""]
        + lines
        + ["", "deepgin help COMMAND shows its options and examples; --debug shows tracebacks."]
    )


def _fail(message: str, code: int) -> int:
    say(f"deepgin: {' '.join(message.split())}")
    return code


def _show_warning(message: object, *_: object, **__: object) -> None:
    texts = message.args if isinstance(message, Warning) else (message,)
    text = " ".join(spelled(texts, on_command_line))
    say(f"deepgin: warning: {' '.join(text.split())}")
