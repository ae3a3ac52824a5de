"""A real browser without a window, and a person who uses the page in it."""

import re
import shutil
import socket
import threading
import time
from io import BytesIO
from math import log
from pathlib import Path

import numpy as np
import pytest
import uvicorn
from PIL import Image

from deepgin.service.app import create_app
from deepgin.service.settings import Settings
from deepgin.weights.model import Model

_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
_PATIENCE = 20_000


# Not of the session: while it is there, Playwright keeps an event loop in this thread, and tests
# elsewhere could start none of their own.
@pytest.fixture(scope="package")
def browser():
    playwright = pytest.importorskip("playwright.sync_api", reason="needs pip install playwright")
    found = next(filter(None, map(shutil.which, _NAMES)), None)
    if not found:
        pytest.skip("needs Chromium: apt-get install chromium")
    with playwright.sync_playwright() as p:
        browser = p.chromium.launch(executable_path=found)
        yield browser
        browser.close()


@pytest.fixture(scope="package")
def bodies():
    """What was sent to the service, request by request."""
    return []


@pytest.fixture(scope="package")
def address(stages, bodies):
    """The address of a service with its page, over a tiny network."""

    async def tapped(scope, receive, send):
        parts = []

        async def heard():
            message = await receive()
            parts.append(message.get("body", b""))
            return message

        await app(scope, heard, send)
        if scope.get("path") == "/v1/inpaint":
            bodies.append(b"".join(parts))

    listening = socket.create_server(("127.0.0.1", 0))
    app = create_app(Settings(port=0, model=Model(stages.both, "cpu")), page=True)
    server = uvicorn.Server(uvicorn.Config(tapped, log_level="warning"))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]}, daemon=True)
    thread.start()
    until = time.monotonic() + 30
    while not app.state.service.loaded and time.monotonic() < until:
        time.sleep(0.02)
    assert app.state.service.loaded
    yield f"http://127.0.0.1:{listening.getsockname()[1]}"
    server.should_exit = True
    thread.join(10)
    listening.close()


class Person:
    """Somebody at the page. Points are in pixels of the picture."""

    def __init__(self, page):
        self.page = page
        self.troubles = []
        page.on("pageerror", lambda error: self.troubles.append(str(error)))
        page.on("console", self.listen)

    def listen(self, message):
        # What is filled in no time is not followed; what is no page has no icon.
        url = message.location["url"]
        if message.type == "error" and not re.search("/progress/|favicon", url):
            self.troubles.append(message.text)

    def open(self, path):
        self.page.set_input_files("#picture-file", path)
        self.page.wait_for_selector(f"#name:text-is('{Path(path).name}')")
        self.ready()

    def ready(self):
        self.page.wait_for_selector("[data-state=ready] #fill:visible")

    def at(self, x, y):
        """Return where a point of the picture is on the screen."""
        # Zooming is heard of in the next frame.
        self.page.evaluate("() => new Promise(requestAnimationFrame)")
        scale, left, top = map(float, self.page.get_attribute("#stage", "data-view").split())
        box = self.page.locator("#above").bounding_box()
        return box["x"] + left + x * scale, box["y"] + top + y * scale

    def drag(self, *points):
        self.page.mouse.move(*self.at(*points[0]))
        self.page.mouse.down()
        for point in points[1:]:
            self.page.mouse.move(*self.at(*point), steps=4)
        self.page.mouse.up()

    def brush(self, pixels):
        scale = float(self.page.get_attribute("#stage", "data-view").split()[0])
        room = self.page.evaluate("Math.min(above.clientWidth, above.clientHeight)")
        place = 100 * log(pixels) / log(max(4, round(min(self.side(), 0.9 * room / scale))))
        self.page.evaluate(
            f"""() => {{
              const slider = document.getElementById("size");
              slider.value = {place};
              slider.dispatchEvent(new Event("input"));
            }}"""
        )
        assert self.page.text_content("#pixels") == f"{pixels} px"

    def side(self):
        return max(int(part) for part in self.page.text_content("#dimensions").split("×"))

    def mask(self):
        """Return the mask as the page saves it: bool, H x W."""
        with self.page.expect_download() as saved:
            self.page.evaluate("document.getElementById('save').click()")
        with Image.open(saved.value.path()) as image:
            assert image.format == "PNG"
            return np.asarray(image.convert("L")) > 127

    def marks(self, expected):
        """Wait until the mask is so."""
        until = time.monotonic() + _PATIENCE / 1000
        while not np.array_equal(found := self.mask(), expected):
            assert time.monotonic() < until, f"{found.sum()} pixels are marked"

    def fill(self):
        """Click, wait, and return what is said."""
        self.page.evaluate("document.getElementById('told').textContent = ''")
        self.page.click("#fill")
        self.hears(r"^(?!Filling\.).+")
        self.ready()
        return self.told()

    def hears(self, pattern):
        """Wait until something is said."""
        # The page's policy forbids the scripts by which Playwright could wait for more.
        said = self.page.locator("#told", has_text=re.compile(pattern))
        said.wait_for(state="attached")

    def told(self):
        self.page.evaluate("() => new Promise(requestAnimationFrame)")
        return self.page.text_content("#told")

    def download(self):
        """Return the name and the bytes of the result."""
        with self.page.expect_download() as saved:
            self.page.click("#saver")
            self.page.click("#download")
        self.ready()
        return saved.value.suggested_filename, Path(saved.value.path()).read_bytes()

    def colour(self, x, y):
        """Return what is seen at a point of the picture."""
        left, top = self.at(x, y)
        box = self.page.locator("#stage").bounding_box()
        return tuple(map(int, self.shown()[round(top - box["y"]), round(left - box["x"])]))

    def shown(self):
        """Return what the stage shows: uint8, H x W x 3."""
        self.page.evaluate("() => new Promise(requestAnimationFrame)")
        data = self.page.locator("#stage").screenshot()
        return np.asarray(Image.open(BytesIO(data)).convert("RGB"))


@pytest.fixture(scope="package")
def enter(browser):
    """Lets somebody with this screen come, and have no page open yet."""

    def come(width=900, height=640, **how):
        viewport = {"width": width, "height": height}
        context = browser.new_context(viewport=viewport, reduced_motion="reduce", **how)
        context.set_default_timeout(_PATIENCE)
        # Most tests press the button.
        context.add_init_script("localStorage['deepgin-choices'] ??= '{\"eager\": false}'")
        return Person(context.new_page())

    return come


@pytest.fixture
def visit(enter, address):
    """Opens the page as somebody new with this screen; at the end nothing may have gone wrong."""
    people = []

    def come(**how):
        people.append(enter(**how))
        people[-1].page.goto(address)
        return people[-1]

    yield come
    for person in people:
        person.page.context.close()
        assert person.troubles == []


@pytest.fixture
def sent(bodies):
    """What this test has sent."""
    bodies.clear()
    return bodies


@pytest.fixture(scope="package")
def somebody(enter):
    return enter()


@pytest.fixture
def person(somebody, address):
    """Somebody who opens the page anew; who listens to its events must be a `visit` of their own."""
    somebody.troubles.clear()
    # What the page before this keeps as it goes is forgotten; this address shows no page.
    somebody.page.goto(f"{address}/healthz")
    somebody.page.evaluate("localStorage.clear()")
    somebody.page.goto(address)
    yield somebody
    somebody.page.unroute_all()
    assert somebody.troubles == []


@pytest.fixture
def picture(tmp_path, photo):
    """Writes a picture of smoothed noise, 96 x 64, under a name and with options of Pillow's `save`."""

    def write(name="photo.png", mode="RGB", **options):
        small = Image.fromarray(photo(8, 12)).resize((96, 64), Image.Resampling.BICUBIC)
        image = small.convert(mode) if mode != "RGBA" else small
        if mode == "RGBA":
            image.putalpha(Image.fromarray(np.tile(np.arange(96, dtype=np.uint8) * 2, (64, 1))))
        path = tmp_path / name
        image.save(path, **options)
        return path

    return write
