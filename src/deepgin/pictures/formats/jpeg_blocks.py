"""Keeping the blocks of a JPEG that a hole does not touch bit for bit, through the extra `jpeg`.

Coefficients are taken over from the file that the picture came from. Only blocks in which a
sample changed are transformed and quantised again.
"""

from functools import cache
from importlib import import_module
from io import BytesIO
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
from PIL import Image, JpegImagePlugin
from scipy.fft import dctn, idctn  # type: ignore[import-untyped]
from scipy.ndimage import binary_dilation  # type: ignore[import-untyped]

from ..modes import image_of, upright
from .jpeg import JpegCoding

_GREY, _RGB, _YCC, _CMYK, _YCCK = range(1, 6)  # libjpeg's numbers of colour spaces
_APP0, _ADOBE, _COMMENT = 0xE0, 0xEE, 0xFE
# JFIF's brightness and colours, of red, green and blue.
_TO_YCC = np.array(
    [[0.299, 0.587, 0.114], [-0.168736, -0.331264, 0.5], [0.5, -0.418688, -0.081312]], np.float32
)
_LARGEST = 1023  # what a coefficient of 8-bit samples may be
# By how many levels a turned block may read otherwise: decoders round rows and columns in turn.
_TURNED_APART = 4


def blocks_keepable() -> bool:
    """Return whether the extra is installed."""
    return _library() is not None


@cache
def _library() -> ModuleType | None:
    try:
        return import_module("jpegio")
    except ImportError:
        return None


def write_kept_blocks(
    path: Path, pixels: np.ndarray, mode: str, options: dict[str, Any], original: JpegCoding
) -> bool:
    """Write samples (uint8, upright) as JPEG with all blocks of `original` where none differs.

    They may be of a larger picture. `options` are Pillow's; metadata is taken from them.

    Returns:
        Whether it was done: the extra is installed, the file is of the same mode and lies in the
        picture, and what was written reads the same wherever no block changed. If not, `path` is
        of no use.
    """
    library = _library()
    if library is None:
        return False
    before = upright(_decoded(original.file, mode), original.orientation)
    (left, top), (height, width) = original.at, before.shape[:2]
    old = slice(top, top + height), slice(left, left + width)
    if not before.size or before.shape != pixels[old].shape:
        return False
    changed = np.ones(pixels.shape[:2], np.bool_)
    changed[old] = (before != pixels[old]).reshape(height, width, -1).any(axis=2)
    path.write_bytes(original.file)
    try:
        jpeg = library.read(path)
        if original.orientation > 1 or before.shape != pixels.shape:
            stored = jpeg
            image_of(pixels, mode).save(path, "JPEG", **options)
            jpeg = library.read(path)
            if not _put_into(jpeg, stored, original):
                return False
        with JpegImagePlugin.JpegImageFile(path) as image:
            tables = image.quantization
        near = np.zeros_like(changed)
        for number in range(len(jpeg.coef_arrays)):
            near |= _recode(jpeg, number, tables, pixels, changed)
        jpeg.markers[:] = _markers(jpeg, mode, options)
        # Tables made to measure: those of the file may lack a symbol that is new.
        jpeg.optimize_coding, jpeg.arith_code = 1, 0
        jpeg.write(path)
    except RuntimeError:  # libjpeg's errors
        return False
    after = _decoded(path.read_bytes(), mode)
    if after.shape != pixels.shape:
        return False
    far = ~near[old]
    moved = np.abs(after[old][far].astype(np.int16) - before[far]).max(initial=0)
    return bool(moved <= (_TURNED_APART if original.orientation > 1 else 0))


def _decoded(file: bytes, mode: str) -> np.ndarray:
    """Return a JPEG's samples as they are stored; none if they are of another mode."""
    with JpegImagePlugin.JpegImageFile(BytesIO(file)) as image:
        return np.asarray(image) if image.mode == mode else np.empty((0, 0), np.uint8)


def _put_into(jpeg: Any, stored: Any, original: JpegCoding) -> bool:
    """Put the coefficients of `stored` into `jpeg`, turned; False if it is coded otherwise.

    A turned block has its frequencies turned; one read backwards has odd frequencies negated.
    """
    if jpeg.jpeg_color_space != stored.jpeg_color_space:
        return False
    (left, top), orientation = original.at, original.orientation
    odd = np.where(np.arange(8) % 2, -1, 1)
    for number, source in enumerate(stored.coef_arrays):
        blocks = _blocks(source)
        if orientation >= 5:
            blocks = blocks.transpose(1, 0, 3, 2)
        if orientation in (3, 4, 7, 8):
            blocks = blocks[::-1] * odd[:, None]
        if orientation in (2, 3, 6, 7):
            blocks = blocks[:, ::-1] * odd
        down, across = _shared(jpeg, number)
        row, column = top // (8 * down), left // (8 * across)
        place = _blocks(jpeg.coef_arrays[number])[row:, column:]
        place = place[: blocks.shape[0], : blocks.shape[1]]
        if blocks.shape != place.shape:
            return False
        place[:] = blocks
    return True


def _blocks(coefficients: np.ndarray) -> np.ndarray:
    """Return a view of a component's coefficients: rows x columns x 8 x 8."""
    rows, columns = (size // 8 for size in coefficients.shape)
    return coefficients.reshape(rows, 8, columns, 8).swapaxes(1, 2)


def _shared(jpeg: Any, number: int) -> tuple[int, int]:
    """Return how many pixels, down and across, share a sample of a component."""
    component = jpeg.comp_info[number]
    down = jpeg.max_v_samp_factor // component.v_samp_factor
    return down, jpeg.max_h_samp_factor // component.h_samp_factor


def _recode(
    jpeg: Any, number: int, tables: dict[int, list[int]], pixels: np.ndarray, changed: np.ndarray
) -> np.ndarray:
    """Code the blocks of a component anew in which a sample changed.

    Returns:
        bool, H x W: pixels that may differ: of these blocks and of those beside them, into which
        a decoder smooths colour of lower resolution.
    """
    component, blocks = jpeg.comp_info[number], _blocks(jpeg.coef_arrays[number])
    down, across = _shared(jpeg, number)
    rows, columns = blocks.shape[:2]
    # As blocks at full resolution: rows x columns x (8 down) x (8 across); past the picture's
    # edge its last pixels go on, so that nothing of the old picture stays there.
    shape = (rows, 8 * down, columns, 8 * across)
    margins = ((0, rows * 8 * down - len(changed)), (0, columns * 8 * across - changed.shape[1]))
    hole = np.pad(changed, margins, "edge").reshape(shape).swapaxes(1, 2)
    touched = hole.any(axis=(2, 3))
    own = np.pad(pixels.reshape(*changed.shape, -1), (*margins, (0, 0)), "edge")
    own = own.reshape(*shape, -1).swapaxes(1, 2)[touched]
    # The mean of the pixels that share a sample.
    parts = (-1, 8, down, 8, across)
    new = _component(own, jpeg.jpeg_color_space, number).reshape(parts).mean(axis=(2, 4)) - 128
    redone = hole[touched].reshape(parts).any(axis=(2, 4))
    table = np.array(tables[component.quant_tbl_no], np.float32).reshape(8, 8)
    kept = idctn(blocks[touched] * table, axes=(1, 2), norm="ortho")
    quantised = dctn(np.where(redone, new, kept), axes=(1, 2), norm="ortho") / table
    blocks[touched] = np.rint(quantised).clip(-_LARGEST, _LARGEST)
    near = binary_dilation(touched, np.ones((3, 3))) if down * across > 1 else touched
    return near.repeat(8 * down, 0).repeat(8 * across, 1)[: len(changed), : changed.shape[1]]


def _component(pixels: np.ndarray, space: int, number: int) -> np.ndarray:
    """Return what a component codes of samples whose last axis is colour, as Pillow gives them."""
    samples = pixels.astype(np.float32)
    if space in (_YCC, _YCCK) and number < 3:
        return samples[..., :3] @ _TO_YCC[number] + (128 if number else 0)
    # Pillow reads all CMYK as Adobe writes it, inverted.
    return 255 - samples[..., number] if space in (_CMYK, _YCCK) else samples[..., number]


def _markers(jpeg: Any, mode: str, options: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the metadata that Pillow would write, beside what the file says of its coding."""
    small = BytesIO()
    Image.new(mode, (8, 8)).save(small, "JPEG", **options)
    with JpegImagePlugin.JpegImageFile(BytesIO(small.getvalue())) as image:
        applist = image.applist
    markers = [(_COMMENT if n == "COM" else _APP0 + int(n[3:]), data) for n, data in applist]
    # JFIF means brightness and colours; Adobe's marker says which colour space is coded.
    jfif = jpeg.jpeg_color_space in (_GREY, _YCC)
    kept = [(kind, data) for kind, data in markers if kind != _ADOBE and (jfif or kind != _APP0)]
    own = [(marker["type"], marker["data"]) for marker in jpeg.markers]
    adobe = [(kind, data) for kind, data in own if kind == _ADOBE and data.startswith(b"Adobe")]
    return [{"type": kind, "data": data} for kind, data in kept[:1] + adobe + kept[1:]]
