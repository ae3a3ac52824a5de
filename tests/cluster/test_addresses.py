"""Addresses as they are shown, and ranges in them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deepgin.cluster.places import expanded, public
from deepgin.errors import UsageError


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
