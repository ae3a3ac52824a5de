"""`deepgin inpaint FOLDER`: what it writes, says and refuses."""

import os

import numpy as np
import pytest
from PIL import Image

from deepgin.pictures import provenance_of, read_mask


@pytest.fixture
def data(tmp_path, photo):
    """Six pictures of two sizes in `photos`, their masks in `masks`."""
    for i, name in enumerate(["a", "b", "c", "sub/a", "sub/d", "sub/er/e"]):
        size = (20, 26) if i % 2 else (24, 17)
        mask = np.zeros(size, np.uint8)
        mask[3 : 8 + i, 4 : 9 + i] = 255
        for folder, pixels in [("photos", photo(*size, i)), ("masks", mask)]:
            path = tmp_path / folder / f"{name}.png"
            path.parent.mkdir(parents=True, exist_ok=True)
            Image.fromarray(pixels).save(path)
    return tmp_path / "photos", tmp_path / "masks", tmp_path / "out"


def pictures_in(folder):
    return {p.relative_to(folder).as_posix(): p.read_bytes() for p in folder.rglob("*.*")}


def test_every_picture_gets_the_bytes_that_it_gets_alone(deepgin, works, data, tmp_path, weights):
    photos, masks, out = data
    code, printed, err = deepgin("inpaint", photos, masks, "-o", out, "--weights", weights)
    assert (code, printed) == (0, f"6 filled: {out}\n")
    assert err == ""
    assert pictures_in(out).keys() == pictures_in(photos).keys()
    for name, content in pictures_in(out).items():
        alone = tmp_path / "alone.png"
        pair = [photos / name, masks / name]
        works("inpaint", *pair, "-o", alone, "--weights", weights, "--overwrite")
        assert alone.read_bytes() == content
        hole = read_mask(masks / name)
        filled, truth = (np.asarray(Image.open(f / name)) for f in (out, photos))
        assert (filled[~hole] == truth[~hole]).all()
    assert not list(out.rglob(".*"))


def test_what_is_done_is_skipped(deepgin, data, weights):
    photos, masks, out = data
    arguments = ["inpaint", photos, masks, "-o", out, "--weights", weights]
    deepgin(*arguments)
    before = pictures_in(out)
    (out / "sub/a.png").unlink()
    (out / "b.png").write_bytes(b"mine")
    code, printed, err = deepgin(*arguments)
    assert (code, printed) == (0, f"1 filled, 5 skipped: {out}\n")
    assert "5 are done" in err
    assert pictures_in(out) == before | {"b.png": b"mine"}
    assert deepgin(*arguments, "--overwrite")[1] == f"6 filled: {out}\n"
    assert pictures_in(out) == before


def test_results_of_another_sharpness_are_not_taken_for_done(deepgin, fails, data, stages):
    photos, masks, out = data
    arguments = ["inpaint", photos, masks, "-o", out, "--weights", stages.both, "--provenance"]
    arguments += ["--texture", "off"]
    deepgin(*arguments, "--sharpness", 0)
    before = pictures_in(out)
    message = fails(2, *arguments)
    assert f"{out}/a.png" in message
    assert "other sharpness:" in message
    assert pictures_in(out) == before
    (out / "sub/a.png").unlink()
    code, printed, _ = deepgin(*arguments, "--sharpness", 0)
    assert (code, printed) == (0, f"1 filled, 5 skipped: {out}\n")
    assert pictures_in(out) == before
    assert deepgin(*arguments, "--overwrite")[1] == f"6 filled: {out}\n"
    after = pictures_in(out)
    assert all(after[name] != content for name, content in before.items())
    # As by its number.
    assert deepgin(*arguments, "--sharpness", 0.25)[1] == f"6 skipped: {out}\n"
    other = fails(2, *arguments, "--weights", stages.sharp, "--fit", "crop")
    assert "other weights, sharpness, options:" in other


@pytest.mark.parametrize("there", ["damaged", "mine", "silent"])
def test_a_result_that_tells_nothing_is_taken_for_done(deepgin, data, stages, there):
    photos, masks, out = data
    arguments = ["inpaint", photos, masks, "-o", out, "--weights", stages.both]
    deepgin(*arguments)
    if there == "damaged":
        (out / "a.png").write_bytes((out / "a.png").read_bytes()[:60])
    elif there == "mine":
        (out / "a.png").write_bytes(b"mine")
    before = pictures_in(out)
    again = deepgin(*arguments, "--provenance", "--sharpness", 1)
    assert again[:2] == (0, f"6 skipped: {out}\n")
    assert pictures_in(out) == before


def test_unpaired_files_are_told_of_before_work_starts(deepgin, data, weights):
    photos, masks, out = data
    (masks / "b.png").rename(masks / "z.png")
    (masks / "sub/a.png").unlink()
    code, printed, err = deepgin("inpaint", photos, masks, "-o", out, "--weights", weights)
    assert (code, printed) == (0, f"4 filled: {out}\n")
    assert err.splitlines()[:2] == [
        "deepgin: warning: 2 pictures have no mask: b.png, sub/a.png",
        "deepgin: warning: 1 mask has no picture: z.png",
    ]


@pytest.mark.parametrize(
    "option",
    [["--box", "1,1,5,5"], ["--color", "#123456", "--color-tolerance", "0"], ["--alpha"]],
)
def test_holes_that_need_no_masks(deepgin, data, weights, option):
    photos, _, out = data
    for path in photos.rglob("*.png"):
        picture = Image.open(path).convert("RGBA")
        picture.paste((0x12, 0x34, 0x56, 0), (1, 1, 6, 6))
        picture.save(path)
    code, printed, _ = deepgin("inpaint", photos, "-o", out, "--weights", weights, *option)
    assert (code, printed) == (0, f"6 filled: {out}\n")
    filled, truth = (np.asarray(Image.open(f / "a.png")) for f in (out, photos))
    outside = np.ones(filled.shape[:2], bool)
    outside[1:6, 1:6] = False
    assert (filled[outside] == truth[outside]).all()
    if option == ["--alpha"]:
        assert (filled[..., 3] == 255).all()


def test_a_larger_canvas_and_going_on_with_it(deepgin, data, weights):
    photos, _, out = data
    Image.new("RGB", (90, 9)).save(photos / "b.png")
    sizes = {path: Image.open(path).size for path in photos.rglob("*.png")}
    given = ["inpaint", photos, "-o", out, "--weights", weights, "--extend", "50%,0,4,0"]
    assert deepgin(*given, "--provenance")[:2] == (0, f"6 filled: {out}\n")
    for path, (width, height) in sizes.items():
        filled = np.asarray(Image.open(out / path.relative_to(photos)))
        left = int(width / 2 + 0.5)
        assert filled.shape[:2] == (height, width + left + 4)
        np.testing.assert_array_equal(filled[:, left:-4], np.asarray(Image.open(path)))
    assert provenance_of(out / "a.png")["options"] == {"extend": ["50%", 0, 4, 0]}
    assert deepgin(*given, "--provenance")[:2] == (0, f"6 skipped: {out}\n")
    made = ["inpaint", photos, "-o", out / "c", "--weights", weights, "--canvas", "60x60"]
    code, printed, err = deepgin(*made)
    assert (code, printed) == (1, f"5 filled, 1 failed: {out / 'c'}\n")
    assert "b.png is 90 x 9" in err


def test_failures_are_named_at_the_end_and_the_rest_is_done(deepgin, data, weights):
    photos, masks, out = data
    (photos / "b.png").write_bytes(b"no picture")
    (masks / "c.png").write_bytes((masks / "c.png").read_bytes()[:50])
    Image.new("L", (3, 3)).save(masks / "sub/a.png")
    Image.new("L", (26, 20), 255).save(masks / "sub/er/e.png")
    arguments = ["inpaint", photos, masks, "-o", out, "--weights", weights]
    code, printed, err = deepgin(*arguments)
    assert (code, printed) == (1, f"2 filled, 4 failed: {out}\n")
    lines = err.splitlines()
    said = {
        "b.png is not a picture": 1,
        "c.png is damaged": 1,
        "3 x 3 pixels and": 1,
        "marks everything as missing": 1,
        "4 of 6 failed, named above": 1,
    }
    for words, times in said.items():
        assert sum(words in line for line in lines) == times
    assert lines[-1].startswith("deepgin: 4 of 6 failed")
    assert all(line.startswith("deepgin: ") for line in lines if "of 6" not in line)
    assert sorted(pictures_in(out)) == ["a.png", "sub/d.png"]
    with pytest.raises(Exception, match="4 of 6 failed"):
        deepgin(*arguments, "--overwrite", "--debug")


def test_output_inside_the_source_is_left_out(deepgin, data, weights):
    photos, masks, _ = data
    out = photos / "out"
    arguments = ["inpaint", photos, masks, "-o", out, "--weights", weights]
    assert deepgin(*arguments)[1] == f"6 filled: {out}\n"
    code, printed, err = deepgin(*arguments)
    assert (code, printed) == (0, f"6 skipped: {out}\n")
    assert "no mask" not in err
    boxed = ["inpaint", photos, "-o", out, "--weights", weights, "--box", "1,1,2,2"]
    assert deepgin(*boxed)[1] == f"6 skipped: {out}\n"
    assert len(pictures_in(out)) == 6


def test_names_that_are_no_text(deepgin, data, weights):
    photos, masks, out = data
    odd = os.fsdecode(b"caf\xe9\n.png")
    for folder in (photos, masks):
        (folder / "a.png").rename(folder / odd)
    (photos / "b.png").rename(photos / os.fsdecode(b"\xff.png"))
    code, printed, err = deepgin("inpaint", photos, masks, "-o", out, "--weights", weights, "-v")
    assert (code, printed) == (0, f"5 filled: {out}\n")
    assert (out / odd).exists()
    assert "caf\\xe9\\n.png: " in err
    assert "1 picture has no mask: \\xff.png" in err
