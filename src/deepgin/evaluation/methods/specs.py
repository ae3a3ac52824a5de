"""Reading what people write to name methods. Nothing is loaded or run here."""

import re
from dataclasses import dataclass, field

from ...errors import UsageError, nearest_name
from .classical import CLASSICAL

ON_REQUEST = ("fsr-best",)
"""Methods that take minutes a picture: in no list unless they are named."""
METHODS = ("deepgin", *(name for name in CLASSICAL if name not in ON_REQUEST))
"""The methods that have a name of their own."""
PLUGGED = ("onnx", "python")
TEXTURE = "+texture"
"""Ends any method but deepgin, whose word it is; no file or function can be called so."""
OPTIONS = ("hole", "range", "out", "masked", "mask-range", "multiple", "image", "mask", "output")
"""Of plugged networks; no method can be called so."""
_TAKEN = (*OPTIONS, "truth")  # truth and hole: folders beside the methods' in a report
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
_ALIAS = re.compile(r"([^:@,=]*)=(.*)", re.DOTALL)
_OURS = re.compile(r"deepgin(?::([^@]*))?(?:@(.+))?", re.DOTALL)


@dataclass(frozen=True)
class Spec:
    """A method as it was asked for.

    Attributes:
        name: in the report: the alias, or else what was written, without folders.
        kind: one of `METHODS` or `ON_REQUEST`, or onnx or python.
        argument: of deepgin its words; of onnx a file; of python module:function.
        weights: of deepgin a file, or empty.
        options: of plugged networks, by name.
        texture: texture goes over its fill; of deepgin its words say that.
    """

    name: str
    kind: str
    argument: str = ""
    weights: str = ""
    options: dict[str, str] = field(default_factory=dict)
    texture: bool = False


def split(text: str) -> list[str]:
    """Split a list at its commas, but keep options of a plugged network with it.

    A part that begins with one of `OPTIONS` and an equals sign belongs to the method before it.

    Raises:
        UsageError: nothing stands between two commas.
    """
    parts: list[str] = []
    for part in (part.strip() for part in text.split(",")):
        if not part:
            raise UsageError(f"--methods '{text}': a name is missing between its commas")
        if parts and part.partition("=")[0] in OPTIONS:
            parts[-1] += f",{part}"
        else:
            parts.append(part)
    return parts


def parse(text: str) -> Spec:
    """Read `[NAME=]METHOD[:ARGUMENT][@WEIGHTS][+texture][,OPTION=VALUE...]`.

    Raises:
        UsageError: no such method, or a name, word or option that does not work.
    """
    head, *rest = text.split(",")
    found = _ALIAS.fullmatch(head)
    alias, body = (found[1], found[2]) if found else ("", head)
    if found:
        _check_name(alias, text)
    options = _options(rest, text)
    base = body.removesuffix(TEXTURE)
    kind, _, argument = base.partition(":")
    texture = base != body
    if ours := _OURS.fullmatch(body):
        kind = "deepgin"
        argument, weights = ours[1] or "", ours[2] or ""
        spec = Spec(alias or _named(body, weights), kind, argument, weights)
    elif kind in PLUGGED and argument:
        name = alias or _plugged_name(kind, argument, text) + body.removeprefix(base)
        spec = Spec(name, kind, argument, "", options, texture)
    elif base in METHODS + ON_REQUEST and base != "deepgin":
        spec = Spec(alias or body, base, texture=texture)
    else:
        raise UsageError(_unknown(alias, body))
    if options and spec.kind not in PLUGGED:
        raise UsageError(f"{text}: {spec.kind} takes no {rest[0]}")
    if alias in METHODS + ON_REQUEST and alias != spec.kind:
        raise UsageError(f"{text}: {alias} is another method: choose another name")
    return spec


def _options(rest: list[str], text: str) -> dict[str, str]:
    options: dict[str, str] = {}
    for part in rest:
        key, _, value = part.partition("=")
        if key not in OPTIONS:
            close = nearest_name(key, OPTIONS)
            raise UsageError(f"{text}: no option '{key}'{close}: choose from {', '.join(OPTIONS)}")
        if key in options or not value:
            raise UsageError(f"{text}: {key} needs one value")
        options[key] = value
    return options


def _check_name(name: str, text: str) -> None:
    if not _NAME.fullmatch(name) or name in _TAKEN:
        raise UsageError(
            f"{text}: '{name}' cannot name a method: letters, digits and . _ - after a first "
            f"letter or digit, and none of {', '.join(_TAKEN)}"
        )


def _named(body: str, weights: str) -> str:
    """Return a name of `deepgin:...@a/b.safetensors` that holds no folder."""
    return body if not weights else body.removesuffix(weights) + re.split(r"[/\\]", weights)[-1]


def _plugged_name(kind: str, argument: str, text: str) -> str:
    if kind == "python":
        name = argument.rpartition(":")[2]
    else:
        name = re.split(r"[/\\]", argument)[-1].removesuffix(".onnx")
    if not _NAME.fullmatch(name) or name in (*_TAKEN, *METHODS, *ON_REQUEST):
        raise UsageError(f"{text}: give it a name: NAME={text}")
    return name


def _unknown(alias: str, body: str) -> str:
    known = (*METHODS, *ON_REQUEST)
    if body.partition(":")[0] in PLUGGED:
        return f"'{body}' names nothing: write onnx:FILE or python:MODULE:FUNCTION"
    first, rest = re.match(r"([^+:@]*)(.*)", body, re.DOTALL).groups()  # type: ignore[union-attr]
    if first == "deepgin" and rest.startswith("+"):
        return f"'{body}': words of deepgin follow a colon: write deepgin:{rest[1:]}"
    if first in known and first != "deepgin":
        return f"'{body}': {first} takes one word alone: write {first}{TEXTURE}"
    text = f"no method '{body}'{nearest_name(first, known)}"
    if close := nearest_name(alias, OPTIONS) if alias else "":
        text = f"no method '{body}', and no option '{alias}'{close}"
    return f"{text}: choose from {', '.join(known)}, onnx:FILE, python:MODULE:FUNCTION"
