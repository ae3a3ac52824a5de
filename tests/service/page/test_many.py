"""Several pictures under one mask: filled together, refused by name, downloaded together."""

import zipfile
from pathlib import Path

import numpy as np
import pytest
from PIL import Image


@pytest.fixture
def paths(picture, tmp_path, photo):
    """Three pictures of one size, one of another, and what is no picture."""
    paths = [picture(f"{name}.png") for name in "abc"]
    for seed, path in enumerate(paths):
        Image.fromarray(photo(64, 96, seed)).save(path)
    Image.fromarray(photo(32, 48)).save(tmp_path / "small.png")
    (tmp_path / "broken.png").write_bytes(b"nothing")
    return [*paths, tmp_path / "small.png", tmp_path / "broken.png"]


def choose(person, paths):
    person.page.set_input_files("#picture-file", paths)
    person.page.wait_for_selector("#queue:visible")
    person.ready()


def failures(person):
    return person.page.locator("#failures li").all_text_contents()


def done(person, text):
    person.page.wait_for_selector(f"#counted:text-is('{text}')")
    person.ready()


def test_one_mask_over_all(person, paths, sent):
    page = person.page
    choose(person, paths)
    page.wait_for_selector("#failures li")
    assert page.text_content("#name") == "a.png"
    assert [text.partition(":")[0] for text in failures(person)] == ["broken.png"]
    person.brush(10)
    person.drag((20, 20), (50, 20))
    person.drag((20, 50), (50, 50))
    hole = person.mask()
    page.locator(".thumb").nth(1).click()  # the mask is that of all of this size
    page.wait_for_selector("#name:text-is('b.png')")
    person.ready()
    person.marks(hole)
    assert sent == []

    page.click("#fill-all")
    done(person, "3 of 5 filled")
    small, broken = failures(person)
    assert small.startswith("small.png has 48 × 32 pixels and the mask 96 × 64")
    assert broken.startswith("broken.png")
    assert not person.mask().any()
    page.get_by_role("switch", name="Fit the mask to other sizes").click()
    page.click("#fill-all")  # what is left, with the last mask
    done(person, "4 of 5 filled")
    assert len(sent) == 4
    person.troubles.clear()  # broken.png

    page.click("#saver")
    with page.expect_download() as saved:
        page.click("#download-zip")
    person.ready()
    with zipfile.ZipFile(saved.value.path()) as archive:
        assert archive.testzip() is None
        assert archive.namelist() == [f"{name}-filled.png" for name in ("a", "b", "c", "small")]
        for path in paths[:3]:
            with archive.open(f"{path.stem}-filled.png") as file:
                result, before = np.asarray(Image.open(file)), np.asarray(Image.open(path))
            assert np.array_equal(result[~hole], before[~hole])
            assert (result[hole] != before[hole]).any()
    leaving = "window.dispatchEvent(new Event('beforeunload', { cancelable: true }))"
    assert page.evaluate(leaving)  # all is saved: nobody asks

    page.keyboard.press("Control+z")  # of the picture that is shown
    person.marks(hole)
    done(person, "3 of 5 filled")


def test_single_files_are_downloaded(person, paths):
    page = person.page
    choose(person, paths[:2])
    person.drag((20, 20), (50, 20))
    page.click("#fill-all")
    done(person, "2 of 2 filled")
    page.click("#saver")
    downloads = []

    def came(download):
        downloads.append(download)

    page.on("download", came)
    page.click("#download-files")
    person.hears("^Downloaded 2 of 2")
    names = [download.suggested_filename for download in downloads]
    assert names == ["a-filled.png", "b-filled.png"]
    result = np.asarray(Image.open(Path(downloads[1].path())))
    before = np.asarray(Image.open(paths[1]))
    assert (result != before).any()
    page.remove_listener("download", came)
    person.open(paths[0])  # nothing is unsaved, so nobody asks
    assert page.is_hidden("#queue")


def test_a_cancelled_queue_keeps_what_is_filled(person, paths):
    page = person.page
    choose(person, paths[:3])
    person.drag((20, 20), (50, 20))
    count = []

    def second_hangs(route):
        count.append(route)
        if len(count) == 1:
            route.continue_()

    page.route("**/v1/inpaint", second_hangs)
    page.click("#fill-all")
    page.wait_for_selector("#counted:text-is('1 of 3 filled')")
    page.wait_for_selector("[data-state='in work']")
    page.click("#cancel")
    person.hears("^Cancelled. What is filled stays.$")
    person.ready()
    page.unroute("**/v1/inpaint")
    page.click("#fill-all")
    done(person, "3 of 3 filled")
    page.set_input_files("#picture-file", paths[0])
    page.wait_for_selector("#ask[open]")
    page.keyboard.press("Escape")
    assert page.is_visible("#queue")


def test_a_mask_file_goes_over_all(person, paths, tmp_path):
    hole = np.zeros((64, 96), bool)
    hole[10:20, 30:50] = True
    Image.fromarray(hole).save(tmp_path / "mask.png")
    choose(person, [paths[0], tmp_path / "mask.png", paths[1]])
    person.marks(hole)
    assert person.page.locator(".thumb").count() == 2
