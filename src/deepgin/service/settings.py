"""Settings of a service: where it listens, what it loads, and its limits."""

import ipaddress
import os
import re
from dataclasses import dataclass, field
from math import inf
from pathlib import Path

from ..errors import DeepginError, UsageError
from ..weights.model import Model

LOOPBACK_NAMES = ("localhost", "127.0.0.1", "::1")
TOKEN_VARIABLE = "DEEPGIN_TOKEN"
# Above it Pillow itself takes a picture for an attack.
_MOST_PIXELS = 178_000_000
_ORIGIN = re.compile(r"\*|null|[a-z][a-z0-9+.-]*://[a-z0-9._\[\]:-]*")
_ROOT_PATH = re.compile(r"((/[A-Za-z0-9._~-]+)+)?")


def _check(field: str, option: str, value: float, low: float, high: float = inf) -> None:
    if not low <= value <= high:
        name, span = option.replace("_", " "), f"from {low:g} to {high:g}"
        span = f"at least {low:g}" if high == inf else span
        mend = f"choose {{{option}}} {span}"
        raise UsageError(f"{name} {value:g} does not work", field=field, mend=mend)


@dataclass(frozen=True)
class Limits:
    """What one request, and all together, may take.

    Attributes:
        bytes: of a request's body; all bodies at a time may have `queue` times as many.
        pixels: of a picture, and of a mask.
        seconds: for a request to arrive, and then to wait before it is filled.
        queue: requests at a time; the next is answered 429.
        headers_seconds: for the head of a request to arrive, if `seconds` is not less.
        connections: open at a time; the next is answered 503.

    Raises:
        UsageError: a value that does not work.
    """

    bytes: int = 64 << 20
    pixels: int = 64_000_000
    seconds: float = 60
    queue: int = 32
    headers_seconds: float = 10
    connections: int = 512

    def __post_init__(self) -> None:
        _check("bytes", "max_megabytes", self.bytes / 2**20, 1e-6)
        _check("pixels", "max_megapixels", self.pixels / 1e6, 1e-6, _MOST_PIXELS / 1e6)
        _check("seconds", "timeout", self.seconds, 1e-3, 86400)
        _check("queue", "queue", self.queue, 1)


@dataclass(frozen=True)
class Settings:
    """A service.

    Attributes:
        host: the address to listen at.
        port: 0 takes any free port.
        model: weights, device, precision and sharpness of the network that fills by default.
        others: networks that a request may name, beside it.
        networks: in memory at a time; the least recently used one leaves. One of another sharpness
            counts as another.
        limits: see `Limits`.
        token: the bearer token of requests; empty asks for none.
        allowed_hosts: host names of the service, beside `host` and the loopback ones.
        allowed_origins: of other sites whose pages may use it, as "https://example.org"; "null" is
            that of pages from files, "*" means all.
        root_path: path of the service behind a proxy, as "/fill"; empty: at the root.
        gather_seconds: seconds to wait for a larger batch.
        together: maximum batch size.

    Raises:
        UsageError: a value that does not work.
    """

    host: str = "127.0.0.1"
    port: int = 8000
    model: Model = field(default_factory=Model)
    others: tuple[Model, ...] = ()
    networks: int = 3
    limits: Limits = Limits()
    token: str = field(default="", repr=False)
    allowed_hosts: tuple[str, ...] = ()
    allowed_origins: tuple[str, ...] = ()
    root_path: str = ""
    gather_seconds: float = 0.005
    together: int = 16

    def __post_init__(self) -> None:
        _check("port", "port", self.port, 0, 65535)
        _check("gather_seconds", "gather_ms", 1000 * self.gather_seconds, 0, 1000)
        _check("together", "together", self.together, 1)
        _check("networks", "max_networks", self.networks, 1)
        if not all(33 <= ord(letter) <= 126 for letter in self.token):
            problem = "the token must be of letters, digits and signs without spaces"
            raise UsageError(problem, field="token")
        for origin in self.allowed_origins:
            if not _ORIGIN.fullmatch(origin):
                mend = "write https://example.org:8443, null for pages from files, or * for all"
                problem = f"the origin '{origin}' does not work"
                raise UsageError(problem, field="allowed_origins", mend=mend)
        if not _ROOT_PATH.fullmatch(self.root_path):
            problem = f"the root path '{self.root_path}' does not work"
            raise UsageError(problem, field="root_path", mend="write it as /fill")

    def is_loopback(self) -> bool:
        """Return whether nobody outside this machine can reach it."""
        address = address_of(self.host)
        return self.host == "localhost" or (address is not None and address.is_loopback)

    def hears_all(self) -> bool:
        """Return whether it listens at every address of the machine."""
        address = address_of(self.host)
        return not self.host or (address is not None and address.is_unspecified)


def address_of(name: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    """Return the address that a name is, or None if it is one that must be looked up."""
    try:
        return ipaddress.ip_address(name.removeprefix("[").removesuffix("]"))
    except ValueError:
        return None


def read_token(path: str | Path | None) -> str:
    """Return the token from a file, or else from the environment; empty if neither has one.

    Raises:
        DeepginError: the file cannot be read; UsageError: it is empty.
    """
    if path is None:
        return os.environ.get(TOKEN_VARIABLE, "").strip()
    try:
        token = Path(path).read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        why = getattr(error, "strerror", None) or "it is no text"
        raise DeepginError(f"{path}: the token cannot be read: {why}") from error
    if not token:
        raise UsageError(f"{path} is empty: write the token into it")
    return token
