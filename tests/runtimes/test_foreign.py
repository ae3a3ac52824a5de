"""Networks of other authors: every contract fills with the right colour, or is refused."""

import re
from itertools import product

import numpy as np
import pytest

from deepgin.errors import UsageError, on_command_line
from deepgin.runtimes.choice import open_runtime
from deepgin.weights import Model

onnx = pytest.importorskip("onnx")
pytest.importorskip("onnxruntime")

FLOAT = onnx.TensorProto.FLOAT
RANGES = {"0..1": (0, 1), "-1..1": (-1, 1), "0..255": (0, 255)}


@pytest.fixture
def batch(photo):
    """Two pictures of 40 x 48, and holes in them."""
    masks = np.zeros((2, 40, 48), np.bool_)
    masks[0, 4:20, 6:30] = masks[1, 10:32, 20:48] = True
    return np.stack([photo(40, 48, seed) for seed in (1, 2)]), masks


def opened(file, contract=""):
    return open_runtime(Model(file, "cpu", contract=contract))


@pytest.mark.parametrize(("hole", "span", "last"), [*product((0, 1), RANGES, (False, True))])
def test_stated_contracts(mean_network, batch, check_filled, hole, span, last):
    file = mean_network(hole, RANGES[span], last=last, size=(40, 48))
    runtime = opened(file, f"hole={hole},range={span}")
    check_filled(runtime.fill(*batch), *batch)
    assert (runtime.fixed, runtime.trained_at, runtime.notes) == (True, 40, ())


@pytest.mark.parametrize(
    ("how", "network"),
    [
        ({"dtype": "float16"}, "lama"),
        ({"out": (0, 255)}, "lama"),
        ({"dtype": "float16", "range": (0, 255)}, "hole=1,range=0..255"),
        ({"range": (-1, 1), "out": (0, 1)}, "hole=1,range=-1..1,out=0..1"),
        ({"mask_range": (0, 255)}, "hole=1,range=0..1,mask-range=0..255"),
        ({"mask_range": (-0.5, 0.5)}, "hole=1,range=0..1,mask-range=-0.5..0.5"),
        ({"names": ("x", "y")}, "hole=1,range=0..1,image=x,mask=y"),
        ({"range": (-1, 1)}, "aot-gan"),
        ({"range": (-1, 1), "hole": 0, "size": (512, 512)}, "mat"),
        ({}, "hole=1,range=0..1,masked=grey,multiple=16,trained-at=256"),
        ({}, "hole=1,range=0..1,size=48x40"),
        ({}, "hole=1,range=0..1,channels=BGR"),
        ({"dtype": "uint8", "range": (0, 255), "mask_range": (0, 255)}, "hole=1"),
    ],
)
def test_more_contracts(mean_network, batch, check_filled, how, network):
    check_filled(opened(mean_network(**how), network).fill(*batch), *batch)


@pytest.mark.parametrize("out", [(0, 1), (0, 255)])
def test_the_output_of_lama_is_known_by_the_probe(mean_network, out):
    runtime = opened(mean_network(out=out), "lama")
    assert runtime.contract.out == f"0..{out[1]}"
    assert (runtime.size_multiple, runtime.trained_at, runtime.fixed) == (8, 512, False)


def test_lama_of_carve_and_opencv_is_known(mean_network, batch, check_filled):
    runtime = opened(mean_network(out=(0, 255), size=(512, 512), batch=1))
    assert (runtime.contract.network, runtime.contract.size) == ("lama", (512, 512))
    assert (runtime.trained_at, runtime.fixed, runtime.group_pixels) == (512, True, 0)
    check_filled(runtime.fill(*batch), *batch)


def test_the_pipeline_of_migan_is_known(mean_network, batch):
    how = {"hole": 0, "range": (0, 255), "mask_range": (0, 255), "dtype": "uint8"}
    runtime = opened(mean_network(**how))
    assert runtime.contract.network == "migan-pipeline"
    filled, (pictures, masks) = runtime.fill(*batch), batch
    np.testing.assert_array_equal(filled[~masks], pictures[~masks])
    # It is given a hole that is 3 pixels larger.
    grown = np.zeros_like(masks[0])
    grown[1:23, 3:33] = True
    assert np.abs(filled[0][masks[0]] - pictures[0][~grown].mean(0)).max() <= 1


def test_migan_alone_is_known(onnx_network, batch):
    """The mask comes first; a network that adds mask + 0.5 to the masked picture shows its level."""
    nodes = [
        ("Split", ["input", "parts"], ["mask", "image"], {"axis": 1}),
        ("Sub", ["half", "mask"], ["hole"], {}),
        ("Mul", ["hole", "level"], ["filling"], {}),
        ("Add", ["image", "filling"], ["output"], {}),
    ]
    constants = {
        "parts": np.array([1, 3]),
        "half": np.float32(0.5),
        "level": np.float32([[[-0.749]], [[0.2549]], [[-0.247]]]),  # the colour of the probe
    }
    ports = [("input", FLOAT, (1, 4, 256, 256))], [("output", FLOAT, (1, 3, 256, 256))]
    runtime = opened(onnx_network(nodes, *ports, constants))
    assert (runtime.contract.network, runtime.trained_at, runtime.notes) == ("migan", 256, ())
    pictures, masks = batch
    filled = runtime.fill(pictures, masks)
    np.testing.assert_array_equal(filled[~masks], pictures[~masks])
    assert np.abs(filled[masks] - np.array([32, 160, 96])).max() <= 1


def test_deepfill_takes_a_plane_of_ones_and_returns_two_pictures(onnx_network, batch):
    nodes = [
        ("Split", ["x", "parts"], ["image", "ones", "hole"], {"axis": 1}),
        ("Sub", ["ones", "mask"], ["valid"], {}),
        ("Mul", ["image", "valid"], ["coarse"], {}),
        ("Mul", ["hole", "level"], ["filling"], {}),
        ("Add", ["coarse", "filling"], ["refined"], {}),
    ]
    constants = {
        "parts": np.array([3, 1, 1]),
        "level": np.float32([[[-0.749]], [[0.2549]], [[-0.247]]]),
    }
    inputs = [("x", FLOAT, (1, 5, "h", "w")), ("mask", FLOAT, (1, 1, "h", "w"))]
    outputs = [(name, FLOAT, (1, 3, "h", "w")) for name in ("coarse", "refined")]
    file = onnx_network(nodes, inputs, outputs, constants)
    runtime = opened(file, "deepfill")
    assert (runtime.notes, runtime.trained_at) == ((), 256)
    filled = runtime.fill(*batch)
    assert np.abs(filled[batch[1]] - np.array([32, 160, 96])).max() <= 1


def test_noise_and_labels_of_mat(onnx_network, photo):
    """The noise is the same every time; the network adds its first number to its picture."""
    nodes = [
        ("Gather", ["z", "first"], ["number"], {"axis": 1}),
        ("Mul", ["number", "nothing"], ["none"], {}),
        ("Concat", ["z", "label"], ["both"], {"axis": 1}),
        ("Mul", ["image", "mask"], ["kept"], {}),
        ("Add", ["kept", "none"], ["output"], {}),
    ]
    shape = (1, 3, 512, 512)
    inputs = [("image", FLOAT, shape), ("mask", FLOAT, (1, 1, 512, 512))]
    inputs += [("z", FLOAT, (1, 8)), ("label", FLOAT, (1, 0))]
    constants = {"first": np.array(0), "nothing": np.float32(0.001)}
    file = onnx_network(nodes, inputs, [("output", FLOAT, shape)], constants)
    masks = np.zeros((1, 32, 32), np.bool_)
    masks[:, 8:16, 8:20] = True
    first, second = (opened(file, "mat").fill(photo(32, 32)[None], masks) for _ in range(2))
    np.testing.assert_array_equal(first, second)
    assert len(np.unique(first[masks])) == 1


WRONG = {
    "polarity": ({}, "hole=0,range=0..1", "hole=1"),
    "polarity of uint8": (
        {"dtype": "uint8", "range": (0, 255), "mask_range": (0, 255)}, "", "hole=1",
    ),
    "polarity and range": ({"range": (-1, 1)}, "hole=0,range=0..255,out=0..255", "hole=1"),
    "bytes out": ({"out": (0, 255)}, "hole=1,range=0..1", "out=0..255"),
    "bytes in": ({"range": (0, 255), "out": (0, 1)}, "hole=1,range=0..1", "range=0..255"),
    "range of the mask": ({"mask_range": (0, 255)}, "hole=1,range=0..1", "mask-range=0..255"),
    "signed out": ({"out": (-1, 1)}, "hole=1,range=0..1", "out=-1..1"),
    "another lama": ({"size": (512, 512)}, "", "out=0..1"),
}  # fmt: skip


@pytest.mark.parametrize("wrong", WRONG)
def test_wrong_contracts_are_refused_with_the_mend(mean_network, batch, check_filled, wrong):
    how, stated, right = WRONG[wrong]
    file = mean_network(**how)
    with pytest.raises(UsageError) as raised:
        opened(file, stated)
    assert raised.value.field == "contract"
    assert file in raised.value.problem
    mend = re.search(r"\{contract=([^}]*)\}", raised.value.mend)[1]
    assert right in mend.split(",")
    assert f"--contract {mend}" in raised.value.spelled(on_command_line)
    runtime = opened(file, mend)  # what the message says works
    if runtime.contract.network != "migan-pipeline":
        check_filled(runtime.fill(*batch), *batch)


@pytest.mark.parametrize("level", [0.0, 1.0])
def test_black_or_white_is_never_a_result(onnx_network, level):
    nodes = [
        ("Mul", ["image", "zero"], ["none"], {}),
        ("Add", ["none", "level"], ["result"], {}),
        ("Identity", ["mask"], ["other"], {}),
    ]
    inputs = [("image", FLOAT, (1, 3, "h", "w")), ("mask", FLOAT, (1, 1, "h", "w"))]
    outputs = [("result", FLOAT, (1, 3, "h", "w")), ("other", FLOAT, (1, 1, "h", "w"))]
    constants = {"zero": np.float32(0), "level": np.float32(level)}
    with pytest.raises(UsageError) as raised:
        opened(onnx_network(nodes, inputs, outputs, constants), "lama")
    assert raised.value.field == "contract"


@pytest.mark.parametrize(
    ("how", "stated", "named"),
    [
        ({"size": (64, 64)}, "hole=1,range=0..1,size=128", "64 x 64"),
        ({"size": (64, 64)}, "hole=1,range=0..1,trained-at=128", "64"),
        ({"size": (64, "w")}, "hole=1,range=0..1", "fixed"),
        ({"batch": 4}, "hole=1,range=0..1", "4 pictures"),
        ({}, "", "not known"),
        ({}, "range=0..1", "not known"),
        ({}, "hole=1", "not known"),
        ({}, "edgeconnect", "edges"),
        ({}, "lamma", "'lama'"),
        ({}, "lama,whole=1", "'hole'"),
        ({}, "lama,hole=1,hole=0", "hole=0"),
        ({}, "hole=1,range=", "range="),
        ({}, "lama,size=big", "size=big"),
        ({}, "lama,channels=RGBM", "4 channels"),
        ({"names": ("x", "edges")}, "hole=1,range=0..1", "edges"),
    ],
)
def test_statements_that_do_not_work(mean_network, how, stated, named):
    with pytest.raises(UsageError) as raised:
        opened(mean_network(**how), stated)
    assert raised.value.field == "contract"
    assert raised.value.mend
    assert named in raised.value.problem
    assert "\n" not in str(raised.value)
