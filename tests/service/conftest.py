"""A service in this process, over a tiny network or over a runtime that waits until it may go on."""

import asyncio
import re
import struct
import threading
import zlib
from contextlib import asynccontextmanager
from io import BytesIO

import httpx
import numpy as np
import pytest
from PIL import Image

from deepgin.inpainting import Inpainter
from deepgin.pictures.formats.png import write_png
from deepgin.service.app import create_app
from deepgin.service.settings import Settings


@pytest.fixture
def anyio_backend():
    return "asyncio"


class Held:
    """Fills with the mean of what is valid; waits before each batch until `go` is set.

    Attributes:
        batches: the number of patches of each batch, the service's first two left out.
        begun: is set when a batch is.
    """

    size_multiple, trained_at, guided, bytes_a_pixel = 16, 32, False, 1
    fixed, contract, notes = False, None, ()

    def __init__(self, group_pixels=16 * 64 * 64, fails=lambda picture: None):
        self.group_pixels, self.fails = group_pixels, fails
        self.go, self.begun = threading.Event(), threading.Event()
        self.go.set()
        self.batches = []
        self.cold = 2

    def fill(self, pictures, masks, guidance=None):
        if self.cold:
            self.cold -= 1
        else:
            self.batches.append(len(pictures))
            self.begun.set()
            assert self.go.wait(30)
            for picture in pictures:
                self.fails(picture)
        out = pictures.copy()
        for picture, mask in zip(out, masks, strict=True):
            picture[mask] = picture[~mask].mean(0).round()
        return out

    def free_bytes(self):
        return 1 << 40


@pytest.fixture
def held():
    runtime = Held()
    yield runtime
    runtime.go.set()


@pytest.fixture(scope="session")
def held_class():
    return Held


@pytest.fixture(scope="session")
def tiny(weights):
    return Inpainter(weights, device="cpu")


@pytest.fixture
def serving():
    """Runs a service; gives a client of it, with the application as `app`."""

    @asynccontextmanager
    async def run(*, inpainter=None, runtime=None, ready=True, page=False, photo=None, **settings):
        if runtime is not None:
            inpainter = Inpainter(runtime=runtime)
        app = create_app(Settings(**settings), inpainter=inpainter, page=page, photo=photo)
        transport = httpx.ASGITransport(app, raise_app_exceptions=False)
        async with app.router.lifespan_context(app):
            if ready:
                await app.state.service.settled.wait()
            async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as c:
                c.app = app
                yield c

    return run


@pytest.fixture
def client(serving, tiny):
    """Opens a service over the tiny network."""
    return lambda **settings: serving(inpainter=tiny, **settings)


@pytest.fixture(scope="session")
def encoded():
    """Encodes an array or image as a file's bytes."""

    def encode(picture, kind="PNG", **options):
        image = picture if isinstance(picture, Image.Image) else Image.fromarray(picture)
        file = BytesIO()
        image.save(file, kind, **options)
        return file.getvalue()

    return encode


@pytest.fixture(scope="session")
def decoded():
    """Decodes a file's bytes into an array."""
    return lambda content: np.array(Image.open(BytesIO(content)))


@pytest.fixture(
    params=["RGB JPEG", "L PNG", "LA PNG", "RGBA WEBP", "CMYK JPEG", "CMYK TIFF"]
    + ["I;16 TIFF", "RGB GIF", "LA;16 PNG", "RGB;16 PNG", "RGBA;16 PNG"]
)
def mode(request):
    """A picture's mode and format."""
    return request.param


@pytest.fixture
def picture_of(photo, encoded):
    """Encodes a picture of a mode and format, with a tag where the format has them."""

    def make(mode, height, width, orientation=1):
        mode, kind = mode.split()
        colours = photo(height, width).astype(np.uint16) * 257
        if mode == "I;16":
            return encoded(Image.fromarray(colours[..., 0]), kind)
        if mode.endswith(";16"):
            channels, file = {"LA;16": 2, "RGB;16": 3, "RGBA;16": 4}[mode], BytesIO()
            samples = np.dstack([colours, colours[..., :1]])[..., -channels:]
            samples[:4, :, -1] = 0
            write_png(file, samples, {})
            return file.getvalue()
        exif = Image.Exif()
        exif[0x010F], exif[0x0112] = "A camera", orientation
        options = {} if kind == "GIF" else {"exif": exif}
        options |= {"lossless": True} if kind == "WEBP" else {}
        return encoded(Image.fromarray(photo(height, width)).convert(mode), kind, **options)

    return make


@pytest.fixture
def upload(photo, encoded):
    """Makes the files of a request: a picture and its mask."""

    def make(height=29, width=37, seed=0):
        mask = np.zeros((height, width), np.uint8)
        mask[height // 5 : height // 2, width // 4 : width // 2] = 255
        return {
            "picture": ("photo.png", encoded(photo(height, width, seed))),
            "mask": ("mask.png", encoded(mask)),
        }

    return make


@pytest.fixture(scope="session")
def until():
    """Waits for a condition, in a coroutine."""

    async def wait(condition):
        async with asyncio.timeout(20):
            while not condition():
                await asyncio.sleep(0.005)

    return wait


@pytest.fixture(scope="session")
def sentence():
    """Checks that an answer is a refusal of a field, one sentence without a path; returns it."""

    def check(answer, status, field=None):
        assert answer.status_code == status, answer.text
        assert answer.headers["content-type"] == "application/json"
        words = answer.json()["error"]
        assert field in (None, answer.json()["field"]), words
        assert words == " ".join(words.split())
        assert 8 < len(words) < 300
        for wrong in ("/tmp", "deepgin-", "Traceback", "site-packages", " --", "0x"):
            assert wrong not in re.sub(": --allow-(hosts|origins)", "", words), words
        return words

    return check


@pytest.fixture(scope="session")
def bomb():
    """Makes a PNG of a few bytes that says it is huge, and would unpack to a megabyte."""

    def chunk(name, body):
        whole = name + body
        return struct.pack(">I", len(body)) + whole + struct.pack(">I", zlib.crc32(whole))

    def make(width, height):
        head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
        parts = ((b"IHDR", head), (b"IDAT", zlib.compress(bytes(1 << 20))), (b"IEND", b""))
        return b"\x89PNG\r\n\x1a\n" + b"".join(chunk(*part) for part in parts)

    return make
