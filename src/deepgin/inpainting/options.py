"""The options of filling, each stated once: default, range and description."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any

from ..errors import UsageError, nearest_name
from ..pictures import COLOUR_TOLERANCE
from .fits import FITS

_BOX = re.compile(r"\s*\d+\s*(,\s*\d+\s*){3}")
_COLOUR = re.compile(r"#?([0-9a-fA-F]{3}|[0-9a-fA-F]{6})|[a-zA-Z]+")
_SIDE = re.compile(r"\d{1,6}|\d{1,6}(\.\d{1,6})?%")
_CANVAS = re.compile(r"\s*(\d{1,6})\s*[xX,]\s*(\d{1,6})\s*")
_MOST_PERCENT = 100
_MOST_PIXELS = 1024
_HOLES = ("box", "color", "alpha")
TEXTURES = ("auto", "on", "off")


def _option(default: Any, help: str, **limits: Any) -> Any:
    return field(default=default, metadata={"help": help, **limits})


@dataclass(frozen=True)
class Options:
    """How holes are made from masks, and filled.

    The command line, the service and the cluster derive their options from these fields. The
    metadata of a field has `help`, and where they apply `minimum`, `maximum` and `choices`.

    Raises:
        UsageError: a value that does not work; `field` names the option.
    """

    fit: str = _option("auto", "how a picture is brought to the network", choices=FITS)
    texture: str = _option(
        "auto",
        "fill with texture of the picture's own pixels, guided by the network; auto means on, "
        "unless another fit, ensemble or degrid is chosen",
        choices=TEXTURES,
    )
    ensemble: bool = _option(False, "mean of five passes, turned and mirrored; five times as slow")
    degrid: bool = _option(False, "smooth away the grid that the fit polyphase leaves")
    dilate: int = _option(
        0, "grow the hole by this many pixels on all sides", minimum=0, maximum=_MOST_PIXELS
    )
    feather: int = _option(
        0,
        "fade a step of brightness or colour at the edge of the hole, over this many pixels "
        "inside the hole",
        minimum=0,
        maximum=_MOST_PIXELS,
    )
    invert: bool = _option(False, "black is missing instead of white")
    threshold: float = _option(
        0.5, "a mask pixel is missing at or above this share of white", minimum=1e-6, maximum=1
    )
    resize_mask: bool = _option(False, "resize a mask of another size to the picture's size")
    box: tuple[int, int, int, int] | None = _option(
        None, "the hole as x,y,width,height in pixels, instead of a mask"
    )
    color: str = _option(
        "", "the hole is what is painted in this colour, such as #ff00ff, instead of a mask"
    )
    color_tolerance: int = _option(
        COLOUR_TOLERANCE,
        "how far red, green and blue may each be from the colour; above 0 the soft rim belongs to "
        "the hole, 0 takes the exact colour",
        minimum=0,
        maximum=255,
    )

    alpha: bool = _option(False, "the hole is where the picture is transparent")
    extend: tuple[int | str, ...] | None = _option(
        None,
        "enlarge the picture by left,top,right,bottom and fill what is new; each in pixels, or as "
        "10% of its width or height",
    )
    canvas: tuple[int, int] | None = _option(
        None, "enlarge the picture to 1920x1080, itself in the middle, and fill what is new"
    )

    def __post_init__(self) -> None:
        for option in fields(self):
            _check(option.name, getattr(self, option.name), option.metadata)
        for name, parsed in (("box", _box_of), ("extend", _extend_of), ("canvas", _canvas_of)):
            object.__setattr__(self, name, parsed(getattr(self, name)))
        if self.color and not _COLOUR.fullmatch(self.color):
            raise UsageError(
                f"color '{self.color}' does not work", field="color", mend="use {color=#ff00ff}"
            )
        for names, what in ((_HOLES, "what the hole is"), (("extend", "canvas"), "the new size")):
            if len(used := [name for name in names if getattr(self, name)]) > 1:
                first, last, *_ = used
                problem = f"{first} and {last} both say {what}"
                raise UsageError(problem, field=last, mend=f"use {{{first}}} or {{{last}}}")

    @property
    def hole(self) -> str:
        """The name of the option that says what the hole is; empty if none does."""
        return next((name for name in _HOLES if getattr(self, name)), "")

    @property
    def grows(self) -> bool:
        """Whether the picture grows."""
        return bool(self.extend or self.canvas)


def _check(name: str, value: Any, limits: Mapping[str, Any]) -> None:
    choices = limits.get("choices", ())
    if choices and value not in choices:
        raise UsageError(
            f"no {name} '{value}'{nearest_name(value, choices)}",
            field=name,
            mend=f"choose from {', '.join(choices)}",
        )
    if "minimum" in limits and not limits["minimum"] <= value <= limits["maximum"]:
        mend = "choose {minimum:g} to {maximum:g}".format(**limits)
        raise UsageError(f"{name} {value} does not work", field=name, mend=mend)


def _box_of(box: object) -> tuple[int, ...] | None:
    """Return a box of four numbers, or of a string of them."""
    if box is None or box == "":
        return None
    text = ",".join(map(str, box)) if isinstance(box, tuple | list) else str(box)
    if not _BOX.fullmatch(text):
        raise UsageError(
            f"box '{text}' does not work", field="box", mend="use {box=x,y,width,height} in pixels"
        )
    return tuple(int(number) for number in text.split(","))


def _extend_of(value: object) -> tuple[int | str, ...] | None:
    """Return four sides, each pixels or a string such as "10%", of a tuple or a string."""
    if value is None or value == "":
        return None
    text = ",".join(map(str, value)) if isinstance(value, tuple | list) else str(value)
    parts = [part.strip() for part in text.split(",")]
    mend = "use {extend=left,top,right,bottom}, each in pixels or as 10%"

    def wrong(why: str, mend: str = mend) -> UsageError:
        return UsageError(f"extend '{text}' {why}", field="extend", mend=mend)

    if any(part.startswith("-") for part in parts):
        raise wrong("is negative, and a picture only grows", "use 0 where nothing is added")
    if len(parts) != 4 or not all(map(_SIDE.fullmatch, parts)):
        raise wrong("does not work")
    if not any(float(part.rstrip("%")) for part in parts):
        raise wrong("adds nothing", "make one of its numbers larger than 0")
    if any(part.endswith("%") and float(part[:-1]) > _MOST_PERCENT for part in parts):
        raise wrong("is too much", f"use at most {_MOST_PERCENT}% a side")
    return tuple(part if part.endswith("%") else int(part) for part in parts)


def _canvas_of(value: object) -> tuple[int, int] | None:
    """Return width and height, of a tuple or a string such as "1920x1080"."""
    if value is None or value == "":
        return None
    text = "x".join(map(str, value)) if isinstance(value, tuple | list) else str(value)
    found = _CANVAS.fullmatch(text)
    if not found or not int(found[1]) * int(found[2]):
        problem, mend = f"canvas '{text}' does not work", "use {canvas=1024x768}"
        raise UsageError(problem, field="canvas", mend=mend)
    return int(found[1]), int(found[2])
