"""A phone's touch, and keys alone."""

import numpy as np
import pytest


@pytest.fixture
def phone(visit, picture):
    person = visit(width=390, height=844, has_touch=True, is_mobile=True, device_scale_factor=2)
    person.open(picture())
    return person


class Fingers:
    """Fingers on the screen, by the browser's own protocol."""

    def __init__(self, person):
        self.person = person
        self.session = person.page.context.new_cdp_session(person.page)

    def send(self, kind, *points):
        at = [self.person.at(*point) for point in points]
        touches = [{"x": x, "y": y, "id": i} for i, (x, y) in enumerate(at)]
        self.session.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": touches})


def test_a_finger_paints_and_the_page_stays(phone):
    fingers = Fingers(phone)
    fingers.send("touchStart", (20, 20))
    for x in range(25, 75, 5):
        fingers.send("touchMove", (x, 20))
    fingers.send("touchEnd")
    mask = phone.mask()
    assert mask[20, 20:70].all()
    assert phone.page.evaluate("[scrollX, scrollY, visualViewport.scale]") == [0, 0, 1]
    assert phone.fill().startswith("Filled in")
    assert phone.download()[0] == "photo-filled.png"


def test_two_fingers_zoom_and_leave_no_mark(phone):
    fingers = Fingers(phone)
    left, right = phone.at(40, 30), phone.at(50, 30)
    screen = [(*left, 0), (*right, 1)]

    def put(kind, spread, count=2):
        points = [
            {"x": x + (-spread if i == 0 else spread), "y": y, "id": i}
            for x, y, i in screen[:count]
        ]
        fingers.session.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})

    put("touchStart", 0, 1)
    put("touchStart", 0)
    for spread in (10, 20, 40):
        put("touchMove", spread)
    fingers.session.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
    assert phone.at(50, 30)[0] - phone.at(40, 30)[0] > 2 * (right[0] - left[0])
    assert not phone.mask().any()
    assert phone.page.is_disabled("#undo")


def test_everything_on_a_phone_is_in_reach_of_a_thumb(visit, picture):
    person = visit(width=360, height=640, has_touch=True, is_mobile=True)
    person.open(picture("a name that is far too long for such a narrow screen.png"))
    for button in person.page.locator("button:visible, input:visible").all():
        box = button.bounding_box()
        assert min(box["height"], box["width"]) >= 44, button
        assert 0 <= box["x"] <= 360 - box["width"], button
        assert box["y"] + box["height"] <= 640, button


def test_by_keys_alone(visit, picture):
    person = visit()
    page = person.page
    # Without someone who hears of it all along, the first choosing can be missed.
    page.on("filechooser", lambda chooser: None)
    page.keyboard.press("Tab")
    page.wait_for_selector("#choose:focus")
    with page.expect_file_chooser() as chooser:
        page.keyboard.press("Enter")
    chooser.value.set_files(picture())
    person.ready()
    page.wait_for_selector("#above:focus")
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("Enter")
    for key in ("ArrowRight", "Shift+ArrowRight", "ArrowDown"):
        page.keyboard.press(key)
    page.keyboard.press("Enter")
    stroke = person.mask()
    assert stroke.any()
    page.keyboard.press("r")
    page.keyboard.press("Enter")
    for key in ("Shift+ArrowUp", "Shift+ArrowLeft", "Escape"):
        page.keyboard.press(key)
    assert np.array_equal(person.mask(), stroke)
    page.keyboard.press("f")
    person.hears("^Filled")
    with page.expect_download() as saved:
        page.keyboard.press("Control+s")
    assert saved.value.suggested_filename == "photo-filled.png"


def test_every_control_has_a_name(person, picture):
    person.open(picture())
    names = person.page.evaluate(
        """() => [...document.querySelectorAll("button, input:not([type=file]), select, canvas")]
          .filter((e) => !e.ariaHidden)
          .map((e) => e.ariaLabel || e.labels?.[0]?.textContent.trim() || e.textContent.trim())"""
    )
    assert all(names)
