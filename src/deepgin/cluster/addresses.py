"""Addresses as they may be shown, and ranges in them. Nothing is opened here."""

import re
from collections.abc import Iterator

from ..errors import UsageError

_PASSWORD = re.compile(r"(?<=://)[^/\s'\"]*@")
_QUERY = re.compile(r"(://[^\s'\"?#]*)[?#][^\s'\")]*")
_RANGE = re.compile(r"\{(\d+)\.\.(\d+)\}")


def hidden(text: object) -> str:
    """Return a text on one line, with the addresses in it bare of passwords and of queries.

    Example:
        >>> hidden("ftp://me:secret@host/a.tar and https://host/b.tar?token=secret")
        'ftp://host/a.tar and https://host/b.tar'
    """
    return _QUERY.sub(r"\1", _PASSWORD.sub("", " ".join(str(text).split())))


def expanded(address: str) -> Iterator[str]:
    """Give the addresses that one with ranges of numbers means.

    Example:
        >>> [*expanded("s3://bucket/{08..10}.tar")]
        ['s3://bucket/08.tar', 's3://bucket/09.tar', 's3://bucket/10.tar']

    Raises:
        UsageError: a range that goes down.
    """
    found = _RANGE.search(address)
    if not found:
        yield address
        return
    first, last = found.groups()
    if int(first) > int(last):
        raise UsageError(
            f"{hidden(address)}: the range {found[0]} goes down: write the least first"
        )
    for number in range(int(first), int(last) + 1):
        text = f"{number:0{len(first)}}"
        yield from expanded(address[: found.start()] + text + address[found.end() :])
