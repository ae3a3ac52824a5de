"""Request bodies, multipart or JSON, read in time into files and fields."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import IO, Any, TypeVar

from fastapi import Request
from python_multipart.exceptions import FormParserError
from starlette.datastructures import FormData, UploadFile
from starlette.formparsers import MultiPartException, MultiPartParser
from starlette.requests import ClientDisconnect

from .files import Box, Upload
from .refusals import LEFT, Refusal
from .service import Service

T = TypeVar("T")
_MOST_PARTS = 40
_LONGEST_FIELD = 4096
_HUNG_UP = "the client hung up"


class _Parser(MultiPartParser):
    """Knows whether the last boundary came."""

    ended = False

    def on_end(self) -> None:
        self.ended = True


@asynccontextmanager
async def form_of(
    request: Request, names: tuple[str, ...]
) -> AsyncIterator[tuple[Upload, dict[str, str]]]:
    """Yield the files (those of `names`) and the fields of a multipart body; empty ones left out."""
    form = await _in_time(request, _multipart)
    try:
        files, fields = _split(form, names)
        place = fields.get("patch_box", "")
        if ("patch" in files) != bool(place):
            raise Refusal(400, "patch and patch_box belong together: send both as they came")
        box = Box.parsed(place) if place else None
        yield Upload(files, box), fields
    finally:
        await form.close()


async def json_of(request: Request) -> dict[str, Any]:
    """Read a body that is one JSON object."""
    return await _in_time(request, _json)


async def _in_time(request: Request, read: Callable[[Request], Awaitable[T]]) -> T:
    service = Service.of(request)
    try:
        service.check_slot()
        async with asyncio.timeout(service.settings.limits.seconds):
            return await read(request)
    except TimeoutError as error:
        raise Refusal(408, "the request took too long to arrive") from error
    except ClientDisconnect as error:
        raise Refusal(LEFT, _HUNG_UP) from error


async def _multipart(request: Request) -> FormData:
    """Read a multipart body; large files go to the disk as they come."""
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
    except MultiPartException as error:
        raise Refusal(400, f"the multipart body is garbled: {error.message}") from error
    except (FormParserError, ValueError, UnicodeError) as error:
        raise Refusal(400, "the multipart body is garbled") from error
    if not parser.ended:
        await form.close()
        raise Refusal(400, "the multipart body is cut off: its last boundary is missing")
    return form


async def _json(request: Request) -> dict[str, Any]:
    _check_type(request, "application/json")
    try:
        # Not `request.body()`, which the request would hold until it is answered.
        body = json.loads(b"".join([part async for part in request.stream()]))
    except (ValueError, RecursionError) as error:
        raise Refusal(400, "the body is no JSON, or it is cut off") from error
    if not isinstance(body, dict):
        raise Refusal(400, "the body must be a JSON object")
    return body


def _check_type(request: Request, expected: str) -> None:
    sent = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if sent != expected:
        raise Refusal(415, f"the body must be {expected}, not {sent[:80] or 'of no type'}")


def _split(form: FormData, names: tuple[str, ...]) -> tuple[dict[str, IO[bytes]], dict[str, str]]:
    files: dict[str, IO[bytes]] = {}
    fields: dict[str, str] = {}
    for name, value in form.multi_items():
        if name in files or name in fields:
            raise Refusal(400, f"the part '{name[:40]}' comes twice: send it once")
        if isinstance(value, UploadFile):
            if name not in names:
                raise Refusal(400, f"the part '{name[:40]}' is a file: send it as a plain field")
            if value.size or value.filename:
                files[name] = value.file
        elif value:
            if name in names:
                raise Refusal(400, f"{name} must be a file: give its part a filename")
            fields[name] = value
    if "picture" not in files:
        problem = "the picture is missing: send it as a file named picture"
        raise Refusal(400, problem, field="picture")
    return files, fields


async def unless_left(request: Request, work: Awaitable[T]) -> T:
    """Wait for work, and drop it if the client hangs up meanwhile: raises a Refusal."""
    working, leaving = asyncio.ensure_future(work), asyncio.ensure_future(_gone(request))
    try:
        await asyncio.wait({working, leaving}, return_when=asyncio.FIRST_COMPLETED)
        if working.done():
            return working.result()
        raise Refusal(LEFT, _HUNG_UP)
    finally:
        for task in (working, leaving):
            task.cancel()
        await asyncio.gather(working, leaving, return_exceptions=True)


async def _gone(request: Request) -> None:
    while (await request.receive())["type"] != "http.disconnect":
        pass
