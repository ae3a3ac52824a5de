"""What many tests share: tiny networks' weights and ONNX files, pictures and masks as files."""

import os
import tempfile

# Also in the processes that tests start. More threads than cores wait for each other in loops, and
# what takes seconds takes minutes.
os.environ["OMP_NUM_THREADS"] = "1"
# Nothing goes into the cache of whoever runs the tests.
os.environ["DEEPGIN_CACHE"] = f"{tempfile.gettempdir()}/deepgin-tests-{os.getpid()}"

from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest
import torch
from hypothesis import settings
from PIL import Image
from safetensors.torch import load_file, save_file

from deepgin.network import build
from deepgin.perceptual import VGG19, Vgg
from deepgin.weights import save

# A busy machine is no failure.
settings.register_profile("patient", deadline=None)
settings.load_profile("patient")


@pytest.fixture(scope="session")
def weights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A weights file of a network of width 4, the same in every run."""
    torch.manual_seed(0)
    path = tmp_path_factory.mktemp("weights") / "tiny.safetensors"
    network = build("deepgin-prefill", 4)
    save(network, path, training={"samples": 12}, licence="for tests")
    return path


@pytest.fixture(scope="session")
def vgg19(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Made-up weights in the form of VGG-19 down to conv3_1."""
    with torch.random.fork_rng():
        torch.manual_seed(0)
        network = Vgg(VGG19[:5], own_input=True)
    state = {k.removeprefix("convolutions."): v for k, v in network.state_dict().items()}
    path = tmp_path_factory.mktemp("vgg19") / "made-up.safetensors"
    save_file(state, path)
    return path


class Golden(NamedTuple):
    """The authors' network: its state dict in their layout, inputs, and the outputs it gave."""

    state: dict[str, torch.Tensor]
    tensors: dict[str, torch.Tensor]


@pytest.fixture(scope="session")
def golden() -> Callable[[str], Golden]:
    """Reads tests/data/NAME.safetensors."""

    def read(name: str) -> Golden:
        parts = Golden({}, {})
        for key, value in load_file(Path(__file__).parent / f"data/{name}.safetensors").items():
            own = key.removeprefix("state_dict.")
            (parts.tensors if own == key else parts.state)[own] = value
        return parts

    return read


class Stages(NamedTuple):
    """Weights files of two stages of a network of width 4, and of both in one, by default 0.25."""

    soft: Path
    sharp: Path
    both: Path


@pytest.fixture(scope="session")
def stages(tmp_path_factory: pytest.TempPathFactory) -> Stages:
    """Two stages that differ in the second half of the network."""
    torch.manual_seed(1)
    folder = tmp_path_factory.mktemp("stages")
    files = Stages(*(folder / f"{name}.safetensors" for name in Stages._fields))
    network, later = build("deepgin-prefill", 4), build("deepgin-prefill", 4)
    soft = {name: value.clone() for name, value in network.state_dict().items()}
    save(network, files.soft, training={"samples": 12}, licence="for tests")
    network.stage2.load_state_dict(later.stage2.state_dict())
    network.stage2.out.bias.data += 0.2  # so that between them pictures differ too
    save(network, files.sharp, training={"samples": 34}, licence="for tests")
    facts = {"soft": {"samples": 12}, "sharp": {"samples": 34}}
    save(network, files.both, training=facts, licence="for tests", soft=soft, sharpness=0.25)
    return files


@pytest.fixture
def photo() -> Callable[..., np.ndarray]:
    """Makes pictures of noise: uint8, height x width x 3."""

    def make(height: int, width: int, seed: int = 0) -> np.ndarray:
        return np.random.default_rng(seed).integers(0, 256, (height, width, 3), dtype=np.uint8)

    return make


@pytest.fixture
def pair(tmp_path: Path, photo: Callable[..., np.ndarray]) -> tuple[Path, Path]:
    """A picture file of 37 x 29 pixels and its mask, in a folder of their own."""
    folder = tmp_path / "inputs"
    folder.mkdir()
    mask = np.zeros((29, 37), np.uint8)
    mask[5:15, 10:25] = 255
    Image.fromarray(photo(29, 37)).save(folder / "photo.png")
    Image.fromarray(mask).save(folder / "mask.png")
    return folder / "photo.png", folder / "mask.png"


@pytest.fixture
def folder(tmp_path: Path, photo: Callable[..., np.ndarray]) -> Path:
    """A folder of three pictures of three sizes."""
    (tmp_path / "photos" / "a").mkdir(parents=True)
    for seed, name in enumerate(["a/z.png", "b.png", "c.png"]):
        Image.fromarray(photo(36 + seed, 44, seed)).save(tmp_path / "photos" / name)
    return tmp_path / "photos"


@pytest.fixture
def onnx_network(tmp_path: Path) -> Callable[..., str]:
    """Writes networks of a few nodes; the function is given nodes, inputs and outputs."""
    onnx = pytest.importorskip("onnx")
    pytest.importorskip("onnxruntime")

    def write(nodes, inputs, outputs, constants=(), name="net.onnx"):
        made = {
            what: [onnx.helper.make_tensor_value_info(*port) for port in ports]
            for what, ports in (("inputs", inputs), ("outputs", outputs))
        }
        graph = onnx.helper.make_graph(
            [onnx.helper.make_node(op, ins, outs, **extra) for op, ins, outs, extra in nodes],
            "net",
            made["inputs"],
            made["outputs"],
            [
                onnx.numpy_helper.from_array(np.asarray(v), key)
                for key, v in dict(constants).items()
            ],
        )
        model = onnx.helper.make_model(
            graph, opset_imports=[onnx.helper.make_opsetid("", 13)], ir_version=8
        )
        onnx.checker.check_model(model)
        onnx.save(model, tmp_path / name)
        return str(tmp_path / name)

    return write


@pytest.fixture
def mean_network(onnx_network: Callable[..., str]) -> Callable[..., str]:
    """Writes networks that fill with the mean colour of the valid pixels, by another contract each.

    Under a wrong polarity, range or layout they give another colour.
    """
    import onnx

    kinds = {np.dtype(t): onnx.helper.np_dtype_to_tensor_dtype(np.dtype(t)) for t in _KINDS}

    def write(
        hole: int = 1,
        range: tuple[float, float] = (0, 1),
        out: tuple[float, float] | None = None,
        mask_range: tuple[float, float] = (0, 1),
        dtype: str = "float32",
        last: bool = False,
        size: tuple[int | str, int | str] = ("h", "w"),
        batch: int | str = "n",
        names: tuple[str, str] = ("image", "mask"),
        file: str = "net.onnx",
    ) -> str:
        kind, (low, high), out = kinds[np.dtype(dtype)], range, out or range
        shapes = [(batch, *size, c) if last else (batch, c, *size) for c in (3, 1)]
        constants = {
            "one": np.float32(1),
            "axes": np.array([1, 2] if last else [2, 3]),
            "low": np.float32(low),
            "scale": np.float32((out[1] - out[0]) / (high - low)),
            "bottom": np.float32(out[0]),
            "mask_low": np.float32(mask_range[0]),
            "mask_span": np.float32(mask_range[1] - mask_range[0]),
        }
        nodes = [
            ("Cast", [names[0]], ["pixels"], {"to": kinds[np.dtype("float32")]}),
            ("Cast", [names[1]], ["marks"], {"to": kinds[np.dtype("float32")]}),
            ("Sub", ["marks", "mask_low"], ["m0"], {}),
            ("Div", ["m0", "mask_span"], ["ones"], {}),
            ("Sub", ["one", "ones"], ["zeros"], {}),
            ("Identity", ["zeros" if hole else "ones"], ["valid"], {}),
            ("Identity", ["ones" if hole else "zeros"], ["missing"], {}),
            ("Mul", ["pixels", "valid"], ["kept"], {}),
            ("ReduceSum", ["kept", "axes"], ["sum"], {"keepdims": 1}),
            ("ReduceSum", ["valid", "axes"], ["count"], {"keepdims": 1}),
            ("Max", ["count", "one"], ["number"], {}),
            ("Div", ["sum", "number"], ["mean"], {}),
            ("Mul", ["mean", "missing"], ["filling"], {}),
            ("Add", ["kept", "filling"], ["own"], {}),
            ("Sub", ["own", "low"], ["from_0"], {}),
            ("Mul", ["from_0", "scale"], ["scaled"], {}),
            ("Add", ["scaled", "bottom"], ["to_cast"], {}),
            ("Cast", ["to_cast"], ["result"], {"to": kind}),
        ]
        inputs = [(name, kind, shape) for name, shape in zip(names, shapes, strict=True)]
        return onnx_network(nodes, inputs, [("result", kind, shapes[0])], constants, file)

    return write


@pytest.fixture(params=["lama", "migan-pipeline", "hole=0,range=-1..1,multiple=16"])
def known_network(request: pytest.FixtureRequest, mean_network: Callable[..., str]) -> str:
    """A file of each of three contracts, none of which has to be stated."""
    if request.param == "lama":
        return mean_network(size=(512, 512), batch=1, out=(0, 255))
    if request.param == "migan-pipeline":
        return mean_network(hole=0, range=(0, 255), mask_range=(0, 255), dtype="uint8")
    file = mean_network(hole=0, range=(-1, 1))
    Path(file).with_suffix(".yaml").write_text("hole: 0\nrange: -1..1\nmultiple: 16\n")
    return file


_KINDS = ("float32", "float16", "uint8")
