"""Parsing the specs of methods."""

import re
from dataclasses import dataclass, field

from ...errors import UsageError, nearest_name
from ...runtimes import contracts
from .classical import CLASSICAL

ON_REQUEST = ("fsr-best",)
"""Methods that take minutes a picture, which no default list has."""
METHODS = ("deepgin", *(name for name in CLASSICAL if name not in ON_REQUEST))
"""The methods that have a name of their own."""
PLUGGED = ("onnx", "python")
TEXTURE = "+texture"
"""Suffix that adds texture to any method but deepgin, which has the word `texture`."""
OPTIONS = tuple(contracts.OPTIONS)
NAMES = (*METHODS, *ON_REQUEST)
_RESERVED = (*OPTIONS, "truth")  # options may follow a method; a report has folders truth and hole
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
_ALIAS = re.compile(r"([^:@,=]*)=(.*)", re.DOTALL)
_OURS = re.compile(r"deepgin(?::([^@]*))?(?:@(.+))?", re.DOTALL)


@dataclass(frozen=True)
class Spec:
    """A parsed spec.

    Attributes:
        name: name in the report: the alias, or else the spec without folders.
        kind: one of `METHODS` or `ON_REQUEST`, or onnx or python.
        argument: words of deepgin, the file of onnx, or module:function of python.
        weights: weights file of deepgin, or empty.
        options: options of plugged networks by name.
        texture: whether `+texture` adds texture; deepgin has it in its words.
    """

    name: str
    kind: str
    argument: str = ""
    weights: str = ""
    options: dict[str, str] = field(default_factory=dict)
    texture: bool = False


def split(text: str) -> list[str]:
    """Split a list at its commas, but keep options (`hole=1`) with the method before them.

    Raises:
        UsageError: a name between two commas is missing.
    """
    parts: list[str] = []
    for part in (part.strip() for part in text.split(",")):
        if not part:
            mend = "write it as in {methods=deepgin,telea}"
            raise _wrong(f"'{text}' lacks the name of a method", mend)
        if parts and part.partition("=")[0] in OPTIONS:
            parts[-1] += f",{part}"
        else:
            parts.append(part)
    return parts


def parse(text: str) -> Spec:
    """Parse `[NAME=]METHOD[:ARGUMENT][@WEIGHTS][+texture][,OPTION=VALUE...]`.

    Raises:
        UsageError: an unknown method, name, word or option.
    """
    head, *rest = text.split(",")
    aliased = _ALIAS.fullmatch(head)
    alias, body = (aliased[1], aliased[2]) if aliased else ("", head)
    if aliased:
        _check_name(alias, text)
    options = _options(rest, text)
    base = body.removesuffix(TEXTURE)
    kind, _, argument = base.partition(":")
    texture = base != body
    if ours := _OURS.fullmatch(body):
        kind = "deepgin"
        argument, weights = ours[1] or "", ours[2] or ""
        spec = Spec(alias or _name_of(body, weights), kind, argument, weights)
    elif kind in PLUGGED and argument:
        name = alias or _plugged_name(kind, argument, text) + body.removeprefix(base)
        spec = Spec(name, kind, argument, "", options, texture)
    elif base in NAMES and base != "deepgin":
        spec = Spec(alias or body, base, texture=texture)
    else:
        raise _unknown(alias, body)
    if options and spec.kind not in PLUGGED:
        raise _wrong(f"{text}: {spec.kind} takes no {rest[0]}")
    if alias in NAMES and alias != spec.kind:
        raise _wrong(f"{text}: {alias} is another method", "choose another name")
    return spec


def _options(rest: list[str], text: str) -> dict[str, str]:
    options: dict[str, str] = {}
    for part in rest:
        key, _, value = part.partition("=")
        if key not in OPTIONS:
            mend = f"choose from {', '.join(OPTIONS)}"
            raise _wrong(f"{text}: no option '{key}'{nearest_name(key, OPTIONS)}", mend)
        if key in options or not value:
            raise _wrong(f"{text}: {key} needs one value")
        options[key] = value
    return options


def _check_name(name: str, text: str) -> None:
    if not _NAME.fullmatch(name) or name in _RESERVED:
        raise _wrong(
            f"{text}: '{name}' cannot name a method",
            "use letters, digits and . _ - after a first letter or digit, and none of "
            f"{', '.join(_RESERVED)}",
        )


def _name_of(body: str, weights: str) -> str:
    """Return `deepgin:...@b.safetensors` for `deepgin:...@a/b.safetensors`."""
    return body if not weights else body.removesuffix(weights) + re.split(r"[/\\]", weights)[-1]


def _plugged_name(kind: str, argument: str, text: str) -> str:
    if kind == "python":
        name = argument.rpartition(":")[2]
    else:
        name = re.split(r"[/\\]", argument)[-1].removesuffix(".onnx")
    if not _NAME.fullmatch(name) or name in (*_RESERVED, *NAMES):
        raise _wrong(f"{text}: '{name}' cannot name a method", f"name it: NAME={text}")
    return name


def _unknown(alias: str, body: str) -> UsageError:
    if body.partition(":")[0] in PLUGGED:
        return _wrong(f"'{body}' names nothing", "write onnx:FILE or python:MODULE:FUNCTION")
    first, rest = re.match(r"([^+:@]*)(.*)", body, re.DOTALL).groups()  # type: ignore[union-attr]
    if first == "deepgin" and rest.startswith("+"):
        return _wrong(f"'{body}' lacks a colon", f"write deepgin:{rest[1:]}")
    if first in NAMES and first != "deepgin":
        return _wrong(f"'{body}': {first} takes one word only", f"write {first}{TEXTURE}")
    problem = f"no method '{body}'{nearest_name(first, NAMES)}"
    if close := nearest_name(alias, OPTIONS) if alias else "":
        problem = f"no method '{body}', and no option '{alias}'{close}"
    return _wrong(problem, f"choose from {', '.join(NAMES)}, onnx:FILE, python:MODULE:FUNCTION")


def _wrong(problem: str, mend: str = "") -> UsageError:
    return UsageError(problem, field="methods", mend=mend)
