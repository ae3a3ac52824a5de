"""The routes that IOPaint's clients call."""

import asyncio
import base64
import binascii
from io import BytesIO
from typing import Any

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from ..inpainting import Options
from ..pictures.metadata import orientation_of
from ..pictures.opening import opened
from .bodies import json_of, unless_left
from .files import Upload, Writing
from .gathering import Way
from .inpaint import EXAMPLE, STATUSES
from .refusals import Refusal, responses
from .service import Service

router = APIRouter(prefix="/api/v1")
_SEED = 42  # what IOPaint takes when none is given


class Asked(BaseModel):
    """Of IOPaint's many fields those that mean something here; the others are not read."""

    model_config = ConfigDict(extra="ignore", hide_input_in_errors=True)

    image: str = Field(description="the picture in base64, or as a data URL")
    mask: str = Field(description="a picture of the same size, likewise; white is missing")
    use_extender: bool = Field(False, description="enlarge the picture; the mask is not read")
    extender_x: int = Field(0, description="where its new frame begins, of the picture's pixels")
    extender_y: int = Field(0, description="likewise, from the top; both may be negative")
    extender_width: int = Field(640, description="of the new frame")
    extender_height: int = Field(640, description="likewise")
    sd_seed: int = Field(_SEED, description="comes back as X-Seed; nothing depends on it")


class Model(BaseModel):
    """What IOPaint says of a model."""

    name: str
    path: str
    model_type: str = "inpaint"
    is_single_file_diffusers: bool = False
    need_prompt: bool = False
    controlnets: list[str] = []
    brushnets: list[str] = []
    support_strength: bool = False
    support_outpainting: bool = False
    support_lcm_lora: bool = False
    support_controlnet: bool = False
    support_brushnet: bool = False
    support_powerpaint_v2: bool = False


class ServerConfig(BaseModel):
    """What IOPaint says of itself; the choices of plug-ins that are not here are its first."""

    plugins: list[dict[str, Any]] = []
    modelInfos: list[Model]
    removeBGModel: str = "u2net"
    removeBGModels: list[str] = ["u2net"]
    realesrganModel: str = "realesr-general-x4v3"
    realesrganModels: list[str] = ["realesr-general-x4v3"]
    interactiveSegModel: str = "vit_b"
    interactiveSegModels: list[str] = ["vit_b"]
    enableFileManager: bool = False
    enableAutoSaving: bool = False
    enableControlnet: bool = False
    controlnetMethod: str | None = None
    disableModelSwitch: bool = True
    isDesktop: bool = False
    samplers: list[str] = []


_PNG = {
    "description": "The filled picture as PNG.",
    "content": {"image/png": {"schema": {"type": "string", "format": "binary"}}},
    "headers": {"X-Seed": {"schema": {"type": "string"}}},
}


@router.post(
    "/inpaint",
    summary="Fill the holes of a picture, as IOPaint's clients ask for it",
    description=f"`curl --json @request.json {EXAMPLE}/api/v1/inpaint -o filled.png`",
    response_class=Response,
    responses={200: _PNG, **responses(*STATUSES)},
    openapi_extra={
        "requestBody": {
            "required": True,
            "content": {"application/json": {"schema": Asked.model_json_schema()}},
        }
    },
)
async def inpaint(request: Request) -> Response:
    """Fill one picture."""
    upload, options, seed = await _asked(request)
    writing = Writing("png", rgb=True)
    work = Service.of(request).fill(upload, Way(options), writing)
    response = await unless_left(request, work)
    response.headers["X-Seed"] = str(_SEED if seed == -1 else seed)
    return response


async def _asked(request: Request) -> tuple[Upload, Options, int]:
    """Return files, options and seed; of the body, which is long, nothing stays in memory."""
    asked = Asked.model_validate(await json_of(request))
    picture = await asyncio.to_thread(_decoded, asked.image, "image")
    if asked.use_extender:
        sides = await asyncio.to_thread(_sides, asked, picture)
        return Upload({"picture": picture}), Options(extend=sides), asked.sd_seed
    mask = await asyncio.to_thread(_decoded, asked.mask, "mask")
    return Upload({"picture": picture, "mask": mask}), Options(), asked.sd_seed


def _sides(asked: Asked, picture: BytesIO) -> tuple[int, ...]:
    """Return by how much the picture grows to reach the new frame, on each side."""
    with opened(picture, "the image") as image:
        width, height = image.size
        # Others are decoded for their EXIF, and are hardly ever turned.
        if image.format in ("JPEG", "MPO", "WEBP") and orientation_of(image) >= 5:
            width, height = height, width
    picture.seek(0)
    right, bottom = (
        asked.extender_x + asked.extender_width,
        asked.extender_y + asked.extender_height,
    )
    beyond = (-asked.extender_x, -asked.extender_y, right - width, bottom - height)
    sides = tuple(max(0, side) for side in beyond)
    if not any(sides):
        problem = "the extender's frame lies within the image: make it larger"
        raise Refusal(400, problem, field="use_extender")
    return sides


def _decoded(text: str, field: str) -> BytesIO:
    """Return a file from base64 or a data URL."""
    if text.startswith("data:"):
        head, _, text = text.partition(",")
        if not head.endswith(";base64"):
            raise Refusal(400, f"{field} is a data URL that is not in base64", field=field)
    try:
        return BytesIO(base64.b64decode(text.encode("ascii"), validate=False))
    except (binascii.Error, UnicodeEncodeError) as error:
        raise Refusal(400, f"{field} is no base64, or it is cut off", field=field) from error


@router.get("/model", summary="The model in use", responses=responses(401, 403, 503))
async def model(request: Request) -> Model:
    """Return what is loaded."""
    name = str(Service.of(request).facts()[0]["name"])
    return Model(name=name, path=name)


@router.get(
    "/server-config",
    summary="What IOPaint's clients ask first",
    responses=responses(401, 403, 503),
)
async def server_config(request: Request) -> ServerConfig:
    """Return what there is."""
    return ServerConfig(modelInfos=[await model(request)])
