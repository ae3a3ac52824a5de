"""The page in the browser: the files in `static/`, and their routes."""

import hashlib
from collections.abc import Awaitable, Callable
from importlib.resources import files
from pathlib import Path
from typing import NamedTuple

from fastapi import FastAPI, Request, Response

from .routes import first_picture, router

# Not Python's own table: on Windows the registry may say something else for .js.
_TYPES = {
    ".html": "text/html; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
}
_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob:; "
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
# Beside what the guard adds to every answer.
_HEADERS = {
    "Content-Security-Policy": _POLICY,
    "Cross-Origin-Opener-Policy": "same-origin",
    # Kept, but asked for each time: a new version is seen at once.
    "Cache-Control": "no-cache",
}


class _File(NamedTuple):
    content: bytes
    type: str
    tag: str


def mount(app: FastAPI, photo: Path | None = None) -> None:
    """Let `app` serve the page at `/` and what belongs to it under `/page/`.

    The files are read once. Nothing else of the folder, or of any other, can be asked for, but
    `photo`, the picture that the page opens at its start. It lies outside `/page/`: whatever is
    read there needs no token.
    """
    app.include_router(router)
    app.add_api_route("/photo", first_picture(photo), methods=["GET"], include_in_schema=False)
    for name, file in _files().items():
        address = "/" if name == "index.html" else f"/page/{name}"
        app.add_api_route(
            address, _answering(file), methods=["GET", "HEAD"], include_in_schema=False
        )


def _files() -> dict[str, _File]:
    served = {}
    for entry in files(__name__).joinpath("static").iterdir():
        kind = _TYPES.get(entry.name[entry.name.rfind(".") :])
        if kind is not None:
            content = entry.read_bytes()
            tag = f'"{hashlib.sha256(content).hexdigest()[:32]}"'
            served[entry.name] = _File(content, kind, tag)
    return served


def _answering(file: _File) -> Callable[[Request], Awaitable[Response]]:
    async def answer(request: Request) -> Response:
        headers = _HEADERS | {"ETag": file.tag}
        asked = request.headers.get("if-none-match", "")
        if file.tag in {tag.strip().removeprefix("W/") for tag in asked.split(",")}:
            return Response(status_code=304, headers=headers)
        return Response(file.content, media_type=file.type, headers=headers)

    return answer
