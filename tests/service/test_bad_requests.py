"""Requests that do not work: 4xx, one sentence, no path of the server, nothing decoded in vain."""

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from deepgin.service.settings import Limits

pytestmark = pytest.mark.anyio
EPS = b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 10 10\n%%EndComments\n%%EndProlog\nshowpage\n"


BOMBS = {"bomb": 60000, "large": 9000, "damaged": 6000}


@pytest.mark.parametrize(
    ("data", "field"),
    [
        ({"dilat": "3"}, "dilat"),
        ({"dilate": "many"}, "dilate"),
        ({"dilate": "-1"}, "dilate"),
        ({"dilate": "99999"}, "dilate"),
        ({"feather": "1.5"}, "feather"),
        ({"ensemble": "perhaps"}, "ensemble"),
        ({"threshold": "0"}, "threshold"),
        ({"threshold": "nan"}, "threshold"),
        ({"fit": "croop"}, "fit"),
        ({"texture": "of"}, "texture"),
        ({"sharpness": "1.5"}, "sharpness"),
        ({"sharpness": "1"}, "sharpness"),  # of one set of weights
        ({"quality": "101"}, "quality"),
        ({"format": "xyz"}, "format"),
        ({"format": "../../x.png"}, "format"),
        ({"format": "/a.png"}, "format"),
        ({"box": "1,2,3,4"}, "box"),
        ({"alpha": "true", "color": "#ff00ff"}, "color"),
        ({"extend": "0,0,0,0"}, "extend"),
        ({"extend": "1,2,-3,4"}, "extend"),
        ({"canvas": "wide"}, "canvas"),
        ({"extend": "9,9,9,9", "canvas": "99x99"}, "canvas"),
        ({"extend": "9,9,9,9", "answer": "patch"}, "answer"),
    ],
)
async def test_fields(client, upload, sentence, data, field):
    async with client() as c:
        sentence(await c.post("/v1/inpaint", files=upload(), data=data), 400, field)


@pytest.mark.parametrize(
    ("data", "status", "field"),
    [
        ({}, 400, "mask"),
        ({"box": "1,2,3"}, 400, "box"),
        ({"box": "100,2,3,4"}, 400, "box"),
        ({"color": "pinkish"}, 400, "color"),
        ({"alpha": "true"}, 400, None),
        ({"box": "0,0,99,99"}, 422, None),
        ({"canvas": "36x99"}, 422, "canvas"),
        ({"canvas": "9999x9999"}, 413, "canvas"),
        ({"extend": "9999,9999,0,0"}, 413, "extend"),
        ({"extend": "99999,99999,0,0"}, 413, "extend"),
    ],
)
async def test_holes_without_a_mask(client, upload, sentence, data, status, field):
    files = {"picture": upload()["picture"]}
    async with client() as c:
        sentence(await c.post("/v1/inpaint", files=files, data=data), status, field)


@pytest.mark.parametrize("part", ["picture", "mask"])
@pytest.mark.parametrize(
    ("content", "status"),
    [
        (b"", 422),
        (b"no picture", 422),
        (b"\x89PNG\r\n\x1a\n", 422),
        ("bomb", 413),
        ("large", 413),
        ("damaged", 422),
        (EPS, 415),
        (b"BM" + bytes(60), 422),
    ],
)
async def test_files(client, upload, sentence, bomb, part, content, status):
    if content in BOMBS:
        content = bomb(BOMBS[content], BOMBS[content])
    files = {**upload(), part: ("x.png", content)}
    async with client() as c:
        assert part in sentence(await c.post("/v1/inpaint", files=files), status)


async def test_sizes_that_differ(client, upload, encoded, sentence):
    files = {**upload(), "mask": ("m.png", encoded(np.zeros((28, 37), np.uint8)))}
    async with client() as c:
        words = sentence(await c.post("/v1/inpaint", files=files), 422, "mask")
    assert "37 x 28" in words
    assert "37 x 29" in words


async def test_what_the_format_cannot_hold(client, photo, encoded, sentence):
    picture = encoded(np.dstack([photo(20, 20), photo(20, 20, 1)[..., 0]]))
    data = {"box": "2,2,5,5", "format": "jpg"}
    async with client() as c:
        answer = await c.post("/v1/inpaint", files={"picture": ("a.png", picture)}, data=data)
    sentence(answer, 400, "format")


async def test_pixels_are_counted_before_they_are_decoded(client, upload, sentence, monkeypatch):
    files = upload()
    async with client(limits=Limits(pixels=1000)) as c:
        monkeypatch.setattr(Image.Image, "load", None)  # nothing may be decoded
        assert "37 x 29" in sentence(await c.post("/v1/inpaint", files=files), 413)


def body(*parts, boundary="x", end="--x--\r\n"):
    return "".join(f"--{boundary}\r\n{head}\r\n\r\n{text}\r\n" for head, text in parts) + end


FILE = 'Content-Disposition: form-data; name="picture"; filename="a.png"'
FIELD = 'Content-Disposition: form-data; name="{}"'


@pytest.mark.parametrize(
    "content",
    [
        "",
        "garbage",
        body((FILE, "abc"), end=""),
        body((FILE, "abc"))[:-30],
        body(("Content-Disposition: form-data", "abc")),
        body(("X", "abc")),
        body((FIELD.format("picture"), "abc")),
        body((FILE.replace("picture", "dilate"), "3")),
        body((FILE, "abc"), (FILE, "abc")),
        body((FIELD.format("fit"), "x" * 5000)),
        body(*[(FIELD.format(f"f{i}"), "x") for i in range(60)]),
        body((FIELD.format("box"), "1,2,3,4")),
    ],
)
async def test_multipart_that_is_garbled(client, sentence, content):
    kind = {"Content-Type": "multipart/form-data; boundary=x"}
    async with client() as c:
        sentence(await c.post("/v1/inpaint", content=content, headers=kind), 400)
        assert c.app.state.service.taken == 0


async def test_other_types(client, sentence):
    multipart = "multipart/form-data"
    garbled = [multipart, f"{multipart}; boundary=", f"{multipart}; boundary={'x' * 3000}"]
    garbled.append(f"{multipart}; charset=nonsense; boundary=x")
    async with client() as c:
        for kind in (*garbled, "application/x-www-form-urlencoded", "application/json", ""):
            headers = {"Content-Type": kind} if kind else {}
            answer = await c.post("/v1/inpaint", content=b"--x\r\n", headers=headers)
            sentence(answer, 400 if kind in garbled else 415)


@settings(max_examples=15, suppress_health_check=list(HealthCheck))
@given(cut=st.floats(0, 1), flip=st.floats(0, 1), kind=st.sampled_from(["PNG", "JPEG", "TIFF"]))
async def test_damaged_files_never_break_it(client, photo, encoded, sentence, cut, flip, kind):
    content = bytearray(encoded(photo(20, 20), kind))
    content[int(flip * (len(content) - 1))] ^= 0x55
    content = bytes(content[: int(cut * len(content)) + 1])
    async with client() as c:
        files = {"picture": ("a", content)}
        answer = await c.post("/v1/inpaint", files=files, data={"box": "2,2,5,5"})
    assert answer.status_code in (200, 400, 413, 415, 422)
    if answer.status_code != 200:
        sentence(answer, answer.status_code)
