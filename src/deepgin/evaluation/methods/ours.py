"""DeepGIN as a method: weights, sharpness, fits, texture; each network is loaded once."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from ...errors import UsageError, nearest_name
from ...inpainting import FITS, Inpainter, Options
from ...runtimes import Runtime
from ...runtimes.choice import card_of_file
from ...version import __version__
from ...weights import Model, file_hash, sharpness_of
from .base import Method, guarded

FLAGS = ("ensemble", "degrid")
TEXTURE = "texture"
SHARPNESS = "sharpness="


class Networks:
    """Loads networks, each weights file once for every sharpness; `model` has the defaults."""

    def __init__(self, model: Model) -> None:
        self.model = model
        self._loaded: dict[Model, Inpainter] = {}

    def network(self, weights: str, sharpness: float | None, texture: str) -> tuple[Inpainter, str]:
        """Return the network of a weights file, and its description in one line.

        Empty weights and None are those of `model`. What `texture` (see `Options`) needs is
        loaded now, as filling is timed.
        """
        if weights:
            model = replace(self.model, weights=weights, sharpness=sharpness, contract="")
        else:
            default = self.model.sharpness
            model = replace(self.model, sharpness=default if sharpness is None else sharpness)
        path = model.file()
        if path is None:
            raise UsageError(
                "a generator is not measured", field="weights", mend="save it, and name the file"
            )
        model = replace(model, weights=path)
        used = model if texture == "off" else model.softened()
        blend = sharpness_of(path, used.sharpness)
        key = replace(model, weights=path.resolve())
        if key not in self._loaded:
            self._loaded[key] = Inpainter(model, options=Options(texture=texture))
        inpainter = self._loaded[key]
        runtime = inpainter.runtime if texture == "off" else inpainter.guide
        if runtime.guided:
            raise UsageError(
                f"{path} needs guidance pictures, which are not measured", field="weights"
            )
        precision = str(getattr(runtime, "precision", "")).removeprefix("torch.")
        at = "" if blend is None else f", sharpness {blend}"
        return inpainter, f"{_described(path, runtime)}{at}, {precision}"


def _described(path: Path, runtime: Runtime) -> str:
    if runtime.contract:
        what = str(runtime.contract)
    else:
        card = card_of_file(path)
        what = f"{card.network}, width {card.width}"
    return f"{path.name} ({what}, SHA-256 {file_hash(path)[:16]})"


def options_of(words: str) -> tuple[Options, float | None]:
    """Return options and sharpness of words joined by +, as in `polyphase+sharpness=0.3`.

    Without the word `texture`, texture is off. With `texture` and neither fit nor ensemble it is
    `auto`, as by default; else it is `on`.

    Raises:
        UsageError: an unknown or repeated word, two fits, a wrong sharpness, or words that
            exclude each other.
    """
    every = words.split("+") if words else []
    sharp = [word for word in every if word.startswith(SHARPNESS)]
    others = [word for word in every if word not in sharp]
    known = (*FITS, *FLAGS, TEXTURE)
    for word in others:
        if word not in known:
            mend = f"choose from {', '.join(known)}, {SHARPNESS}0..1, joined by +"
            raise _wrong(words, f": no '{word}'{nearest_name(word, known)}", mend)
    fits = [word for word in others if word in FITS]
    if len(fits) > 1 or len(sharp) > 1 or len({*others}) < len(others):
        mend = "write each word once, and at most one fit"
        raise _wrong(words, " repeats a word, or has two fits", mend)
    fit, ensemble, degrid = fits[0] if fits else "auto", "ensemble" in others, "degrid" in others
    texture = "off"
    if TEXTURE in others:
        if degrid:
            raise _wrong(words, ": degrid would smooth texture", "leave one of them out")
        texture = "auto" if fit == "auto" and not ensemble else "on"
    options = Options(fit=fit, ensemble=ensemble, degrid=degrid, texture=texture)
    return options, _number(sharp, words)


def _number(sharp: Sequence[str], words: str) -> float | None:
    try:
        return float(sharp[0].removeprefix(SHARPNESS)) if sharp else None
    except ValueError as error:
        raise _wrong(words, f": {sharp[0]} is not a number", f"write {SHARPNESS}0.5") from error


def _wrong(words: str, problem: str, mend: str) -> UsageError:
    return UsageError(f"deepgin:{words}{problem}", field="methods", mend=mend)


def ours_of(name: str, words: str, weights: str, networks: Networks) -> Method:
    """Return DeepGIN as a method; for `words` see `options_of`, for weights `Networks.network`."""
    options, sharpness = options_of(words)
    inpainter, what = networks.network(weights, sharpness, options.texture)

    def fill(picture: np.ndarray, hole: np.ndarray) -> tuple[np.ndarray, str]:
        result = inpainter.run(picture, hole, options=options)
        return result.array(), result.fit

    flags = "".join(f", {flag}" for flag in FLAGS if getattr(options, flag))
    if options.texture != "off":
        flags += f", texture {options.texture}"
    what = f"deepgin {__version__}, fit {options.fit}{flags}, weights {what}"
    return Method(name, what, guarded(name, fill))
