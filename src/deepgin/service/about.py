"""Routes about the service: models, health, metrics, progress, and the page `/docs`."""

from collections.abc import Iterable, Iterator
from html import escape
from typing import Any, Literal

from fastapi import APIRouter, Request, Response
from fastapi.responses import HTMLResponse
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from pydantic import BaseModel, Field

from .inpaint import EXAMPLE
from .refusals import Refusal, responses
from .service import Service

router = APIRouter()
# The page has no scripts; its style stands in it.
_POLICY = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; frame-ancestors 'none'"
_STYLE = """
:root { color-scheme: light dark; font: 16px/1.55 system-ui, sans-serif }
body { max-width: 52rem; margin: 2rem auto; padding: 0 1rem }
section { border-top: 1px solid color-mix(in srgb, currentColor 20%, transparent); padding: 1rem 0 }
h2 { font: 600 1.05rem ui-monospace, monospace }
pre { padding: .7rem 1rem; border-radius: .5rem; white-space: pre-wrap;
  background: color-mix(in srgb, currentColor 7%, transparent) }
code { font: .9em ui-monospace, monospace }
table { border-collapse: collapse; width: 100% }
td { padding: .25rem .8rem .25rem 0; vertical-align: top }
"""


class Model(BaseModel):
    """A network; what its file says is known once it has been loaded."""

    network: str = Field(description="what the field network of a request takes")
    loaded: bool
    name: str
    width: int | None = None
    licence: str | None = None
    sha256: str | None = None
    sharpness: float | None = None
    training: dict[str, Any] = {}
    trained_at: int | None = None
    guided: bool | None = None
    device: str | None = None
    precision: str | None = None


class Models(BaseModel):
    """What may be asked for, the default first."""

    models: list[Model]


class Health(BaseModel):
    """That all is well."""

    status: Literal["ok"] = "ok"


@router.get(
    "/v1/models", summary="The networks, the default first", responses=responses(401, 403, 503)
)
async def models(request: Request) -> Models:
    """Return what there is."""
    return Models(models=[Model(**facts) for facts in Service.of(request).facts()])


@router.get("/healthz", summary="Whether the process works", responses=responses(403, 503))
async def healthz(request: Request) -> Health:
    """Answer 503 if a restart would help."""
    if not Service.of(request).healthy():
        raise Refusal(503, "the service does not work: the log says why")
    return Health()


@router.get("/readyz", summary="Whether requests are taken", responses=responses(403, 503))
async def readyz(request: Request) -> Health:
    """Answer 503 while the network is loaded, and at the end."""
    Service.of(request).check_ready()
    return Health()


@router.get(
    "/metrics",
    summary="Meters for Prometheus",
    response_class=Response,
    responses={
        200: {"description": "Text.", "content": {"text/plain": {"schema": {"type": "string"}}}},
        **responses(401, 403),
    },
)
async def metrics(request: Request) -> Response:
    """Return what was counted."""
    text = generate_latest(Service.of(request).meters.registry)
    return Response(text, media_type=CONTENT_TYPE_LATEST)


class Progress(BaseModel):
    """How far a fill is, in steps that take about as long as each other."""

    done: int
    of: int = Field(description="all that are known yet; 0 while it waits")
    seconds_left: float | None = Field(description="null while that is not known")


@router.get(
    "/progress/{job}",
    summary="How far the request is that was sent with the field job",
    responses=responses(401, 403, 404),
)
async def progress(request: Request, response: Response, job: str) -> Progress:
    """Return how far a fill is."""
    known = Service.of(request).progress.get(job)
    if known is None:
        raise Refusal(404, "there is no such job: its body has not come, or it is answered")
    response.headers["Cache-Control"] = "no-store"
    return Progress(done=known.done, of=known.total, seconds_left=known.seconds_left())


@router.get("/docs", include_in_schema=False)
async def docs(request: Request) -> Response:
    """Show what can be asked; the page loads nothing."""
    headers = {"Content-Security-Policy": _POLICY}
    # The address of the service as the client knows it; the guard has checked the host.
    address = request.base_url
    scheme = request.headers.get("x-forwarded-proto", "")
    if scheme in ("http", "https"):
        address = address.replace(scheme=scheme)
    html = _page(request.app.openapi()).replace(EXAMPLE, escape(str(address).rstrip("/")))
    return HTMLResponse(html, headers=headers)


def _page(description: dict[str, Any]) -> str:
    """Return HTML for an OpenAPI description."""
    info = description["info"]
    body = "".join(
        _operation(method, path, operation)
        for path, methods in description["paths"].items()
        for method, operation in methods.items()
    )
    return (
        '<!doctype html><html lang="en"><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{escape(info['title'])}: interface</title>"
        f"<style>{_STYLE}</style><h1>{escape(info['title'])} {escape(info['version'])}</h1>"
        f"<p>{escape(info['description'])} Refusals are JSON: "
        '<code>{"error": "one sentence"}</code>. '
        'For programs: <a href="openapi.json">openapi.json</a>.</p>'
        f"{body}</html>"
    )


def _operation(method: str, path: str, operation: dict[str, Any]) -> str:
    parts = [f"<section><h2>{method.upper()} {escape(path)}</h2>"]
    parts.append(f"<p>{escape(operation['summary'])}</p>")
    parts += [
        f"<pre>{escape(line.strip('`'))}</pre>"
        for line in operation.get("description", "").split("\n\n")
        if line.startswith("`")
    ]
    for kind, content in operation.get("requestBody", {}).get("content", {}).items():
        fields, needed = content["schema"]["properties"], content["schema"]["required"]
        rows = ((name, " ".join(_said(field, name in needed))) for name, field in fields.items())
        parts.append(f"<p>Takes <code>{escape(kind)}</code>:</p>{_table(rows)}")
    answers = ((code, one["description"]) for code, one in operation["responses"].items())
    return "".join([*parts, f"<p>Answers:</p>{_table(answers)}</section>"])


def _said(field: dict[str, Any], needed: bool) -> Iterator[str]:
    choices = f": {', '.join(map(str, field['enum']))}" if "enum" in field else ""
    yield f"{field.get('description', '')}{choices}."
    if needed:
        yield "Needed."
    elif field.get("default") not in (None, "", False):
        yield f"Default: {field['default']}."
    if "examples" in field:
        yield f"Example: {field['examples'][0]}"


def _table(rows: Iterable[tuple[str, str]]) -> str:
    cells = (f"<tr><td><code>{escape(name)}</code><td>{escape(what)}" for name, what in rows)
    return f"<table>{''.join(cells)}</table>"
