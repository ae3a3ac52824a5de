"""Converting the authors' checkpoints ([C] `latest_net_G.pth`, `latest_net_D.pth`) into ours."""

import pickle
import warnings
from pathlib import Path
from typing import TypeGuard

import torch
from torch import Tensor, nn

from ..errors import WeightsError
from ..network import Discriminators, Generator

State = dict[str, Tensor]


def read_authors(path: str | Path) -> State:
    """Read a plain state dict saved by `torch.save`; drops a `module.` prefix, runs no code.

    Raises:
        WeightsError: no such file, not such a checkpoint, or one that holds more than tensors.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # torch's guesses about files that are no checkpoints
            state = torch.load(path, map_location="cpu", weights_only=True)
    except FileNotFoundError as error:
        raise WeightsError(f"{path}: no such file") from error
    except pickle.UnpicklingError as error:
        raise WeightsError(
            f"{path} is refused: it is damaged, or it holds more than tensors and could run code "
            "when read; convert only a state dict saved by torch.save"
        ) from error
    except Exception as error:  # a damaged file makes torch's reader raise nearly anything
        raise WeightsError(f"{path} is no PyTorch checkpoint, or it is damaged") from error
    if not isinstance(state, dict) or not state:
        raise WeightsError(f"{path} holds no state dict")
    if not all(isinstance(k, str) and isinstance(v, Tensor) for k, v in state.items()):
        raise WeightsError(f"{path} holds more than a plain state dict of tensors")
    if all(key.startswith("module.") for key in state):
        state = {key.removeprefix("module."): value for key, value in state.items()}
    return state


def convert(state: State, source: str | Path = "the checkpoint") -> Generator | Discriminators:
    """Build the network of weights in the authors' layout.

    Generators become `deepgin` or `deepgin-guided` (by their input channels), at the width they
    have; discriminators are accepted in both layouts that [C] writes.

    Args:
        state: as from `read_authors`.
        source: a name for error messages.

    Raises:
        WeightsError: keys are missing or unexpected (all are listed), or shapes differ.
    """
    if any(key.startswith(("layer0.", "layer1.", "scale0_", "scale1_")) for key in state):
        return _discriminators(state, source)
    return _generator(state, source)


def _generator(state: State, source: str | Path) -> Generator:
    first, name, width = state.get("lr_coarse_tinker.1.weight"), "deepgin", 64
    if _is_kernel(first, (4, 7)):  # else the width is unknown: compare with the paper's
        name, width = "deepgin" if first.shape[1] == 4 else "deepgin-guided", 2 * len(first)
    network = Generator(name, width)
    _fill(network, _generator_names(), state, source)
    return network


def _is_kernel(weight: Tensor | None, inputs: tuple[int, ...]) -> TypeGuard[Tensor]:
    return weight is not None and weight.ndim == 4 and len(weight) > 0 and weight.shape[1] in inputs


def _generator_names() -> dict[str, str]:
    """Map each of our generator's modules to the authors' name of it."""
    names = {"stage1.out": "lr_coarse_tinker.31"}
    for part, layers in (("encoder", (1, 4, 7, 10)), ("decoder", (20, 24, 28))):
        names |= {f"stage1.{part}.{i}": f"lr_coarse_tinker.{n}" for i, n in enumerate(layers)}
    for i in range(6):
        names |= _spd(f"stage1.middle.{i}", f"lr_coarse_tinker.{12 + i}", 8)
    # [C] numbers the blocks before the middle attention 1, 2, 5 and those after it 3, 4, 6.
    for i, theirs in ((0, 1), (1, 2), (2, 5), (4, 3), (5, 4), (6, 6)):
        names |= _spd(f"stage2.middle.{i}", f"r_md_mres{theirs}", 4)
    for i, ours in enumerate(("middle.3", "skip4.1", "skip3.1"), 1):
        attention = "r_md_satn1" if i == 1 else f"r_de_satn{i}"
        leaves = {"theta": "theta", "phi": "phi", "g": "g", "last": "W"}
        names |= {f"stage2.{ours}.{a}": f"{attention}.{b}" for a, b in leaves.items()}
    names |= {f"stage2.e{i}": f"r_en_conv{i}" for i in range(1, 6)}
    names |= {f"stage2.d{i}": f"r_de_conv{i}" for i in range(1, 5)}
    names |= {f"stage2.mix{i}": f"r_de_mix_conv{i}" for i in (1, 2)}
    names |= {f"stage2.skip{i}.0": f"r_en_skp_conv{i}" for i in (3, 4)}
    names |= {"stage2.low": "r_de_conv2_lr", "stage2.low_out": "r_de_conv3_lr"}
    return names | {"stage2.out": "r_de_conv5", "stage2.alpha": "r_de_conv5_lr_alpha"}


def _spd(ours: str, theirs: str, branches: int) -> dict[str, str]:
    names = {f"{ours}.branches.{i}": f"{theirs}.branch{i + 1}.conv" for i in range(branches)}
    return names | {f"{ours}.last": f"{theirs}.fusion{branches + 1}.conv"}


def _discriminators(state: State, source: str | Path) -> Discriminators:
    # `module.weight` is weight_bar / sigma, derived: dropped.
    state = {key: value for key, value in state.items() if not key.endswith(".module.weight")}
    by_scale = any(key.startswith("scale") for key in state)
    pattern = "scale{}_layer{}.0.module" if by_scale else "layer{}.{}.module"
    # The authors' 1 sees the full size and their 0 the half.
    names = {
        f"{ours}.layers.{i}": pattern.format(scale, i if by_scale else 2 * i)
        for ours, scale in (("full_size", 1), ("half_size", 0))
        for i in range(4)
    }
    first = state.get(names["full_size.layers.0"] + ".weight_bar")
    network = Discriminators(len(first) if _is_kernel(first, (6,)) else 64)
    _fill(network, names, state, source, {"weight": "weight_bar", "u": "weight_u", "v": "weight_v"})
    return network


def _fill(
    network: nn.Module,
    names: dict[str, str],
    state: State,
    source: str | Path,
    leaves: dict[str, str] | None = None,
) -> None:
    theirs = {}
    for key in network.state_dict():
        module, leaf = key.rsplit(".", 1)
        theirs[key] = f"{names[module]}.{(leaves or {}).get(leaf, leaf)}"
    missing = sorted(set(theirs.values()) - set(state))
    unexpected = sorted(set(state) - set(theirs.values()))
    if missing or unexpected:
        raise WeightsError(
            f"{source} does not fit {type(network).__name__.lower()} in the authors' layout; "
            f"missing: {', '.join(missing) or 'none'}; "
            f"unexpected: {', '.join(unexpected) or 'none'}"
        )
    for key, value in network.state_dict().items():
        own = state[theirs[key]]
        if own.shape != value.shape:
            raise WeightsError(
                f"{source}: {theirs[key]} has shape {tuple(own.shape)}, "
                f"where {tuple(value.shape)} belongs"
            )
        value.copy_(own)
