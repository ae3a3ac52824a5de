"""Parsing the specs of methods."""

import re
from dataclasses import dataclass, field

from ...errors import UsageError, nearest_name
from .classical import CLASSICAL

ON_REQUEST = ("fsr-best",)
"""Methods that take minutes a picture, which no default list has."""
METHODS = ("deepgin", *(name for name in CLASSICAL if name not in ON_REQUEST))
"""The methods that have a name of their own."""
PLUGGED = ("onnx", "python")
TEXTURE = "+texture"
"""Suffix that adds texture to any method but deepgin, which has the word `texture`."""
OPTIONS = ("hole", "range", "out", "masked", "mask-range", "multiple", "image", "mask", "output")
"""Options of plugged networks; reserved, so no name of a method."""
_RESERVED = (*OPTIONS, "truth")  # a report has folders truth and hole
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
    """Split a list at its commas, keeping the options of a plugged network with it.

    A part that begins with one of `OPTIONS` and an equals sign belongs to the method before it.

    Raises:
        UsageError: a name between two commas is missing.
    """
    parts: list[str] = []
    for part in (part.strip() for part in text.split(",")):
        if not part:
            raise UsageError(
                f"'{text}' lacks the name of a method",
                field="methods",
                mend="write it as in {methods=deepgin,telea}",
            )
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
    elif base in METHODS + ON_REQUEST and base != "deepgin":
        spec = Spec(alias or body, base, texture=texture)
    else:
        raise _unknown(alias, body)
    if options and spec.kind not in PLUGGED:
        raise UsageError(f"{text}: {spec.kind} takes no {rest[0]}", field="methods")
    if alias in METHODS + ON_REQUEST and alias != spec.kind:
        raise UsageError(
            f"{text}: {alias} is another method", field="methods", mend="choose another name"
        )
    return spec


def _options(rest: list[str], text: str) -> dict[str, str]:
    options: dict[str, str] = {}
    for part in rest:
        key, _, value = part.partition("=")
        if key not in OPTIONS:
            close = nearest_name(key, OPTIONS)
            raise UsageError(
                f"{text}: no option '{key}'{close}",
                field="methods",
                mend=f"choose from {', '.join(OPTIONS)}",
            )
        if key in options or not value:
            raise UsageError(f"{text}: {key} needs one value", field="methods")
        options[key] = value
    return options


def _check_name(name: str, text: str) -> None:
    if not _NAME.fullmatch(name) or name in _RESERVED:
        raise UsageError(
            f"{text}: '{name}' cannot name a method",
            field="methods",
            mend="use letters, digits and . _ - after a first letter or digit, and none of "
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
    if not _NAME.fullmatch(name) or name in (*_RESERVED, *METHODS, *ON_REQUEST):
        raise UsageError(
            f"{text}: '{name}' cannot name a method", field="methods", mend=f"name it: NAME={text}"
        )
    return name


def _unknown(alias: str, body: str) -> UsageError:
    known = (*METHODS, *ON_REQUEST)
    if body.partition(":")[0] in PLUGGED:
        problem = f"'{body}' names nothing"
        return UsageError(
            problem, field="methods", mend="write onnx:FILE or python:MODULE:FUNCTION"
        )
    first, rest = re.match(r"([^+:@]*)(.*)", body, re.DOTALL).groups()  # type: ignore[union-attr]
    if first == "deepgin" and rest.startswith("+"):
        problem, mend = f"'{body}' lacks a colon", f"write deepgin:{rest[1:]}"
        return UsageError(problem, field="methods", mend=mend)
    if first in known and first != "deepgin":
        problem, mend = f"'{body}': {first} takes one word only", f"write {first}{TEXTURE}"
        return UsageError(problem, field="methods", mend=mend)
    problem = f"no method '{body}'{nearest_name(first, known)}"
    if close := nearest_name(alias, OPTIONS) if alias else "":
        problem = f"no method '{body}', and no option '{alias}'{close}"
    mend = f"choose from {', '.join(known)}, onnx:FILE, python:MODULE:FUNCTION"
    return UsageError(problem, field="methods", mend=mend)
