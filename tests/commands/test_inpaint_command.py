"""`deepgin inpaint`: what it writes, and that bad input leaves everything as it was."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image, UnidentifiedImageError
from safetensors import safe_open
from safetensors.torch import load_file, save_file

from deepgin import Inpainter
from deepgin.errors import PictureError
from deepgin.network import Discriminators
from deepgin.pictures import read_mask, read_rgb
from deepgin.weights import save

OLD = b"what was there before"


def test_writes_what_the_inpainter_gives(works, pair, tmp_path, weights):
    out = tmp_path / "out.png"
    assert works("inpaint", *pair, "-o", out, "--weights", weights) == f"wrote {out}\n"
    written, mask = np.asarray(read_rgb(out)), read_mask(pair[1])
    np.testing.assert_array_equal(written, np.asarray(Inpainter(weights)(*pair)))
    np.testing.assert_array_equal(written[~mask], np.asarray(read_rgb(pair[0]))[~mask])
    assert sorted(tmp_path.iterdir()) == sorted([out, pair[0].parent])


def test_same_in_same_bytes_out(works, pair, tmp_path, weights):
    for name in ("one.png", "two.png"):
        works("inpaint", *pair, "-o", tmp_path / name, "--weights", weights)
    assert (tmp_path / "one.png").read_bytes() == (tmp_path / "two.png").read_bytes()


def test_overwrites_when_asked(works, pair, tmp_path, weights):
    out = tmp_path / "out.png"
    out.write_bytes(OLD)
    works("inpaint", *pair, "-o", out, "--weights", weights, "--overwrite")
    assert read_rgb(out).size == (37, 29)


def test_invert(works, pair, tmp_path, weights):
    inverted = tmp_path / "inverted.png"
    Image.fromarray(~read_mask(pair[1])).save(inverted)
    one, two = tmp_path / "one.png", tmp_path / "two.png"
    works("inpaint", *pair, "-o", one, "--weights", weights)
    works("inpaint", pair[0], inverted, "-o", two, "--weights", weights, "--invert")
    assert one.read_bytes() == two.read_bytes()


def test_device_and_precision(works, pair, tmp_path, weights):
    for precision in ("float32", "bf16"):
        out = tmp_path / f"{precision}.png"
        options = ["--device", "cpu", "--precision", precision]
        works("inpaint", *pair, "-o", out, "--weights", weights, *options)
        expected = Inpainter(weights, device="cpu", precision=precision)(*pair)
        np.testing.assert_array_equal(np.asarray(read_rgb(out)), np.asarray(expected))


@pytest.mark.parametrize(("white", "said"), [(0, "marks nothing as missing"), (0.95, "--invert")])
def test_odd_masks_are_warned_of_in_one_line(deepgin, pair, tmp_path, weights, white, said):
    mask = np.zeros((29, 37), np.bool_)
    mask.ravel()[: int(white * mask.size)] = True
    Image.fromarray(mask).save(tmp_path / "odd.png")
    out = tmp_path / "out.png"
    arguments = ["inpaint", pair[0], tmp_path / "odd.png", "-o", out, "--weights", weights]
    code, printed, err = deepgin(*arguments)
    assert (code, printed) == (0, f"wrote {out}\n")
    assert err.startswith("deepgin: warning: ")
    assert err.count("\n") == 1
    assert str(tmp_path / "odd.png") in err
    assert said in err


def _picture(path: Path, content: bytes) -> Path:
    path.write_bytes(content)
    return path


def bad_inputs(folder: Path, pair: tuple[Path, Path], weights: Path) -> dict:
    """Return the arguments that replace good ones, the exit code and words of the message."""
    picture = pair[0]
    folder.mkdir()
    good = picture.read_bytes()
    text = _picture(folder / "text.png", b"no picture at all")
    empty = _picture(folder / "empty.png", b"")
    cut = _picture(folder / "cut.png", good[: len(good) // 2])
    Image.new("L", (29, 37)).save(folder / "turned.png")
    Image.new("L", (37, 29), 255).save(folder / "full.png")
    zero = _picture(folder / "zero.safetensors", b"")
    noise = _picture(folder / "noise.safetensors", bytes(range(256)))
    half = _picture(folder / "half.safetensors", weights.read_bytes()[:9000])
    save_file({"a": load_file(weights)["stage1.out.bias"]}, folder / "other.safetensors")
    save(Discriminators(2), folder / "judges.safetensors")
    with safe_open(weights, "pt") as file:
        card = file.metadata()
    tensors = load_file(weights)
    del tensors["stage1.out.weight"]
    save_file(tensors, folder / "lacking.safetensors", card)
    card["deepgin"] = card["deepgin"].replace("deepgin-prefill", "deepgin-postfill")
    save_file(load_file(weights), folder / "variant.safetensors", card)
    return {
        "picture missing": ({"picture": folder / "no.png"}, 1, ["no.png", "no such file"]),
        "picture text": ({"picture": text}, 1, ["text.png", "not a picture"]),
        "picture empty": ({"picture": empty}, 1, ["empty.png", "0 bytes"]),
        "picture cut": ({"picture": cut}, 1, ["cut.png", "truncated"]),
        "mask missing": ({"mask": folder / "no.png"}, 1, ["no.png", "no such file"]),
        "mask text": ({"mask": text}, 1, ["text.png", "not a picture"]),
        "mask empty": ({"mask": empty}, 1, ["empty.png", "0 bytes"]),
        "mask cut": ({"mask": cut}, 1, ["cut.png", "truncated"]),
        "mask turned": (
            {"mask": folder / "turned.png"},
            1,
            ["turned.png", str(picture), "29 x 37", "37 x 29"],
        ),
        "mask full": ({"mask": folder / "full.png"}, 1, ["full.png", "everything"]),
        "weights missing": ({"--weights": folder / "no.safetensors"}, 1, ["no.safetensors"]),
        "weights empty": ({"--weights": zero}, 1, ["zero.safetensors", "damaged"]),
        "weights noise": ({"--weights": noise}, 1, ["noise.safetensors", "damaged"]),
        "weights cut": ({"--weights": half}, 1, ["half.safetensors", "damaged"]),
        "weights folder": ({"--weights": folder}, 1, [str(folder)]),
        "weights picture": ({"--weights": picture}, 1, [str(picture)]),
        "weights of others": (
            {"--weights": folder / "other.safetensors"},
            1,
            ["other.safetensors", "deepgin convert"],
        ),
        "weights of judges": (
            {"--weights": folder / "judges.safetensors"},
            1,
            ["judges.safetensors", "name a generator"],
        ),
        "weights lacking": (
            {"--weights": folder / "lacking.safetensors"},
            1,
            ["lacking.safetensors", "stage1.out.weight"],
        ),
        "unknown variant": (
            {"--weights": folder / "variant.safetensors"},
            1,
            ["variant.safetensors", "'deepgin-postfill'", "did you mean 'deepgin-prefill'?"],
        ),
        "unknown device": ({"--device": "potato"}, 2, ["'potato'", "cpu"]),
        "absent device": ({"--device": "cuda:99"}, 2, ["'cuda:99'", "cpu"]),
        "unknown precision": ({"--precision": "half"}, 2, ["'half'", "float32"]),
    }


CASES = [
    *("picture missing", "picture text", "picture empty", "picture cut"),
    *("mask missing", "mask text", "mask empty", "mask cut", "mask turned", "mask full"),
    *("weights missing", "weights empty", "weights noise", "weights cut", "weights folder"),
    *("weights picture", "weights of others", "weights of judges", "weights lacking"),
    *("unknown variant", "unknown device", "absent device", "unknown precision"),
]


def test_every_case_is_run(tmp_path, pair, weights):
    assert list(bad_inputs(tmp_path / "bad", pair, weights)) == CASES


@pytest.mark.parametrize("case", CASES)
def test_bad_input(fails, files_in, pair, tmp_path, weights, case):
    changes, code, words = bad_inputs(tmp_path / "bad", pair, weights)[case]
    given = {"picture": pair[0], "mask": pair[1], "--weights": weights} | changes
    options = [word for name, value in given.items() if name[0] == "-" for word in (name, value)]
    arguments = ["inpaint", given["picture"], given["mask"], *options]
    out, old = tmp_path / "out.png", tmp_path / "old.png"
    old.write_bytes(OLD)
    before = files_in(tmp_path)
    for target in (["-o", out], ["-o", old, "--overwrite"]):
        message = fails(code, *arguments, *target)
        for word in words:
            assert word in message
    assert files_in(tmp_path) == before


def test_existing_output_is_kept(fails, files_in, pair, tmp_path, weights):
    old = tmp_path / "old.png"
    old.write_bytes(OLD)
    before = files_in(tmp_path)
    assert "--overwrite" in fails(2, "inpaint", *pair, "-o", old, "--weights", weights)
    assert files_in(tmp_path) == before


@pytest.mark.parametrize("which", [0, 1])
@pytest.mark.parametrize("overwrite", [[], ["--overwrite"]])
def test_input_is_never_output(fails, files_in, pair, tmp_path, weights, which, overwrite):
    before = files_in(tmp_path)
    roundabout = pair[which].parent / ".." / "inputs" / pair[which].name
    for target in (pair[which], roundabout):
        message = fails(2, "inpaint", *pair, "-o", target, "--weights", weights, *overwrite)
        assert "is also an input" in message
    link = tmp_path / "link.png"
    link.symlink_to(pair[which])
    arguments = ["inpaint", *pair, "-o", link, "--weights", weights, *overwrite]
    assert "is also an input" in fails(2, *arguments)
    link.unlink()
    assert files_in(tmp_path) == before


@pytest.mark.parametrize(
    ("target", "code", "words"),
    [
        ("nowhere/out.png", 1, ["nowhere", "no folder"]),
        ("inputs", 2, ["inputs", "no picture format"]),
        ("out.txt", 2, ["out.txt", "'.txt'", "png (exact)"]),
        ("out", 2, ["no picture format"]),
        ("inputs/photo.png/out.png", 1, ["no folder"]),
    ],
)
def test_output_that_cannot_be(fails, files_in, pair, tmp_path, weights, target, code, words):
    before = files_in(tmp_path)
    message = fails(code, "inpaint", *pair, "-o", tmp_path / target, "--weights", weights)
    for word in words:
        assert word in message
    assert files_in(tmp_path) == before


@pytest.mark.parametrize("before", [False, True])
def test_full_disk(fails, files_in, pair, tmp_path, weights, monkeypatch, before):
    def save_half(self, path, *arguments, **options):
        path.write_bytes(b"half of it")
        raise OSError(28, "No space left on device")

    out = tmp_path / "out.png"
    if before:
        out.write_bytes(OLD)
    listed = files_in(tmp_path)
    monkeypatch.setattr(Image.Image, "save", save_half)
    message = fails(1, "inpaint", *pair, "-o", out, "--weights", weights, "--overwrite")
    assert message == f"deepgin: {out} cannot be written: No space left on device"
    assert files_in(tmp_path) == listed


def test_folder_that_cannot_be_written(fails, pair, weights):
    if not Path("/proc/self").exists():
        pytest.skip("needs a folder in which not even root can write")
    message = fails(1, "inpaint", *pair, "-o", "/proc/deepgin.png", "--weights", weights)
    assert "/proc/deepgin.png cannot be written" in message


def test_debug_raises(deepgin, pair, tmp_path, weights):
    pair[0].write_bytes(b"no picture")
    arguments = ["inpaint", *pair, "-o", tmp_path / "out.png"]
    with pytest.raises(PictureError, match="photo.png is not a picture") as raised:
        deepgin(*arguments, "--weights", weights, "--debug")
    assert isinstance(raised.value.__cause__, UnidentifiedImageError)
