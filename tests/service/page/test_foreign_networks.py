"""Networks of other authors, chosen on the page."""

import socket
import threading
import time
from io import BytesIO

import numpy as np
import pytest
import uvicorn
from PIL import Image

from deepgin.service.app import create_app
from deepgin.service.settings import Settings
from deepgin.weights.model import Model


@pytest.fixture
def three(mean_network, tmp_path):
    """The address of a page with three networks, each of another contract."""
    made = {
        "lama.onnx": {"size": (512, 512), "batch": 1, "out": (0, 255)},
        "migan.onnx": {"hole": 0, "range": (0, 255), "mask_range": (0, 255), "dtype": "uint8"},
        "own.onnx": {"hole": 0, "range": (-1, 1)},
    }
    files = [mean_network(file=name, **how) for name, how in made.items()]
    (tmp_path / "own.yaml").write_text("hole: 0\nrange: -1..1\nmultiple: 16\n")
    first, *others = (Model(file, "cpu") for file in files)
    app = create_app(Settings(port=0, model=first, others=tuple(others)), page=True)
    listening = socket.create_server(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(app, log_level="warning"))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]}, daemon=True)
    thread.start()
    until = time.monotonic() + 30
    while not app.state.service.loaded and time.monotonic() < until:
        time.sleep(0.02)
    yield f"http://127.0.0.1:{listening.getsockname()[1]}"
    server.should_exit = True
    thread.join(10)
    listening.close()


def test_each_fills_and_leaves_valid_pixels(enter, three, picture):
    path = picture()
    before = np.asarray(Image.open(path))
    person = enter()
    person.page.goto(three)
    person.open(path)
    for name in ("lama.onnx", "migan.onnx", "own.onnx"):
        person.page.click("#more")
        person.page.select_option("#network", name)
        person.page.keyboard.press("Escape")
        person.brush(10)
        person.drag((30, 20), (60, 40))
        mask = person.mask()
        assert person.fill()
        _, content = person.download()
        after = np.asarray(Image.open(BytesIO(content)))
        assert (after != before)[mask].any()
        assert np.array_equal(after[~mask], before[~mask])
        person.page.keyboard.press("Control+z")
        person.ready()
    person.page.context.close()
    assert person.troubles == []
