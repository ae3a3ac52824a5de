"""What was filled: wiped over, copied; and the network that is chosen for it."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image


def test_a_slider_wipes_between_before_and_after(person, picture):
    page = person.page
    person.open(picture())
    before = person.shown()
    page.mouse.move(*person.at(48, 10))  # else a ring shows the size for a while
    person.brush(10)
    person.drag((10, 32), (86, 32))
    person.fill()
    page.mouse.move(1, 1)
    after = person.shown()
    page.click("#compare")
    assert page.get_attribute("#compare", "aria-pressed") == "true"
    assert page.is_visible("#before")
    assert page.is_visible("#after")
    row = round(person.at(48, 32)[1] - page.locator("#stage").bounding_box()["y"]) + 30
    whole = before.shape[1]
    for value, line in (("50", whole // 2), ("25", 22 + (whole - 44) // 4)):
        page.fill("#wipe", value)
        page.mouse.move(1, 1)
        shown = person.shown()
        left, right = slice(80, line - 20), slice(line + 20, whole - 80)
        assert np.array_equal(shown[row - 60 : row, left], before[row - 60 : row, left])
        assert np.array_equal(shown[row - 60 : row, right], after[row - 60 : row, right])
        assert (shown[row - 60 : row, right] != before[row - 60 : row, right]).any()
    page.focus("#wipe")
    page.keyboard.press("ArrowRight")
    assert page.input_value("#wipe") == "26"
    assert "26 %" in page.get_attribute("#wipe", "aria-valuetext")
    page.keyboard.press("Escape")
    assert page.is_hidden("#wipe")
    page.keyboard.press("w")
    assert page.is_visible("#wipe")
    person.drag((20, 10), (30, 10))  # who paints sees what is marked
    assert page.is_hidden("#wipe")
    assert person.mask().any()
    page.keyboard.press("w")
    page.click("#undo")
    page.click("#undo")
    page.wait_for_selector("#saver[aria-disabled=true]")
    assert page.is_hidden("#wipe")


SIZE_AND_PIXELS = """async () => {
  const [item] = await navigator.clipboard.read();
  const bitmap = await createImageBitmap(await item.getType("image/png"));
  const context = new OffscreenCanvas(bitmap.width, bitmap.height).getContext("2d");
  context.drawImage(bitmap, 0, 0);
  return [bitmap.width, bitmap.height, [...context.getImageData(0, 0, 96, 64).data]];
}"""


def test_the_result_is_copied(visit, picture):
    person = visit(permissions=["clipboard-read", "clipboard-write"])
    page = person.page
    person.open(picture())
    person.drag((20, 20), (50, 20))
    person.fill()
    page.click("#saver")
    page.click("#copy")
    person.hears("copied")
    person.ready()
    width, height, pixels = page.evaluate(SIZE_AND_PIXELS)
    assert (width, height) == (96, 64)
    shown = np.array(pixels, np.uint8).reshape(64, 96, 4)[..., :3]
    with page.expect_download() as saved:
        page.keyboard.press("Control+s")
    assert np.array_equal(shown, np.asarray(Image.open(saved.value.path())))
    page.evaluate("Object.defineProperty(navigator, 'clipboard', { value: undefined })")
    page.keyboard.press("Control+c")
    person.hears("localhost and https only")


def test_a_network_is_chosen_sent_and_kept(person, picture, sent):
    page = person.page
    models = [
        {"network": "both.safetensors", "sharpness": 0.25},
        {"network": "other.onnx", "sharpness": None},
    ]
    page.route("**/v1/models", lambda route: route.fulfill(json={"models": models}))
    for chosen in ("other.onnx", None):
        with page.expect_response("**/v1/models"):
            page.reload()
        person.open(picture())
        page.click("#more")
        page.wait_for_selector("#network:visible")
        if chosen:
            assert page.is_visible("#sharp")
            page.select_option("#network", chosen)
        assert page.is_hidden("#sharp")
        page.keyboard.press("Escape")
        person.drag((20, 20), (50, 20))
        person.fill()
        assert b'name="network"\r\n\r\nother.onnx\r\n' in sent[-1]
        # There is none of that name here, and the service says so.
        assert page.is_visible(".message.wrong")
        person.troubles.clear()
        page.click("#undo")
    page.click("#more")
    page.select_option("#network", "both.safetensors")
    page.keyboard.press("Escape")
    person.drag((20, 20), (50, 20))
    assert person.fill().startswith("Filled")
    assert b'name="network"' not in sent[-1]


def test_axe_has_nothing_to_say(visit, picture):
    axe = pytest.importorskip("axe_core_python", reason="needs pip install axe-core-python")
    source = (Path(axe.__path__[0]) / "axe.min.js").read_text("utf-8")
    for width, height, scheme in ((1280, 800, "light"), (390, 844, "dark")):
        person = visit(width=width, height=height, color_scheme=scheme)
        page = person.page

        def check(person=person):
            person.page.evaluate(f"() => {{ {source} }}")
            assert person.page.evaluate("axe.run().then(({ violations }) => violations)") == []

        check()
        page.set_input_files("#picture-file", [picture("a.png"), picture("b.png")])
        person.ready()
        person.drag((20, 20), (50, 20))
        page.click("#fill-all")
        page.wait_for_selector("#counted:text-is('2 of 2 filled')")
        person.ready()
        page.click("#compare")
        check()
        for button in ("#more", "#saver"):
            page.click(button)
            check()
            page.keyboard.press("Escape")
