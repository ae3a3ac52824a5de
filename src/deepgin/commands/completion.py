"""`deepgin completion`: completion of commands, options and files in bash and zsh."""

from importlib import import_module
from typing import Any

from .parsing import Parser

_SCRIPT = """\
if [ -n "$ZSH_VERSION" ]; then autoload -U +X bashcompinit && bashcompinit; fi
_deepgin() {{
  local word="${{COMP_WORDS[COMP_CWORD]}}" words=""
  if [ "$COMP_CWORD" = 1 ]; then
    words="help {commands}"
  elif [[ "$word" == -* ]]; then
    case "${{COMP_WORDS[1]}}" in
{cases}
    esac
  fi
  COMPREPLY=($(compgen -W "$words" -- "$word"))
}}
complete -o default -F _deepgin deepgin"""


def parser() -> Parser:
    """Return the command's parser."""
    return Parser(
        "completion",
        'Print a script for bash and zsh. Add eval "$(deepgin completion)" to ~/.bashrc or '
        "~/.zshrc.",
        ("deepgin completion",),
    )


def run(args: Any) -> None:
    """Print the script."""
    from . import COMMANDS

    cases = []
    for name in COMMANDS:
        made = import_module(f".{name}", __package__).parser()
        options = [option for option in made._option_string_actions if option.startswith("--")]
        cases.append(f'      {name}) words="{" ".join(options)}" ;;')
    print(_SCRIPT.format(commands=" ".join(COMMANDS), cases="\n".join(cases)))
