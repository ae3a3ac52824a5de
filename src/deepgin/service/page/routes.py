"""Routes for the page: limits, previews, downloads, and a first picture."""

from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from typing import Any
from urllib.parse import quote

import numpy as np
from fastapi import APIRouter, Request, Response
from PIL import Image
from pydantic import BaseModel, ConfigDict, ValidationError
from starlette.responses import FileResponse

from ...errors import UsageError
from ...pictures import Document
from ...pictures.modes import has_alpha, is_deep
from ..files import Writing, written
from ..inpaint import header, in_time, unless_left, uploaded
from ..parts import multipart, split
from ..patches import Box, cut
from ..refusals import refusal_of, refusal_of_fields
from ..service import Service

router = APIRouter(include_in_schema=False)
# As in picture.js: larger pictures are shown smaller.
_WHOLE, _SHOWN = 50e6, 16e6


class Limits(BaseModel):
    """What the service takes."""

    pixels: int
    bytes: int


@router.get("/page/limits")
async def limits(request: Request) -> Limits:
    """Tell what is taken, so that a picture is refused before it is painted on."""
    own = Service.of(request).settings.limits
    return Limits(pixels=own.pixels, bytes=own.bytes)


class _Form(BaseModel):
    """The fields beside `picture` and `patch`."""

    model_config = ConfigDict(extra="forbid")

    patch_box: str = ""
    format: str = ""
    quality: int | None = None


@router.post("/page/preview")
async def preview(request: Request) -> Response:
    """Show a picture, or its patch, in a format of browsers: JPEG, or PNG if it has alpha."""
    return await _made(request, lambda form: Writing("png"), _preview)


@router.post("/page/download")
async def download(request: Request) -> Response:
    """Put the patch into the picture and encode it, once, with the metadata of its file."""
    return await _made(request, lambda form: Writing(form.format, form.quality), _download)


async def _made(
    request: Request,
    writing_of: Callable[[_Form], Writing],
    make: Callable[[Document, Writing, Box | None], Response],
) -> Response:
    service = Service.of(request)
    service.check_slot()
    body = await in_time(multipart(request), service.settings.limits.seconds)
    try:
        files, values = split(body, ("picture", "patch"))
        form = _Form.model_validate(values)
        upload, writing = uploaded(files, form.patch_box), writing_of(form)
        with service.slot():
            work = service.made_of(upload, writing, lambda read: make(read, writing, upload.box))
            return await unless_left(request, work)
    except ValidationError as error:
        raise refusal_of_fields(error) from error
    except UsageError as error:
        raise refusal_of(error) from error
    finally:
        await body.close()


def _download(document: Document, writing: Writing, box: Box | None) -> Response:
    content, kind, notes = written(document, writing)
    headers = {"Cache-Control": "no-store"}
    if notes:
        headers["X-Deepgin-Warnings"] = header("; ".join(notes))
    return Response(content, media_type=kind, headers=headers)


def _preview(document: Document, writing: Writing, box: Box | None) -> Response:
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


def first_picture(path: Path | None) -> Callable[[], Response]:
    """Return what answers with the picture that the page opens at its start: 204 if none."""

    def answer() -> Response:
        if path is None:
            return Response(status_code=204)
        headers = {"Cache-Control": "no-store", "X-Deepgin-Name": quote(path.name)}
        return FileResponse(path, headers=headers)

    return answer
