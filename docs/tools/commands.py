"""A hook of the site: the reference of the command line, made from the parsers' own help.

A line `::: commands` becomes every command's usage and options, so that a new one is never left out.
"""

import argparse
import re
from collections.abc import Iterator
from html import escape
from importlib import import_module

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import Files
from mkdocs.structure.pages import Page

from deepgin.commands import COMMANDS

LINE = re.compile(r"^::: commands$", re.MULTILINE)


def on_page_markdown(markdown: str, page: Page, config: MkDocsConfig, files: Files) -> str:
    """Put the commands in the place of the page's line."""
    return LINE.sub(lambda _: "\n\n".join(map(command, COMMANDS)), markdown)


def command(name: str) -> str:
    """Return a command's part of the page as Markdown."""
    parser = import_module(f"deepgin.commands.{name}").parser()
    head = f"## deepgin {name} {{ #{name} }}"
    parts = [head, parser.description or "", f"```\n{_usage(name, parser)}\n```"]
    for group in parser._action_groups:
        actions = [action for action in group._group_actions if _is_told(action)]
        if not actions:
            continue
        if group.title not in ("positional arguments", "options"):
            parts.append(f"**{_shown(str(group.title))}**")
        parts.append("\n".join(_entries(parser, actions)))
    if parser.epilog:
        parts.append(
            "```sh\n" + "\n".join(map(str.strip, parser.epilog.splitlines()[1:])) + "\n```"
        )
    return "\n\n".join(parts)


def _usage(name: str, parser: argparse.ArgumentParser) -> str:
    words = ["deepgin", name]
    for action in filter(_is_told, parser._actions):
        if not action.option_strings:
            optional = action.nargs in ("?", "*")
            words.append(f"[{_metavar(action)}]" if optional else _metavar(action))
        elif action.required:
            words += [action.option_strings[0], _metavar(action)]
    return " ".join([*words, "[options]"])


def _is_told(action: argparse.Action) -> bool:
    hidden = {"help", "print_config", "config"} & {action.dest}
    return not hidden and action.help is not argparse.SUPPRESS


def _entries(parser: argparse.ArgumentParser, actions: list[argparse.Action]) -> Iterator[str]:
    formatter = parser._get_formatter()
    for action in actions:
        names = [f"`{name}`" for name in action.option_strings]
        metavar = "" if action.nargs == 0 else _metavar(action)
        if not names:
            names = [f"`{metavar or action.dest}`"]
            metavar = ""
        head = ", ".join(names) + (f" *{_shown(metavar)}*" if metavar else "")
        yield f"{head}\n:   {_expanded(formatter, action)}\n"


def _metavar(action: argparse.Action) -> str:
    if action.choices:
        return " | ".join(map(str, action.choices))
    metavar = action.metavar if isinstance(action.metavar, str) else None
    return metavar or action.dest.rpartition(".")[2].upper()


def _expanded(formatter: argparse.HelpFormatter, action: argparse.Action) -> str:
    return _shown(" ".join(formatter._expand_help(action).split())) or "\u2013"


def _shown(text: str) -> str:
    """Keep stars, lines and brackets as they stand, outside code."""
    parts = text.split("`")
    for i in range(0, len(parts), 2):
        parts[i] = re.sub(r"([*_\[\]])", r"\\\1", escape(parts[i], quote=False))
    return "`".join(parts)
