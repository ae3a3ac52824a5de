"""What is answered when a request is not served: one sentence, and no path of this machine."""

import logging
import re
from collections.abc import Mapping, Sequence
from pathlib import Path

from fastapi import FastAPI, Request
from pydantic import BaseModel, Field, ValidationError
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse, Response
from starlette.types import Scope

from ..errors import DeepginError, PictureError, UsageError, in_request
from ..runtimes import OutOfMemory

_LOG = logging.getLogger("deepgin.service")
# What nginx logs for it; there is nobody left to read it.
LEFT = 499
OURS = "something failed here, not in the request: the log of the service says what"


class Error(BaseModel):
    """What every refusal says."""

    error: str = Field(examples=["the mask is 64 x 64 pixels and the picture is 640 x 480: ..."])


class Refusal(HTTPException):
    """A request that is not served.

    Args:
        status: 400 to 599.
        sentence: what is wrong, and the mend.
        retry_after: seconds after which to try again.
        headers: further ones of the answer.
    """

    def __init__(
        self,
        status: int,
        sentence: str,
        *,
        retry_after: int | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        told = dict(headers or {})
        if retry_after is not None:
            told["Retry-After"] = str(retry_after)
        super().__init__(status, sentence, told)


class ClientLeft(Refusal):
    """The client hung up."""

    def __init__(self) -> None:
        super().__init__(LEFT, "the client hung up")


def worded(message: str, paths: Mapping[Path, str] | None = None) -> str:
    """Return a message as a client of the service understands it, in one line.

    Args:
        message: as the command line has it.
        paths: files here, and what they are to the client.
    """
    for path, part in (paths or {}).items():
        message = message.replace(str(path), part)
    message = re.sub(r" \(in Python, [^)]*\)| \(--[a-z]+\)", "", message)
    message = re.sub(r"\bend it in \.(\w+)", r"ask for the format \1", message)
    message = re.sub(r"--([a-z]+)-?([a-z]*)", lambda m: "_".join(filter(None, m.groups())), message)
    return " ".join(message.split())


def refusal_of(error: Exception, paths: Mapping[Path, str] | None = None) -> Refusal:
    """Return what a failure means to the client; one that is not the client's is logged."""
    if isinstance(error, Refusal):
        return error
    if isinstance(error, MemoryError) or isinstance(error.__cause__, OutOfMemory):
        _LOG.error("memory: %s", error)
        sentence = "the memory here does not suffice for this picture: send a smaller one"
        return Refusal(503, sentence)
    if isinstance(error, UsageError):
        return Refusal(400, worded(error.spelled(in_request), paths))
    if isinstance(error, PictureError):
        return Refusal(422, worded(error.spelled(in_request), paths))
    known = isinstance(error, DeepginError)
    _LOG.error("a request failed: %s", error, exc_info=None if known else error)
    return Refusal(500, OURS)


def first_of(error: ValidationError) -> str:
    """Return the first thing that is wrong with fields, as a sentence."""
    found = error.errors(include_url=False, include_input=False, include_context=False)[0]
    where = ".".join(str(part) for part in found["loc"])[:40] or "the request"
    if found["type"] == "missing":
        return f"{where} is missing"
    if found["type"] == "extra_forbidden":
        return f"there is no field {where}: see /docs"
    what = found["msg"].removeprefix("Value error, ").removeprefix("Input ")
    return f"{where} {what}"


def answer(refusal: HTTPException, path: str) -> Response:
    """Return a refusal as JSON; below `/api` also as IOPaint's clients look for it."""
    sentence = " ".join(str(refusal.detail).split())
    body = {"error": sentence}
    if path.startswith("/api/"):
        body |= {"detail": sentence, "body": "", "errors": sentence}
    return JSONResponse(body, refusal.status_code, dict(refusal.headers or {}))


def below_root(scope: Scope) -> str:
    """Return the path as routes have it, whether a proxy takes the root path away or not."""
    root = scope.get("root_path", "")
    path: str = scope["path"]
    return path.removeprefix(root) if path.startswith(f"{root}/") else path


def install(app: FastAPI) -> None:
    """Make refusals in `app` answers of one sentence; other failures are the guard's."""

    async def refused(request: Request, error: Exception) -> Response:
        assert isinstance(error, HTTPException)
        if not isinstance(error, Refusal):
            error = _of_router(request, error)
        return answer(error, below_root(request.scope))

    app.add_exception_handler(HTTPException, refused)


def _of_router(request: Request, error: HTTPException) -> HTTPException:
    """Say in words what the router says by a number."""
    if error.status_code == 404:
        return Refusal(404, "there is nothing here: see /docs")
    if error.status_code == 405:
        sentence = f"{request.method} does not work here: see /docs"
        return Refusal(405, sentence, headers=error.headers)
    return error


def responses(statuses: Sequence[int]) -> dict[int | str, dict[str, object]]:
    """Return what OpenAPI is to say of refusals."""
    return {status: {"model": Error, "description": _MEANINGS[status]} for status in statuses}


_MEANINGS = {
    400: "A field or the body does not work.",
    401: "The token is missing or another.",
    403: "Another site's page asked, or the service was called by a name that it does not have.",
    404: "There is nothing here.",
    408: "The request took too long to arrive.",
    413: "Too many bytes or pixels.",
    415: "A body or a picture of a type that is not taken.",
    422: "A picture or mask cannot be used: damaged, of another size, nothing left to go by.",
    429: "Too many requests at a time: try again after Retry-After seconds.",
    500: "A failure of the service.",
    503: "Not ready, ending, or the request waited too long.",
}
