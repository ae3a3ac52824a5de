"""Which mask belongs to which picture, and which files belong to none."""

import os
import random
import unicodedata
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deepgin.console import shown
from deepgin.errors import PictureError, UsageError
from deepgin.inpainting.folders import find_pairs
from deepgin.pictures.tree import order, pictures_among


def paired(pairs, masks):
    """Return the pairs as they are named: picture below the source to mask below its folder."""
    return {
        p.inside.as_posix(): p.mask and p.mask.relative_to(masks).as_posix() for p in pairs.pairs
    }


def named(paths):
    return [path.as_posix() for path in paths]


def test_masks_in_a_folder_of_their_own(files):
    photos = files("photos", "b.jpg", "a.png", "deep/er/a.png", "deep/c.webp", "notes.txt")
    masks = files("masks", "a.jpg", "b_mask.png", "deep/er/a-mask.png", "deep/c.png")
    found = find_pairs(photos, masks)
    assert paired(found, masks) == {
        "a.png": "a.jpg",
        "b.jpg": "b_mask.png",
        "deep/c.webp": "deep/c.png",
        "deep/er/a.png": "deep/er/a-mask.png",
    }
    assert [p.inside for p in found.pairs] == sorted((p.inside for p in found.pairs), key=order)
    assert (found.lone_pictures, found.lone_masks, found.failed) == ([], [], [])


def test_never_by_order(files):
    photos = files("photos", "1.png", "2.png", "3.png", "sub/1.png")
    masks = files("masks", "2.png", "3.png", "4.png", "other/1.png")
    found = find_pairs(photos, masks)
    assert paired(found, masks) == {"2.png": "2.png", "3.png": "3.png"}
    assert named(found.lone_pictures) == ["1.png", "sub/1.png"]
    assert named(found.lone_masks) == ["4.png", "other/1.png"]


def test_masks_beside_their_pictures(files):
    photos = files("photos", "a.png", "a_mask.png", "sub/b.jpg", "sub/b-mask.png", "c.png")
    files("photos", "d_mask.png", "sub/a_mask.png", "venetian_mask.jpg", "venetian_mask_mask.png")
    for masks in (None, photos, photos.parent / "photos" / ".." / "photos"):
        found = find_pairs(photos, masks)
        expected = {
            "a.png": "a_mask.png",
            "sub/b.jpg": "sub/b-mask.png",
            "venetian_mask.jpg": "venetian_mask_mask.png",
        }
        assert paired(found, photos) == expected
        assert "c.png" in named(found.lone_pictures)
    found = find_pairs(photos)
    assert named(found.lone_pictures) == ["c.png"]
    assert named(found.lone_masks) == ["d_mask.png", "sub/a_mask.png"]


def test_one_mask_for_all_is_no_picture_itself(files):
    photos = files("photos", "a.png", "sub/b.jpg", "the-hole.png")
    inside = photos / "the-hole.png"
    outside = files("elsewhere", "hole.png") / "hole.png"
    assert {p.mask for p in find_pairs(photos, inside).pairs} == {inside}
    assert named(p.inside for p in find_pairs(photos, inside).pairs) == ["a.png", "sub/b.jpg"]
    assert len(find_pairs(photos, outside).pairs) == 3
    assert find_pairs(photos, outside).lone_masks == []


def test_names_of_the_aim_challenge(files):
    data = files("data", *(f"{n}_{e}.png" for n in "12" for e in ("with_holes", "mask", "seg")))
    found = find_pairs(data)
    assert paired(found, data) == {f"{n}_with_holes.png": f"{n}_mask.png" for n in "12"}
    assert [p.guidance for p in found.pairs] == [data / "1_seg.png", data / "2_seg.png"]
    assert (found.lone_pictures, found.lone_masks) == ([], [])


def test_holes_and_masks_in_two_folders(files):
    photos = files("photos", "1_with_holes.png", "2_with_holes.png", "1_seg.png")
    masks = files("masks", "1_mask.png", "2.png")
    found = find_pairs(photos, masks)
    assert paired(found, masks) == {
        "1_with_holes.png": "1_mask.png",
        "2_with_holes.png": "2.png",
    }
    assert [p.guidance for p in found.pairs] == [photos / "1_seg.png", None]


def test_seg_alone_makes_no_segmentation(files):
    photos = files("photos", "street.png", "street_seg.png")
    masks = files("masks", "street.png", "street_seg.png")
    assert len(find_pairs(photos, masks).pairs) == 2
    guided = find_pairs(photos, masks, guidance=photos)
    assert [p.guidance for p in guided.pairs] == [photos / "street_seg.png"]


def test_two_that_fit_fail_alone(files):
    photos = files("photos", "a.png", "b.png")
    masks = files("masks", "a.png", "a.jpg", "b.png")
    found = find_pairs(photos, masks)
    assert paired(found, masks) == {"b.png": "b.png"}
    ((name, why),) = found.failed
    assert name == "a.png"
    assert str(masks / "a.jpg") in why
    assert str(masks / "a.png") in why
    assert found.lone_masks == []


@pytest.mark.parametrize(
    "mask",
    ["a_MASK.PNG", "mask_a.png", "Mask-a.webp", "a_mask001.png", "a.mask.png", "a.jpg_mask.png"],
)
def test_other_names_of_masks(files, mask):
    for masks in ("photos", "masks"):
        files(masks, mask, "b_mask000.png")
        photos = files("photos", "a.jpg", "b.jpg")
        found = find_pairs(photos, None if masks == "photos" else photos.parent / masks)
        assert [p.mask.name for p in found.pairs] == [mask, "b_mask000.png"]
        assert (found.lone_pictures, found.lone_masks, found.failed) == ([], [], [])
        for name in (mask, "b_mask000.png"):
            (photos / name).unlink(missing_ok=True)


def test_the_whole_name_of_the_picture_in_a_folder_of_masks(files):
    photos = files("photos", "a.jpg", "a_crop000.png", "c.jpg")
    masks = files("masks", "a.jpg.png", "a_crop000_mask000.png", "c.jpg.png", "c.png")
    found = find_pairs(photos, masks)
    assert paired(found, masks) == {
        "a.jpg": "a.jpg.png",
        "a_crop000.png": "a_crop000_mask000.png",
    }
    assert [name for name, _ in found.failed] == ["c.jpg"]
    assert named(find_pairs(files("beside", "a.jpg", "a.jpg.png")).lone_pictures) == [
        "a.jpg",
        "a.jpg.png",
    ]


@pytest.mark.parametrize("other", ["mask_a.png", "a_MASK.png", "a_mask001.png"])
def test_two_names_that_say_mask_are_refused(files, other):
    masks = files("masks", "a_mask.png", other)
    ((name, why),) = find_pairs(files("photos", "a.png"), masks).failed
    assert name == "a.png"
    assert str(masks / other) in why


def test_pictures_whose_own_names_say_mask(files):
    photos = files("photos", "carnival.png", "carnival_mask.png", "lone.png", "lone_mask.png")
    masks = files("masks", "carnival.png", "carnival_mask.png", "lone_mask.png", "mask_other.png")
    found = find_pairs(photos, masks)
    assert paired(found, masks) == {
        "carnival.png": "carnival.png",
        "carnival_mask.png": "carnival_mask.png",
        "lone_mask.png": "lone_mask.png",
    }
    assert named(found.lone_pictures) == ["lone.png"]
    assert named(found.lone_masks) == ["mask_other.png"]
    for name in ("carnival.png", "carnival_mask.png"):
        assert paired(find_pairs(photos / name, masks), masks) == {name: name}


def test_what_is_passed_over_is_named(files):
    photos = files("photos", "a.png", "a_mask.png")
    assert named(find_pairs(photos, masked=False).passed_over) == ["a_mask.png"]
    assert find_pairs(photos).passed_over == []
    one = files("one", "a.png")
    assert named(find_pairs(photos, one / "a.png").passed_over) == ["a_mask.png"]
    assert named(find_pairs(one, photos).passed_over) == ["a.png"]


@pytest.mark.parametrize("form", ["NFC", "NFD"])
def test_accents_in_one_code_point_or_two(files, form):
    other = "NFD" if form == "NFC" else "NFC"
    photo, folder = (unicodedata.normalize(form, text) for text in ("caf\u00e9.jpg", "\u00fc"))
    mask, there = (unicodedata.normalize(other, text) for text in ("caf\u00e9_mask.png", "\u00fc"))
    found = find_pairs(files("photos", f"{folder}/{photo}"), files("masks", f"{there}/{mask}"))
    assert [p.mask.name for p in found.pairs] == [mask]
    assert found.lone_masks == []
    assert len(find_pairs(files("beside", photo, mask)).pairs) == 1


def test_two_pictures_of_one_stem_share_a_mask(files):
    photos = files("photos", "a.png", "a.jpg", "a_mask.png")
    assert paired(find_pairs(photos), photos) == {"a.png": "a_mask.png", "a.jpg": "a_mask.png"}


def test_glob_by_name_or_path_does_not_make_masks_lone(files):
    photos = files("photos", "a.png", "b.jpg", "sub/a.jpg", "sub/c.jpg")
    masks = files("masks", "a.png", "b.png", "sub/a.png")
    for glob, names in [
        ("*.jpg", ["b.jpg", "sub/a.jpg"]),
        ("a*", ["a.png", "sub/a.jpg"]),
        ("sub/*", ["sub/a.jpg"]),
        ("nothing", []),
    ]:
        found = find_pairs(photos, masks, glob=glob)
        assert [*paired(found, masks)] == names
        assert found.lone_masks == []
    assert find_pairs(photos, masks, glob="*.png").lone_pictures == []


def test_limit_is_taken_evenly(files):
    photos = files("photos", *(f"{i}{e}.png" for i in range(5) for e in ("", "_mask")))
    assert [*paired(find_pairs(photos, limit=3), photos)] == ["0.png", "2.png", "4.png"]
    assert len(find_pairs(photos, limit=9).pairs) == 5
    with pytest.raises(UsageError, match="-1"):
        find_pairs(photos, limit=-1)


def test_folders_inside_the_source_that_are_something_else(files):
    photos = files("photos", "a.png", "masks/a.png", "out/a.png", "segs/a.png", "deep/a.png")
    files("photos", "masks/deep/a.png", "masks/out/a.png")
    masks = photos / "masks"
    found = find_pairs(
        photos, masks, guidance=photos / "segs", left_out=[photos / "out", photos / "new"]
    )
    assert paired(found, masks) == {"a.png": "a.png", "deep/a.png": "deep/a.png"}
    assert named(found.lone_masks) == ["out/a.png"]


@pytest.mark.parametrize("beside", [True, False])
def test_one_picture(files, beside):
    photos = files("photos", "a.png", "b.png", "sub/c.png")
    masks = files("photos" if beside else "masks", "a_mask.png", "b_mask.png", "c_mask.png")
    found = find_pairs(photos / "a.png", None if beside else masks)
    assert paired(found, masks) == {"a.png": "a_mask.png"}
    assert found.lone_masks == []
    assert find_pairs(photos / "a.png", masks / "b_mask.png").pairs[0].mask.name == "b_mask.png"
    assert named(find_pairs(photos / "sub/c.png").lone_pictures) == ["c.png"]


@pytest.mark.parametrize("which", ["source", "masks", "guidance"])
def test_what_does_not_exist_is_named(files, tmp_path, which):
    places = {"source": files("photos", "a.png"), "masks": None, "guidance": None}
    places[which] = tmp_path / "nowhere"
    with pytest.raises(PictureError, match="nowhere: no such file or folder"):
        find_pairs(places["source"], places["masks"], guidance=places["guidance"])


def test_links_in_circles_and_links_that_are_none(files):
    photos = files("photos", "a.png", "a_mask.png", "sub/b.png", "sub/b_mask.png")
    elsewhere = files("elsewhere", "c.png", "c_mask.png")
    (photos / "sub" / "up").symlink_to(photos, target_is_directory=True)
    (photos / "self.png").symlink_to(photos / "self.png")
    (photos / "broken.png").symlink_to(photos / "nothing.png")
    (photos / "other").symlink_to(elsewhere, target_is_directory=True)
    (elsewhere / "back").symlink_to(photos, target_is_directory=True)
    found = find_pairs(photos)
    assert [*paired(found, photos)] == ["a.png", "other/c.png", "sub/b.png"]
    assert named(found.lone_pictures) == ["broken.png", "self.png"]
    assert found.notes == [
        "other/back is a link in a circle: passed over",
        "sub/up is a link in a circle: passed over",
    ]


def test_hidden_files_pipes_and_folders_named_as_pictures(files):
    photos = files("photos", ".a.png", ".hidden/b.png", "folder.png/c.png")
    os.mkfifo(photos / "pipe.png")
    assert named(p.inside for p in find_pairs(photos, masked=False).pairs) == ["folder.png/c.png"]


def test_a_folder_that_cannot_be_read_fails_alone(files, monkeypatch):
    photos = files("photos", "a.png", "locked/b.png")
    scandir = os.scandir

    def refuse(path):
        if Path(path).name == "locked":
            raise PermissionError(13, "Permission denied")
        return scandir(path)

    monkeypatch.setattr(os, "scandir", refuse)
    found = find_pairs(photos, masked=False)
    assert named(p.inside for p in found.pairs) == ["a.png"]
    assert found.failed == [("locked", "cannot be read: Permission denied")]


@given(st.lists(st.text(st.sampled_from("ab_maskseg"), min_size=1), unique=True))
def test_every_file_is_a_picture_or_belongs_to_one(stems):
    paths = [Path(f"{stem}.png") for stem in stems]
    pictures = pictures_among(paths)
    assert pictures <= set(paths)
    for path in set(paths) - pictures:
        name = path.stem.removesuffix("_mask").removesuffix("-mask").removesuffix("_seg")
        assert name != path.stem
        assert path.stem.startswith(name)
    shuffled = random.Random(0).sample(paths, len(paths))
    assert pictures_among(shuffled) == pictures


@given(st.binary(min_size=1).filter(lambda b: b"/" not in b and b"\0" not in b))
def test_any_name_can_be_shown_on_one_line(name):
    text = shown(os.fsdecode(name))
    assert text.isprintable()
    text.encode()
