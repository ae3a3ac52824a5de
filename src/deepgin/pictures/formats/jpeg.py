"""How a JPEG file was coded, and options for coding another the same way."""

from dataclasses import dataclass, field, replace
from typing import Any

from PIL import Image, JpegImagePlugin

# Where blocks cannot lie as they did, each is coded anew: steps this fine change a pixel by less
# than one level on average, in any picture.
_FINE = 2
_BLOCKS = {1: (16, 8), 2: (16, 16)}  # pixels that are coded together, by subsampling
_RGB_NAMES = (82, 71, 66)  # "R", "G", "B"


@dataclass(frozen=True)
class JpegCoding:
    """How a JPEG file was coded, in Pillow's terms.

    Attributes:
        tables: quantisation tables of the components, 64 numbers each in natural order; the last
            is that of all further components.
        subsampling: 0 (4:4:4), 1 (4:2:2), 2 (4:2:0), or -1: one component, or four.
        progressive: whether it was coded in passes.
        keeps_rgb: whether its colours were coded as red, green and blue.
        file: the file itself, if its blocks can be used for the upright picture; else empty.
        orientation: what its pixels were turned by, as EXIF numbers it.
        at: where, from the left and the top, its upright picture stands in the one that is written.
    """

    tables: tuple[tuple[int, ...], ...]
    subsampling: int
    progressive: bool
    keeps_rgb: bool
    file: bytes = field(default=b"", repr=False)
    orientation: int = 1
    at: tuple[int, int] = (0, 0)

    def moved(self, left: int, top: int) -> "JpegCoding":
        """Return the coding for a larger picture, in which this one stands at `left` and `top`."""
        across, down = _BLOCKS.get(self.subsampling, (8, 8))
        if left % across or top % down:
            return self.coded_anew()
        return replace(self, at=(self.at[0] + left, self.at[1] + top))

    def coded_anew(self) -> "JpegCoding":
        """Return the coding for a picture whose blocks cannot lie as they did."""
        fine = tuple(tuple(min(step, _FINE) for step in table) for table in self.tables)
        return replace(self, tables=fine, subsampling=min(self.subsampling, 0), file=b"")

    def options(self, mode: str, quality: int | None) -> dict[str, Any]:
        """Return Pillow's options for coding samples of `mode` as this file was."""
        options: dict[str, Any] = {"progressive": self.progressive, "subsampling": self.subsampling}
        if self.keeps_rgb and mode == "RGB":
            options |= {"keep_rgb": True, "subsampling": 0}
        if quality is not None:
            return options | {"quality": quality}
        return options | {"qtables": [list(table) for table in self.tables]}


def jpeg_coding(image: Image.Image, orientation: int, file: bytes) -> JpegCoding | None:
    """Return how an opened JPEG was coded, for its pixels turned upright; None of other formats.

    `orientation` is what they are turned by, 0 for not at all; `file` may be empty.
    """
    if not isinstance(image, JpegImagePlugin.JpegImageFile):
        return None
    layers, known = image.layer, image.quantization
    if any(table not in known for *_, table in layers):  # some stand between the passes
        return None
    tables = [tuple(known[table]) for *_, table in layers]
    if len(layers) == 4 and image.info.get("adobe_transform") == 2:
        # Brightness, two colours and black; Pillow writes cyan, magenta, yellow and black, each
        # of which holds brightness.
        tables = tables[:1]
    while tables[1:] and tables[-1] == tables[-2]:
        tables.pop()  # one table of the file for both colours stays one
    factors = [(across, down) for _, across, down, _ in layers]
    width, height = image.size
    if orientation >= 5:
        # Frequencies change places as well.
        tables = [tuple(t[8 * i + j] for j in range(8) for i in range(8)) for t in tables]
        factors = [(down, across) for across, down in factors]
        width, height = height, width
    names = tuple(name for name, *_ in layers)
    marked = "jfif" in image.info or "adobe" in image.info
    as_rgb = names == _RGB_NAMES
    if marked:
        as_rgb = image.info.get("adobe_transform") == 0 and "jfif" not in image.info
    coding = JpegCoding(
        tuple(tables),
        _subsampling(factors),
        bool(image.info.get("progressive")),
        image.mode == "RGB" and as_rgb,
        file,
        max(orientation, 1),
    )
    if _shifted(orientation, width, height, factors):
        return coding.coded_anew()
    return coding


def _subsampling(factors: list[tuple[int, int]]) -> int:
    """Return Pillow's number; where it cannot write the file's own, colour is kept whole."""
    if len(factors) != 3:
        return -1
    (first, *others) = factors
    return JpegImagePlugin.samplings.get((*first, *others[0], *others[1]), 0)


def _shifted(orientation: int, width: int, height: int, factors: list[tuple[int, int]]) -> bool:
    """Return whether blocks that were counted from one side are counted from the other."""
    across, down = (8 * max(sizes) for sizes in zip(*factors, strict=True))
    from_right, from_below = orientation in (2, 3, 6, 7), orientation in (3, 4, 7, 8)
    return bool((from_right and width % across) or (from_below and height % down))
