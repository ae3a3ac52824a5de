"""The ASGI application: service, routes and guard put together."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from typing import Any

from fastapi import FastAPI, Request, Response
from starlette.exceptions import HTTPException
from starlette.middleware.cors import CORSMiddleware

from ..errors import UsageError
from ..inpainting import Inpainter
from ..runtimes.choice import card_of_file
from ..version import __version__
from ..weights import file_hash, sharpness_of
from . import about, inpaint, iopaint, refusals
from .guard import Guard
from .service import Loaded, Service
from .settings import Settings

_SHARPNESSES = 2
_HEADERS = ["X-Deepgin-Fit", "X-Deepgin-Box", "X-Deepgin-Warnings", "X-Seed", "Retry-After"]


def create_app(
    settings: Settings,
    *,
    page: bool = False,
    photo: Path | None = None,
    inpainter: Inpainter | None = None,
) -> FastAPI:
    """Return the service as an ASGI application.

    The network is loaded in the background once the application starts; `/readyz` says when it
    is there, and `app.state.service.failure` why it never will be.

    Args:
        settings: see `Settings`.
        page: serve the page for people, too.
        photo: the picture that the page opens at its start.
        inpainter: used instead of the model of the settings.
    """

    def load() -> Loaded:
        loaded = Loaded(inpainter, _facts_of(inpainter)) if inpainter else _load(settings)
        if page and loaded.inpainter.guided:
            raise UsageError(
                "these weights need a guidance picture, which the page does not take",
                field="weights",
                mend="use deepgin inpaint or deepgin serve",
            )
        return loaded

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        loading = asyncio.create_task(service.start())
        try:
            yield
        finally:
            with suppress(asyncio.CancelledError):
                await loading
            await service.close()

    async def refused(request: Request, error: Exception) -> Response:
        return refusals.answer(error, request.scope)

    service = Service(settings, load)
    app = FastAPI(
        title="deepgin",
        version=__version__,
        description="Fills holes in photographs; every pixel outside them comes back as it was.",
        lifespan=lifespan,
        docs_url=None,
        redoc_url=None,
        # All other failures are the guard's.
        exception_handlers={HTTPException: refused},
    )
    app.state.service = service
    for room in (inpaint, iopaint, about):
        app.include_router(room.router)
    if page:
        from .page import mount

        mount(app, photo)
    app.add_middleware(Guard, settings=settings, meters=service.meters)
    if settings.allowed_origins:
        # Around the guard: browsers ask beforehand without the token, and refusals are read, too.
        app.add_middleware(
            CORSMiddleware,
            allow_origins=settings.allowed_origins,
            allow_methods=["GET", "POST"],
            allow_headers=["Authorization", "Content-Type"],
            expose_headers=_HEADERS,
        )
    return app


def _load(settings: Settings) -> Loaded:
    path, own = settings.model.file(), settings.model.sharpness
    assert path, "a generator comes as an inpainter"
    model = replace(settings.model, weights=path)
    usual = sharpness_of(path, own)
    # Not at the usual one: where none was asked for, what lies under texture is softer.
    made = Inpainter(model)
    facts: dict[str, Any] = {"sha256": file_hash(path), "sharpness": usual}
    if contract := made.runtime.contract:
        facts["name"] = contract.network or path.stem
    else:
        card = card_of_file(path)
        facts |= {"name": card.network, "width": card.width, "licence": card.licence}
        facts["training"] = card.training

    # Beside the service's own, the last that were asked for.
    @lru_cache(_SHARPNESSES)
    def other(sharpness: float) -> Inpainter:
        return Inpainter(replace(model, sharpness=sharpness))

    def sharpened(sharpness: float) -> Inpainter:
        return made if sharpness == own else other(sharpness)

    return Loaded(made, _facts_of(made) | facts, None if usual is None else sharpened)


def _facts_of(inpainter: Inpainter) -> dict[str, Any]:
    runtime = inpainter.runtime
    facts = {"name": "custom", "guided": runtime.guided, "trained_at": runtime.trained_at}
    for name in ("device", "precision"):
        if value := getattr(runtime, name, None):
            facts[name] = str(value).removeprefix("torch.")
    return facts
