"""`POST /v1/inpaint`: a picture and its hole in, the filled picture out."""

import asyncio
import dataclasses
from collections.abc import Awaitable, Mapping
from typing import Any, Literal, TypeVar

from fastapi import APIRouter, Request, Response
from pydantic import ConfigDict, Field, ValidationError, create_model
from starlette.datastructures import UploadFile

from ..errors import UsageError
from ..inpainting import Options
from .files import Upload, Writing
from .parts import multipart, split
from .patches import Box
from .reference import EXAMPLE
from .refusals import ClientLeft, Refusal, refusal_of, refusal_of_fields, responses
from .service import Answer, Service

T = TypeVar("T")
router = APIRouter()
_FILES = ("picture", "mask", "guidance", "patch")
_STATUSES = (400, 401, 403, 408, 413, 415, 422, 429, 500, 503)
_EXAMPLES = {"box": ["40,60,200,120"], "color": ["#ff00ff"]}


def _field(option: dataclasses.Field[Any]) -> tuple[Any, Any]:
    """Return the type and the field that pydantic makes of one of `Options`."""
    about, kind, default = option.metadata, option.type, option.default
    if "choices" in about:
        kind = Literal[about["choices"]]
    elif option.name == "box":
        kind, default = str, ""
    return kind, Field(
        default,
        ge=about.get("minimum"),
        le=about.get("maximum"),
        description=about["help"],
        examples=_EXAMPLES.get(option.name),
    )


_OPTIONS = dataclasses.fields(Options)
_FIELDS: dict[str, Any] = {option.name: _field(option) for option in _OPTIONS}
_Filling: Any = create_model("_Filling", **_FIELDS)


class Fields(_Filling):  # type: ignore[misc]
    """The fields beside the files: those of `Options`, and the request's own."""

    model_config = ConfigDict(extra="forbid")

    sharpness: float | None = Field(
        None,
        ge=0,
        le=1,
        description="0 soft to 1 sharp, of weights of two sets; else their own, or 0 under texture",
    )
    alpha: bool = Field(False, description="the hole is where the picture is transparent")
    quality: int | None = Field(None, ge=0, le=100, description="of JPEG, WebP, AVIF and HEIC")
    format: str = Field(
        "", max_length=8, description="png, jpg, webp, tif, ...; else the picture's own"
    )
    answer: Literal["picture", "patch"] = Field(
        "picture",
        description="patch: only the rectangle round all that was filled, exact, as PNG (CMYK as "
        "TIFF); X-Deepgin-Box says where it lies",
    )
    patch_box: str = Field("", description="where the patch lies: X-Deepgin-Box as it came")
    job: str = Field(
        "",
        pattern="^[A-Za-z0-9_-]{0,64}$",
        description="an id of the client's own: GET /progress/{job} says how far it is",
    )

    def options(self) -> Options:
        """Return the `Options` among them."""
        return Options(**{option.name: getattr(self, option.name) for option in _OPTIONS})


def _body() -> dict[str, Any]:
    """Return the body as OpenAPI has it."""
    schema = Fields.model_json_schema()
    file = {"type": "string", "format": "binary"}
    parts = {
        "picture": "the picture: PNG, JPEG, WebP, TIFF, AVIF, ...; it comes back in that format",
        "mask": "a picture of the same size whose white is missing; or give box, color or alpha",
        "guidance": "a colour-coded segmentation, for weights that take one",
        "patch": "the patch of the filling before, which this one goes on from",
    }
    files = {name: file | {"description": what} for name, what in parts.items()}
    schema |= {"properties": files | schema["properties"], "required": ["picture"]}
    return {"required": True, "content": {"multipart/form-data": {"schema": schema}}}


_PICTURE = {
    "description": "The filled picture, in the picture's own format or the one asked for.",
    "content": {"image/*": {"schema": {"type": "string", "format": "binary"}}},
    "headers": {
        "X-Deepgin-Fit": {
            "description": "how the picture was brought to the network, and why",
            "schema": {"type": "string"},
        },
        "X-Deepgin-Box": {
            "description": "of a patch: x,y,width,height in the upright picture",
            "schema": {"type": "string"},
        },
        "X-Deepgin-Warnings": {
            "description": "what must be said of the result, joined by '; '; may be absent",
            "schema": {"type": "string"},
        },
    },
}


@router.post(
    "/v1/inpaint",
    summary="Fill the holes of a picture; nothing outside them changes",
    description=(
        f"`curl -F picture=@photo.jpg -F mask=@mask.png {EXAMPLE}/v1/inpaint -o "
        "filled.jpg`\n\n`curl -F picture=@photo.png -F box=40,60,200,120 -F dilate=4 "
        f"{EXAMPLE}/v1/inpaint -o filled.png`"
    ),
    response_class=Response,
    responses={200: _PICTURE, **responses(_STATUSES)},
    openapi_extra={"requestBody": _body()},
)
async def inpaint(request: Request) -> Response:
    """Fill one picture."""
    service = Service.of(request)
    service.check_slot()
    form = await in_time(multipart(request), service.settings.limits.seconds)
    try:
        uploads, values = split(form, _FILES)
        fields = _fields(values, {*uploads})
        upload = uploaded(uploads, fields.patch_box)
        with service.slot(), service.followed(fields.job) as progress:
            work = service.fill(
                upload, *_asked(fields), sharpness=fields.sharpness, told=progress.update
            )
            return sent(await unless_left(request, work))
    finally:
        await form.close()


def uploaded(files: Mapping[str, UploadFile], patch_box: str) -> Upload:
    """Return the files of a form; raise a Refusal if a patch has no place, or a place no patch."""
    if ("patch" in files) != bool(patch_box):
        raise Refusal(400, "patch and patch_box belong together: send both as they came")
    box = Box.parsed(patch_box) if patch_box else None
    return Upload(**{name: part.file for name, part in files.items()}, box=box)


def _fields(values: dict[str, str], files: set[str]) -> Fields:
    try:
        fields = Fields.model_validate(values)
    except ValidationError as error:
        raise refusal_of_fields(error) from error
    named = [name for name in ("box", "color", "alpha") if getattr(fields, name)]
    named += ["mask"] if "mask" in files else []
    if len(named) > 1:
        problem = f"{' and '.join(named)} say what the hole is: send one of them"
        raise Refusal(400, problem, field=named[0])
    if not named:
        problem = "nothing says what the hole is: send mask, box, color or alpha"
        raise Refusal(400, problem, field="mask")
    return fields


def _asked(fields: Fields) -> tuple[Options, Writing]:
    try:
        if fields.answer == "patch":
            return fields.options(), Writing("png", patch=True)
        return fields.options(), Writing(fields.format, fields.quality)
    except UsageError as error:
        raise refusal_of(error) from error


async def in_time(reading: Awaitable[T], seconds: float) -> T:
    """Wait for a body.

    Raises:
        Refusal: it took too long.
    """
    try:
        async with asyncio.timeout(seconds):
            return await reading
    except TimeoutError as error:
        raise Refusal(408, "the request took too long to arrive") from error


async def unless_left(request: Request, work: Awaitable[T]) -> T:
    """Wait for work, and drop it if the client hangs up meanwhile.

    Raises:
        ClientLeft: it did.
    """
    working, leaving = asyncio.ensure_future(work), asyncio.ensure_future(_gone(request))
    try:
        await asyncio.wait({working, leaving}, return_when=asyncio.FIRST_COMPLETED)
        if working.done():
            return working.result()
        raise ClientLeft()
    finally:
        for task in (working, leaving):
            task.cancel()
        await asyncio.gather(working, leaving, return_exceptions=True)


async def _gone(request: Request) -> None:
    while (await request.receive())["type"] != "http.disconnect":
        pass


def sent(answer: Answer) -> Response:
    """Return a filled picture as a response."""
    headers = {"X-Deepgin-Fit": header(answer.fit), "Cache-Control": "no-store"}
    if answer.box:
        headers["X-Deepgin-Box"] = str(answer.box)
    if answer.warnings:
        headers["X-Deepgin-Warnings"] = header("; ".join(answer.warnings))
    return Response(answer.content, media_type=answer.content_type, headers=headers)


def header(text: str) -> str:
    """Return text as a header's value."""
    return " ".join(text.encode("ascii", "backslashreplace").decode().split())
