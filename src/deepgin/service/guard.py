"""Middleware that checks hosts, origins, the token and the length of bodies."""

import asyncio
import hmac
import logging
import socket
from collections.abc import Callable
from dataclasses import dataclass

from starlette.datastructures import Headers
from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from .parts import bytes_in
from .refusals import LEFT, OURS, Refusal, answer, below_root
from .settings import LOOPBACK_NAMES, Settings, address_of

_LOG = logging.getLogger("deepgin.service")
# Whoever looks after the service need not know the token.
_OPEN = ("/healthz", "/readyz")
_SAFE = ("GET", "HEAD")
_DRAIN_SECONDS = 5.0
_ADDED = [
    (b"x-content-type-options", b"nosniff"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"x-frame-options", b"DENY"),
    (b"referrer-policy", b"no-referrer"),
]


class Guard:
    """Refuses what comes from elsewhere, without the token, or is too long.

    Args:
        app: what it stands before.
        settings: hosts, token and limits.
        count: called with the path of the route and the status code of every answer.
    """

    def __init__(self, app: ASGIApp, settings: Settings, count: Callable[[str, int], None]) -> None:
        self.app, self.count = app, count
        self.most = settings.limits.bytes
        self.token = settings.token.encode()
        self.any_address = settings.hears_all()
        own = (socket.gethostname(),) if self.any_address else (settings.host,)
        self.names = {_bare(name) for name in (*LOOPBACK_NAMES, *own, *settings.allowed_hosts)}
        self.origins, self.root_path = settings.allowed_origins, settings.root_path
        self.held = Held(settings.limits.queue * self.most)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve a request; see ASGI."""
        if scope["type"] != "http":
            if scope["type"] == "lifespan":
                await self.app(scope, receive, send)
            return
        if self.root_path:
            scope["root_path"] = self.root_path
        path = below_root(scope)
        body = _Body(receive, self.most, self.held)
        sender = _Sender(send, body, scope, self.count)
        try:
            self._check(scope["method"], path, Headers(scope=scope))
            await self.app(scope, body.receive, sender.send)
        except Refusal as refusal:
            await answer(refusal, path)(scope, body.receive, sender.send)
        except Exception:
            if sender.began:
                raise
            _LOG.exception("%s %r failed", scope["method"], scope["path"])
            await answer(Refusal(500, OURS), path)(scope, body.receive, sender.send)
        finally:
            self.held.bytes -= body.seen

    def _check(self, method: str, path: str, headers: Headers) -> None:
        host = headers.get("host", "")
        self._check_host(host)
        if headers.get("origin") not in self.origins and "*" not in self.origins:
            _check_site(method, host, headers)
        if self.token and not _is_open(method, path):
            scheme, _, token = headers.get("authorization", "").partition(" ")
            right = hmac.compare_digest(token.strip().encode(), self.token)
            if scheme.lower() != "bearer" or not right:
                raise Refusal(
                    401,
                    "send the token of this service: Authorization: Bearer TOKEN",
                    headers={"WWW-Authenticate": "Bearer"},
                )
        length = bytes_in(headers)
        if length is not None and length > self.most:
            raise too_long(self.most)

    def _check_host(self, host: str) -> None:
        """Refuse names that others may point at this machine (DNS rebinding)."""
        name = _bare(host.rpartition(":")[0] if _has_port(host) else host)
        # A page that is served under an address comes from that address.
        if name in self.names or (self.any_address and address_of(name) is not None):
            return
        raise Refusal(403, "this service does not go by that name: --allow-hosts can allow it")


def _is_open(method: str, path: str) -> bool:
    """Return whether no token is needed: for health, and for the page's own files."""
    return path in _OPEN or (method in _SAFE and (path == "/" or path.startswith("/page/")))


def too_long(most: int) -> Refusal:
    """Return the refusal of a body of more than `most` bytes."""
    return Refusal(413, f"the request has more than the {most / 2**20:.4g} MB that are taken here")


def _has_port(host: str) -> bool:
    return ":" in host and not host.endswith("]")


def _bare(name: str) -> str:
    """Return a name or address as it is compared."""
    address = address_of(name)
    return str(address) if address else name.lower().removesuffix(".")


def _check_site(method: str, host: str, headers: Headers) -> None:
    """Refuse what another site's page asks for."""
    origin = headers.get("origin")
    foreign = origin is not None and origin.lower().partition("://")[2] != host.lower()
    if not foreign and headers.get("sec-fetch-site") in ("cross-site", "same-site"):
        # A link from elsewhere may lead here; nothing else may.
        foreign = method not in _SAFE or headers.get("sec-fetch-mode") != "navigate"
    if foreign:
        raise Refusal(
            403, "another site's page may not use this service: --allow-origins can allow it"
        )


@dataclass
class Held:
    """The bytes of all bodies that are held at a time, and how many there may be."""

    most: int
    bytes: int = 0


class _Body:
    """A request's body as it comes, counted."""

    def __init__(self, receive: Receive, most: int, held: Held) -> None:
        self._receive, self.most, self._held = receive, most, held
        self.seen = 0
        self.ended = self.left = False

    async def receive(self) -> Message:
        """Return the next part of the body.

        Raises:
            Refusal: it is longer than it may be.
        """
        message = await self._receive()
        if message["type"] == "http.disconnect":
            self.left = not self.ended or self.left
            self.ended = True
        else:
            self._count(message)
            self.ended = self.ended or not message.get("more_body", False)
        if self.seen > self.most and not self.left:
            raise too_long(self.most)
        if self._held.bytes > self._held.most and not self.left:
            raise Refusal(429, "too much is being sent: try again later", retry_after=1)
        return message

    async def drain(self) -> None:
        """Read the rest of a refused body, up to a limit.

        A client that is still sending when the connection is closed may never see the answer.
        """
        until = self.seen + self.most
        try:
            async with asyncio.timeout(_DRAIN_SECONDS):
                while not self.ended and self.seen <= until:
                    message = await self._receive()
                    self._count(message)
                    self.ended = message["type"] != "http.request" or not message.get("more_body")
        except TimeoutError:
            return

    def _count(self, message: Message) -> None:
        size = len(message.get("body", b""))
        self.seen += size
        self._held.bytes += size


class _Sender:
    """An answer on its way, with the headers that all have; refusals wait for the body's end."""

    def __init__(
        self, send: Send, body: _Body, scope: Scope, count: Callable[[str, int], None]
    ) -> None:
        self._send, self.body, self.scope, self.count = send, body, scope, count
        self.began = False

    async def send(self, message: Message) -> None:
        """Pass a part of the answer on."""
        if message["type"] == "http.response.start":
            status = message["status"]
            left = self.body.left or status == LEFT
            self.count(_path(self.scope), LEFT if left else status)
            headers = Headers(scope=self.scope)
            waits = self.scope["method"] in _SAFE or "100-continue" in headers.get("expect", "")
            waits = waits or status == 408  # the rest was waited for long enough
            if status >= 400 and not waits and not self.body.ended:
                await self.body.drain()
            self.began = True
            sent = message.get("headers", [])
            names = {name.lower() for name, _ in sent}
            own = [pair for pair in _ADDED if pair[0] not in names]
            if status >= 400 and not self.body.ended and self.scope["method"] not in _SAFE:
                own.append((b"connection", b"close"))  # what else comes is no request
            message = {**message, "headers": [*sent, *own]}
        await self._send(message)


def _path(scope: Scope) -> str:
    """Return the route's path, so that what strangers ask for makes no meters."""
    route = scope.get("route")
    return route.path if isinstance(route, Route) else "other"
