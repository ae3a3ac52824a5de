"""A picture repaired as a person would: paint, fill, compare, refine, undo, download."""

from io import BytesIO

import numpy as np
from PIL import Image


def pixels(data):
    with Image.open(BytesIO(data)) as image:
        return np.asarray(image)


def test_painted_filled_compared_refined_undone_downloaded(person, picture):
    exif = Image.Exif()
    exif[0x010F] = "A camera"
    path = picture(mode="RGBA", exif=exif)
    page = person.page
    before = pixels(path.read_bytes())
    person.open(path)
    assert page.text_content("#dimensions") == "96 × 64"
    assert page.is_disabled("#saver")
    assert page.is_disabled("#compare")

    person.brush(10)
    person.drag((20, 20), (50, 20), (50, 40))
    first = person.mask()
    assert first.shape == (64, 96)
    assert 300 < first.sum() < 700
    shown = person.shown()

    assert person.fill().startswith("Filled in ")
    assert not person.mask().any()
    filled = person.shown()
    page.keyboard.down("c")
    assert page.get_attribute("#compare", "aria-pressed") == "true"
    assert page.is_visible("#before")
    compared = person.shown()
    page.keyboard.up("c")
    assert page.is_hidden("#before")
    assert (filled != compared).any()
    assert (shown != compared).any()

    person.drag((70, 50), (80, 50))
    second = person.mask()
    person.fill()
    name, data = person.download()
    assert name == "photo-filled.png"
    result = pixels(data)
    hole = first | second
    assert np.array_equal(result[~hole], before[~hole])
    assert (result[first] != before[first]).any()
    assert (result[second] != before[second]).any()
    assert np.array_equal(result[..., 3], before[..., 3])
    assert Image.open(BytesIO(data)).getexif()[0x010F] == "A camera"

    page.click("#undo")
    person.marks(second)
    page.keyboard.press("Control+z")
    page.keyboard.press("Control+z")
    person.marks(first)
    for expected in (np.zeros_like(first), second, np.zeros_like(first)):
        page.keyboard.press("Control+Shift+z")
        person.marks(expected)
    page.wait_for_selector("#saver:not([aria-disabled=true])")
    assert page.is_disabled("#redo")
    assert person.download()[1] == data


def test_a_jpeg_is_sent_as_it_is_however_often_it_is_filled(person, picture, sent):
    path = picture("photo.jpg", quality=80)
    person.open(path)
    person.drag((20, 20), (50, 20))
    first = person.mask()
    person.fill()
    person.drag((20, 50), (50, 50))
    hole = first | person.mask()
    person.fill()
    # The file goes as it is; what was filled goes with it, exact.
    assert all(path.read_bytes() in body for body in sent)
    assert [body.count(b"\x89PNG") for body in sent] == [1, 2]
    person.page.click("#saver")
    person.page.select_option("#format", "exact-png")
    assert person.page.is_hidden("#rated")
    person.page.keyboard.press("Escape")
    name, data = person.download()
    assert name == "photo-filled.png"
    result, before = pixels(data), pixels(path.read_bytes())
    assert np.array_equal(result[~hole], before[~hole])
    assert (result[first] != before[first]).any()


def test_options_of_the_menu_are_sent(person, picture, sent):
    path = picture()
    before = pixels(path.read_bytes())
    person.open(path)
    person.brush(2)
    person.drag((30, 30), (40, 30))
    marked = person.mask()
    person.page.click("#more")
    person.page.select_option("#way", "resize")
    person.page.fill("#dilate", "5")
    person.page.keyboard.press("Escape")
    person.fill()
    assert b'name="fit"\r\n\r\nresize' in sent[0]
    assert b'name="feather"' not in sent[0]
    result = pixels(person.download()[1])
    changed = (result != before).any(2)
    assert changed.sum() > 2 * marked.sum()


def test_a_sharpness_is_chosen_and_sent(person, picture, sent):
    page = person.page
    person.open(picture())
    for value in (None, "1"):
        person.drag((20, 20), (60, 40))
        page.click("#more")
        page.wait_for_selector("#sharpness:visible")
        assert page.input_value("#sharpness") == "0.25"
        if value:
            page.fill("#sharpness", value)
        page.keyboard.press("Escape")
        person.fill()
    assert b'name="sharpness"' not in sent[0]
    assert b'name="sharpness"\r\n\r\n1\r\n' in sent[1]


def test_weights_of_one_set_have_no_sharpness(person, picture):
    page = person.page
    page.route("**/v1/models", lambda route: route.fulfill(json={"models": [{"sharpness": None}]}))
    with page.expect_response("**/v1/models"):
        page.reload()
    person.open(picture())
    page.click("#more")
    assert page.is_hidden("#sharp")


def test_texture_is_switched_off_and_on(person, picture, sent):
    page = person.page
    switch = page.get_by_role("switch", name="Texture from the photograph")
    for checked in (True, False, False, True):
        person.open(picture())  # the choice is kept for the next picture
        person.drag((20, 20), (60, 40))
        page.click("#more")
        if switch.is_checked() != checked:
            switch.focus()
            page.keyboard.press("Space")
        assert switch.is_checked() == checked
        page.keyboard.press("Escape")
        person.fill()
        person.download()
        assert (b'name="texture"\r\n\r\noff\r\n' in sent[-1]) == (not checked)
        assert (b'name="texture"' in sent[-1]) == (not checked)
