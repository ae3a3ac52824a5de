"""Requests that do not work: 4xx, one sentence, no path of the server, nothing decoded in vain."""

import struct
import zlib

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from deepgin.service.settings import Limits

pytestmark = pytest.mark.anyio
EPS = b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 10 10\n%%EndComments\n%%EndProlog\nshowpage\n"


def bomb(width, height):
    """Return a PNG of a few bytes that says it is huge, and would unpack to that."""

    def chunk(name, body):
        whole = name + body
        return struct.pack(">I", len(body)) + whole + struct.pack(">I", zlib.crc32(whole))

    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        (chunk(b"IHDR", head), chunk(b"IDAT", zlib.compress(bytes(1 << 20))), chunk(b"IEND", b""))
    )


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"dilat": "3"}, "no field dilat"),
        ({"dilate": "many"}, "dilate"),
        ({"dilate": "-1"}, "dilate"),
        ({"dilate": "99999"}, "dilate"),
        ({"feather": "1.5"}, "feather"),
        ({"ensemble": "perhaps"}, "ensemble"),
        ({"threshold": "0"}, "threshold"),
        ({"threshold": "nan"}, "threshold"),
        ({"fit": "croop"}, "fit should be 'auto'"),
        ({"quality": "101"}, "quality"),
        ({"format": "xyz"}, "the format 'xyz' is not written here"),
        ({"format": "../../x.png"}, "format"),
        ({"format": "/a.png"}, "format"),
        ({"box": "1,2,3,4"}, "box and mask say what the hole is"),
        ({"alpha": "true", "color": "#ff00ff"}, "color and alpha and mask"),
    ],
)
async def test_fields(client, upload, sentence, given, said):
    async with client() as c:
        answer = await c.post("/v1/inpaint", files=upload(), data=given)
    assert said in sentence(answer, 400)


@pytest.mark.parametrize(
    ("given", "status", "said"),
    [
        ({}, 400, "send mask, box, color or alpha"),
        ({"box": "1,2,3"}, 400, "box '1,2,3' does not work"),
        ({"box": "100,2,3,4"}, 400, "holds no pixel of a picture of 37 x 29"),
        ({"color": "pinkish"}, 400, "pinkish"),
        ({"alpha": "true"}, 400, "the picture has no alpha channel"),
        ({"box": "0,0,99,99"}, 422, "marks everything as missing"),
    ],
)
async def test_holes_without_a_mask(client, upload, sentence, given, status, said):
    files = {"picture": upload()["picture"]}
    async with client() as c:
        answer = await c.post("/v1/inpaint", files=files, data=given)
    assert said in sentence(answer, status)


@pytest.mark.parametrize("part", ["picture", "mask"])
@pytest.mark.parametrize(
    ("content", "status", "said"),
    [
        (b"", 422, "is empty"),
        (b"no picture", 422, "is not a picture of a known format"),
        (b"\x89PNG\r\n\x1a\n", 422, "the "),
        (bomb(60000, 60000), 413, "has more pixels than are taken here"),
        (bomb(9000, 9000), 413, "9000 x 9000 pixels, more than the 64 million"),
        (bomb(6000, 6000), 422, "damaged or truncated"),
        (EPS, 415, "is EPS, which is not taken here"),
        (b"BM" + bytes(60), 422, "the "),
    ],
)
async def test_files(client, upload, sentence, part, content, status, said):
    files = {**upload(), part: ("x.png", content)}
    async with client() as c:
        words = sentence(await c.post("/v1/inpaint", files=files), status)
    assert said in words
    assert part in words or status == 413


async def test_sizes_that_differ(client, upload, encoded, sentence):
    files = {**upload(), "mask": ("m.png", encoded(np.zeros((28, 37), np.uint8)))}
    async with client() as c:
        answer = await c.post("/v1/inpaint", files=files)
    words = sentence(answer, 422)
    assert "37 x 28" in words
    assert "37 x 29" in words
    assert answer.json()["field"] == "mask"


async def test_what_the_format_cannot_hold(client, photo, encoded, sentence):
    picture = encoded(np.dstack([photo(20, 20), photo(20, 20, 1)[..., 0]]))
    files = {"picture": ("a.png", picture)}
    async with client() as c:
        data = {"box": "2,2,5,5", "format": "jpg"}
        answer = await c.post("/v1/inpaint", files=files, data=data)
    assert "the result" in sentence(answer, 400)
    assert answer.json()["field"] == "format"


async def test_guidance_that_the_network_does_not_take(client, upload, sentence):
    files = {**upload(), "guidance": upload()["picture"]}
    async with client() as c:
        assert "take no guidance" in sentence(await c.post("/v1/inpaint", files=files), 400)


async def test_pixels_are_counted_before_they_are_decoded(client, upload, sentence, monkeypatch):
    files = upload()
    async with client(limits=Limits(pixels=1000)) as c:
        monkeypatch.setattr(Image.Image, "load", None)  # nothing may be decoded
        words = sentence(await c.post("/v1/inpaint", files=files), 413)
    assert words.startswith("the picture has 37 x 29 pixels, more than the 0.001 million")


def body(*parts, boundary="x", end="--x--\r\n"):
    return "".join(f"--{boundary}\r\n{head}\r\n\r\n{text}\r\n" for head, text in parts) + end


FILE = 'Content-Disposition: form-data; name="picture"; filename="a.png"'
FIELD = 'Content-Disposition: form-data; name="{}"'


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("", "cut off"),
        ("garbage", "garbled"),
        (body((FILE, "abc"), end=""), "cut off"),
        (body((FILE, "abc"))[:-30], "cut off"),
        (body(("Content-Disposition: form-data", "abc")), "garbled"),
        (body(("X", "abc")), "garbled"),
        (body((FIELD.format("picture"), "abc")), "picture must be a file"),
        (body((FILE.replace("picture", "dilate"), "3")), "is a file"),
        (body((FILE, "abc"), (FILE, "abc")), "comes twice"),
        (body((FIELD.format("fit"), "x" * 5000)), "garbled"),
        (body(*[(FIELD.format(f"f{i}"), "x") for i in range(60)]), "garbled"),
        (body((FIELD.format("box"), "1,2,3,4")), "the picture is missing"),
    ],
)
async def test_multipart_that_is_garbled(client, sentence, content, said):
    kind = {"Content-Type": "multipart/form-data; boundary=x"}
    async with client() as c:
        answer = await c.post("/v1/inpaint", content=content, headers=kind)
        assert said in sentence(answer, 400)
        assert c.app.state.service.taken == 0


@pytest.mark.parametrize(
    ("kind", "status"),
    [
        ("multipart/form-data", 400),
        ("multipart/form-data; boundary=", 400),
        ("multipart/form-data; boundary=" + "x" * 3000, 400),
        ("multipart/form-data; charset=nonsense; boundary=x", 400),
        ("application/x-www-form-urlencoded", 415),
        ("application/json", 415),
        ("image/png", 415),
        ("", 415),
    ],
)
async def test_other_types(client, sentence, kind, status):
    async with client() as c:
        headers = {"Content-Type": kind} if kind else {}
        sentence(await c.post("/v1/inpaint", content=b"--x\r\n", headers=headers), status)


@settings(max_examples=40, suppress_health_check=list(HealthCheck))
@given(cut=st.floats(0, 1), flip=st.floats(0, 1), kind=st.sampled_from(["PNG", "JPEG", "TIFF"]))
async def test_damaged_files_never_break_it(client, photo, encoded, sentence, cut, flip, kind):
    content = bytearray(encoded(photo(20, 20), kind))
    content[int(flip * (len(content) - 1))] ^= 0x55
    content = bytes(content[: int(cut * len(content)) + 1])
    async with client() as c:
        files = {"picture": ("a", content)}
        answer = await c.post("/v1/inpaint", files=files, data={"box": "2,2,5,5"})
    if answer.status_code != 200:
        assert answer.status_code in (400, 413, 415, 422)
        sentence(answer, answer.status_code)
