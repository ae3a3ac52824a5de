"""Files of our own contract: what PyTorch gives, for any size, and nothing outside the hole."""

import sys

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from deepgin import __version__
from deepgin.errors import DeepginError
from deepgin.export import export
from deepgin.runtimes.choice import card_of_file
from deepgin.runtimes.torch import TorchRuntime, to_bytes
from deepgin.weights import Card, Model

onnx = pytest.importorskip("onnx")

NETWORKS = [("std-coarse", 2), ("std-mssa", 2), ("deepgin", 2), ("deepgin-prefill", 4)]
SIZES = [(1, 1, 1), (2, 5, 3), (3, 16, 16), (2, 37, 53), (1, 256, 256), (1, 31, 600)]
# Pull-push begins at a coarser level the longer the side is.
LONG = [(2, 16, 257), (1, 1040, 17), (1, 20, 2100)]


def expected(network, pictures, holes):
    """Return what the PyTorch runtime makes of mirrored pictures, cut back."""
    height, width = holes.shape[1:]
    border = (0, 0), (0, -height % 16), (0, -width % 16)
    filled = TorchRuntime(Model(network, "cpu", "float32")).outputs(
        np.pad(pictures, (*border, (0, 0)), "symmetric"), np.pad(holes, border, "symmetric")
    )
    return [
        np.where(holes[..., None], to_bytes(part)[:, :height, :width], pictures)
        for part in (filled.completed, filled.coarse)
    ]


def run(session, pictures, holes):
    mask = np.where(holes, np.uint8(255), np.uint8(0))
    return session.run(["completed", "coarse"], {"picture": pictures, "mask": mask})


def check(filled, reference):
    for one, other in zip(filled, reference, strict=True):
        assert one.shape == other.shape
        assert one.dtype == np.uint8
        difference = np.abs(one.astype(int) - other)
        assert difference.max() <= 1
        assert (difference > 0).sum() <= 2 + 0.01 * one.size  # rounded, not cut


@pytest.fixture(scope="module")
def session(exported, open_onnx):
    return open_onnx(exported("deepgin-prefill", 4))


@pytest.mark.parametrize(("name", "width"), NETWORKS)
def test_gives_what_torch_gives(exported, open_onnx, network_of, scene, name, width):
    one = open_onnx(exported(name, width))
    for size in SIZES:
        pictures, holes = scene(*size)
        filled = run(one, pictures, holes)
        check(filled, expected(network_of(name, width), pictures, holes))
        for part in filled:
            np.testing.assert_array_equal(part[~holes], pictures[~holes])
    assert (filled[0] != filled[1]).any() == (name != "std-coarse")


@pytest.mark.parametrize("size", LONG)
def test_longer_sides(session, network_of, scene, size):
    pictures, holes = scene(*size)
    holes[:, :, size[2] // 3 :] = True  # so that the coarse levels are seen
    holes[:, size[1] // 3 :] = True
    filled = run(session, pictures, holes)
    check(filled, expected(network_of("deepgin-prefill", 4), pictures, holes))


@settings(max_examples=25)
@given(
    count=st.integers(1, 3),
    height=st.integers(1, 70),
    width=st.integers(1, 70),
    missing=st.sampled_from([0.0, 0.02, 0.5, 1.0]),
    seed=st.integers(0, 999),
)
def test_nothing_outside_the_hole_changes_and_nothing_in_it_is_seen(
    session, count, height, width, missing, seed
):
    random = np.random.default_rng(seed)
    one, other = random.integers(0, 256, (2, count, height, width, 3), dtype=np.uint8)
    holes = random.random((count, height, width)) < missing
    filled = run(session, one, holes)
    for part in filled:
        np.testing.assert_array_equal(part[~holes], one[~holes])
    again = run(session, np.where(holes[..., None], other, one), holes)
    for part, same in zip(filled, again, strict=True):
        np.testing.assert_array_equal(part, same)


def test_half_of_white_is_missing(session, scene):
    pictures, _ = scene(1, 20, 30)
    masks = np.zeros((1, 20, 30), np.uint8)
    masks[0, 4:9], masks[0, 9:15] = 127, 128
    completed, _ = session.run(None, {"picture": pictures, "mask": masks})
    np.testing.assert_array_equal(completed[masks < 128], pictures[masks < 128])
    assert (completed[masks == 128] != pictures[masks == 128]).mean() > 0.9


def test_half_precision_weights(exported, open_onnx, network_of, scene):
    plain, halved = (exported("std-mssa", 2, **how) for how in ({}, {"halved": True}))
    network = network_of("std-mssa", 2)
    weights = sum(p.numel() for p in network.parameters())
    assert plain.stat().st_size - halved.stat().st_size > 1.5 * weights  # bytes
    scene = scene(2, 40, 56)
    check(run(open_onnx(halved), *scene), expected(network.half().float(), *scene))


@pytest.mark.parametrize(("opset", "name"), [(19, "std-coarse"), (20, "std-mssa")])
def test_opsets(exported, open_onnx, network_of, scene, opset, name):
    file = exported(name, 2, opset=opset)
    versions = {one.domain: one.version for one in onnx.load(file).opset_import}
    assert versions == {"": opset}
    filled = run(open_onnx(file), *scene(2, 40, 56))
    check(filled, expected(network_of(name, 2), *scene(2, 40, 56)))


def test_without_the_package_for_onnx(tmp_path, network_of, monkeypatch):
    monkeypatch.setitem(sys.modules, "onnx", None)
    with pytest.raises(DeepginError, match=r"\[export\]"):
        export(network_of("std-coarse", 2), tmp_path / "a.onnx")
    assert not list(tmp_path.iterdir())


def test_what_a_file_says_of_itself(tmp_path, network_of, open_onnx):
    network, card = network_of("std-coarse", 2), Card("std-coarse", 2, "mine", {"samples": 7})
    export(network, tmp_path / "a.onnx", card=card)
    assert card_of_file(tmp_path / "a.onnx") == card
    one = open_onnx(tmp_path / "a.onnx")
    meta = one.get_modelmeta()
    facts = {"deepgin": card.to_json(), "deepgin_version": __version__, "contract": "deepgin"}
    assert (meta.custom_metadata_map, meta.producer_name) == (facts, "deepgin")
    onnx.checker.check_model(tmp_path / "a.onnx", full_check=True)
    ports = [(port.name, port.type, port.shape) for port in (*one.get_inputs(), *one.get_outputs())]
    size = ["batch", "height", "width"]
    assert ports == [
        ("picture", "tensor(uint8)", [*size, 3]),
        ("mask", "tensor(uint8)", size),
        ("completed", "tensor(uint8)", [*size, 3]),
        ("coarse", "tensor(uint8)", [*size, 3]),
    ]


def test_the_network_stays_as_it_is_and_the_bytes_repeat(tmp_path, network_of):
    network = network_of("std-mssa", 2).train().requires_grad_(True)
    before = {name: weight.clone() for name, weight in network.state_dict().items()}
    image, mask = torch.rand(1, 3, 16, 16), torch.ones(1, 1, 16, 16)
    completed = network(image, mask).completed
    for name in ("a.onnx", "b.onnx"):
        export(network, tmp_path / name)
    assert (tmp_path / "a.onnx").read_bytes() == (tmp_path / "b.onnx").read_bytes()
    assert network.training
    assert all(parameter.requires_grad for parameter in network.parameters())
    assert all(torch.equal(before[name], weight) for name, weight in network.state_dict().items())
    assert torch.equal(network(image, mask).completed, completed)


@pytest.mark.parametrize(
    ("variant", "name", "options", "part"),
    [
        ("std-coarse", "a.pth", {}, ".onnx"),
        ("std-coarse", "a", {}, ".onnx"),
        ("std-coarse", "a.onnx", {"contract": "migam"}, "did you mean 'migan'"),
        ("std-coarse", "a.onnx", {"contract": ""}, "deepgin or migan"),
        ("std-coarse", "a.onnx", {"opset": 17}, "17"),
        ("std-coarse", "a.onnx", {"opset": 21}, "18 to 20"),
        ("std-coarse", "a.pt2", {"halved": True}, "a.pt2"),
        ("deepgin-guided", "a.onnx", {}, "'deepgin-guided'"),
        ("deepgin-guided", "a.pt2", {}, "'deepgin-guided'"),
        ("std-coarse", "nowhere/a.onnx", {}, "nowhere"),
        ("std-coarse", "", {}, ""),
    ],
)
def test_wrong_use(tmp_path, network_of, variant, name, options, part):
    with pytest.raises(DeepginError, match=part or tmp_path.name):
        export(network_of(variant, 4), tmp_path / name, **options)
    assert not list(tmp_path.iterdir())
