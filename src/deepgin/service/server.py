"""Listening, connections, and ending in order."""

import asyncio
import errno
import os
import signal
import socket
from collections.abc import Callable
from functools import partial
from pathlib import Path
from types import FrameType
from typing import Any

import uvicorn
from fastapi import FastAPI
from uvicorn.protocols.http.h11_impl import H11Protocol

from ..errors import DeepginError, UsageError
from .app import create_app
from .service import Service
from .settings import Settings

# A client that reads nothing of its answer for so long is dropped: the answer takes memory.
_UNREAD_MS = 60_000


class PortTaken(UsageError):
    """Another program listens there."""


def listen(host: str, port: int) -> socket.socket:
    """Return a socket that listens at an address.

    Raises:
        PortTaken: another program does; UsageError: there is no such address, or no right to it.
    """
    shown = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
    kind = socket.SOCK_STREAM
    try:
        addresses = socket.getaddrinfo(host or None, port, type=kind, flags=socket.AI_PASSIVE)
        # Of a name that has both, what people type first.
        family, _, _, _, address = min(addresses, key=lambda one: one[0] != socket.AF_INET)
        # asyncio sends at once only where the protocol is named; else each answer waits for 40 ms.
        listening = socket.socket(family, kind, socket.IPPROTO_TCP)
    except OSError as error:
        problem = f"{shown}: this machine has no such address"
        raise UsageError(problem, field="host", mend="see {host}") from error
    try:
        if os.name == "posix":  # elsewhere it would let two programs listen
            listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if hasattr(socket, "TCP_USER_TIMEOUT"):  # of Linux; connections inherit it
            listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, _UNREAD_MS)
        listening.bind(address)
        listening.listen(2048)
    except OSError as error:
        listening.close()
        if error.errno == errno.EADDRINUSE:
            problem, mend = f"{shown} is taken by another program", "choose another {port}"
            raise PortTaken(problem, field="port", mend=mend) from error
        if error.errno == errno.EACCES:
            mend = "choose a {port} above 1023"
            raise UsageError(f"{shown} needs more rights", field="port", mend=mend) from error
        problem = f"{shown} cannot be listened at: {error.strerror}"
        raise UsageError(problem, field="host", mend="see {host}") from error
    return listening


def address_at(listening: socket.socket, *, network: bool = False) -> str:
    """Return the address of what listens, for a browser here, or in the `network`."""
    host, port = listening.getsockname()[:2]
    if host in ("0.0.0.0", "::"):
        host = _own_address() if network else "localhost"
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def _own_address() -> str:
    """Return this machine's address in its network, or its name if it has none."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asking:
        try:
            # Nothing is sent: the system says from which address it would be (RFC 5737).
            asking.connect(("192.0.2.1", 9))
            return str(asking.getsockname()[0])
        except OSError:
            return socket.gethostname()


def run(
    settings: Settings,
    listening: socket.socket,
    *,
    page: bool = False,
    photo: Path | None = None,
    ready: Callable[[], None] = lambda: None,
    access_log: bool = False,
) -> None:
    """Serve until SIGTERM or SIGINT, then finish what was taken; a second one ends at once.

    See `create_app` for `page` and `photo`. `ready` is called once requests are taken.

    Raises:
        DeepginError: the network cannot be loaded.
    """
    app = create_app(settings, page=page, photo=photo)
    service: Service = app.state.service
    server = _Server(config_of(app, settings, access_log=access_log), service, ready)
    server.run(sockets=[listening])
    if service.failure:
        if isinstance(service.failure, DeepginError):
            raise service.failure
        raise DeepginError(f"the network cannot be loaded: {service.failure}") from service.failure


class _Server(uvicorn.Server):
    """Goes on answering while what was taken is finished, so that balancers see `/readyz` fall."""

    def __init__(self, config: uvicorn.Config, service: Service, ready: Callable[[], None]) -> None:
        super().__init__(config)
        self.service = service
        self._ready: Callable[[], None] | None = ready

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        if self.service.draining:
            os._exit(128 + (sig or signal.SIGTERM))
        self.service.drain()

    async def on_tick(self, counter: int) -> bool:
        # Ten times a second; returns whether to end.
        service = self.service
        if service.loaded and self._ready:
            self._ready()
            self._ready = None
        if service.failure or (service.draining and not service.taken):
            self.should_exit = True
        return await super().on_tick(counter)


def config_of(app: FastAPI, settings: Settings, *, access_log: bool = False) -> uvicorn.Config:
    """Return how uvicorn serves an application."""
    limits = settings.limits
    return uvicorn.Config(
        app,
        http=partial(_Timed, seconds=min(limits.headers_seconds, limits.seconds)),  # type: ignore[arg-type]
        limit_concurrency=max(limits.connections, 2 * limits.queue),
        log_level="info" if access_log else "warning",
        access_log=access_log,
        server_header=False,
        proxy_headers=False,
        lifespan="on",
    )


class _Timed(H11Protocol):
    """Closes a connection on which no whole head of a request comes in time.

    The time is counted from the connection's start, or from the last answer. uvicorn itself ends
    what is idle between two requests, but waits for ever for a first request, and for the rest of
    one that is begun.
    """

    def __init__(self, *arguments: Any, seconds: float, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self._seconds = seconds
        self._end: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._watch()

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        self._watch()

    def connection_lost(self, exc: Exception | None) -> None:
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
