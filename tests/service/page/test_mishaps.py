"""What goes wrong is said in words, and nothing is lost."""

import numpy as np
import pytest
from PIL import Image


def painting(person, path):
    person.open(path)
    person.drag((20, 20), (50, 40))
    return person


@pytest.fixture
def painted(person, picture):
    return painting(person, picture())


def test_a_fill_is_cancelled_and_nothing_has_changed(painted):
    page, mask = painted.page, painted.mask()
    held = []
    page.route("**/v1/inpaint", lambda route: held.append(route))
    page.click("#fill")
    page.wait_for_selector("#cancel:visible")
    page.wait_for_selector("#seconds:text-is('1 s')")
    assert page.is_disabled("#undo")
    painted.drag((5, 5), (60, 60))
    with page.expect_event("requestfailed"):
        page.click("#cancel")
    painted.ready()
    assert painted.told() == "Cancelled. Nothing has changed."
    assert np.array_equal(painted.mask(), mask)
    page.unroute("**/v1/inpaint")
    assert painted.fill().startswith("Filled in")


def test_a_fill_is_cancelled_when_its_result_is_there_but_not_shown(painted):
    page, mask = painted.page, painted.mask()
    page.evaluate(
        """() => {
          const decode = window.createImageBitmap;
          window.createImageBitmap = async (file) => {
            document.documentElement.dataset.decoding = "";
            await new Promise((go) => (window.go = go));
            return decode(file);
          };
        }"""
    )
    page.click("#fill")
    page.wait_for_selector("[data-decoding]", state="attached")
    page.keyboard.press("Escape")
    page.evaluate("go()")
    painted.hears("^Cancelled. Nothing has changed.$")
    painted.ready()
    assert np.array_equal(painted.mask(), mask)
    assert page.is_disabled("#saver")


def test_a_picture_that_comes_while_one_is_filled_waits_its_turn(painted, picture):
    page = painted.page
    page.route("**/v1/inpaint", lambda route: None)
    page.click("#fill")
    page.wait_for_selector("#cancel:visible")
    page.set_input_files("#picture-file", picture("other.png"))
    painted.hears("^One thing at a time: wait, or cancel the filling.$")
    page.click("#cancel")
    painted.ready()
    assert page.text_content("#name") == "photo.png"


def test_a_picture_too_large_for_the_browser_takes_nothing_away(painted, bomb, tmp_path):
    mask = painted.mask()
    (tmp_path / "huge.png").write_bytes(bomb(60000, 60000))
    painted.page.set_input_files("#picture-file", tmp_path / "huge.png")
    painted.hears("^huge.png: The picture has more pixels than are taken here")
    painted.troubles.clear()
    assert painted.page.is_visible(".message.wrong")
    assert painted.page.text_content("#name") == "photo.png"
    assert np.array_equal(painted.mask(), mask)
    assert painted.fill().startswith("Filled in")


@pytest.mark.parametrize(
    ("lacks", "said"),
    [
        ("HTMLCanvasElement.prototype.getContext = () => null", "no canvas to draw on"),
        ("delete window.CompressionStream", "too old for this page"),
    ],
)
def test_a_browser_that_cannot_do_it_is_told(enter, address, lacks, said):
    page = enter().page
    page.add_init_script(lacks)
    page.goto(address)
    page.locator("#told", has_text=said).wait_for()
    assert page.is_visible(".message.wrong")
    assert page.is_disabled("#choose")
    page.context.close()


def answering(answer):
    return lambda route: route.fulfill(**answer)


def test_odd_answers_keep_mask_and_picture(painted):
    page, mask = painted.page, painted.mask()
    for status, headers, body, words in (
        (429, {"Retry-After": "3"}, '{"error": "too busy"}', "Too busy. Try again in 3 s."),
        (502, {}, "<html>", "The service answered 502"),
        (200, {}, "no picture", "not a picture"),
        (200, {"X-Deepgin-Box": "0,0,64,64"}, "no picture", "not a picture that this browser"),
    ):
        answer = {"status": status, "headers": headers, "body": body}
        page.route("**/v1/inpaint", answering(answer))
        assert words in painted.fill()
        page.unroute("**/v1/inpaint")
        assert np.array_equal(painted.mask(), mask)
        assert page.is_disabled("#saver")
    page.route("**/v1/inpaint", lambda route: route.abort())
    assert "does not answer" in painted.fill()
    painted.troubles.clear()


def test_without_a_mark_nothing_is_asked(person, picture):
    person.open(picture())
    person.page.route("**/v1/inpaint", lambda route: pytest.fail("it was asked"))
    assert "Nothing is marked" in person.fill()
    person.page.mouse.move(*person.at(20, 20))
    person.page.mouse.down()
    assert person.page.is_hidden("#message")
    person.page.mouse.up()


def test_unsaved_work_is_not_left_or_replaced_unasked(visit, picture):
    painted = painting(visit(), picture())
    page, asked = painted.page, []
    page.on("dialog", lambda dialog: (asked.append(dialog.type), dialog.dismiss()))
    with page.expect_event("dialog"):
        page.evaluate("location.reload()")
    assert asked == ["beforeunload"]
    page.set_input_files("#picture-file", picture("other.png"))
    page.click("text=Keep working")
    painted.ready()
    assert page.text_content("#name") == "photo.png"
    assert painted.mask().any()
    page.set_input_files("#picture-file", picture("other.png"))
    page.click("text=Open it")
    page.wait_for_selector("#name:text-is('other.png')")
    assert not painted.mask().any()
    # What is saved may be left.
    painting(painted, picture())
    painted.fill()
    painted.download()
    asked.clear()
    page.reload()
    assert asked == []


def test_what_the_service_will_not_take_is_said_when_it_is_opened(person, picture):
    page = person.page
    for limits, words in (
        ({"pixels": 6143, "bytes": 1 << 20}, "photo.png has 96 × 64 pixels"),
        ({"pixels": 6144, "bytes": 1000}, "photo.png has .* MB"),
    ):
        page.route("**/page/limits", answering({"json": limits}))
        with page.expect_response("**/photo"):
            page.reload()
        page.set_input_files("#picture-file", picture())
        person.hears(words)
        assert page.is_visible("#choose")
        page.unroute("**/page/limits")


def test_progress_is_shown(painted):
    page = painted.page
    page.route("**/v1/inpaint", lambda route: None)
    told = {"done": 3, "of": 12, "seconds_left": 20.2}
    page.route("**/progress/*", lambda route: route.fulfill(json=told))
    page.click("#fill")
    page.wait_for_selector("#seconds:text-is('21 s left')")
    assert page.evaluate("document.getElementById('progress').value") == 0.25
    assert page.is_visible("#progress")
    page.click("#cancel")
    painted.ready()
    assert page.is_hidden("#progress")


def test_a_token_comes_with_the_address_or_is_asked_for(person, address, picture):
    page, seen = person.page, []

    def door(route):
        seen.append(route.request.headers.get("authorization"))
        if seen[-1] == "Bearer secret":
            route.fulfill(status=204)
        else:
            route.fulfill(status=401, json={"error": "send the token"})

    page.goto("about:blank")
    page.route("**/photo", door)
    with page.expect_response("**/photo"):
        page.goto(f"{address}/?#token=secret")
    assert page.evaluate("location.hash") == ""
    page.evaluate("localStorage.clear()")
    page.goto(f"{address}/?again")
    for given in ("wrong", "secret"):
        page.wait_for_selector("#door[open]")
        page.fill("#token", given)
        with page.expect_response("**/photo"):
            page.keyboard.press("Enter")
    assert seen == ["Bearer secret", None, "Bearer wrong", "Bearer secret"]
    person.open(picture())
    person.troubles.clear()


DROP = """([event, files, text]) => {
  const carried = new DataTransfer();
  for (const [name, data] of files) {
    carried.items.add(new File([new Uint8Array(data)], name, { type: "image/png" }));
  }
  if (text) carried.setData("text/uri-list", text);
  const init = { bubbles: true, cancelable: true };
  document.body.dispatchEvent(event === "drop"
    ? new DragEvent(event, { ...init, dataTransfer: carried })
    : new ClipboardEvent(event, { ...init, clipboardData: carried }));
}"""


def test_what_is_dropped_or_pasted_opens(person, picture, tmp_path):
    page = person.page

    def drop(*paths, text="", event="drop"):
        files = [[path.name, list(path.read_bytes())] for path in paths]
        page.evaluate(DROP, [event, files, text])

    hole = np.zeros((64, 96), bool)
    hole[10:20, 30:50] = True
    Image.fromarray(hole).save(tmp_path / "photo_mask.png")
    drop(tmp_path / "photo_mask.png", tmp_path / "photo_mask.png", picture())  # which of two?
    person.hears("^2 of these files are masks")
    drop(text="https://example.org/a.jpg")
    person.hears("^That is an address")
    assert page.is_visible("#choose")
    drop(picture("image.png"), event="paste")
    page.wait_for_selector("#name:text-is('pasted.png')")
    drop(tmp_path / "photo_mask.png", picture())
    person.marks(hole)
    assert page.text_content("#name") == "photo.png"
