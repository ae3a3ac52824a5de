"""Routes about the service: models, health, metrics, progress, and `/docs`."""

from typing import Any, Literal

from fastapi import APIRouter, Request, Response
from fastapi.responses import HTMLResponse
from pydantic import BaseModel, Field

from .meters import CONTENT_TYPE
from .reference import CSP, page
from .refusals import Refusal, responses
from .service import Service

router = APIRouter()


class Model(BaseModel):
    """A network that is loaded."""

    name: str
    width: int | None = None
    licence: str | None = None
    sha256: str | None = None
    sharpness: float | None = None
    training: dict[str, Any] = {}
    trained_at: int
    guided: bool
    device: str | None = None
    precision: str | None = None


class Models(BaseModel):
    """What may be asked for; there is one."""

    models: list[Model]


class Health(BaseModel):
    """That all is well."""

    status: Literal["ok"] = "ok"


@router.get(
    "/v1/models", summary="The networks that are loaded", responses=responses((401, 403, 503))
)
async def models(request: Request) -> Models:
    """Tell what is loaded."""
    return Models(models=[Model(**Service.of(request).facts())])


@router.get("/healthz", summary="Whether the process works", responses=responses((403, 503)))
async def healthz(request: Request) -> Health:
    """Tell whether a restart would help: 503 if so."""
    if not Service.of(request).healthy():
        raise Refusal(503, "the service does not work: the log says why")
    return Health()


@router.get("/readyz", summary="Whether requests are taken", responses=responses((403, 503)))
async def readyz(request: Request) -> Health:
    """Tell whether requests are taken: 503 while the network is loaded, and at the end."""
    Service.of(request).check_ready()
    return Health()


@router.get(
    "/metrics",
    summary="Meters for Prometheus",
    response_class=Response,
    responses={
        200: {"description": "Text.", "content": {"text/plain": {"schema": {"type": "string"}}}},
        **responses((401, 403)),
    },
)
async def metrics(request: Request) -> Response:
    """Tell what was counted."""
    return Response(Service.of(request).meters.text(), media_type=CONTENT_TYPE)


class Progress(BaseModel):
    """How far a fill is, in steps that take about as long as each other."""

    done: int
    of: int = Field(description="all that are known yet; 0 while it waits")
    seconds_left: float | None = Field(description="null while that is not known")


@router.get(
    "/progress/{job}",
    summary="How far the request is that was sent with the field job",
    responses=responses((401, 403, 404)),
)
async def progress(request: Request, response: Response, job: str) -> Progress:
    """Tell how far a fill is."""
    found = Service.of(request).progress.get(job)
    if found is None:
        raise Refusal(404, "there is no such job: its body has not come, or it is answered")
    response.headers["Cache-Control"] = "no-store"
    return Progress(done=found.done, of=found.total, seconds_left=found.seconds_left())


@router.get("/docs", include_in_schema=False)
async def docs(request: Request) -> Response:
    """Show what can be asked; the page loads nothing."""
    headers = {"Content-Security-Policy": CSP}
    return HTMLResponse(page(request.app.openapi(), _address(request)), headers=headers)


def _address(request: Request) -> str:
    """Return the service's address as who asks for it knows it; the guard has checked the host."""
    address = request.base_url
    scheme = request.headers.get("x-forwarded-proto", "")
    if scheme in ("http", "https"):
        address = address.replace(scheme=scheme)
    return str(address).rstrip("/")
