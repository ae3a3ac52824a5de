"""DeepGIN as a method: weights, sharpness, fits, texture; each network is loaded once."""

from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from ...errors import UsageError, nearest_name
from ...inpainting import FITS, Inpainter, Options
from ...runtimes import Runtime
from ...runtimes.choice import card_of_file
from ...version import __version__
from ...weights import Model, file_hash, local_path, sharpness_of
from .base import Method, guarded

FLAGS = ("ensemble", "degrid")
TEXTURE = "texture"
SHARPNESS = "sharpness="


@dataclass
class Networks:
    """Loads networks, each weights file once for every sharpness.

    Attributes:
        weights: weights of methods that name none; None is those of the package.
        device: auto, cpu, cuda, cuda:N or mps.
        precision: auto, float32 or bf16.
        sharpness: of `weights` if a method names none; None is their default.
    """

    weights: str | Path | None = None
    device: str = "auto"
    precision: str = "auto"
    sharpness: float | None = None
    _loaded: dict[tuple[Path, float | None], Inpainter] = field(default_factory=dict, repr=False)

    def network(
        self, weights: str | Path = "", sharpness: float | None = None, texture: str = "off"
    ) -> tuple[Inpainter, str]:
        """Return the network of a weights file, and its description in one line.

        Args:
            weights: a file; empty is `self.weights`.
            sharpness: None is `self.sharpness`, or else the default of the weights and texture.
            texture: see `Options`. Its weights are loaded now, as filling is timed.

        Raises:
            WeightsError: the file cannot be used.
            UsageError: the network needs guidance, or cannot have this sharpness.
        """
        path = local_path(weights or self.weights or None)
        if sharpness is None and not weights:
            sharpness = self.sharpness
        at_sharpness = _sharpness(path, sharpness, texture)
        key = path.resolve(), sharpness
        if key not in self._loaded:
            self._loaded[key] = Inpainter(
                path,
                device=self.device,
                precision=self.precision,
                sharpness=sharpness,
                options=Options(texture=texture),
            )
        inpainter = self._loaded[key]
        runtime = inpainter.runtime if texture == "off" else inpainter.guide
        if runtime.guided:
            raise UsageError(
                f"{path} needs guidance pictures, which are not measured", field="weights"
            )
        return inpainter, f"{_described(path)}{at_sharpness}, {_precision(runtime)}"


def _sharpness(path: Path, asked: float | None, texture: str) -> str:
    """Return the sharpness in words; empty for weights of one set."""
    if texture != "off":
        asked = Model(path, sharpness=asked).softened().sharpness
    sharpness = sharpness_of(path, asked)
    return "" if sharpness is None else f", sharpness {sharpness}"


def _described(path: Path) -> str:
    card = card_of_file(path)
    return f"{path.name} ({card.network}, width {card.width}, SHA-256 {file_hash(path)[:16]})"


def _precision(runtime: Runtime) -> str:
    return str(getattr(runtime, "precision", "")).removeprefix("torch.")


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
            raise UsageError(
                f"deepgin:{words}: no '{word}'{nearest_name(word, known)}",
                field="methods",
                mend=f"choose from {', '.join(known)}, {SHARPNESS}0..1, joined by +",
            )
    fits = [word for word in others if word in FITS]
    if len(fits) > 1 or len(sharp) > 1 or len({*others}) < len(others):
        raise UsageError(
            f"deepgin:{words} repeats a word, or has two fits",
            field="methods",
            mend="write each word once, and at most one fit",
        )
    fit, ensemble, degrid = fits[0] if fits else "auto", "ensemble" in others, "degrid" in others
    texture = "off"
    if TEXTURE in others:
        if degrid:
            raise UsageError(
                f"deepgin:{words}: degrid would smooth texture",
                field="methods",
                mend="leave one of them out",
            )
        texture = "auto" if fit == "auto" and not ensemble else "on"
    options = Options(fit=fit, ensemble=ensemble, degrid=degrid, texture=texture)
    return options, _number(sharp[0], words) if sharp else None


def _number(word: str, words: str) -> float:
    try:
        return float(word.removeprefix(SHARPNESS))
    except ValueError as error:
        raise UsageError(
            f"deepgin:{words}: {word} is not a number",
            field="methods",
            mend=f"write {SHARPNESS}0.5",
        ) from error


def ours_of(name: str, words: str, weights: str, networks: Networks) -> Method:
    """Return DeepGIN as a method.

    Args:
        name: its name in the report.
        words: fit, flags, texture and sharpness, joined by +; empty is the fit `auto`.
        weights: a weights file; empty is that of `networks`.
        networks: loads the network.

    Raises:
        UsageError: the words cannot be used.
        WeightsError: the weights cannot be used.
    """
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
