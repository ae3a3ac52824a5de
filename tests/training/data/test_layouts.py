"""Datasets as downloaded, and their splits."""

import hashlib
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deepgin.errors import TrainingError
from deepgin.training.data.layouts import _LAYOUTS, layout_entries, split, training_entries
from deepgin.training.recipe import DataRecipe

Tree = Callable[..., Path]


def names(folder: Path, layout: str, part: str) -> list[str]:
    assert part in ("train", "test")
    return [entry.name for entry in layout_entries(folder, layout, part)]  # type: ignore[arg-type]


ADE20K = {
    "2016": (
        "ADE20K_2016_07_26/images",
        ["{}/a/abbey/ADE_{}_1.jpg", "{}/a/abbey/ADE_{}_1_seg.png", "{}/a/abbey/ADE_{}_1_atr.txt"],
        ["{}/a/abbey/ADE_{}_1_parts_1.png"],
    ),
    "2021": (
        "ADE20K_2021_17_01/images/ADE",
        ["{}/urban/street/ADE_{}_1.jpg", "{}/urban/street/ADE_{}_1_seg.png"],
        ["{}/urban/street/ADE_{}_1/instance_000_ADE_{}_1.png", "{}/urban/street/ADE_{}_1.json"],
    ),
    "challenge": (
        "ADEChallengeData2016",
        ["images/{}/ADE_{}_1.jpg"],
        ["annotations/{}/ADE_{}_1.png"],
    ),
}


@pytest.mark.parametrize("release", ADE20K)
def test_ade20k_takes_pictures_alone_with_their_segmentations(tree: Tree, release: str) -> None:
    folder, pictures, others = ADE20K[release]
    files = [
        f"{folder}/{name.format(part, part[:3], part[:3])}"
        for part in ("training", "validation")
        for name in [*pictures, *others]
    ]
    root = tree([*files, f"{folder}/index.png", "README.md"])
    for part, own in (("train", "training"), ("test", "validation")):
        found = layout_entries(root, "ade20k", part)  # type: ignore[arg-type]
        assert [entry.name for entry in found] == [f"{folder}/{pictures[0].format(own, own[:3])}"]
        assert (found[0].guidance is not None) == any("_seg" in name for name in pictures)


def test_ade20k_may_be_named_further_down(tree: Tree) -> None:
    root = tree(["ADEChallengeData2016/images/training/1.jpg"])
    below = root / "ADEChallengeData2016" / "images" / "training"
    assert names(below, "ade20k", "train") == ["1.jpg"]
    with pytest.raises(TrainingError, match=r"no test pictures .* images/validation"):
        names(below, "ade20k", "test")


@pytest.mark.parametrize("form", ["{}.jpg", "CelebA-HQ-img/{}.jpg", "a/CelebA-HQ-img/{}.jpg"])
def test_celebahq_is_split(tree: Tree, form: str) -> None:
    root = tree([form.format(i) for i in range(40)] + ["CelebAMask-HQ-mask-anno/0/00001_hair.png"])
    train, test = names(root, "celebahq", "train"), names(root, "celebahq", "test")
    assert (len(train), len(test)) == (36, 4)
    assert sorted(train + test) == sorted(form.format(i) for i in range(40))


def test_celebahq_passes_over_numbered_masks(tree: Tree) -> None:
    pictures = [f"CelebAMask-HQ/CelebA-HQ-img/{i}.jpg" for i in range(10)]
    root = tree([*pictures, *(f"CelebAMask-HQ/mask/{i}.png" for i in range(10))])
    both = names(root, "celebahq", "train") + names(root, "celebahq", "test")
    assert sorted(both) == pictures


def test_ffhq_takes_the_large_pictures(tree: Tree) -> None:
    large = [f"images1024x1024/{i:02d}000/{i:02d}{i:03d}.png" for i in range(70)]
    small = [f"thumbnails128x128/{i:02d}000/{i:02d}{i:03d}.png" for i in range(70)]
    root = tree([*large, *small, "in-the-wild-images/00000/00000.png"])
    train, test = names(root, "ffhq", "train"), names(root, "ffhq", "test")
    assert (len(train), len(test)) == (69, 1)
    assert sorted(train + test) == large
    below = names(root / "images1024x1024", "ffhq", "test")
    assert [f"images1024x1024/{name}" for name in below] == test


def test_oxford_is_flat(tree: Tree) -> None:
    pictures = [f"all_souls_{i:06d}.jpg" for i in range(11)] + ["oxford_000001.jpg"]
    root = tree([*pictures, "README.txt", "gt_files_170407/all_souls_1_good.txt"])
    train, test = names(root, "oxford", "train"), names(root, "oxford", "test")
    assert (len(train), len(test)) == (11, 1)
    assert sorted(train + test) == pictures


@pytest.mark.parametrize(
    ("train", "test"),
    [
        ("places365_standard/train/abbey/1.jpg", "places365_standard/val/abbey/2.jpg"),
        ("data_256/a/abbey/1.jpg", "val_256/Places365_val_00000001.jpg"),
        ("data_large_standard/a/abbey/1.jpg", "val_large/Places365_val_00000001.jpg"),
    ],
)
def test_places_has_its_own_split(tree: Tree, train: str, test: str) -> None:
    root = tree([train, test, "test_256/Places365_test_1.jpg"])
    assert names(root, "places", "train") == [train]
    assert names(root, "places", "test") == [test]


def test_places_below_a_folder_called_train(tree: Tree) -> None:
    root = tree(["train/data/places/val/abbey/2.jpg", "train/data/places/train/abbey/1.jpg"])
    assert names(root / "train" / "data" / "places", "places", "train") == ["train/abbey/1.jpg"]
    assert names(root / "train" / "data" / "places", "places", "test") == ["val/abbey/2.jpg"]
    assert names(root, "places", "train") == ["train/data/places/train/abbey/1.jpg"]


@pytest.mark.parametrize("layout", _LAYOUTS)
def test_a_wrong_folder_hears_what_was_expected(tree: Tree, layout: str) -> None:
    root = tree(["holiday/IMG-1.jpg", "a.txt"])
    with pytest.raises(TrainingError, match="tree"):
        names(root, layout, "train")


@pytest.mark.parametrize(
    ("layout", "total", "tested", "digest"),
    [
        ("celebahq", 30_000, 3_000, "0c24d9629cb6"),
        ("ffhq", 70_000, 1_000, "765b0eb89dfe"),
        ("oxford", 5_062, 523, "1e00481d1c60"),
    ],
)
def test_splits_are_the_same_for_ever(layout: str, total: int, tested: int, digest: str) -> None:
    """Published numbers depend on them: these sums never change."""
    files = [str(i) for i in range(total)]
    train, test = split(files, layout)
    assert (len(test), {*train, *test}) == (tested, {*files})
    assert hashlib.sha256("\n".join(test).encode()).hexdigest()[:12] == digest


@given(
    st.lists(st.text("ab01/_", min_size=1, max_size=6), min_size=1, max_size=60, unique=True),
    st.sampled_from(["celebahq", "ffhq", "oxford"]),
    st.randoms(),
)
def test_a_split_is_disjoint_and_blind_to_the_order(files, layout, shuffled) -> None:  # type: ignore[no-untyped-def]
    train, test = split(files, layout)
    assert sorted(train + test) == sorted(files)
    again = list(files)
    shuffled.shuffle(again)
    assert split(again, layout) == (train, test)


def test_a_split_knows_numbers_with_and_without_zeros() -> None:
    plain, padded = ([form.format(i) for i in range(500)] for form in ("{}.jpg", "{:05d}.jpg"))
    assert [int(n[:-4]) for n in split(plain, "oxford")[1]] == [
        int(n[:-4]) for n in split(padded, "oxford")[1]
    ]


def test_a_recipe_trains_on_the_training_part(tree: Tree) -> None:
    root = tree([f"{i}.jpg" for i in range(20)])
    entries = training_entries(DataRecipe(str(root), layout="celebahq"))
    assert [entry.name for entry in entries] == names(root, "celebahq", "train")
    assert len(training_entries(DataRecipe(str(root)))) == 20


def test_guidance_needs_segmentations(tree: Tree) -> None:
    root = tree(["a.jpg", "b.jpg", "b_seg.png"])
    assert [e.name for e in training_entries(DataRecipe(str(root)), guidance=True)] == ["b.jpg"]
    (root / "b_seg.png").unlink()
    with pytest.raises(TrainingError, match=r"NAME_seg\.png"):
        training_entries(DataRecipe(str(root)), guidance=True)
