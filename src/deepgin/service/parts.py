"""Parsing a request's body, multipart or JSON, into files and fields."""

import json
from collections.abc import Mapping
from typing import Any

from fastapi import Request
from python_multipart.exceptions import FormParserError
from starlette.datastructures import FormData, UploadFile
from starlette.formparsers import MultiPartException, MultiPartParser
from starlette.requests import ClientDisconnect

from .refusals import ClientLeft, Refusal

_MOST_PARTS = 40
_LONGEST_FIELD = 4096


class _Parser(MultiPartParser):
    """Knows whether the last boundary came."""

    ended = False

    def on_end(self) -> None:
        self.ended = True


async def multipart(request: Request) -> FormData:
    """Read a multipart body; large files go to the disk as they come.

    Raises:
        Refusal: another type, too long, garbled or cut off; ClientLeft.
    """
    _check_type(request, "multipart/form-data")
    parser = _Parser(
        request.headers,
        request.stream(),
        max_files=_MOST_PARTS,
        max_fields=_MOST_PARTS,
        max_part_size=_LONGEST_FIELD,
    )
    try:
        form = await parser.parse()
    except ClientDisconnect as error:
        raise ClientLeft() from error
    except MultiPartException as error:
        raise Refusal(400, f"the multipart body is garbled: {error.message}") from error
    except (FormParserError, ValueError, UnicodeError) as error:
        raise Refusal(400, "the multipart body is garbled") from error
    if not parser.ended:
        await form.close()
        raise Refusal(400, "the multipart body is cut off: its last boundary is missing")
    return form


async def json_object(request: Request) -> dict[str, Any]:
    """Read a body that is one JSON object.

    Raises:
        Refusal: another type, too long, or no JSON object; ClientLeft.
    """
    _check_type(request, "application/json")
    try:
        # Not `request.body()`, which the request would hold until it is answered.
        body = json.loads(b"".join([part async for part in request.stream()]))
    except ClientDisconnect as error:
        raise ClientLeft() from error
    except (ValueError, RecursionError) as error:
        raise Refusal(400, "the body is no JSON, or it is cut off") from error
    if not isinstance(body, dict):
        raise Refusal(400, "the body must be a JSON object")
    return body


def _check_type(request: Request, expected: str) -> None:
    sent = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if sent != expected:
        raise Refusal(415, f"the body must be {expected}, not {sent[:80] or 'of no type'}")


def split(form: FormData, files: tuple[str, ...]) -> tuple[dict[str, UploadFile], dict[str, str]]:
    """Return the files and the fields of a form by name; empty parts are left out.

    Raises:
        Refusal: a name comes twice, a file stands where a field should or the other way, or the
            picture is missing.
    """
    uploads: dict[str, UploadFile] = {}
    fields: dict[str, str] = {}
    for name, value in form.multi_items():
        if name in uploads or name in fields:
            raise Refusal(400, f"{_shown(name)} comes twice: send it once")
        if isinstance(value, UploadFile):
            if name not in files:
                raise Refusal(400, f"{_shown(name)} is a file: send it as a plain field")
            if value.size or value.filename:
                uploads[name] = value
        elif value:
            if name in files:
                raise Refusal(400, f"{name} must be a file: give its part a filename")
            fields[name] = value
    if "picture" not in uploads:
        problem = "the picture is missing: send it as a file named picture"
        raise Refusal(400, problem, field="picture")
    return uploads, fields


def _shown(name: str) -> str:
    return f"the part '{name[:40]}'"


def bytes_in(headers: Mapping[str, str]) -> int | None:
    """Return how long a body is said to be; None if nothing is said.

    Raises:
        Refusal: it is no number.
    """
    said = headers.get("content-length")
    if said is None:
        return None
    if not said.isascii() or not said.isdigit():
        raise Refusal(400, "Content-Length is no number")
    return int(said[:20])
