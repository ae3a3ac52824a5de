"""Known contracts with the structures of others' networks, made small: what PyTorch gives."""

import importlib.util
import warnings
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

from deepgin.runtimes.choice import open_runtime
from deepgin.weights import Model

pytest.importorskip("onnx")
SIDE = 64


class Aot(nn.Module):
    """As its authors call it: the hole of the picture is white."""

    def __init__(self, peers):
        super().__init__()
        self.network = peers.AotGan(1)
        self.network.layers[-2].weight.data *= 40  # else all is grey

    def forward(self, image, mask):
        return self.network.layers(torch.cat((image, mask), 1))


class MiGan(nn.Module):
    """As its authors export it: one input, 0.5 - hole before the masked picture."""

    def __init__(self, peers):
        super().__init__()
        self.network = peers.MiGan(SIDE)

    def forward(self, x):
        return self.network(x[:, 1:], 0.5 - x[:, :1])


class Same(nn.Module):
    def forward(self, x, hole):
        return x


class DeepFill(nn.Module):
    """As its authors call it: masked picture, ones and hole in one input, the hole once more."""

    def __init__(self, peers):
        super().__init__()
        self.network = peers.DeepFill(8)
        self.network.attention = Same()  # which the exporter does not know
        self.network.decoder[-2].weight.data *= 40

    def forward(self, x, mask):
        return x[:, :3], self.network(x[:, :3], x[:, 4:] * mask) * x[:, 3:4]


PEERS = {
    "aot-gan": (Aot, ((3,), (1,))),
    "migan": (MiGan, ((4,),)),
    "deepfill": (DeepFill, ((5,), (1,))),
}


@pytest.fixture(scope="module", params=PEERS)
def peer(request, tmp_path_factory):
    """The name of a contract, its file, and the network with random weights."""
    where = Path(__file__).parents[2] / "benchmarks" / "peer_networks.py"
    spec = importlib.util.spec_from_file_location("peer_networks", where)
    peers = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(peers)
    made, inputs = PEERS[request.param]
    torch.manual_seed(0)
    module, file = made(peers).eval(), tmp_path_factory.mktemp("peer") / "net.onnx"
    examples = tuple(torch.rand(1, *channels, SIDE, SIDE) for channels in inputs)
    with warnings.catch_warnings(), torch.no_grad():
        warnings.simplefilter("ignore")
        names = ["image", "mask"][: len(inputs)]
        torch.onnx.export(module, examples, file, input_names=names, dynamo=False, opset_version=18)
    return request.param, file, module.network


@pytest.fixture
def batch(photo):
    masks = np.zeros((2, SIDE, SIDE), np.bool_)
    masks[0, 8:30, 6:40] = masks[1, 20:50, 20:64] = True
    return np.stack([np.kron(photo(8, 8, i), np.ones((8, 8, 1), np.uint8)) for i in (1, 2)]), masks


def test_the_fill_is_that_of_the_network(peer, batch):
    name, file, network = peer
    runtime = open_runtime(Model(file, "cpu", contract=name))
    assert (runtime.fixed, runtime.trained_at) == (True, SIDE)
    assert len(runtime.notes) == 1  # it is not trained
    pictures, masks = batch
    filled = runtime.fill(pictures, masks)
    np.testing.assert_array_equal(filled[~masks], pictures[~masks])
    image = torch.from_numpy(pictures).permute(0, 3, 1, 2) / 127.5 - 1
    with torch.no_grad():
        expected = network(image, torch.from_numpy(masks)[:, None].float())
    expected = ((expected.permute(0, 2, 3, 1) + 1) * 127.5).clamp(0, 255).numpy()
    assert np.abs(filled.astype(float) - expected)[masks].max() <= 1.01
    assert expected[masks].std() > 5


@pytest.mark.parametrize("peer", ["aot-gan"], indirect=True)
def test_graphs_of_int8(peer, batch, tmp_path):
    quantisation = pytest.importorskip("onnxruntime.quantization")
    name, file, _ = peer
    quantisation.quantize_dynamic(file, tmp_path / "int8.onnx")
    pictures, masks = batch
    plain, small = (
        open_runtime(Model(one, "cpu", contract=name)).fill(pictures, masks).astype(int)
        for one in (file, tmp_path / "int8.onnx")
    )
    assert 0 < np.abs(plain - small)[masks].mean() < 0.1 * plain[masks].std()
