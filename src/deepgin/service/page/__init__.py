"""The page in the browser: its files in `static/`, previews, downloads, and a first picture."""

import mimetypes
from functools import partial
from io import BytesIO
from pathlib import Path
from typing import Any
from urllib.parse import quote

import numpy as np
from fastapi import APIRouter, FastAPI, Request, Response
from PIL import Image
from pydantic import BaseModel, ConfigDict
from starlette.responses import FileResponse
from starlette.staticfiles import StaticFiles

from ...pictures import Document
from ...pictures.modes import has_alpha, is_deep
from ..bodies import form_of, unless_left
from ..files import Box, Writing, cut, written
from ..service import Service

router = APIRouter(include_in_schema=False)
_STATIC = Path(__file__).parent / "static"
# On Windows the registry may say something else.
for _kind, _ending in (("html", ".html"), ("css", ".css"), ("javascript", ".js")):
    mimetypes.add_type(f"text/{_kind}", _ending)
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
# As in picture.js: larger pictures are shown smaller.
_WHOLE, _SHOWN = 50e6, 16e6


class _Static(StaticFiles):
    def file_response(self, *arguments: Any, **named: Any) -> Response:
        response = super().file_response(*arguments, **named)
        response.headers.update(_HEADERS)
        return response


def mount(app: FastAPI, photo: Path | None = None) -> None:
    """Let `app` serve the page at `/` and what belongs to it under `/page/`.

    `photo`, the picture that the page opens at its start, is at `/photo`: whatever is read under
    `/page/` needs no token.
    """
    # Some installers make links to the package's files.
    static = _Static(directory=_STATIC, follow_symlink=True)

    async def index(request: Request) -> Response:
        return await static.get_response("index.html", request.scope)

    def first_picture() -> Response:
        if photo is None:
            return Response(status_code=204)
        headers = {"Cache-Control": "no-store", "X-Deepgin-Name": quote(photo.name)}
        return FileResponse(photo, headers=headers)

    app.include_router(router)
    app.add_api_route("/photo", first_picture, include_in_schema=False)
    app.add_api_route("/", index, methods=["GET", "HEAD"], include_in_schema=False)
    app.mount("/page", static)


@router.get("/page/limits")
async def limits(request: Request) -> dict[str, int]:
    """Return what is taken, so that a picture is refused before it is painted on."""
    own = Service.of(request).settings.limits
    return {"pixels": own.pixels, "bytes": own.bytes}


class _Form(BaseModel):
    """The fields beside `picture` and `patch`."""

    model_config = ConfigDict(extra="forbid")

    patch_box: str = ""
    format: str = ""
    quality: int | None = None


@router.post("/page/preview")
async def preview(request: Request) -> Response:
    """Show a picture, or its patch, in a format of browsers: JPEG, or PNG if it has alpha."""
    async with form_of(request, ("picture", "patch")) as (upload, values):
        _Form.model_validate(values)
        make = partial(_preview, box=upload.box)
        work = Service.of(request).made_of(upload, Writing("png"), make)
        return await unless_left(request, work)


@router.post("/page/download")
async def download(request: Request) -> Response:
    """Put the patch into the picture and encode it, once, with the metadata of its file."""
    async with form_of(request, ("picture", "patch")) as (upload, values):
        form = _Form.model_validate(values)
        writing = Writing(form.format, form.quality)
        work = Service.of(request).made_of(upload, writing, partial(written, writing=writing))
        return await unless_left(request, work)


def _preview(document: Document, box: Box | None) -> Response:
    width, height = document.size
    headers = {"X-Deepgin-Size": f"{width},{height}", "Cache-Control": "no-store"}
    shown = cut(document, box) if box else document
    image = Image.fromarray(shown.rgb())
    if has_alpha(shown.mode):
        alpha = shown.pixels[..., -1]
        image.putalpha(Image.fromarray(np.uint8(alpha >> 8) if is_deep(shown.mode) else alpha))
    if width * height > _WHOLE:
        share = (_SHOWN / (width * height)) ** 0.5
        smaller = [max(1, round(side * share)) for side in image.size]
        image = image.resize((smaller[0], smaller[1]), Image.Resampling.BOX)
    # The colours of other modes are no longer those of their profile.
    options: dict[str, Any] = (
        {"icc_profile": shown.metadata.icc} if shown.mode.startswith("RGB") else {}
    )
    kind = "PNG" if has_alpha(shown.mode) else "JPEG"
    options |= {"compress_level": 1} if kind == "PNG" else {"quality": 95, "subsampling": 0}
    file = BytesIO()
    image.save(file, kind, **options)
    return Response(file.getvalue(), media_type=Image.MIME[kind], headers=headers)
