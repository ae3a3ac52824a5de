"""Our weights: safetensors whose metadata say all that is needed to use them. No training state."""

import hashlib
import json
from dataclasses import asdict, dataclass, field
from pathlib import Path
from textwrap import shorten
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor

from ..errors import UsageError, WeightsError
from ..files import whole_file
from ..network import Discriminators, Generator, channels_last
from . import hub

FORMAT = 1
LICENCE = "CC BY-NC 4.0"
PREPROCESSING = {
    "channels": "RGB",
    "range": [0, 1],
    "mask": "1 = missing",
    "size_multiple": 16,
    "trained_at": 256,
}
_KEY = "deepgin"


@dataclass
class Card:
    """What a weights file says about itself.

    Attributes:
        network: a name of `deepgin.variants()`, or `discriminators`.
        width: the network's width.
        licence: of the weights.
        training: facts of the training, free in form.
        preprocessing: what the network expects.
        format: the version of this layout.
    """

    network: str
    width: int
    licence: str = LICENCE
    training: dict[str, Any] = field(default_factory=dict)
    preprocessing: dict[str, Any] = field(default_factory=lambda: dict(PREPROCESSING))
    format: int = FORMAT


def save(
    network: Generator | Discriminators,
    path: str | Path,
    *,
    training: dict[str, Any] | None = None,
    licence: str = LICENCE,
    weights: dict[str, Tensor] | None = None,
    dtype: torch.dtype = torch.float16,
) -> None:
    """Write the network's weights with their card.

    Args:
        network: generator or discriminators.
        path: ends in .safetensors; its folder exists.
        training: facts to put on the card.
        licence: of the weights.
        weights: a state dict to write in place of the network's own (a moving average).
        dtype: of the file; float16 halves its size and moves no pixel by a grey level.

    Raises:
        WeightsError: a weight is not finite, or does not fit into `dtype`.
    """
    tensors = {}
    for name, value in (weights or network.state_dict()).items():
        tensors[name] = value.detach().to("cpu", dtype).contiguous()
        if not tensors[name].isfinite().all():
            raise WeightsError(f"{path}: weight {name} is not finite in {dtype}: nothing written")
    name = network.name if isinstance(network, Generator) else "discriminators"
    card = Card(name, network.width, licence, training or {})
    with whole_file(path) as temporary:
        try:
            save_file(tensors, temporary, {_KEY: json.dumps(asdict(card))})
        except SafetensorError as error:  # among others a full disk: no OSError here
            raise WeightsError(f"{path} cannot be written: {error}") from error


def read_card(path: str | Path) -> Card:
    """Read what a weights file says about itself.

    Raises:
        WeightsError: missing, damaged, without our metadata, or of a later format.
    """
    with _opened(path) as file:
        metadata = file.metadata() or {}
    try:
        told = json.loads(metadata[_KEY])
        if told["format"] > FORMAT:
            raise WeightsError(f"{path} has format {told['format']}: update deepgin")
        card = Card(**told)
        if not (isinstance(card.network, str) and type(card.width) is int):
            raise TypeError("network is no name or width no whole number")
    except (KeyError, TypeError, ValueError, RecursionError) as error:
        raise WeightsError(
            f"{path} says nothing of a DeepGIN network: "
            "for the authors' checkpoints use `deepgin convert` first"
        ) from error
    return card


def load(path: str | Path | None = None) -> Generator:
    """Load a generator for use: float32, channels_last, evaluation mode, on the CPU.

    Args:
        path: a file that `save`, `deepgin train` or `deepgin convert` wrote; None takes the
            weights that come with the package.

    Raises:
        WeightsError: missing, damaged, of another kind, or not fitting its own card.
    """
    path = hub.local_path(path)
    card = read_card(path)
    if card.network == "discriminators":
        raise WeightsError(f"{path} holds discriminators, which fill no holes: name a generator")
    try:
        with torch.device("meta"):
            network = Generator(card.network, card.width)
        with _opened(path) as file:
            state = {name: file.get_tensor(name).float() for name in file.keys()}  # noqa: SIM118
        network.load_state_dict(state, assign=True)
    except (UsageError, RuntimeError, SafetensorError) as error:
        # torch lists every tensor on a line of its own: the first few tell.
        what = shorten(" ".join(str(error).split()), 500)
        raise WeightsError(f"{path} does not fit the network it names: {what}") from error
    return channels_last(network.requires_grad_(False).eval())


def shipped() -> Path:
    """Return the path of the weights that come with the package."""
    return hub.SHIPPED


def file_hash(path: str | Path) -> str:
    """Return the SHA-256 of a weights file, in hex."""
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _opened(path: str | Path) -> Any:
    if Path(path).is_dir():
        raise WeightsError(f"{path} is a folder: name a weights file in it")
    try:
        return safe_open(path, "pt")
    except FileNotFoundError as error:
        raise WeightsError(f"{path}: no such weights file") from error
    except (OSError, SafetensorError) as error:
        raise WeightsError(f"{path} is no safetensors file, or it is damaged: {error}") from error
