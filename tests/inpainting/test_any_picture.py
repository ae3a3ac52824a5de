"""Whatever the mode, size, mask and options: the size holds, and no valid sample ever differs."""

import io

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from scipy import ndimage

from deepgin import Inpainter
from deepgin.errors import PictureError
from deepgin.inpainting import FITS, Options
from deepgin.inpainting.options import TEXTURES
from deepgin.masks import draw
from deepgin.pictures import Document

MODES = {"1": 1, "L": 1, "LA": 2, "P": 3, "RGB": 3, "RGBA": 4, "I;16": 1, "CMYK": 4}
KINDS = ("rectangle", "freeform", "cellular", "noise", "edge", "dot", "none")


def picture_of(mode, size, rng):
    """Return a PIL picture of noise."""
    if mode == "I;16":
        return Image.fromarray(rng.integers(0, 65536, size, dtype=np.uint16))
    channels = MODES[mode]
    values = rng.integers(0, 256, (*size, channels), dtype=np.uint8)
    if mode in ("LA", "RGBA"):
        values[..., -1] = rng.choice([0, 1, 127, 255], size)
    if mode in ("1", "P"):
        made = Image.fromarray(values if channels == 3 else values[..., 0])
        return made.quantize(9) if mode == "P" else made.convert("1")
    return Image.fromarray(values[..., 0] if channels == 1 else values, mode)


def mask_of_kind(kind, size, rng):
    """Return a hole that leaves something."""
    hole = np.zeros(size, np.bool_)
    if kind in ("rectangle", "freeform", "cellular"):
        hole = draw(kind, *size, int(rng.integers(1 << 30))).copy()
    elif kind == "noise":
        hole = rng.random(size) < rng.random()
    elif kind == "edge":
        hole[: size[0] // 2] = hole[:, -1:] = True
    elif kind == "dot":
        hole[rng.integers(size[0]), rng.integers(size[1])] = True
    return hole


@pytest.fixture(scope="module")
def runtimes(weights, painter):
    # A network of a small view makes small pictures large ones.
    return [
        Inpainter(weights, device="cpu", precision="float32").runtime,
        painter(4, trained_at=32),
    ]


@settings(max_examples=200)
@given(
    runtime=st.sampled_from([0, 1, 1, 1]),
    mode=st.sampled_from([*MODES]),
    height=st.integers(1, 90),
    width=st.integers(1, 90),
    kind=st.sampled_from(KINDS),
    fit=st.sampled_from(FITS),
    texture=st.sampled_from(TEXTURES),
    extras=st.tuples(st.booleans(), st.booleans(), st.integers(0, 4), st.integers(0, 9)),
    seed=st.integers(0, 2**32 - 1),
)
def test_valid_samples_hold(
    runtimes, runtime, mode, height, width, kind, fit, texture, extras, seed
):
    ensemble, degrid, dilate, feather = extras
    options = Options(fit, texture, ensemble, degrid, dilate, feather)
    rng = np.random.default_rng(seed)
    image = picture_of(mode, (height, width), rng)
    hole = mask_of_kind(kind, (height, width), rng)
    before = Document.of(image)
    inpainter = Inpainter(runtime=runtimes[runtime], options=options)
    # What may change, found in another way than by the room's own dilation.
    changing = hole
    if options.dilate and hole.any():
        distance = ndimage.distance_transform_edt(~hole)
        changing = (distance**2).round() <= options.dilate * (options.dilate + 1)
    if (changing | before.unseen()).all():
        with pytest.raises(PictureError):
            inpainter.run(image, hole)
        return
    result = inpainter.run(image, hole)
    assert (result.document.mode, result.document.size) == (before.mode, before.size)
    valid = ~changing
    np.testing.assert_array_equal(result.array()[valid], before.pixels[valid])
    if mode != "CMYK":
        stored = io.BytesIO()
        result.picture.save(stored, "PNG")
        reopened = Document.of(Image.open(stored))
        np.testing.assert_array_equal(reopened.pixels[valid], before.pixels[valid])
