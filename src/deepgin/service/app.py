"""The ASGI application: service, routes and guard put together."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

from fastapi import FastAPI, Request, Response
from starlette.exceptions import HTTPException
from starlette.middleware.cors import CORSMiddleware

from ..errors import UsageError
from ..inpainting import Inpainter
from ..version import __version__
from . import about, inpaint, iopaint, refusals
from .guard import Guard
from .networks import Networks
from .service import Service
from .settings import Settings

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

    def load() -> Networks:
        models = (settings.model, *settings.others)
        loaded = Networks.of(inpainter) if inpainter else Networks(models, settings.networks)
        if page and loaded.inpainter(loaded.default).guided:
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
