"""Refusals: the answers to requests that are not served, and what failures mean to clients."""

import logging
from collections.abc import Mapping

from pydantic import BaseModel, Field, ValidationError
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse, Response
from starlette.types import Scope

from ..errors import DeepginError, PictureError, UsageError, in_request
from ..runtimes import OutOfMemory

_LOG = logging.getLogger("deepgin.service")
LEFT = 499  # as nginx logs a client that hung up; nobody reads the answer


class Error(BaseModel):
    """The body of every refusal."""

    error: str = Field(
        description="what is wrong, and what to do",
        examples=["the mask is 64 x 64 pixels and the picture is 640 x 480: ..."],
    )
    field: str = Field("", description="the field that is wrong; empty if it is none")


class Refusal(HTTPException):
    """A request that is not served: status, what is wrong and what to do, and the wrong field."""

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


def _refusal_of(error: Exception, method: str) -> Refusal:
    """Return what a failure means to the client; one of the service is logged."""
    if isinstance(error, Refusal):
        return error
    if isinstance(error, HTTPException):  # from the router
        known = {404: "there is nothing here", 405: f"{method} does not work here"}
        sentence = f"{known.get(error.status_code, error.detail)}: see /docs"
        return Refusal(error.status_code, sentence, headers=error.headers)
    if isinstance(error, ValidationError):
        return _refusal_of_field(error)
    if isinstance(error, MemoryError) or isinstance(error.__cause__, OutOfMemory):
        _LOG.error("memory: %s", error)
        return Refusal(503, "too little memory for this picture: send a smaller one")
    if isinstance(error, UsageError | PictureError):
        status = 400 if isinstance(error, UsageError) else 422
        return Refusal(status, error.spelled(in_request), field=error.field)
    known_failure = isinstance(error, DeepginError)
    _LOG.error("a request failed: %s", error, exc_info=None if known_failure else error)
    return Refusal(500, "the service failed, not the request: see the log of the service")


def _refusal_of_field(error: ValidationError) -> Refusal:
    """Return a refusal of the first field that is wrong."""
    first = error.errors(include_url=False, include_input=False, include_context=False)[0]
    field = ".".join(str(part) for part in first["loc"])[:40]
    what = first["msg"].removeprefix("Value error, ").removeprefix("Input ")
    sentences = {
        "missing": f"{field} is missing",
        "extra_forbidden": f"there is no field {field}: see /docs",
    }
    sentence = sentences.get(first["type"], f"{field or 'the request'} {what}")
    return Refusal(400, sentence, field=field)


def answer(error: Exception, scope: Scope) -> Response:
    """Return a failure as JSON; below `/api` also as IOPaint's clients look for it."""
    refusal = _refusal_of(error, scope["method"])
    sentence = " ".join(str(refusal.detail).split())
    body = {"error": sentence, "field": refusal.field}
    if below_root(scope).startswith("/api/"):
        body |= {"detail": sentence, "body": "", "errors": sentence}
    return JSONResponse(body, refusal.status_code, refusal.headers)


def below_root(scope: Scope) -> str:
    """Return the path as routes have it, whether a proxy strips the root path or not."""
    root = scope.get("root_path", "")
    path: str = scope["path"]
    return path.removeprefix(root) if path.startswith(f"{root}/") else path


def responses(*statuses: int) -> dict[int | str, dict[str, object]]:
    """Return what OpenAPI says of refusals."""
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
