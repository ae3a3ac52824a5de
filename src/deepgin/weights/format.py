"""Our weights: safetensors whose metadata say all that is needed to use them. No training state."""

import json
from dataclasses import asdict
from pathlib import Path
from textwrap import shorten
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import save_file
from torch import Tensor

from ..errors import UsageError, WeightsError
from ..files import whole_file
from ..network import Discriminators, Generator, channels_last
from . import hub
from .card import KEY, LICENCE, Card, opened, read_card


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
            save_file(tensors, temporary, {KEY: json.dumps(asdict(card))})
        except SafetensorError as error:  # among others a full disk: no OSError here
            raise WeightsError(f"{path} cannot be written: {error}") from error


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
        with opened(path, "pt") as file:
            state = {name: file.get_tensor(name).float() for name in file.keys()}  # noqa: SIM118
        network.load_state_dict(state, assign=True)
    except (UsageError, RuntimeError, SafetensorError) as error:
        # torch lists every tensor on a line of its own: the first few tell.
        what = shorten(" ".join(str(error).split()), 500)
        raise WeightsError(f"{path} does not fit the network it names: {what}") from error
    return channels_last(network.requires_grad_(False).eval())
