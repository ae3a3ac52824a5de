"""A picture that grows: the frame is dragged, the larger picture comes back, undo is smaller."""

import numpy as np
import pytest
from PIL import Image


@pytest.fixture
def framed(person, picture, tmp_path, photo):
    """Somebody at a service that enlarges pictures, 16 pixels to the right; it sends `larger`."""
    page = person.page
    schema = {"schema": {"properties": {"extend": {}}}}
    post = {"requestBody": {"content": {"multipart/form-data": schema}}}
    described = {"paths": {"/v1/inpaint": {"post": post}}}
    page.route("**/openapi.json", lambda route: route.fulfill(json=described))
    person.larger = tmp_path / "larger.png"
    Image.fromarray(photo(64, 112)).save(person.larger)
    person.requests = []

    def answer(route):
        person.requests.append(route.request.post_data_buffer)
        route.fulfill(path=person.larger, content_type="image/png")

    page.route("**/v1/inpaint", answer)
    page.reload()
    person.open(picture("photo.jpg"))
    page.click("#more")
    page.wait_for_selector("#canvas:visible")
    page.click("#grow")
    return person


def values(page):
    sides = ("left", "top", "right", "bottom")
    return [int(page.get_attribute(f"#{side}", "aria-valuenow")) for side in sides]


def test_edges_are_dragged_and_the_new_part_is_filled(framed):
    page = framed.page
    page.click("#fill")
    framed.hears("^Drag an edge")
    scale = float(page.get_attribute("#stage", "data-view").split()[0])
    box = page.locator("#right").bounding_box()
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x + 16 * scale, y + 40)
    page.mouse.up()
    assert values(page) == [0, 0, 16, 0]
    page.focus("#top")
    page.keyboard.press("ArrowDown")  # inwards there is nothing
    page.keyboard.press("ArrowLeft")
    assert values(page) == [0, 0, 16, 0]
    assert page.text_content("#grown") == "112 × 64"
    framed.fill()
    [body] = framed.requests
    assert b'name="extend"\r\n\r\n0,0,16,0\r\n' in body
    assert b'name="format"\r\n\r\npng\r\n' in body
    assert b'name="answer"' not in body
    assert b'name="mask"' not in body
    assert page.text_content("#name") == "photo.png"
    assert page.text_content("#dimensions") == "112 × 64"
    name, data = framed.download()
    assert name == "photo-filled.png"
    framed.larger.with_name("saved.png").write_bytes(data)
    with (
        Image.open(framed.larger.with_name("saved.png")) as saved,
        Image.open(framed.larger) as sent,
    ):
        assert np.array_equal(np.asarray(saved), np.asarray(sent))
    page.click("#undo")
    page.wait_for_selector("#dimensions:text-is('96 × 64')")
    framed.ready()
    assert page.text_content("#name") == "photo.jpg"
    assert page.is_disabled("#undo")


def test_keys_and_escape(framed):
    page = framed.page
    page.focus("#left")
    page.keyboard.press("Shift+ArrowLeft")
    page.keyboard.press("ArrowRight")
    left, *others = values(page)
    assert left > 0
    assert others == [0, 0, 0]
    page.keyboard.press("Escape")
    assert page.is_hidden("#frame")
    framed.drag((20, 20), (50, 20))
    assert framed.mask().any()
