"""Middleware that checks hosts, origins, the token and the length of bodies."""

import asyncio
import hmac
import socket

from starlette.datastructures import Headers
from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from .gathering import Meters
from .refusals import LEFT, Refusal, answer, below_root
from .settings import LOOPBACK_NAMES, Settings, address_of

# Whoever looks after the service need not know the token.
_OPEN = ("/healthz", "/readyz")
_SAFE = ("GET", "HEAD")
_DRAIN_SECONDS = 5.0
_ADDED = {
    b"x-content-type-options": b"nosniff",
    b"cross-origin-resource-policy": b"same-origin",
    b"x-frame-options": b"DENY",
    b"referrer-policy": b"no-referrer",
}


class Guard:
    """Refuses what comes from elsewhere, without the token, or too long; answers all failures."""

    def __init__(self, app: ASGIApp, settings: Settings, meters: Meters) -> None:
        self.app, self.meters = app, meters
        self.token = settings.token.encode()
        self.any_address = settings.hears_all()
        own = (socket.gethostname(),) if self.any_address else (settings.host,)
        self.names = {_bare(name) for name in (*LOOPBACK_NAMES, *own, *settings.allowed_hosts)}
        self.origins, self.root_path = settings.allowed_origins, settings.root_path
        self.most = settings.limits.bytes
        # The bytes of all bodies at a time, and how many there may be.
        self.held, self.most_held = 0, settings.limits.queue * self.most

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve a request; see ASGI."""
        if scope["type"] != "http":
            if scope["type"] == "lifespan":
                await self.app(scope, receive, send)
            return
        if self.root_path:
            scope["root_path"] = self.root_path
        exchange = _Exchange(self, scope, receive, send)
        try:
            self._check(scope["method"], below_root(scope), Headers(scope=scope))
            await self.app(scope, exchange.receive, exchange.send)
        except Exception as error:
            if exchange.began:
                raise
            await answer(error, scope)(scope, exchange.receive, exchange.send)
        finally:
            self.held -= exchange.seen

    def _check(self, method: str, path: str, headers: Headers) -> None:
        host = headers.get("host", "")
        self._check_host(host)
        if headers.get("origin") not in self.origins and "*" not in self.origins:
            _check_site(method, host, headers)
        # For health, and for the page's own files, no token is needed.
        page = method in _SAFE and (path == "/" or path.startswith("/page/"))
        if self.token and path not in _OPEN and not page:
            self._check_token(headers)
        length = headers.get("content-length", "0")
        if not length.isascii() or not length.isdigit():
            raise Refusal(400, "Content-Length is no number")
        if int(length[:20]) > self.most:
            raise self.too_long()

    def _check_host(self, host: str) -> None:
        """Refuse names that others may point at this machine (DNS rebinding)."""
        has_port = ":" in host and not host.endswith("]")
        name = _bare(host.rpartition(":")[0] if has_port else host)
        # A page that is served under an address comes from that address.
        if name in self.names or (self.any_address and address_of(name) is not None):
            return
        raise Refusal(403, "this service does not go by that name: --allow-hosts can allow it")

    def _check_token(self, headers: Headers) -> None:
        scheme, _, token = headers.get("authorization", "").partition(" ")
        right = hmac.compare_digest(token.strip().encode(), self.token)
        if scheme.lower() != "bearer" or not right:
            raise Refusal(
                401,
                "send the token of this service: Authorization: Bearer TOKEN",
                headers={"WWW-Authenticate": "Bearer"},
            )

    def too_long(self) -> Refusal:
        """Return the refusal of a body that is too long."""
        return Refusal(413, f"the request is larger than {self.most / 2**20:.4g} MB, the limit")


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


class _Exchange:
    """A request's body, counted as it comes, and its answer, with the headers that all have."""

    def __init__(self, guard: Guard, scope: Scope, receive: Receive, send: Send) -> None:
        self.guard, self.scope, self._receive, self._send = guard, scope, receive, send
        self.seen = 0
        self.ended = self.left = self.began = False

    async def _next(self) -> Message:
        message = await self._receive()
        if message["type"] == "http.disconnect":
            self.left = self.left or not self.ended
        size = len(message.get("body", b""))
        self.seen += size
        self.guard.held += size
        self.ended = self.ended or not message.get("more_body", False)
        return message

    async def receive(self) -> Message:
        """Return the next part of the body; raise a Refusal if there is too much of it."""
        message, guard = await self._next(), self.guard
        if self.seen > guard.most and not self.left:
            raise guard.too_long()
        if guard.held > guard.most_held and not self.left:
            raise Refusal(429, "too much is being sent: try again later", retry_after=1)
        return message

    async def _drain(self) -> None:
        """Read the rest of a refused body, up to a limit.

        A client that is still sending when the connection is closed may never see the answer.
        """
        until = self.seen + self.guard.most
        try:
            async with asyncio.timeout(_DRAIN_SECONDS):
                while not self.ended and self.seen <= until:
                    await self._next()
        except TimeoutError:
            return

    async def send(self, message: Message) -> None:
        """Pass a part of the answer on; refusals wait for the body's end."""
        if message["type"] == "http.response.start":
            status, route = message["status"], self.scope.get("route")
            # Only paths of routes, so that what strangers ask for makes no meters.
            path = route.path if isinstance(route, Route) else "other"
            code = str(LEFT if self.left else status)
            self.guard.meters.requests.labels(path, code).inc()
            has_body = self.scope["method"] not in _SAFE
            asks_first = "100-continue" in Headers(scope=self.scope).get("expect", "")
            # After 408 the rest was waited for long enough.
            if status >= 400 and status != 408 and has_body and not asks_first:
                await self._drain()
            self.began = True
            headers = dict(message.get("headers", []))
            added = [pair for pair in _ADDED.items() if pair[0] not in headers]
            if status >= 400 and has_body and not self.ended:
                added.append((b"connection", b"close"))  # what else comes is no request
            message = {**message, "headers": [*message.get("headers", []), *added]}
        await self._send(message)
