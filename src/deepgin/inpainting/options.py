"""The options of inpainting. What they do is in the other files of this room."""

import re
from dataclasses import dataclass

from ..errors import UsageError, nearest_name
from ..pictures import COLOUR_TOLERANCE
from .fits import FITS

_BOX = re.compile(r"\s*\d+\s*(,\s*\d+\s*){3}")
_COLOUR = re.compile(r"#?([0-9a-fA-F]{3}|[0-9a-fA-F]{6})|[a-zA-Z]+")
_MOST_PIXELS = 1024
TEXTURES = ("auto", "on", "off")


@dataclass(frozen=True)
class Options:
    """How holes are found and filled.

    Attributes:
        fit: how a picture is brought to the network: auto, direct, resize, crop or polyphase.
        texture: auto, on or off: texture of the photograph itself over what the network says.
            auto means on, unless another fit, ensemble or degrid is chosen.
        ensemble: the mean of five passes, turned and mirrored; five times as slow.
        degrid: smooth the filling by halving and enlarging it again, as the authors' released
            code does against the grid that polyphase leaves.
        dilate: let the hole grow by so many pixels on all sides.
        feather: fade steps of brightness and colour at the hole's edge over so many pixels, inside
            the hole.
        invert: black is missing instead of white.
        threshold: a mask is missing at or above this share of white.
        resize_mask: bring a mask of another size to the picture's.
        box: the hole as "x,y,width,height" in pixels, in place of a mask.
        color: the hole as all that is painted in a colour such as "#ff00ff", in place of a mask.
        color_tolerance: how far each of red, green and blue may be from it, 0 to 255; above 0 the
            soft rim belongs to it, 0 takes the exact colour alone.

    Raises:
        UsageError: a value that does not work.
    """

    fit: str = "auto"
    texture: str = "auto"
    ensemble: bool = False
    degrid: bool = False
    dilate: int = 0
    feather: int = 0
    invert: bool = False
    threshold: float = 0.5
    resize_mask: bool = False
    box: str = ""
    color: str = ""
    color_tolerance: int = COLOUR_TOLERANCE

    def __post_init__(self) -> None:
        if self.fit not in FITS:
            raise UsageError(
                f"no fit '{self.fit}'{nearest_name(self.fit, FITS)}: choose from {', '.join(FITS)}"
            )
        if self.texture not in TEXTURES:
            raise UsageError(
                f"no texture '{self.texture}'{nearest_name(self.texture, TEXTURES)}: "
                f"choose from {', '.join(TEXTURES)}"
            )
        for name in ("dilate", "feather"):
            if not 0 <= getattr(self, name) <= _MOST_PIXELS:
                raise UsageError(
                    f"{name} {getattr(self, name)} does not work: 0 to {_MOST_PIXELS} pixels"
                )
        if not 0 < self.threshold <= 1:
            raise UsageError(f"threshold {self.threshold} does not work: above 0, at most 1")
        if self.box and not _BOX.fullmatch(self.box):
            raise UsageError(f"box '{self.box}' does not work: write x,y,width,height in pixels")
        if self.color and not _COLOUR.fullmatch(self.color):
            raise UsageError(f"color '{self.color}' does not work: write it as #ff00ff")
        if not 0 <= self.color_tolerance <= 255:
            raise UsageError(f"color_tolerance {self.color_tolerance} does not work: 0 to 255")
        if self.box and self.color:
            raise UsageError("box and color both say what the hole is: give one of them")
