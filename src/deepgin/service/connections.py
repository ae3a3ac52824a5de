"""Connections: how many there are at a time, and how long a client may take to send its headers."""

import asyncio
from functools import partial
from typing import Any

import uvicorn
from fastapi import FastAPI
from uvicorn.protocols.http.h11_impl import H11Protocol

from .settings import Settings


def config_of(app: FastAPI, settings: Settings, *, access_log: bool = False) -> uvicorn.Config:
    """Return how uvicorn serves an application."""
    limits = settings.limits
    return uvicorn.Config(
        app,
        http=partial(Timed, seconds=min(limits.headers_seconds, limits.seconds)),  # type: ignore[arg-type]
        limit_concurrency=max(limits.connections, 2 * limits.queue),
        log_level="info" if access_log else "warning",
        access_log=access_log,
        server_header=False,
        proxy_headers=False,
        lifespan="on",
    )


class Timed(H11Protocol):
    """Closes a connection on which no whole head of a request comes in time.

    uvicorn itself ends what is idle between two requests, but waits for ever for a first request,
    and for the rest of one that is begun.

    Args:
        seconds: for the head, from the connection's start or from its first byte after an answer.
    """

    def __init__(self, *arguments: Any, seconds: float, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self._seconds = seconds
        self._end: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Start the time for the first head."""
        super().connection_made(transport)
        self._watch()

    def data_received(self, data: bytes) -> None:
        """Take what came; the time ends once a request is in work."""
        super().data_received(data)
        self._watch()

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget the time."""
        super().connection_lost(exc)
        if self._end:
            self._end.cancel()

    def _watch(self) -> None:
        in_work = self.cycle is not None and not self.cycle.response_complete
        if in_work and self._end:
            self._end.cancel()
            self._end = None
        elif not in_work and not self._end:
            self._end = self.loop.call_later(self._seconds, self.transport.close)
