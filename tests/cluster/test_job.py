"""Whole jobs with a worker in this process: results, manifests, and pictures that fail."""

import hashlib
import json

import fsspec
import pytest

from deepgin.cluster import fill_all
from deepgin.console import watcher
from deepgin.inpainting import Options
from deepgin.inpainting.folders import FolderRequest, JobOptions, fill_folder
from deepgin.weights.model import Model

from .conftest import (
    Told,
    contents,
    in_this_process,
    manifest,
    mask_png,
    members_of,
    never,
    png,
    tars,
    write_folder,
    write_tar,
)


def test_a_folder_has_the_bytes_of_the_folder_command(fill, folder, tmp_path, weights):
    summary, told = fill(folder, per_unit=2)
    assert (summary.done, summary.skipped, summary.failed) == (5, 0, [])
    assert told.begun == (3, 0)
    fill_folder(FolderRequest(folder, tmp_path / "plain", model=Model(weights)), watcher())
    found = {}
    for path in sorted((tmp_path / "out").glob("*.tar")):
        found |= members_of(path)
    assert found == contents(tmp_path / "plain")


def test_manifests_tell_all(fill, shards, tmp_path):
    summary, _ = fill(shards)
    assert summary.done == 12
    job = manifest(tmp_path / "out" / "manifest.json")
    assert job["complete"]
    assert job["pictures"] == {"filled": 12, "failed": 0}
    assert [unit["unit"] for unit in job["units"]] == ["0", "1", "2"]
    for unit in job["units"]:
        tar = tmp_path / "out" / unit["tar"]
        assert hashlib.sha256(tar.read_bytes()).hexdigest() == unit["sha256"]
        assert tar.stat().st_size == unit["bytes"]
        told = manifest(f"{tar}.json")
        assert told["request"] == job["request"]
        members = members_of(tar)
        assert [picture["output"] for picture in told["pictures"]] == list(members)
        for picture in told["pictures"]:
            content = members[picture["output"]]
            assert picture["bytes"] == len(content)
            assert picture["sha256"] == hashlib.sha256(content).hexdigest()
            assert (picture["status"], picture["name"]) == ("filled", picture["output"])
    assert job["request"]["weights"].startswith("sha256:")
    assert job["request"]["options"]["fit"] == "auto"


def test_in_memory_the_same_as_on_disk(fill, ask, shards, tmp_path, memory):
    fill(shards)
    fsspec.filesystem("memory").put(str(shards), "/shards", recursive=True)
    told = Told()
    request = ask(f"{memory}shards", f"{memory}results/out")
    assert fill_all(request, in_this_process, told).done == 12
    fsspec.filesystem("memory").get("/results/out", str(tmp_path / "copy"), recursive=True)
    assert tars(tmp_path / "copy") == tars(tmp_path / "out")
    assert len(tars(tmp_path / "copy")) == 3
    assert fill_all(request, never, told).skipped == 12


@pytest.mark.parametrize("place", ["disk", "memory"])
def test_one_mask_for_all_and_masks_apart(ask, fill, tmp_path, memory, place):
    root = write_folder(tmp_path / "in", {"a.png": png(0), "b.png": png(1)})
    masks = write_folder(tmp_path / "masks", {"a.png": mask_png(), "b_mask.png": mask_png()})
    expected = None
    for mask in (masks / "a.png", masks):
        address = str(mask)
        if place == "memory":
            address = f"{memory}{mask.name}"
            fsspec.filesystem("memory").put(str(mask), f"/{mask.name}", recursive=True)
        summary, _ = fill(root, tmp_path / place / mask.name, masks=address)
        assert summary.done == 2, summary.failed
        found = members_of(tmp_path / place / mask.name / "pictures-000000.tar")
        expected = expected or found
        assert found == expected
        assert found["a.png"] != png(0)


def test_errors_name_a_remote_mask_by_its_address(ask, tmp_path, memory):
    root = write_folder(tmp_path / "in", {"a.png": png(0)})
    fsspec.filesystem("memory").pipe("/mask.png", mask_png(10, 10))
    request = ask(root, masks=f"{memory}mask.png")
    [(name, why)] = fill_all(request, in_this_process, Told()).failed
    assert name == "a.png"
    assert why.startswith("memory://mask.png is 10 x 10 pixels and a.png is 32 x 24")


def test_one_mask_that_is_damaged_fails_units_and_not_pictures(fill, tmp_path):
    root = write_folder(tmp_path / "in", {"a.png": png(0)})
    (tmp_path / "mask.png").write_bytes(b"damaged")
    summary, _ = fill(root, masks=str(tmp_path / "mask.png"))
    [(unit, why)] = summary.failed
    assert unit == "pictures-000000"
    assert "mask.png" in why
    assert not tars(tmp_path / "out")


def test_own_alpha_and_neither(fill, tmp_path):
    members = [("a.png", png(0, alpha=True)), ("b.png", png(1)), ("c.mask.png", mask_png())]
    write_tar(tmp_path / "in" / "a.tar", [*members, ("readme.txt", b"")])
    summary, _ = fill(tmp_path / "in")
    assert summary.done == 1
    assert summary.failed == [("b.png", "b.png has no alpha channel: give a mask")]
    written = manifest(tmp_path / "out" / "a.tar.json")
    assert written["notes"] == [
        "c.mask.png is a mask without a picture",
        "1 members are no pictures: left out",
    ]
    assert [picture["status"] for picture in written["pictures"]] == ["filled", "failed"]
    assert list(members_of(tmp_path / "out" / "a.tar")) == ["a.png"]


def test_pictures_that_fail_do_not_stop_their_unit(fill, tmp_path):
    members = [("a.png", png(0)), ("a_mask.png", mask_png())]
    members += [("b.png", b"damaged"), ("b_mask.png", mask_png())]
    members += [("c.png", png(1)), ("c_mask.png", mask_png(10, 10))]
    members += [("d.gif", b""), ("e.png", png(2)), ("e_mask.png", b""), ("f.png", b"")]
    members += [("g.png", png(3)), ("g_mask.png", mask_png()), ("g.mask.png", mask_png())]
    members += [
        ("h.png", png(3)),
        ("./h.png", png(3)),
        ("z.png", png(4)),
        ("z_mask.png", mask_png()),
    ]
    write_tar(tmp_path / "in" / "a.tar", members)
    summary, _ = fill(tmp_path / "in")
    failed = dict(summary.failed)
    assert summary.done == 2
    assert failed.keys() == {
        f"{letter}.{'gif' if letter == 'd' else 'png'}" for letter in "bcdefgh"
    }
    assert failed["b.png"].startswith("b.png is not a picture of a known format")
    assert failed["c.png"].startswith("c_mask.png is 10 x 10 pixels and c.png is 32 x 24")
    assert failed["e.png"].startswith("e_mask.png is empty")
    assert failed["g.png"].startswith("g.mask.png and g_mask.png both fit")
    assert failed["h.png"].startswith("two members")
    assert "tmp" not in json.dumps(summary.failed)
    job = manifest(tmp_path / "out" / "manifest.json")
    assert job["complete"]
    assert job["pictures"] == {"filled": 2, "failed": 7}
    assert {entry["name"] for entry in job["failed"]} == failed.keys()
    assert [*members_of(tmp_path / "out" / "a.tar")] == ["a.png", "z.png"]
    # Going on does not do it again, unless it is asked for, and tells the failures again.
    again, _ = fill(tmp_path / "in", hand=never)
    assert (again.done, again.skipped, again.failed) == (0, 2, summary.failed)
    retried, _ = fill(tmp_path / "in", retry_failed=True)
    assert (retried.done, retried.skipped) == (2, 0)


def test_options_reach_the_network_and_the_writer(fill, shards, tmp_path):
    fill(shards, tmp_path / "plain")
    options = Options(fit="resize", ensemble=True)
    fill(shards, options=options, writing=JobOptions(format="jpg", quality=40))
    members = members_of(tmp_path / "out" / "0.tar")
    assert list(members) == [f"{i:04}.jpg" for i in range(4)]
    assert all(content.startswith(b"\xff\xd8") for content in members.values())
    told = manifest(tmp_path / "out" / "0.tar.json")
    assert "JPEG is not exact" in told["pictures"][0]["warnings"][0]
    assert told["pictures"][0]["fit"].startswith("resize")
