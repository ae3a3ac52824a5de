"""Loading public weights of the perceptual networks; there is no way to get random ones from here."""

import sys
import warnings
from contextlib import redirect_stdout
from pathlib import Path

import torch
from safetensors import SafetensorError, safe_open
from torch import Tensor, nn

from ..errors import WeightsError
from .alexnet import AlexNet
from .inception import FEATURES, Inception
from .vgg import VGG16, VGG19, Vgg

State = dict[str, Tensor]

# After its last dash each name begins the file's SHA-256, which the download is checked by.
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
    """Load a VGG network with its public weights: float32, channels_last, on the CPU.

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
        numbers = _vgg_numbers(layers)
        if {f"features.{number}.weight" for number in numbers} == _kernels(state):
            network = Vgg(layers)
            _fill(network, _from_features(state, layers, numbers), spec)
            return network
    raise WeightsError(f"{spec} holds neither VGG-19 nor VGG-16 as torchvision lays them out")


def load_alexnet(spec: str | Path = "alexnet") -> AlexNet:
    """Load AlexNet with torchvision's weights: float32, channels_last, on the CPU.

    Args:
        spec: `alexnet`, downloaded once into torch's cache and checked; or that .pth file.

    Raises:
        WeightsError: missing, damaged, of another network, or it cannot be downloaded.
    """
    state = _official_state(spec)
    if {f"features.{number}.weight" for number in _ALEXNET_NUMBERS} != _kernels(state):
        raise WeightsError(f"{spec} does not hold AlexNet as torchvision lays it out")
    network = AlexNet()
    _fill(network, _from_features(state, network.layers, _ALEXNET_NUMBERS), spec)
    return network


def load_inception(spec: str | Path = "inception") -> Inception:
    """Load FID's Inception with the weights of 2015: float32, channels_last, on the CPU.

    Args:
        spec: `inception` for pytorch-fid's file, downloaded once into torch's cache and checked;
            or that file, pt_inception-2015-12-05-6726825d.pth.

    Raises:
        WeightsError: missing, damaged, of another network, or it cannot be downloaded.
    """
    state = _official_state(spec)
    # torchvision's own Inception fits layer by layer, but gives other distances.
    classifier = state.get("fc.weight")
    if classifier is None or classifier.shape != (_INCEPTION_CLASSES, FEATURES):
        raise WeightsError(
            f"{spec} does not hold FID's Inception, which has {_INCEPTION_CLASSES:,} classes: give "
            f"{OFFICIAL['inception'].rsplit('/', 1)[-1]}"
        )
    dropped = ("fc.weight", "fc.bias")
    ours = {
        name: value
        for name, value in state.items()
        if name not in dropped and not name.endswith(".num_batches_tracked")
    }
    network = Inception()
    _fill(network, ours, spec)
    return network


def load_lpips_heads(path: str | Path, network: str) -> list[Tensor]:
    """Read the linear heads of LPIPS (one weight a channel) from a .safetensors file.

    Args:
        path: keys `alex.lin0.model.1.weight` and so on, as the authors name them.
        network: `alexnet` or `vgg16`.

    Returns:
        Five vectors, first layer first.

    Raises:
        WeightsError: missing, damaged, or without the heads of that network.
    """
    state = _read_safetensors(path)
    names = [f"{_HEADS[network]}.lin{i}.model.1.weight" for i in range(5)]
    lacking = [name for name in names if name not in state]
    if lacking:
        raise WeightsError(f"{path} lacks {', '.join(lacking)}: give the LPIPS heads of {network}")
    return [state[name].flatten() for name in names]


def _vgg_numbers(layers: tuple[str, ...]) -> list[int]:
    """Return torchvision's numbers of the convolutions: a ReLU after each, a pool after a block."""
    return [2 * i + int(name.removeprefix("conv")[0]) - 1 for i, name in enumerate(layers)]


def _kernels(state: State) -> set[str]:
    return {k for k in state if k.startswith("features.") and k.endswith(".weight")}


def _from_features(
    state: State, layers: tuple[str, ...], numbers: tuple[int, ...] | list[int]
) -> State:
    """Rename torchvision's layers to ours; the classifier is dropped."""
    found = {}
    for name, number in zip(layers, numbers, strict=True):
        for leaf in ("weight", "bias"):
            if f"features.{number}.{leaf}" in state:
                found[f"convolutions.{name}.{leaf}"] = state[f"features.{number}.{leaf}"]
    return found


def _cut_vgg19(state: State, path: str | Path) -> Vgg:
    layers = tuple(name for name in VGG19 if f"{name}.weight" in state)
    if not layers or layers != VGG19[: len(layers)]:
        raise WeightsError(f"{path} does not hold the first layers of VGG-19 (conv1_1, ...)")
    network = Vgg(layers, own_input=True)
    ours = {k if k.startswith("input.") else f"convolutions.{k}": v for k, v in state.items()}
    _fill(network, ours, path)
    return network


def _fill(network: nn.Module, state: State, source: str | Path) -> None:
    belongs = network.state_dict()
    strange = sorted(set(belongs) ^ set(state))
    if strange:
        raise WeightsError(f"{source} is of another network: {', '.join(strange)} does not match")
    for name, value in belongs.items():
        if state[name].shape != value.shape:
            raise WeightsError(
                f"{source}: {name} has shape {tuple(state[name].shape)}, "
                f"where {tuple(value.shape)} belongs"
            )
        if not state[name].isfinite().all():
            raise WeightsError(f"{source} is damaged: {name} is not finite")
        value.copy_(state[name])
    network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]


def _official_state(spec: str | Path) -> State:
    """Return torchvision's state dict by its name or from a file."""
    return _download(spec) if spec in OFFICIAL else _read_pth(spec)


def _download(name: str | Path) -> State:
    url = OFFICIAL[str(name)]
    try:
        # torch tells of the download on stdout, which belongs to a command's results.
        with redirect_stdout(sys.stderr):
            return torch.hub.load_state_dict_from_url(
                url, map_location="cpu", check_hash=True, weights_only=True
            )
    except Exception as error:  # no net, a full disk, a wrong checksum, a damaged file in the cache
        what = " ".join(str(error).split())
        raise WeightsError(
            f"{name} cannot be had from {url}: {what[:200]}; fetch the file and give its path, or "
            f"delete it from {Path(torch.hub.get_dir()) / 'checkpoints'} if it is damaged"
        ) from error


def _read_pth(path: str | Path) -> State:
    _check_file(path)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # torch's guesses about files that are no checkpoints
            state = torch.load(path, map_location="cpu", weights_only=True)
    except Exception as error:  # a damaged file makes torch's reader raise nearly anything
        raise WeightsError(f"{path} is no state dict of PyTorch, or it is damaged") from error
    if not isinstance(state, dict) or not all(isinstance(v, Tensor) for v in state.values()):
        raise WeightsError(f"{path} holds no state dict")
    return {str(key): value for key, value in state.items()}


def _read_safetensors(path: str | Path) -> State:
    _check_file(path)
    try:
        with safe_open(path, "pt") as file:
            return {name: file.get_tensor(name).float() for name in file.keys()}  # noqa: SIM118
    except (OSError, SafetensorError) as error:
        raise WeightsError(f"{path} is no safetensors file, or it is damaged: {error}") from error


def _check_file(path: str | Path) -> None:
    if Path(path).is_dir():
        raise WeightsError(f"{path} is a folder: name a weights file in it")
    if not Path(path).is_file():
        names = ", ".join(OFFICIAL)
        raise WeightsError(f"{path}: no such weights file, and none of the names {names}")
