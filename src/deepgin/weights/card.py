"""The card of a weights file: what its metadata say. Works without torch."""

import hashlib
import json
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from safetensors import SafetensorError, safe_open

from ..errors import WeightsError

KEY = "deepgin"
"""The card's key in a file's metadata; its value is JSON."""
FORMAT = 2
"""The latest that is read. Files of one set of weights are of format 1, which has no sharpness."""
LICENCE = "CC BY-NC 4.0"
PREPROCESSING = {
    "channels": "RGB",
    "range": [0, 1],
    "mask": "1 = missing",
    "size_multiple": 16,
    "trained_at": 256,
}


@dataclass
class Card:
    """The card of a weights file.

    Attributes:
        network: a name of `deepgin.variants()`, or `discriminators`.
        training: facts of the training, free in form.
        preprocessing: what the network expects.
        format: the version of this layout.
        sharpness: the default of a file of two sets, 0 (soft) to 1 (sharp); None for one set.
    """

    network: str
    width: int
    licence: str = LICENCE
    training: dict[str, Any] = field(default_factory=dict)
    preprocessing: dict[str, Any] = field(default_factory=lambda: dict(PREPROCESSING))
    format: int = 1
    sharpness: float | None = None

    def to_json(self) -> str:
        """Return the text for a file, in the earliest format that can say it."""
        facts = asdict(self) | {"format": 1 if self.sharpness is None else FORMAT}
        if self.sharpness is None:
            del facts["sharpness"]
        return json.dumps(facts)

    def at(self, sharpness: float | None) -> "Card":
        """Return the card of the network that a file gives at a sharpness."""
        if sharpness is None:
            return self
        training = self.training | {"sharpness": sharpness}
        return replace(self, training=training, sharpness=None, format=1)


def read_card(path: str | Path) -> Card:
    """Read the card of a weights file.

    Raises:
        WeightsError: missing, damaged, without our metadata, or of a later format.
    """
    with opened(path) as file:
        metadata = file.metadata() or {}
    return card_of(metadata.get(KEY, ""), path)


def card_of(text: str, path: str | Path) -> Card:
    """Read a card from JSON; `path` is for the WeightsError if it is none, or of a later format."""
    try:
        facts = json.loads(text)
        if facts["format"] > FORMAT:
            raise WeightsError(f"{path} has format {facts['format']}: update deepgin")
        card = Card(**facts)
        if not (isinstance(card.network, str) and type(card.width) is int):
            raise TypeError("network is no name or width no whole number")
        at = card.sharpness
        if at is not None and not (type(at) in (int, float) and 0 <= at <= 1):
            raise TypeError("sharpness is no number in [0, 1]")
    except (KeyError, TypeError, ValueError, RecursionError) as error:
        raise WeightsError(
            f"{path} says nothing of a DeepGIN network: "
            "for the authors' checkpoints use `deepgin convert` first"
        ) from error
    return card


def file_hash(path: str | Path) -> str:
    """Return the SHA-256 of a weights file, in hex."""
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def opened(path: str | Path, framework: str = "np") -> Any:
    """Open a safetensors file; `pt` gives its tensors as torch's."""
    if Path(path).is_dir():
        raise WeightsError(f"{path} is a folder: name a weights file in it")
    try:
        return safe_open(path, framework)
    except FileNotFoundError as error:
        raise WeightsError(f"{path}: no such weights file") from error
    except (OSError, SafetensorError) as error:
        raise WeightsError(f"{path} is no safetensors file, or it is damaged: {error}") from error
