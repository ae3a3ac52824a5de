"""Places of this machine, of memory, behind a password, and such as are not there."""

import http.server
import threading

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from deepgin.cluster.places import Place, PlaceError, expanded, public
from deepgin.errors import DeepginError, UsageError


@pytest.fixture(params=["local", "memory", "file"])
def root(request, tmp_path, memory):
    places = {"local": f"{tmp_path}/", "file": f"file://{tmp_path}/", "memory": memory}
    return Place(places[request.param] + "places")


def test_what_is_put_is_there(root, tmp_path):
    assert root.files() == {}
    (tmp_path / "one").write_bytes(b"123")
    root.child("b/x.tar").write(tmp_path / "one")
    root.child("a.json").write(b"{}")
    root.child(".hidden/a.png").write(b"{}")
    assert list(root.files()) == ["a.json", "b/x.tar"]
    assert root.files()["b/x.tar"].bytes == root.child("b/x.tar").info().bytes == 3
    assert root.child("b/x.tar").read() == b"123"
    root.child("b/x.tar").fetch(tmp_path / "two")
    assert (tmp_path / "two").read_bytes() == b"123"
    assert root.is_folder()
    assert not root.child("a.json").is_folder()
    assert [place.shown.rpartition("/")[2] for place in root.child("*.json").matches()] == [
        "a.json"
    ]
    root.child("a.json").remove()
    assert list(root.files()) == ["b/x.tar"]


def test_what_is_missing(root, tmp_path):
    for ask in (root.info, root.is_folder, root.read, lambda: root.fetch(tmp_path / "x")):
        with pytest.raises(PlaceError, match=r"places: no such file or folder$") as caught:
            ask()
        assert caught.value.lasting


def test_inside(root):
    assert root.inside(root) == "."
    assert root.child("a/b").inside(root) == "a/b"
    assert root.inside(root.child("a")) is None
    assert Place(f"{root.address}-2/a").inside(root) is None


def test_memory_is_not_this_machine(tmp_path):
    assert Place(f"memory://{tmp_path}/a").inside(Place(str(tmp_path))) is None


def test_links_lead_to_the_same_place(tmp_path):
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to("real")
    assert Place(f"{tmp_path}/link/a").inside(Place(f"{tmp_path}/real")) == "a"


class Locked(http.server.BaseHTTPRequestHandler):
    status = 401

    def do_GET(self):
        self.send_error(self.status)

    do_HEAD = do_GET

    def log_message(self, *_):
        pass


@pytest.fixture(params=[401, 403])
def locked(request):
    Locked.status = request.param
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Locked)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://me:SECRET@127.0.0.1:{server.server_port}/a.tar?token=SECRET"
    server.shutdown()
    server.server_close()


def test_an_address_that_needs_a_password(locked, tmp_path):
    pytest.importorskip("aiohttp")
    place = Place(locked)
    assert "SECRET" not in place.shown
    for ask in (place.info, place.read, lambda: place.fetch(tmp_path / "x")):
        with pytest.raises(PlaceError) as caught:
            ask()
        text = str(caught.value)
        assert text.startswith(f"{place.shown} cannot be read: it needs a password or key")
        assert "SECRET" not in text
        assert "\n" not in text
        assert caught.value.lasting


def test_a_server_that_is_not_there_may_be_later(tmp_path):
    with pytest.raises(PlaceError) as caught:
        Place("ftp://me:SECRET@127.0.0.1:1/a.tar").info()
    assert str(caught.value).startswith("ftp://127.0.0.1:1/a.tar cannot be read: ")
    assert "SECRET" not in str(caught.value)
    assert not caught.value.lasting


def test_addresses_that_nothing_reads():
    with pytest.raises(UsageError, match="^nothing://x is no address that can be read: [^\n]*$"):
        Place("nothing://x")


def test_what_reads_it_is_not_installed(monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "s3fs", None)
    with pytest.raises(DeepginError, match=r"^s3://bucket/x cannot be read: .*s3fs.*every machine"):
        Place("s3://bucket/x")


def test_a_folder_that_cannot_be_written(tmp_path):
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(DeepginError, match="cannot be made"):
        Place(f"{tmp_path}/file/a").write(b"")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("s3://bucket/a.tar", "s3://bucket/a.tar"),
        ("ftp://me:secret@host/a.tar", "ftp://host/a.tar"),
        ("ftp://me:s@cret@host/a.tar", "ftp://host/a.tar"),
        ("https://host/a.tar?token=secret&x=1", "https://host/a.tar"),
        ("https://host/a.tar#secret", "https://host/a.tar"),
        ("simplecache::https://u:secret@host/a?secret", "simplecache::https://host/a"),
        ("401, url='https://u:secret@host/a?secret'\n again", "401, url='https://host/a' again"),
        ("s3://bucket/a@b.tar", "s3://bucket/a@b.tar"),
        ("/home/me@host/a?.tar", "/home/me@host/a?.tar"),
    ],
)
def test_hidden(text, expected):
    assert public(text) == expected


@settings(max_examples=40)
@given(st.text("abc:@%?&=/", max_size=8).filter(lambda text: "/" not in text))
def test_no_password_is_shown(password):
    assert public(f"see ftp://me:SECRET{password}@host/x now") == "see ftp://host/x now"


def test_ranges():
    assert [*expanded("s3://b/{08..10}.tar")] == [f"s3://b/{n}.tar" for n in ("08", "09", "10")]
    assert [*expanded("{1..2}/{0..1}")] == ["1/0", "1/1", "2/0", "2/1"]
    assert [*expanded("plain-{a..b}.tar")] == ["plain-{a..b}.tar"]


def test_a_range_that_goes_down():
    with pytest.raises(UsageError, match=r"^ftp://host/\{3..1\}:"):
        [*expanded("ftp://me:secret@host/{3..1}")]
