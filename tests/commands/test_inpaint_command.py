"""`deepgin inpaint` of one picture: what it writes, every way to a hole, and options."""

import resource
from dataclasses import fields

import numpy as np
import pytest
import torch
from PIL import Image

from deepgin import Inpainter, __version__
from deepgin.commands import cluster, inpaint
from deepgin.commands.parsing import filling_of
from deepgin.inpainting import Options
from deepgin.network import build
from deepgin.pictures import provenance_of, read_mask, read_rgb
from deepgin.weights import file_hash, save

OLD = b"what was there before"


def test_writes_what_the_inpainter_gives(works, pair, tmp_path, weights):
    out = tmp_path / "out.png"
    assert works("inpaint", *pair, "-o", out, "--weights", weights) == f"wrote {out}\n"
    written, mask = np.asarray(read_rgb(out)), read_mask(pair[1])
    np.testing.assert_array_equal(written, np.asarray(Inpainter(weights)(*pair)))
    np.testing.assert_array_equal(written[~mask], np.asarray(read_rgb(pair[0]))[~mask])
    assert sorted(tmp_path.iterdir()) == sorted([out, pair[0].parent])


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


@pytest.mark.parametrize("before", [False, True])
@pytest.mark.parametrize("ending", ["png", "tif", "webp"])
def test_full_disk(fails, files_in, pair, tmp_path, weights, before, ending):
    out = tmp_path / f"out.{ending}"
    if before:
        out.write_bytes(OLD)
    listed = files_in(tmp_path)
    # The system refuses all that lies beyond the first 300 bytes of a file.
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (300, limits[1]))
    try:
        message = fails(1, "inpaint", *pair, "-o", out, "--weights", weights, "--overwrite")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert message.startswith(f"deepgin: {out} cannot be written: ")
    assert files_in(tmp_path) == listed


@pytest.mark.parametrize("name", ["photo_mask.png", "photo-mask.png"])
def test_a_mask_beside_the_picture_needs_no_naming(works, pair, tmp_path, weights, name):
    one, two = tmp_path / "one.png", tmp_path / "two.png"
    works("inpaint", *pair, "-o", one, "--weights", weights)
    pair[1].rename(pair[1].with_name(name))
    works("inpaint", pair[0], "-o", two, "--weights", weights)
    assert one.read_bytes() == two.read_bytes()


def test_a_mask_found_beside_is_never_output(fails, pair, weights):
    mask = pair[1].rename(pair[1].with_name("photo_mask.png"))
    message = fails(2, "inpaint", pair[0], "-o", mask, "--weights", weights, "--overwrite")
    assert "is also an input" in message


def _hole_of(out, photo):
    return (np.asarray(Image.open(out)) != np.asarray(Image.open(photo))).any(axis=2)


@pytest.mark.parametrize("option", ["--box=10,5,15,10", "--color=#ff00ff"])
def test_box_or_colour_in_place_of_a_mask(works, pair, tmp_path, weights, option):
    pixels = np.asarray(Image.open(pair[0])) // 2
    pixels[5:15, 10:25] = (255, 0, 255)
    Image.fromarray(pixels).save(pair[0])
    out, other = tmp_path / "out.png", tmp_path / "other.png"
    works("inpaint", *pair, "-o", out, "--weights", weights)
    works("inpaint", pair[0], "-o", other, "--weights", weights, option)
    assert out.read_bytes() == other.read_bytes()


def test_alpha_in_place_of_a_mask(works, pair, tmp_path, weights):
    mask = np.asarray(Image.open(pair[1]))
    picture = Image.open(pair[0])
    picture.putalpha(Image.fromarray(255 - mask))
    picture.save(tmp_path / "holed.png")
    out = tmp_path / "out.png"
    works("inpaint", tmp_path / "holed.png", "-o", out, "--weights", weights, "--alpha")
    filled = np.asarray(Image.open(out))
    assert (filled[..., 3] == 255).all()
    assert (filled[mask == 0, :3] == np.asarray(picture)[mask == 0, :3]).all()


def test_options_reach_the_inpainter(works, pair, tmp_path, weights):
    given = {
        "fit": "resize",
        "ensemble": True,
        "degrid": True,
        "dilate": 2,
        "feather": 3,
        "threshold": 0.25,
    }
    words = [f"--{k}" if v is True else f"--{k}={v}" for k, v in given.items()]
    out = tmp_path / "out.png"
    works("inpaint", *pair, "-o", out, "--weights", weights, *words)
    expected = Inpainter(weights, options=Options(**given))(*pair)
    np.testing.assert_array_equal(np.asarray(Image.open(out)), np.asarray(expected))
    assert _hole_of(out, pair[0])[4, 9]


def test_provenance_says_how_a_picture_was_made(works, pair, tmp_path, weights):
    plain, told = tmp_path / "plain.png", tmp_path / "told.png"
    arguments = ["inpaint", *pair, "--weights", weights, "--dilate", 1]
    works(*arguments, "-o", plain)
    works(*arguments, "-o", told, "--provenance")
    assert provenance_of(plain) is None
    found = provenance_of(told)
    assert found["software"] == f"deepgin {__version__}"
    assert found["weights"] == f"sha256:{file_hash(weights)}"
    assert found["options"] == {"dilate": 1}
    assert found["fit"]
    assert "sharpness" not in found


def test_texture(works, pair, tmp_path, weights):
    filled = {}
    for texture in ("", "auto", "on", "off"):
        out = tmp_path / f"texture-{texture}.png"
        words = ["--texture", texture] if texture else []
        arguments = ["inpaint", *pair, "-o", out, "--weights", weights, "--provenance", *words]
        works(*arguments)
        filled[texture] = np.asarray(Image.open(out))
        expected = Inpainter(weights, options=Options(texture=texture or "auto"))(*pair)
        np.testing.assert_array_equal(filled[texture], np.asarray(expected))
        told = provenance_of(out)
        assert told["options"] == ({"texture": texture} if texture in ("on", "off") else {})
        assert ("texture" in told["fit"]) == (texture != "off")
        valid = np.asarray(Image.open(pair[1])) == 0
        np.testing.assert_array_equal(
            filled[texture][valid], np.asarray(Image.open(pair[0]))[valid]
        )
        first = out.read_bytes()
        works(*arguments, "--overwrite")
        assert out.read_bytes() == first
    assert (filled["off"] != filled["auto"]).any()


def test_sharpness(works, pair, tmp_path, stages):
    arguments = [
        "inpaint",
        *pair,
        "--weights",
        stages.both,
        "--provenance",
        "--texture",
        "off",
        "-o",
    ]
    works(*arguments, tmp_path / "usual.png")
    works(*arguments, tmp_path / "sharp.png", "--sharpness", 1)
    told = [provenance_of(tmp_path / name) for name in ("usual.png", "sharp.png")]
    assert [one["sharpness"] for one in told] == [0.25, 1]
    found = np.asarray(Image.open(tmp_path / "sharp.png"))
    alone = Inpainter(stages.sharp, options=Options(texture="off"))
    np.testing.assert_array_equal(found, np.asarray(alone(*pair)))
    assert (found != np.asarray(Image.open(tmp_path / "usual.png"))).any()


def test_verbose_says_which_fit(deepgin, pair, tmp_path, weights):
    arguments = ["inpaint", *pair, "-o", tmp_path / "out.png", "--weights", weights]
    code, _, err = deepgin(*arguments, "-v")
    assert code == 0
    fit = Inpainter(weights).run(*pair).fit
    assert err == f"{pair[0]}: {fit}\n"
    assert "texture" in fit


def test_a_segmentation_beside_is_passed_over_by_weights_that_take_none(
    works, pair, tmp_path, weights
):
    holed = pair[0].rename(pair[0].with_name("1_with_holes.png"))
    pair[1].rename(pair[1].with_name("1_mask.png"))
    Image.open(holed).save(holed.with_name("1_seg.png"))
    works("inpaint", holed, "-o", tmp_path / "out.png", "--weights", weights)


def test_guided_weights_take_the_segmentation_beside(deepgin, tmp_path, photo):
    torch.manual_seed(0)
    guided = tmp_path / "guided.safetensors"
    save(build("deepgin-guided", 4), guided, training={"samples": 1}, licence="for tests")
    mask = np.zeros((20, 20), np.uint8)
    mask[3:9, 3:9] = 255
    aim, out = tmp_path / "aim", tmp_path / "out"
    aim.mkdir()
    for i in "12":
        Image.fromarray(photo(20, 20, int(i))).save(aim / f"{i}_with_holes.png")
        Image.fromarray(photo(20, 20, 9 + int(i))).save(aim / f"{i}_seg.png")
        Image.fromarray(mask).save(aim / f"{i}_mask.png")
    arguments = ["inpaint", aim, "--weights", guided, "-o"]
    assert deepgin(*arguments, out)[:2] == (0, f"2 filled: {out}\n")
    assert sorted(path.name for path in out.iterdir()) == ["1.png", "2.png"]
    other = tmp_path / "other"
    assert deepgin(*arguments, other, "--guidance", aim / "1_seg.png")[0] == 0
    same = [(other / n).read_bytes() == (out / n).read_bytes() for n in ("1.png", "2.png")]
    assert same == [True, False]
    (aim / "2_seg.png").unlink()
    code, printed, err = deepgin(*arguments, tmp_path / "third")
    assert (code, printed) == (1, f"1 filled, 1 failed: {tmp_path / 'third'}\n")
    assert "2_with_holes.png" in err


def test_the_command_lines_have_the_options_of_filling():
    for command, without in ((inpaint, set()), (cluster, {"box", "color", "color_tolerance"})):
        args = command.parser().parse_args(["a", "-o", "b", "--degrid", "--dilate", "3"])
        assert {f.name for f in fields(Options)} - without <= {*vars(args)}
        assert filling_of(args) == Options(degrid=True, dilate=3)
