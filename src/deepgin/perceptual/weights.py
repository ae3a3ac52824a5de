"""Loading public weights of the perceptual networks: float32, channels_last, on the CPU."""

import sys
import warnings
from collections.abc import Sequence
from contextlib import redirect_stdout
from pathlib import Path
from typing import TypeVar

import torch
from safetensors import SafetensorError, safe_open
from torch import Tensor, nn

from ..errors import WeightsError
from .inception import FEATURES, Inception
from .vgg import VGG16, VGG19, AlexNet, Features, Vgg

State = dict[str, Tensor]
Network = TypeVar("Network", bound=nn.Module)
Convolutions = TypeVar("Convolutions", bound=Features)

# The digits after the last dash are the start of the SHA-256, which the download must have.
OFFICIAL = {
    "vgg19": "https://download.pytorch.org/models/vgg19-dcbb9e9d.pth",
    "vgg16": "https://download.pytorch.org/models/vgg16-397923af.pth",
    "alexnet": "https://download.pytorch.org/models/alexnet-owt-7be5be79.pth",
    "inception": "https://github.com/mseitzer/pytorch-fid/releases/download/fid_weights/"
    "pt_inception-2015-12-05-6726825d.pth",
}
_ALEXNET_NUMBERS = (0, 3, 6, 8, 10)
_INCEPTION_CLASSES = 1008
_HEADS = {"alexnet": "alex", "vgg16": "vgg"}


def load_vgg(spec: str | Path) -> Vgg:
    """Load a VGG network with its public weights.

    Args:
        spec: `vgg19` or `vgg16` for torchvision's weights, downloaded once into torch's cache
            and checked; or a file: such a .pth, or a .safetensors with VGG-19's first layers
            (`conv1_1.weight`, ...) and a 1x1 convolution `input` that prepares the picture.

    Raises:
        WeightsError: missing, damaged, of another network, or it cannot be downloaded.
    """
    if Path(spec).suffix == ".safetensors":
        return _cut_vgg19(_read_safetensors(spec), spec)
    state = _official_state(spec)
    for layers in (VGG19, VGG16):
        # A ReLU follows each convolution, a pool each block.
        numbers = [2 * i + int(name[4]) - 1 for i, name in enumerate(layers)]
        if _has(state, numbers):
            return _from_features(Vgg(layers), state, numbers, spec)
    raise WeightsError(f"{spec} has neither torchvision's VGG-19 nor its VGG-16")


def load_alexnet(spec: str | Path = "alexnet") -> AlexNet:
    """Load AlexNet with torchvision's weights: `alexnet`, downloaded as by `load_vgg`, or the file.

    Raises:
        WeightsError: missing, damaged, of another network, or it cannot be downloaded.
    """
    state = _official_state(spec)
    if not _has(state, _ALEXNET_NUMBERS):
        raise WeightsError(f"{spec} does not have torchvision's AlexNet")
    return _from_features(AlexNet(), state, _ALEXNET_NUMBERS, spec)


def load_inception(spec: str | Path = "inception") -> Inception:
    """Load FID's Inception with the weights of 2015.

    Args:
        spec: `inception` for pytorch-fid's file, downloaded once into torch's cache and checked;
            or that file, pt_inception-2015-12-05-6726825d.pth.

    Raises:
        WeightsError: missing, damaged, of another network, or it cannot be downloaded.
    """
    state = _official_state(spec)
    # torchvision's own Inception fits layer by layer, but gives other distances.
    classifier = state.pop("fc.weight", torch.empty(0))
    if classifier.shape != (_INCEPTION_CLASSES, FEATURES):
        raise WeightsError(
            f"{spec} does not have FID's Inception, with {_INCEPTION_CLASSES:,} classes",
            mend=f"use {OFFICIAL['inception'].rsplit('/', 1)[-1]}",
        )
    state.pop("fc.bias", None)
    ours = {k: v for k, v in state.items() if not k.endswith(".num_batches_tracked")}
    return _filled(Inception(), ours, spec)


def load_lpips_heads(path: str | Path, network: str) -> list[Tensor]:
    """Read the five linear heads of LPIPS (one weight a channel), first layer first.

    Args:
        path: a .safetensors file with the authors' names `alex.lin0.model.1.weight` and so on.
        network: `alexnet` or `vgg16`.

    Raises:
        WeightsError: missing, damaged, or without the heads of that network.
    """
    state = _read_safetensors(path)
    names = [f"{_HEADS[network]}.lin{i}.model.1.weight" for i in range(5)]
    if lacking := [name for name in names if name not in state]:
        raise WeightsError(
            f"{path} lacks {', '.join(lacking)}", mend=f"use the LPIPS heads of {network}"
        )
    return [state[name].flatten() for name in names]


def _has(state: State, numbers: Sequence[int]) -> bool:
    """Return whether torchvision's `features` have convolutions at just these numbers."""
    kernels = {k for k in state if k.startswith("features.") and k.endswith(".weight")}
    return kernels == {f"features.{number}.weight" for number in numbers}


def _from_features(
    network: Convolutions, state: State, numbers: Sequence[int], spec: str | Path
) -> Convolutions:
    """Fill a network with torchvision's `features`, without the classifier."""
    renamed = {
        f"convolutions.{name}.{leaf}": state[f"features.{number}.{leaf}"]
        for name, number in zip(network.layers, numbers, strict=True)
        for leaf in ("weight", "bias")
        if f"features.{number}.{leaf}" in state
    }
    return _filled(network, renamed, spec)


def _cut_vgg19(state: State, path: str | Path) -> Vgg:
    layers = tuple(name for name in VGG19 if f"{name}.weight" in state)
    if not layers or layers != VGG19[: len(layers)]:
        raise WeightsError(f"{path} does not have the first layers of VGG-19 (conv1_1, ...)")
    ours = {k if k.startswith("input.") else f"convolutions.{k}": v for k, v in state.items()}
    return _filled(Vgg(layers, own_input=True), ours, path)


def _filled(network: Network, state: State, source: str | Path) -> Network:
    own = network.state_dict()
    if unmatched := sorted(set(own) ^ set(state)):
        raise WeightsError(f"{source} is of another network: {', '.join(unmatched)} does not match")
    for name, value in own.items():
        if state[name].shape != value.shape:
            raise WeightsError(
                f"{source}: {name} has shape {tuple(state[name].shape)}, not {tuple(value.shape)}"
            )
        if not state[name].isfinite().all():
            raise WeightsError(f"{source} is damaged: {name} is not finite")
        value.copy_(state[name])
    return network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]


def _official_state(spec: str | Path) -> State:
    """Return the state dict of an official network by its name or from a file."""
    return _download(str(spec)) if spec in OFFICIAL else _read_pth(spec)


def _download(name: str) -> State:
    url = OFFICIAL[name]
    try:
        # torch prints its progress on stdout, which is for the results of a command.
        with redirect_stdout(sys.stderr):
            return torch.hub.load_state_dict_from_url(
                url, map_location="cpu", check_hash=True, weights_only=True
            )
    except Exception as error:  # no network, a full disk, a wrong checksum, a damaged cache
        reason = " ".join(str(error).split())
        raise WeightsError(
            f"{name} cannot be downloaded from {url}: {reason[:200]}",
            mend="download the file and name its path, or delete it from "
            f"{Path(torch.hub.get_dir()) / 'checkpoints'} if it is damaged",
        ) from error


def _read_pth(path: str | Path) -> State:
    _check_file(path)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # torch's warnings about files that are not checkpoints
            state = torch.load(path, map_location="cpu", weights_only=True)
    except Exception as error:  # torch raises many types for a damaged file
        raise WeightsError(f"{path} is not a state dict of PyTorch, or it is damaged") from error
    if not isinstance(state, dict) or not all(isinstance(v, Tensor) for v in state.values()):
        raise WeightsError(f"{path} does not have a state dict")
    return {str(key): value for key, value in state.items()}


def _read_safetensors(path: str | Path) -> State:
    _check_file(path)
    try:
        with safe_open(path, "pt") as file:
            return {name: file.get_tensor(name).float() for name in file.keys()}  # noqa: SIM118
    except (OSError, SafetensorError) as error:
        raise WeightsError(
            f"{path} is not a safetensors file, or it is damaged: {error}"
        ) from error


def _check_file(path: str | Path) -> None:
    if Path(path).is_dir():
        raise WeightsError(f"{path} is a folder", mend="name a weights file in it")
    if not Path(path).is_file():
        names = ", ".join(OFFICIAL)
        raise WeightsError(f"{path} does not exist", mend=f"name a weights file, or one of {names}")
