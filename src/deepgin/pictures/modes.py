"""Samples of every mode to and from RGB of 8 bit, and turning them upright.

A picture's own samples are an array H x W (grey) or H x W x C of uint8 (`L, LA, RGB, RGBA, CMYK`)
or uint16 (`I;16`, Pillow's name for 16-bit grey, and ours beyond it: `LA;16, RGB;16, RGBA;16`).
"""

import numpy as np
from PIL import Image

NAMES = {1: "L", 2: "LA", 3: "RGB", 4: "RGBA"}
DEEP_NAMES = {1: "I;16", 2: "LA;16", 3: "RGB;16", 4: "RGBA;16"}
CHANNELS = {name: count for names in (NAMES, DEEP_NAMES) for count, name in names.items()}
CHANNELS["CMYK"] = 4
_FULLS = (255, 1023, 4095, 16383, 65535)


class UnkeptSamples(ValueError):
    """Samples that nothing here keeps exactly; says the mend, not the file."""


def colours_of(mode: str) -> int:
    """Return how many colours a sample of the mode has, without alpha."""
    return CHANNELS[mode] - has_alpha(mode)


def has_alpha(mode: str) -> bool:
    """Return whether the mode's last channel is alpha."""
    return mode.removesuffix(";16") in ("LA", "RGBA")


def is_deep(mode: str) -> bool:
    """Return whether samples of the mode are 16 bit."""
    return mode.endswith(";16")


def image_of(pixels: np.ndarray, mode: str) -> Image.Image:
    """Return samples of a mode that Pillow has as an image."""
    if mode == "CMYK":
        return Image.frombytes(mode, pixels.shape[1::-1], pixels.tobytes())
    return Image.fromarray(pixels)


def own_samples(
    image: Image.Image, key_white: int = 255
) -> tuple[np.ndarray, str, tuple[str, ...]]:
    """Return a loaded image's samples, their mode, and notes of changes; see `depth.key_white`.

    Samples of `L, LA, RGB, RGBA, CMYK, I;16` are taken as they are; 1-bit becomes grey; a palette
    and a single transparent colour become RGB, RGBA or LA of the same colours; other colour
    spaces become RGB.

    Raises:
        UnkeptSamples: 32-bit or floating.
    """
    mode = image.mode
    if mode in ("I", "F"):
        return _whole_numbers(image), "I;16", ()
    key = image.info.get("transparency")
    if mode.startswith("I;16"):
        grey = np.asarray(image).astype(np.uint16)
        if isinstance(key, int):
            return with_hidden(grey, key), "LA;16", (_ONE_COLOUR,)
        return grey, "I;16", ()
    if mode in ("1", "L") and isinstance(key, int):
        grey = np.array(image.convert("L"))
        alpha = np.where(grey == (key & key_white) * (255 // key_white), 0, 255).astype(np.uint8)
        return np.dstack([grey, alpha]), "LA", (_ONE_COLOUR, *_ONE_BIT[: mode == "1"])
    if mode == "1":
        return np.array(image.convert("L")), "L", _ONE_BIT
    see_through = image.has_transparency_data
    if mode in CHANNELS and not (see_through and not has_alpha(mode)):
        return np.array(image), mode, ()
    if mode == "RGB":
        return np.array(image.convert("RGBA")), "RGBA", (_ONE_COLOUR,)
    plain = "LA" if mode == "La" else "RGBA" if see_through else "RGB"
    what = "palette" if mode in ("P", "PA") else f"{mode} colours"
    return np.array(image.convert(plain)), plain, (f"its {what} became {plain}",)


def with_hidden(samples: np.ndarray, hidden: int | tuple[int, ...]) -> np.ndarray:
    """Return 16-bit samples (H x W or H x W x 3) with alpha 0 where they are of one colour."""
    colours = samples[..., None] if samples.ndim == 2 else samples
    alpha = np.where((colours == hidden).all(axis=2), 0, 65535).astype(np.uint16)
    return np.concatenate([colours, alpha[..., None]], axis=2)


_ONE_BIT = ("its 1-bit pixels became 8-bit grey",)
_ONE_COLOUR = "its one transparent colour became an alpha channel"


def _whole_numbers(image: Image.Image) -> np.ndarray:
    values = np.asarray(image)
    if image.mode == "F" or values.min(initial=0) < 0 or values.max(initial=0) > 65535:
        what = "floating" if image.mode == "F" else "32-bit or negative"
        raise UnkeptSamples(f"its {what} samples cannot be kept: save it as 16-bit grey first")
    return values.astype(np.uint16)


def white_of(pixels: np.ndarray, mode: str) -> int:
    """Return the full value of colours: 255, or for 16 bit as `white_of_deep`."""
    if pixels.dtype == np.uint8:
        return 255
    colours = pixels[..., :-1] if has_alpha(mode) else pixels
    return white_of_deep(colours.max(initial=0))


def white_of_deep(brightest: float) -> int:
    """Return the full value of 8, 10, 12, 14 or 16 bit: the least that `brightest` is not above.

    A file does not say how many of its 16 bits are used: cameras and scanners fill 10 to 14.
    """
    return next((full for full in _FULLS if brightest <= full), _FULLS[-1])


def rgb_of_samples(pixels: np.ndarray, mode: str, white: int) -> np.ndarray:
    """Return own samples as the network sees them: uint8, H x W x 3, alpha left aside."""
    if mode == "CMYK":
        return np.array(image_of(pixels, mode).convert("RGB"))
    colours = pixels[..., None] if pixels.ndim == 2 else pixels
    if has_alpha(mode):
        colours = colours[..., :-1]
    if is_deep(mode):
        shades = (np.arange(65536) * (255 / white) + 0.5).clip(0, 255).astype(np.uint8)
        colours = shades[colours]
    return np.repeat(colours, 3, axis=2) if colours.shape[2] == 1 else colours.copy()


def samples_of_rgb(rgb: np.ndarray, mode: str, white: int, black_share: float = 0) -> np.ndarray:
    """Return pixels (uint8, N x 3) as samples of a mode, without alpha, up to `white`.

    They are uint8 or uint16, N x 1 (grey), N x 3 (RGB) or N x 4 (CMYK: see `black_share`).
    """
    if mode == "CMYK":
        return _inks(rgb, black_share)
    values = rgb.astype(np.float64)
    if mode.removesuffix(";16") in ("L", "LA", "I"):
        values = values @ np.array([[0.299], [0.587], [0.114]])  # as Pillow's, BT.601
    dtype = np.uint16 if is_deep(mode) else np.uint8
    return (values * (white / 255) + 0.5).clip(0, white).astype(dtype)


def _inks(rgb: np.ndarray, black_share: float) -> np.ndarray:
    """Invert R = (255 - C)(255 - K) / 255 with K at `black_share` of the most that it can be."""
    light = rgb.astype(np.float64)
    white = 255 - black_share * (255 - light.max(axis=1, keepdims=True))
    # A pixel without any light left under its black has no colour to keep.
    colours = 255 - 255 * light / np.maximum(white, 1)
    return (np.concatenate([colours, 255 - white], axis=1) + 0.5).clip(0, 255).astype(np.uint8)


def black_share(pixels: np.ndarray, valid: np.ndarray) -> float:
    """Return how much of the ink that could be black is black, in the valid pixels of a CMYK."""
    inks = pixels[valid].astype(np.float64)
    # What is dark in all three colours is black already, or could be.
    paper = (255 - inks[:, :3].min(axis=1, initial=255)) * (255 - inks[:, 3]) / 255
    could_be = float((255 - paper).sum())
    return float(inks[:, 3].sum()) / could_be if could_be else 0.0


def without_alpha(pixels: np.ndarray, mode: str) -> tuple[np.ndarray, str]:
    """Return samples without their alpha, and their mode."""
    colours = pixels[..., 0] if pixels.shape[2] == 2 else pixels[..., :-1]
    return colours, (DEEP_NAMES if is_deep(mode) else NAMES)[pixels.shape[2] - 1]


def narrowed(pixels: np.ndarray, mode: str, white: int) -> tuple[np.ndarray, str]:
    """Return 16-bit samples as 8 bit, rounded, and their mode. Alpha's full value is 65535."""
    wholes = np.full(CHANNELS[mode], white)
    if has_alpha(mode):
        wholes[-1] = 65535
    samples = pixels * (255 / (wholes if pixels.ndim == 3 else white)) + 0.5
    return samples.clip(0, 255).astype(np.uint8), mode.removesuffix(";16").replace("I", "L")


def upright(pixels: np.ndarray, orientation: int) -> np.ndarray:
    """Return stored pixels, H x W or H x W x C, upright by EXIF's orientation, 0 to 8."""
    if orientation >= 5:
        pixels = pixels.swapaxes(0, 1)
    down = -1 if orientation in (3, 4, 7, 8) else 1
    across = -1 if orientation in (2, 3, 6, 7) else 1
    return pixels[::down, ::across]
