"""Networks in ONNX files: polarity, ranges, layouts, sizes, and wrong files and options."""

from itertools import product
from types import SimpleNamespace

import numpy as np
import pytest

from deepgin.errors import DeepginError, UsageError, WeightsError
from deepgin.evaluation.methods import method
from deepgin.runtimes.ports import ports_of

onnx = pytest.importorskip("onnx")
pytest.importorskip("onnxruntime")

FLOAT, HALF, BYTES = onnx.TensorProto.FLOAT, onnx.TensorProto.FLOAT16, onnx.TensorProto.UINT8
RANGES = {"0..1": (0, 1), "-1..1": (-1, 1), "0..255": (0, 255)}
N, H, W = "n", "h", "w"


@pytest.fixture
def blend(onnx_network):
    """Writes a network that returns its picture with the colour `top` of the range in its hole.

    Under a wrong polarity the colour stands everywhere else; under a wrong range it is another.
    """

    def write(hole, type_=FLOAT, top=1, channels_last=False, mask_top=1):
        shapes = [(N, H, W, c) if channels_last else (N, c, H, W) for c in (3, 1)]
        inputs = [("image", type_, shapes[0]), ("mask", type_, shapes[1])]
        nodes = [
            ("Cast", ["image"], ["x"], {"to": FLOAT}),
            ("Cast", ["mask"], ["m255"], {"to": FLOAT}),
            ("Div", ["m255", "mask_top"], ["m"], {}),
            ("Sub", ["one", "m"], ["not_m"], {}),
            ("Mul", ["x", "not_m" if hole else "m"], ["kept"], {}),
            ("Mul", ["top", "m" if hole else "not_m"], ["new"], {}),
            ("Add", ["kept", "new"], ["sum"], {}),
            ("Cast", ["sum"], ["result"], {"to": type_}),
        ]
        constants = {
            "one": np.float32(1), "top": np.float32(top), "mask_top": np.float32(mask_top)
        }  # fmt: skip
        return onnx_network(nodes, inputs, [("result", type_, shapes[0])], constants)

    return write


@pytest.fixture
def echo(onnx_network):
    """A network that returns the picture it is given, and looks at its mask no further."""

    def write(type_=FLOAT, size=(H, W), names=("image", "mask"), channels=("c", "d"), **kind):
        ports = [(name, type_, (N, c, *size)) for name, c in zip(names, channels, strict=True)]
        nodes = [
            ("Identity", [names[0]], ["result"], {}),
            ("Identity", [names[1]], ["other"], {}),
        ]
        outputs = [
            ("result", type_, (N, channels[0], *size)),
            ("other", type_, (N, channels[1], *size)),
        ]
        return onnx_network(nodes, ports, outputs, **kind)

    return write


def check_filled(filled, picture, hole, level):
    np.testing.assert_array_equal(filled[~hole], picture[~hole])
    assert (filled[hole] == level).all()


@pytest.mark.parametrize(("hole", "span", "last"), [*product((0, 1), RANGES, (False, True))])
def test_polarity_range_and_layout(blend, scene, hole, span, last):
    low, high = RANGES[span]
    top = low + (high - low) * 0.75
    file = blend(hole, top=top, channels_last=last)
    filled, fit = method(f"x=onnx:{file},hole={hole},range={span}").fill(*scene)
    check_filled(filled, *scene, 191)  # 0.75 * 255 = 191.25
    assert fit == ""
    wrong, _ = method(f"x=onnx:{file},hole={1 - hole},range={span}").fill(*scene)
    assert (wrong[~scene[1]] == 191).all()


@pytest.mark.parametrize(
    ("type_", "mask_top", "options"), [(HALF, 1, ""), (FLOAT, 255, ",mask-range=0..255")]
)
def test_other_types_and_ranges_of_masks(blend, scene, type_, mask_top, options):
    file = blend(1, type_, 0.75, mask_top=mask_top)
    filled, _ = method(f"x=onnx:{file},hole=1,range=0..1{options}").fill(*scene)
    check_filled(filled, *scene, 191)


@pytest.mark.parametrize("hole", [0, 1])
def test_bytes_need_no_range(blend, scene, hole):
    file = blend(hole, BYTES, 200, mask_top=255)
    one = method(f"x=onnx:{file},hole={hole}")
    check_filled(one.fill(*scene)[0], *scene, 200)
    assert "range=0..255, out=0..255, masked=zero, mask-range=0..255" in one.what


@pytest.mark.parametrize(
    ("span", "masked", "level"),
    [
        *(("0..1", "zero", 0), ("0..1", "grey", 128), ("0..1", "white", 255)),
        *(("-1..1", "zero", 128), ("-1..1", "white", 255), ("0..255", "grey", 128)),
    ],
)
def test_what_stands_in_the_hole(echo, scene, span, masked, level):
    spec = f"x=onnx:{echo(channels=(3, 1))},hole=1,range={span}"
    check_filled(method(f"{spec},masked={masked}").fill(*scene)[0], *scene, level)
    np.testing.assert_array_equal(method(f"{spec},masked=keep").fill(*scene)[0], scene[0])


def test_output_of_another_range(echo, scene):
    spec = f"x=onnx:{echo(channels=(3, 1))},hole=1,range=0..1,out=-1..1"
    assert (method(spec).fill(*scene)[0][scene[1]] == 128).all()


def test_picture_and_mask_in_one_input(onnx_network, scene):
    nodes = [
        ("Split", ["input", "parts"], ["image", "mask"], {"axis": 1}),
        ("Add", ["image", "mask"], ["output"], {}),
    ]
    ports = [("input", FLOAT, (1, 4, H, W))], [("output", FLOAT, (1, 3, H, W))]
    file = onnx_network(nodes, *ports, {"parts": np.array([3, 1])})
    filled, _ = method(f"x=onnx:{file},hole=1,range=0..1").fill(*scene)
    check_filled(filled, *scene, 255)


def test_masks_without_channels(onnx_network, scene):
    nodes = [
        ("Unsqueeze", ["mask", "axis"], ["m"], {}),
        ("Add", ["image", "m"], ["output"], {}),
    ]
    inputs = [("image", FLOAT, (1, 3, H, W)), ("mask", FLOAT, (1, H, W))]
    file = onnx_network(nodes, inputs, [("output", FLOAT, (1, 3, H, W))], {"axis": np.array([1])})
    check_filled(method(f"x=onnx:{file},hole=1,range=0..1").fill(*scene)[0], *scene, 255)


def test_sizes_are_padded_by_reflection_and_cut_back(onnx_network, photo):
    # The network turns its picture over, so that the border comes to where it is seen.
    nodes = [
        ("Slice", ["image", "from", "to", "axis", "step"], ["result"], {}),
        ("Identity", ["mask"], ["other"], {}),
    ]
    inputs = [("image", FLOAT, (1, 3, 16, 32)), ("mask", FLOAT, (1, 1, 16, 32))]
    outputs = [("result", FLOAT, (1, 3, 16, 32)), ("other", FLOAT, (1, 1, 16, 32))]
    ends = {"from": [-1], "to": [-(2**31)], "axis": [3], "step": [-1]}
    constants = {key: np.array(value, np.int64) for key, value in ends.items()}
    file = onnx_network(nodes, inputs, outputs, constants)
    picture, hole = photo(13, 21), np.zeros((13, 21), np.bool_)
    hole[3:6, 17:20] = True
    covered = np.where(hole[..., None], np.uint8(0), picture)
    expected = np.pad(covered, ((0, 3), (0, 11), (0, 0)), "reflect")[:13, ::-1][:, :21]
    filled, _ = method(f"x=onnx:{file},hole=1,range=0..255,multiple=16").fill(picture, hole)
    np.testing.assert_array_equal(filled, expected)


def test_networks_of_one_size_say_which(echo, scene):
    one = method(f"x=onnx:{echo(size=(64, 64), channels=(3, 1))},hole=1,range=0..1")
    with pytest.raises(DeepginError, match="64 x 64"):
        one.fill(*scene)


def test_names_that_say_nothing(echo, scene):
    file = echo(names=("x", "y"))
    with pytest.raises(UsageError, match="image=NAME"):
        method(f"x=onnx:{file},hole=1,range=0..1")
    for named in ("image=x", "mask=y", "image=x,mask=y"):
        one = method(f"x=onnx:{file},hole=1,range=0..1,{named}")
        check_filled(one.fill(*scene)[0], *scene, 0)
    with pytest.raises(UsageError, match="image=z"):
        method(f"x=onnx:{file},hole=1,range=0..1,image=z")
    with pytest.raises(UsageError):
        method(f"x=onnx:{file},hole=1,range=0..1,image=x,mask=x")


@pytest.mark.parametrize(
    ("shape", "last"),
    [
        (["n", "c", "h", "w"], False), ([1, 3, None, None], False), ([1, 3, 64, 3], False),
        ([1, 64, 64, 3], True), (["n", "h", "w", 3], True),
    ],
)  # fmt: skip
def test_layouts_from_shapes(shape, last):
    image = SimpleNamespace(name="image", type="tensor(float)", shape=shape)
    mask = SimpleNamespace(name="mask", type="tensor(float)", shape=["n", "c", "h", "w"])
    found = ports_of([image, mask], [image], {})
    assert (found.image.channels_last, found.mask.channels_last) == (last, False)
    assert found.image.laid_out(np.zeros((1, 8, 9, 3))).shape == (
        (1, 8, 9, 3) if last else (1, 3, 8, 9)
    )


@pytest.mark.parametrize(
    ("kind", "shape"), [("tensor(string)", [1, 3, 8, 8]), ("tensor(float)", [1, 3])]
)
def test_inputs_that_are_no_pictures(kind, shape):
    image = SimpleNamespace(name="image", type=kind, shape=shape)
    mask = SimpleNamespace(name="mask", type="tensor(float)", shape=[1, 1, 8, 8])
    with pytest.raises(UsageError, match="image"):
        ports_of([image, mask], [image], {})
    with pytest.raises(UsageError, match="image"):
        ports_of([image, mask, SimpleNamespace(name="z", shape=[1])], [image], {})


def test_outputs(echo, scene):
    file = echo(channels=(3, 1))
    with pytest.raises(UsageError, match="output=out"):
        method(f"x=onnx:{file},hole=1,range=0..1,output=out")
    one = method(f"x=onnx:{file},hole=1,range=0..1,output=other")
    with pytest.raises(DeepginError, match="other is 1 x 1 x 96 x 96"):
        one.fill(*scene)


def test_samples_that_are_not_finite(onnx_network, scene):
    nodes = [("Div", ["image", "mask"], ["result"], {})]
    inputs = [("image", FLOAT, (1, 3, H, W)), ("mask", FLOAT, (1, 1, H, W))]
    file = onnx_network(nodes, inputs, [("result", FLOAT, (1, 3, H, W))])
    with pytest.raises(DeepginError):
        method(f"x=onnx:{file},hole=1,range=0..1").fill(*scene)


@pytest.mark.parametrize(
    ("options", "wrong"),
    [
        ("range=0..1", "hole=1"),
        ("hole=1", "range=0..1"),
        ("hole=2,range=0..1", "hole=2"),
        ("hole=1,range=0-1", "range=0-1"),
        ("hole=1,range=0..1,out=x", "out=x"),
        ("hole=1,range=0..1,masked=black", "masked=black"),
        ("hole=1,range=0..1,mask-range=2", "mask-range=2"),
        ("hole=1,range=0..1,multiple=0", "multiple=0"),
        ("hole=1,range=0..1,multiple=-8", "multiple=-8"),
    ],
)
def test_options_that_do_not_work(echo, options, wrong):
    with pytest.raises(UsageError, match=f"^x: .*{wrong}") as raised:
        method(f"x=onnx:{echo(channels=(3, 1))},{options}")
    assert raised.value.field == "methods"


@pytest.mark.parametrize("option", ["range=0..1", "out=-1..1"])
def test_bytes_have_one_range(blend, option):
    with pytest.raises(UsageError, match=option.split("=")[0]):
        method(f"x=onnx:{blend(1, BYTES)},hole=1,{option}")


def test_damaged_and_missing_files(tmp_path):
    (tmp_path / "bad.onnx").write_bytes(b"no network")
    for name in ("bad.onnx", "gone.onnx"):
        with pytest.raises(WeightsError, match=name) as raised:
            method(f"x=onnx:{tmp_path}/{name},hole=1,range=0..1")
        assert "\n" not in str(raised.value)


def test_what_it_is(echo):
    found = method(f"onnx:{echo(channels=(3, 1), name='lama.onnx')},hole=1,range=0..1")
    assert found.name == "lama"
    assert "ONNX file lama.onnx (SHA-256 " in found.what
    assert "hole=1, range=0..1, out=0..1, masked=zero, mask-range=0..1, multiple=8" in found.what
    assert "CPUExecutionProvider" in found.what


def test_known_networks(known_network, scene):
    """Each is measured at its own size, and with the fits of `deepgin inpaint`."""
    picture, hole = scene
    one = method(f"deepgin:crop@{known_network}")
    filled, fit = one.fill(picture, hole)
    np.testing.assert_array_equal(filled[~hole], picture[~hole])
    assert "hole=" in one.what
    assert fit.startswith("crop")


@pytest.mark.parametrize(
    ("options", "wrong"), [("network=lamma", "'lama'"), ("network=edgeconnect", "edges")]
)
def test_names_that_do_not_work(mean_network, options, wrong):
    with pytest.raises(UsageError) as raised:
        method(f"x=onnx:{mean_network()},{options}")
    assert raised.value.field == "methods"
    assert wrong in raised.value.problem
    assert "{network" not in raised.value.mend
