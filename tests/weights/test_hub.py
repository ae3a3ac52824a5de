"""Weights by address: from a cache laid out by hand, and from a hub that a server here plays."""

import hashlib
import json
import re
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import SimpleNamespace

import pytest
import torch
from huggingface_hub import constants
from hypothesis import given, settings
from hypothesis import strategies as st

from deepgin.errors import UsageError, WeightsError
from deepgin.weights import hub, load, read_card
from deepgin.weights.hub import Address, is_address, local_path, parse

COMMIT, OTHER = "c" * 40, "d" * 40
TINY = "tiny.safetensors"


@pytest.fixture(autouse=True)
def cache(monkeypatch, tmp_path):
    """An empty cache; no test asks the real hub."""
    folder = tmp_path / "cache"
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(folder))
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    monkeypatch.setattr(hub, "_downloads", {})
    return folder


@pytest.fixture
def lay(cache):
    """Lays files into the cache as a download would: blobs, links to them, and a reference."""

    def down(files, ref="main", commit=COMMIT, repo="owner/name"):
        folder = cache / f"models--{repo.replace('/', '--')}"
        (folder / "refs" / ref).parent.mkdir(parents=True, exist_ok=True)
        (folder / "refs" / ref).write_text(commit)
        (folder / "blobs").mkdir(exist_ok=True)
        for name, content in files.items():
            blob = folder / "blobs" / hashlib.sha256(content).hexdigest()
            blob.write_bytes(content)
            link = folder / "snapshots" / commit / name
            link.parent.mkdir(parents=True, exist_ok=True)
            link.symlink_to(blob)
        return folder / "snapshots" / commit

    return down


@pytest.fixture
def served(monkeypatch):
    """A hub of one repository: `files`, `asked` (what was asked for), `refusal` (code, name)."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            hub_.asked.append(f"{self.command} {self.path}")
            if hub_.refusal:
                return self.answer(hub_.refusal[0], b"{}", {"X-Error-Code": hub_.refusal[1]})
            if self.path.startswith("/api/models/owner/name"):
                listed = [{"rfilename": name} for name in hub_.files]
                info = {"id": "owner/name", "sha": COMMIT, "siblings": listed}
                return self.answer(200, json.dumps(info).encode(), {})
            content = hub_.files.get(self.path.split("/resolve/")[1].partition("/")[2])
            if content is None:
                return self.answer(404, b"", {"X-Error-Code": "EntryNotFound"})
            etag = f'"{hashlib.sha256(content).hexdigest()}"'
            return self.answer(200, content, {"ETag": etag, "X-Repo-Commit": COMMIT})

        do_HEAD = do_GET

        def answer(self, code, content, headers):
            self.send_response(code)
            for name, value in (headers | {"Content-Length": str(len(content))}).items():
                self.send_header(name, value)
            self.end_headers()
            if self.command == "GET":
                self.wfile.write(content)

        def log_message(self, *_):
            pass

    hub_ = SimpleNamespace(files={}, asked=[], refusal=None)
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, args=[0.02], daemon=True).start()
    address = f"http://127.0.0.1:{server.server_port}"
    monkeypatch.setenv("NO_PROXY", "*")
    monkeypatch.setattr(constants, "ENDPOINT", address)
    template = address + "/{repo_id}/resolve/{revision}/{filename}"
    monkeypatch.setattr(constants, "HUGGINGFACE_CO_URL_TEMPLATE", template)
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", False)
    yield hub_
    server.shutdown()
    server.server_close()


NAMES = st.from_regex(r"[A-Za-z0-9][A-Za-z0-9._-]{0,8}", fullmatch=True)
PATHS = st.lists(NAMES, max_size=3).map("/".join)


@settings(max_examples=30)
@given(NAMES, NAMES, PATHS, PATHS)
def test_an_address_is_read_as_it_is_written(owner, name, file, revision):
    address = Address(f"{owner}/{name}", file, revision)
    assert parse(str(address)) == address
    assert is_address(str(address))


@pytest.mark.parametrize(
    "text",
    ["hf:", "hf:name", "hf:owner/", "hf:/name", "hf://owner/name", "hf:owner/name@", "hf:o/n@a@b"]
    + ["hf:o/n/", "hf:o/n//w", "hf:o/n/../w", "hf:../n", "hf:o/n/w/"]
    + ["hf:a--b/c"],  # the hub's own rule
)
def test_what_is_no_address(text):
    with pytest.raises(UsageError, match=re.escape(text)):
        local_path(text)


def test_files_stay_files(tmp_path):
    assert local_path("a/b.safetensors") == Path("a/b.safetensors")
    assert local_path(tmp_path) == tmp_path
    assert local_path("./hf:a") == Path("hf:a")
    assert not is_address(None)
    assert local_path().is_file()
    assert read_card(local_path()).network == "deepgin-prefill"


def test_weights_from_the_cache_are_loaded(lay, weights):
    snapshot = lay({TINY: weights.read_bytes(), "README.md": b"words"})
    for name in ("hf:owner/name", f"hf:owner/name/{TINY}", Path("hf:owner/name@main")):
        assert local_path(name) == snapshot / TINY
    loaded, expected = load(local_path("hf:owner/name")), load(weights)
    assert (loaded.name, loaded.width) == (expected.name, expected.width)
    pairs = zip(loaded.parameters(), expected.parameters(), strict=True)
    assert all(torch.equal(a, b) for a, b in pairs)


def test_revisions(lay):
    first = lay({TINY: b"first"}, "main")
    second = lay({TINY: b"second"}, "refs/pr/1", OTHER)
    assert local_path("hf:owner/name@refs/pr/1").read_bytes() == b"second"
    assert local_path("hf:owner/name").read_bytes() == b"first"
    assert local_path(f"hf:owner/name@{OTHER}") == second / TINY
    assert local_path(f"hf:owner/name/{TINY}@{COMMIT}") == first / TINY
    with pytest.raises(WeightsError, match="hf:owner/name@v2"):
        local_path("hf:owner/name@v2")


def test_which_of_several(lay):
    lay({"a/one.safetensors": b"1", "two.safetensors": b"2"}, repo="o/two")
    with pytest.raises(WeightsError, match=r"a/one\.safetensors, two\.safetensors"):
        local_path("hf:o/two@main")
    assert local_path("hf:o/two/two.safetensors").read_bytes() == b"2"
    lay({hub.USUAL: b"3", "two.safetensors": b"2"}, repo="o/usual")
    assert local_path("hf:o/usual").read_bytes() == b"3"
    lay({"README.md": b"words"}, repo="o/none")
    with pytest.raises(WeightsError, match="hf:o/none"):
        local_path("hf:o/none")


def test_without_the_extra(monkeypatch):
    monkeypatch.setitem(sys.modules, "huggingface_hub", None)
    with pytest.raises(WeightsError, match=r"pip install -c constraints\.txt '\.\[hub\]'"):
        local_path("hf:owner/name")


def test_a_download_is_asked_for_once(served, cache, weights, monkeypatch):
    served.files = {TINY: weights.read_bytes(), "README.md": b"words"}
    path = local_path("hf:owner/name")
    assert path.read_bytes() == weights.read_bytes()
    assert path.is_relative_to(cache)
    asked = len(served.asked)
    assert served.asked[0] == "GET /api/models/owner/name"
    served.files = {TINY: b"newer"}
    assert local_path("hf:owner/name") == path
    assert len(served.asked) == asked
    hub._downloads.clear()
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    assert local_path("hf:owner/name") == path


LISTED, NAMED = "hf:owner/name", f"hf:owner/name/{TINY}@v1"


@pytest.mark.parametrize(
    ("name", "refusal", "part"),
    [
        *((name, None, "HF_HUB_OFFLINE") for name in (LISTED, NAMED)),
        *((name, (401, "RepoNotFound"), "hf auth login") for name in (LISTED, NAMED)),
        *((name, (403, "GatedRepo"), "gated") for name in (LISTED, NAMED)),
        (LISTED, (404, "RevisionNotFound"), "'main'"),
        (NAMED, (404, "RevisionNotFound"), "'v1'"),
        (NAMED, (404, "EntryNotFound"), f"'{TINY}'"),
        (LISTED, (500, ""), "500"),
    ],
)
def test_refusals_are_one_line(served, monkeypatch, refusal, part, name):
    served.refusal = refusal
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", refusal is None)
    with pytest.raises(WeightsError, match=part) as error:
        local_path(name)
    assert str(error.value).startswith(name)
    assert "\n" not in str(error.value)
