"""Frozen pictures and masks, and their hashes."""

import numpy as np
import pytest
from PIL import Image

from deepgin.errors import PictureError, UsageError
from deepgin.masks import KINDS, MaskSet, draw
from deepgin.pictures import centre_square, read_rgb
from deepgin.testsets import EvaluationSet

NAMES = ["a/z.png", "b.png", "c.png"]
# Hashes of the masks of three pictures at 32: frozen, as published figures stand on them.
HASHES = {
    "rectangle": "f91d6811922060e1",
    "freeform": "af81fcdcea43976d",
    "cellular": "da05b3ded670e90e",
}


def refuse(name, why):
    raise AssertionError(f"{name}: {why}")


def test_order(folder):
    one = EvaluationSet(folder, 32)
    assert one.pictures() == [folder / name for name in NAMES]
    assert EvaluationSet(folder, 32, limit=2).pictures() == [folder / NAMES[0], folder / NAMES[2]]


def test_truth_is_the_centre_square(folder):
    result = EvaluationSet(folder, 32).truth(folder / "b.png")
    np.testing.assert_array_equal(result, centre_square(read_rgb(folder / "b.png"), 32))
    assert (result.shape, result.dtype) == ((32, 32, 3), np.uint8)


@pytest.mark.parametrize("kind", KINDS)
def test_masks_are_frozen(folder, kind):
    masks = EvaluationSet(folder, 32).masks(kind)
    assert masks == MaskSet(kind, (32, 32), 3, "validation")
    assert masks.hash[:16] == HASHES[kind]
    assert EvaluationSet(folder, 32).hashes()[1][kind] == masks.hash
    for case, mask in zip(EvaluationSet(folder, 32).cases(refuse), masks, strict=True):
        np.testing.assert_array_equal(case.masks[kind], mask)


def test_masks_of_fewer_pictures_are_the_first_ones(folder):
    some, all_of_them = (EvaluationSet(folder, 32, limit=n).masks("freeform") for n in (2, 0))
    for i in range(2):
        np.testing.assert_array_equal(some[i], all_of_them[i])


def test_original_size(folder):
    cases = [*EvaluationSet(folder, None, ("freeform-absolute",)).cases(refuse)]
    assert [case.picture for case in cases] == NAMES
    for i, case in enumerate(cases):
        np.testing.assert_array_equal(case.truth, np.asarray(Image.open(folder / NAMES[i])))
        expected = draw("freeform", *case.truth.shape[:2], f"validation/{i}", absolute=True)
        np.testing.assert_array_equal(case.masks["freeform-absolute"], expected)


def test_hashes_tell_pictures_masks_and_sizes_apart(folder):
    base = EvaluationSet(folder, 32, ("rectangle",)).hashes()
    assert EvaluationSet(folder, 32, ("rectangle",)).hashes() == base
    assert EvaluationSet(folder, 16, ("rectangle",)).hashes()[0] != base[0]
    assert EvaluationSet(folder, 32, ("rectangle",), limit=2).hashes()[1] != base[1]
    (folder / "b.png").rename(folder / "bb.png")
    renamed = EvaluationSet(folder, 32, ("rectangle",)).hashes()
    assert renamed[0] != base[0]
    assert renamed[1] == base[1]


def test_hand_made_masks(folder, tmp_path):
    made = tmp_path / "made"
    (made / "a").mkdir(parents=True)
    full, small = np.zeros((37, 44), np.uint8), np.zeros((32, 32), np.uint8)
    full[:20], small[5:9] = 255, 255
    Image.fromarray(small).save(made / "a" / "z_mask.png")  # as it is measured
    Image.fromarray(full).save(made / "b.png")  # of the file
    Image.fromarray(full).save(made / "c.png")  # of neither
    one, two, three = EvaluationSet(folder, 32, (str(made), "rectangle")).cases(refuse)
    np.testing.assert_array_equal(one.masks["made"], small > 0)
    cut = Image.fromarray(full).crop((3, 0, 40, 37)).resize((32, 32), Image.Resampling.BOX)
    np.testing.assert_array_equal(two.masks["made"], np.asarray(cut) >= 128)
    assert "made" not in three.masks and "rectangle" in three.masks
    assert "44 x 37 pixels, the picture 44 x 38" in three.failed["made"]
    (made / "c.png").unlink()
    *_, three = EvaluationSet(folder, 32, (str(made),)).cases(refuse)
    assert "holds no mask" in three.failed["made"]
    Image.fromarray(full).save(made / "b_mask.png")
    Image.fromarray(full).save(made / "b_mask.webp")
    *_, two, three = EvaluationSet(folder, 32, (str(made),)).cases(refuse)
    assert "both fit" in two.failed["made"]


def test_pictures_that_cannot_be_read_are_named(folder):
    (folder / "b.png").write_bytes(b"\x89PNG....")
    refused = []
    cases = [*EvaluationSet(folder, 32).cases(lambda *why: refused.append(why))]
    assert [case.picture for case in cases] == [NAMES[0], NAMES[2]]
    assert [name for name, _ in refused] == ["b.png"]
    # The others keep their masks.
    np.testing.assert_array_equal(
        cases[1].masks["cellular"], draw("cellular", 32, 32, "validation/2")
    )
    with pytest.raises(PictureError):
        EvaluationSet(folder, 32).case(1, folder / "b.png")


@pytest.mark.parametrize(
    "options", [{"kinds": ("squares",)}, {"size": 0}, {"size": -5}, {"kinds": ("mixed", "mixed")}]
)
def test_what_cannot_be_is_refused_at_once(tmp_path, options):
    with pytest.raises(UsageError):
        EvaluationSet(tmp_path / "not looked at", **options)
