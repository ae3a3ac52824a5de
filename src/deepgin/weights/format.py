"""Weights files: safetensors whose metadata say all that is needed to use them."""

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
from .blend import SOFT, checked, sharpness_of, tensors
from .card import KEY, LICENCE, Card, read_card


def save(
    network: Generator | Discriminators,
    path: str | Path,
    *,
    training: dict[str, Any] | None = None,
    licence: str = LICENCE,
    weights: dict[str, Tensor] | None = None,
    dtype: torch.dtype = torch.float16,
    soft: dict[str, Tensor] | None = None,
    sharpness: float = 0.5,
) -> None:
    """Write a network's weights with their card.

    Args:
        network: the network.
        path: ends in .safetensors; its folder exists.
        training: facts for the card.
        licence: of the weights.
        weights: a state dict to write in place of the network's own (a moving average).
        dtype: of the file; float16 halves its size and moves no pixel by a grey level.
        soft: a state dict for a file of two sets; tensors that are equal in both are written once.
        sharpness: the default of such a file, in [0, 1].

    Raises:
        WeightsError: a weight is not finite, or does not fit into `dtype`.
        UsageError: a sharpness out of range.
    """
    kept = {}
    second = {SOFT + name: value for name, value in (soft or {}).items()}
    for name, value in ((weights or network.state_dict()) | second).items():
        kept[name] = value.detach().to("cpu", dtype).contiguous()
        if not kept[name].isfinite().all():
            raise WeightsError(f"{path}: weight {name} is not finite in {dtype}: nothing written")
    for name in second:
        if torch.equal(kept[name], kept[name.removeprefix(SOFT)]):
            del kept[name]
    name = network.name if isinstance(network, Generator) else "discriminators"
    card = Card(name, network.width, licence, training or {})
    if soft is not None:
        card.sharpness = checked(sharpness)
    with whole_file(path) as temporary:
        try:
            save_file(kept, temporary, {KEY: card.to_json()})
        except SafetensorError as error:  # among others a full disk: no OSError here
            raise WeightsError(f"{path} cannot be written: {error}") from error


def load(path: str | Path | None = None, sharpness: float | None = None) -> Generator:
    """Load a generator for use: float32, channels_last, evaluation mode, on the CPU.

    Args:
        path: a file of ours, or an address on the hub; None takes the weights that come with the
            package.
        sharpness: of a file of two sets, 0 (soft) to 1 (sharp); None takes its card's.

    Raises:
        WeightsError: missing, damaged, of another kind, or not fitting its own card.
        UsageError: a sharpness out of range, or any for a file of one set.
    """
    path = hub.local_path(path)
    sharpness = sharpness_of(path, sharpness)
    card = read_card(path)
    if card.network == "discriminators":
        raise WeightsError(f"{path} holds discriminators, which fill no holes: name a generator")
    try:
        with torch.device("meta"):
            network = Generator(card.network, card.width)
        network.load_state_dict(tensors(path, sharpness, "pt"), assign=True)
    except (UsageError, RuntimeError, SafetensorError) as error:
        # torch lists every tensor on a line of its own.
        what = shorten(" ".join(str(error).split()), 500)
        raise WeightsError(f"{path} does not fit the network it names: {what}") from error
    return channels_last(network.requires_grad_(False).eval())


def join(soft: str | Path, sharp: str | Path, path: str | Path, sharpness: float = 0.5) -> Card:
    """Write the weights of two files as the two sets of one, in float16; returns its card.

    Args:
        soft: a file of one set, of the warm-up.
        sharp: a file of one set, of the main stage that continued from there; networks that were
            trained separately do not mix.
        path: ends in .safetensors; its folder exists.
        sharpness: the default of the new file.

    Raises:
        WeightsError: as for `load` and `save`, a file of two sets, or files that differ in
            network, width or licence.
        UsageError: a sharpness out of range, or `path` is one of the two.
    """
    files = hub.local_path(soft), hub.local_path(sharp)
    cards = [read_card(file) for file in files]
    for file, card in zip(files, cards, strict=True):
        if card.sharpness is not None:
            raise WeightsError(f"{file} holds two sets of weights: name files of one set each")
        if Path(path).exists() and file.samefile(path):
            raise UsageError(f"{path} is also an input: choose another name")
    for what in ("network", "width", "licence"):
        one, other = (getattr(card, what) for card in cards)
        if one != other:
            raise WeightsError(
                f"{files[0]} has {what} {one}, and {files[1]} {other}: blend two stages of one "
                "training"
            )
    facts = dict(zip(("soft", "sharp"), (card.training for card in cards), strict=True))
    first = load(files[0]).state_dict()
    network, licence = load(files[1]), cards[1].licence
    save(network, path, training=facts, licence=licence, soft=first, sharpness=sharpness)
    return read_card(path)
