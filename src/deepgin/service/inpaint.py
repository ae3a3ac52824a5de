"""`POST /v1/inpaint`: a picture and its hole in, the filled picture out."""

import dataclasses
from collections.abc import Container
from typing import Any, Literal

from fastapi import APIRouter, Request, Response
from pydantic import ConfigDict, Field, create_model

from ..inpainting import Options
from .bodies import form_of, unless_left
from .files import Writing
from .gathering import Way
from .refusals import Refusal, responses
from .service import Service

router = APIRouter()
EXAMPLE = "http://127.0.0.1:8000"  # `/docs` shows the service's own address in its place
STATUSES = (400, 401, 403, 408, 413, 415, 422, 429, 500, 503)
_FILES = {
    "picture": "the picture: PNG, JPEG, WebP, TIFF, AVIF, ...; it comes back in that format",
    "mask": "a picture of the same size whose white is missing; or give box, color, alpha, extend",
    "guidance": "a colour-coded segmentation, for weights that take one",
    "patch": "the patch of the filling before, which this one goes on from",
}
_EXAMPLES = {
    "box": ["40,60,200,120"],
    "color": ["#ff00ff"],
    "extend": ["10%,0,10%,0"],
    "canvas": ["1920x1080"],
}


def _field(option: dataclasses.Field[Any]) -> tuple[Any, Any]:
    """Return the type and the field that pydantic makes of one of `Options`."""
    about, kind, default = option.metadata, option.type, option.default
    if "choices" in about:
        kind = Literal[about["choices"]]
    elif option.default is None:
        kind, default = str, ""
    return kind, Field(
        default,
        ge=about.get("minimum"),
        le=about.get("maximum"),
        description=about["help"],
        examples=_EXAMPLES.get(option.name),
    )


_OPTIONS: dict[str, Any] = {option.name: _field(option) for option in dataclasses.fields(Options)}
_Filling: Any = create_model("_Filling", **_OPTIONS)


class Fields(_Filling):  # type: ignore[misc]
    """The fields beside the files: those of `Options`, and the request's own."""

    model_config = ConfigDict(extra="forbid")

    network: str = Field("", description="one of GET /v1/models; else the first of them")
    sharpness: float | None = Field(
        None,
        ge=0,
        le=1,
        description="0 soft to 1 sharp, of weights of two sets; else their own, or 0 under texture",
    )
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

    def way(self) -> Way:
        """Return how the picture is filled."""
        options = Options(**{name: getattr(self, name) for name in _OPTIONS})
        return Way(options, self.sharpness, self.network)

    def writing(self) -> Writing:
        """Return how the result is written."""
        if self.answer == "patch":
            return Writing("png", patch=True)
        return Writing(self.format, self.quality)


def _body() -> dict[str, Any]:
    """Return the body as OpenAPI has it."""
    schema = Fields.model_json_schema()
    file = {"type": "string", "format": "binary"}
    files = {name: file | {"description": what} for name, what in _FILES.items()}
    schema |= {"properties": files | schema["properties"], "required": ["picture"]}
    return {"required": True, "content": {"multipart/form-data": {"schema": schema}}}


_PICTURE = {
    "description": "The filled picture, in the picture's own format or the one asked for.",
    "content": {"image/*": {"schema": {"type": "string", "format": "binary"}}},
    "headers": {
        f"X-Deepgin-{name}": {"description": description, "schema": {"type": "string"}}
        for name, description in {
            "Fit": "how the picture was brought to the network, and why",
            "Box": "of a patch: x,y,width,height in the upright picture",
            "Warnings": "what must be said of the result, joined by '; '; may be absent",
        }.items()
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
    responses={200: _PICTURE, **responses(*STATUSES)},
    openapi_extra={"requestBody": _body()},
)
async def inpaint(request: Request) -> Response:
    """Fill one picture."""
    service = Service.of(request)
    async with form_of(request, (*_FILES,)) as (upload, values):
        fields = Fields.model_validate(values)
        _check_hole(fields, upload.files)
        way, writing = fields.way(), fields.writing()
        with service.followed(fields.job) as progress:
            work = service.fill(upload, way, writing, progress.update)
            return await unless_left(request, work)


def _check_hole(fields: Fields, files: Container[str]) -> None:
    named = [name for name in ("box", "color", "alpha") if getattr(fields, name)]
    named += ["mask"] if "mask" in files else []
    if len(named) > 1:
        problem = f"{' and '.join(named)} say what the hole is: send one of them"
        raise Refusal(400, problem, field=named[0])
    if fields.extend or fields.canvas:
        if fields.answer == "patch":
            problem = "a picture that grows comes back whole: leave answer=patch out"
            raise Refusal(400, problem, field="answer")
    elif not named:
        problem = "nothing says what the hole is: send mask, box, color, alpha or extend"
        raise Refusal(400, problem, field="mask")
