"""Refusals: the answer to a request that is not served."""

import logging
from collections.abc import Mapping, Sequence

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
    """The body of every refusal."""

    error: str = Field(
        description="what is wrong, and what to do",
        examples=["the mask is 64 x 64 pixels and the picture is 640 x 480: ..."],
    )
    field: str = Field("", description="the field that is wrong; empty if it is none")


class Refusal(HTTPException):
    """A request that is not served.

    Args:
        status: 400 to 599.
        sentence: what is wrong, and what to do.
        field: the field that is wrong.
        retry_after: seconds after which to try again.
        headers: further ones of the answer.
    """

    def __init__(
        self,
        status: int,
        sentence: str,
        *,
        field: str = "",
        retry_after: int | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        retry = {} if retry_after is None else {"Retry-After": str(retry_after)}
        super().__init__(status, sentence, {**(headers or {}), **retry})
        self.field = field


class ClientLeft(Refusal):
    """The client hung up."""

    def __init__(self) -> None:
        super().__init__(LEFT, "the client hung up")


def refusal_of(error: Exception) -> Refusal:
    """Return what a failure means to the client; one that is not the client's is logged."""
    if isinstance(error, Refusal):
        return error
    if isinstance(error, MemoryError) or isinstance(error.__cause__, OutOfMemory):
        _LOG.error("memory: %s", error)
        sentence = "the memory here does not suffice for this picture: send a smaller one"
        return Refusal(503, sentence)
    if isinstance(error, UsageError | PictureError):
        status = 400 if isinstance(error, UsageError) else 422
        return Refusal(status, error.spelled(in_request), field=error.field)
    known = isinstance(error, DeepginError)
    _LOG.error("a request failed: %s", error, exc_info=None if known else error)
    return Refusal(500, OURS)


def refusal_of_fields(error: ValidationError) -> Refusal:
    """Return a refusal of the first field that is wrong."""
    first = error.errors(include_url=False, include_input=False, include_context=False)[0]
    field = ".".join(str(part) for part in first["loc"])[:40]
    what = first["msg"].removeprefix("Value error, ").removeprefix("Input ")
    sentence = f"{field or 'the request'} {what}"
    if first["type"] == "missing":
        sentence = f"{field} is missing"
    elif first["type"] == "extra_forbidden":
        sentence = f"there is no field {field}: see /docs"
    return Refusal(400, sentence, field=field)


def answer(refusal: HTTPException, path: str) -> Response:
    """Return a refusal as JSON; below `/api` also as IOPaint's clients look for it."""
    sentence = " ".join(str(refusal.detail).split())
    body = {"error": sentence, "field": getattr(refusal, "field", "")}
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
    422: "A picture or mask cannot be used: damaged, of another size, no valid pixels.",
    429: "Too many requests at a time: try again after Retry-After seconds.",
    500: "A failure of the service.",
    503: "Not ready, ending, or the request waited too long.",
}
