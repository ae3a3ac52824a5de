"""The page's files as they are served: types, policy, nothing from elsewhere. No browser."""

import re
from importlib.resources import files

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from deepgin.inpainting import Options
from deepgin.service.page import mount

STATIC = files("deepgin.service.page").joinpath("static")
NAMES = sorted(entry.name for entry in STATIC.iterdir())


@pytest.fixture(scope="module")
def get():
    """Asks an application that has nothing but the page."""
    app = FastAPI()
    mount(app)

    # In a thread of its own: the browser of the tests beside this may have an event loop in ours.
    with TestClient(app) as client:
        yield lambda path, method="GET", **headers: client.request(method, path, headers=headers)


def address(name):
    return "/" if name == "index.html" else f"/page/{name}"


@pytest.mark.parametrize("name", NAMES)
def test_each_file_comes_as_it_lies_there_and_loads_nothing_from_elsewhere(get, name):
    answer = get(address(name))
    assert answer.status_code == 200
    assert answer.content == STATIC.joinpath(name).read_bytes()
    kind = {"html": "text/html", "css": "text/css", "js": "text/javascript", "svg": "image/svg+xml"}
    assert answer.headers["content-type"].split(";")[0] == kind[name.rpartition(".")[2]]
    policy = answer.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert not re.search("unsafe|http", policy)
    assert not re.search(r"https?://(?!www\.w3\.org/2000/svg)", answer.text)
    assert not re.search(r"(src|href)=\"(?!page/)", answer.text)
    assert not re.search(r"\son\w+=|\sstyle=|<script>|\beval\b", answer.text)


def test_a_file_that_is_known_is_not_sent_again(get):
    first = get("/page/main.js")
    assert first.headers["cache-control"] == "no-cache"
    tag = first.headers["etag"]
    for asked in (tag, f"W/{tag}", f'"other", {tag}'):
        again = get("/page/main.js", **{"If-None-Match": asked})
        assert (again.status_code, again.content) == (304, b"")
    assert get("/page/main.js", **{"If-None-Match": '"other"'}).status_code == 200
    assert get("/", "HEAD").status_code == 200


@pytest.mark.parametrize(
    "path", ["/page/", "/page/../__init__.py", "/page/%2e%2e/__init__.py", "/x"]
)
def test_nothing_else_is_served(get, path):
    assert get(path).status_code == 404


@pytest.mark.parametrize("name", ["dilate", "feather"])
def test_numbers_have_the_range_of_the_options(name):
    about = Options.__dataclass_fields__[name].metadata
    expected = f'id="{name}" type="number" min="{about["minimum"]}" max="{about["maximum"]}"'
    assert expected in STATIC.joinpath("index.html").read_text()
