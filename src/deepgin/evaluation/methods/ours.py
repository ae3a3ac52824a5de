"""DeepGIN as a method: weights, sharpness, fits, texture; each network loaded once."""

from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from ...errors import UsageError, nearest_name
from ...inpainting import FITS, Inpainter, Options
from ...runtimes import Runtime
from ...runtimes.choice import card_of_file, soft_sharpness
from ...version import __version__
from ...weights import file_hash, local_path, sharpness_of
from .base import Method, guarded

FLAGS = ("ensemble", "degrid")
TEXTURE = "texture"
SHARPNESS = "sharpness="


@dataclass
class Networks:
    """Loads networks, each weights file once for every sharpness that is asked of it.

    Attributes:
        weights: what a method that names none takes; None takes those of the package.
        device: auto, cpu, cuda, cuda:N or mps.
        precision: auto, float32 or bf16.
        sharpness: of `weights` where a method names none; None takes their own default.
    """

    weights: str | Path | None = None
    device: str = "auto"
    precision: str = "auto"
    sharpness: float | None = None
    _loaded: dict[tuple[Path, float | None], Inpainter] = field(default_factory=dict, repr=False)

    def network(
        self, weights: str | Path = "", sharpness: float | None = None, texture: str = "off"
    ) -> tuple[Inpainter, str]:
        """Return the network of a weights file, and what it is in a line.

        Args:
            weights: a file; empty takes the own `weights`.
            sharpness: None takes the own, or else what the weights' default and texture ask for.
            texture: as in `Options`; what it needs is loaded now, and not while time is taken.

        Raises:
            WeightsError: the file cannot be used; UsageError: it needs more than picture and mask,
                or cannot have that sharpness.
        """
        path = local_path(weights or self.weights or None)
        if sharpness is None and not weights:
            sharpness = self.sharpness
        told = _sharpness(path, sharpness, texture)
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
            raise UsageError(f"{path} needs guidance pictures, which are not measured")
        return inpainter, f"{_described(path)}{told}, {_precision(runtime)}"


def _sharpness(path: Path, asked: float | None, texture: str) -> str:
    """Return at which sharpness the network works, in words; nothing for weights of one set."""
    if asked is None and texture != "off":
        asked = soft_sharpness(path)
    found = sharpness_of(path, asked)
    return "" if found is None else f", sharpness {found}"


def _described(path: Path) -> str:
    card = card_of_file(path)
    return f"{path.name} ({card.network}, width {card.width}, SHA-256 {file_hash(path)[:16]})"


def _precision(runtime: Runtime) -> str:
    return str(getattr(runtime, "precision", "")).removeprefix("torch.")


def options_of(words: str) -> tuple[Options, float | None]:
    """Return options and sharpness that words joined by + say, as `polyphase+sharpness=0.3`.

    Without the word texture the network fills alone. With it alone, options are those that people
    get; with another fit or ensemble, texture is `on`.

    Raises:
        UsageError: an unknown word, one that stands twice, two fits, a sharpness that is none, or
            words that do not go together.
    """
    given = words.split("+") if words else []
    sharp = [word for word in given if word.startswith(SHARPNESS)]
    given = [word for word in given if word not in sharp]
    known = (*FITS, *FLAGS, TEXTURE)
    for word in given:
        if word not in known:
            raise UsageError(
                f"deepgin:{words}: no '{word}'{nearest_name(word, known)}: "
                f"choose from {', '.join(known)}, {SHARPNESS}0..1, joined by +"
            )
    fits = [word for word in given if word in FITS]
    if len(fits) > 1 or len(sharp) > 1 or len({*given}) < len(given):
        raise UsageError(f"deepgin:{words}: one fit at most, and every word once")
    fit, ensemble, degrid = fits[0] if fits else "auto", "ensemble" in given, "degrid" in given
    texture = "off"
    if TEXTURE in given:
        if degrid:
            raise UsageError(f"deepgin:{words}: degrid smooths texture away: leave one of them out")
        texture = "auto" if fit == "auto" and not ensemble else "on"
    options = Options(fit=fit, ensemble=ensemble, degrid=degrid, texture=texture)
    return options, _number(sharp[0], words) if sharp else None


def _number(word: str, words: str) -> float:
    try:
        return float(word.removeprefix(SHARPNESS))
    except ValueError as error:
        raise UsageError(f"deepgin:{words}: write {SHARPNESS}0.5") from error


def ours_of(name: str, words: str, weights: str, networks: Networks) -> Method:
    """Return DeepGIN as a method.

    Args:
        name: in the report.
        words: fit, flags, texture and sharpness, joined by +; empty is the fit `auto` alone.
        weights: a weights file; empty takes that of `networks`.
        networks: loads it.

    Raises:
        UsageError: words that do not work; WeightsError: weights that cannot be used.
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
