"""Settings of a service: where it listens, what it loads, and its limits."""

import ipaddress
import os
import re
from dataclasses import dataclass, field
from pathlib import Path

from ..errors import DeepginError, UsageError

LOOPBACK_NAMES = ("localhost", "127.0.0.1", "::1")
TOKEN_VARIABLE = "DEEPGIN_TOKEN"
# Above it Pillow itself takes a picture for an attack.
_MOST_PIXELS = 178_000_000
_ORIGIN = re.compile(r"\*|null|[a-z][a-z0-9+.-]*://[a-z0-9._\[\]:-]*")
_ROOT_PATH = re.compile(r"(/[A-Za-z0-9._~-]+)+")


@dataclass(frozen=True)
class Limits:
    """What one request, and all together, may take.

    Attributes:
        bytes: of a request's body, all its parts together.
        pixels: of a picture, and of a mask.
        seconds: that a request may take to arrive, and then to wait before it is filled.
        queue: requests that are taken at a time; the next is answered 429. All bodies that are
            held at a time may have this many times `bytes`.
        headers_seconds: that the head of a request may take to arrive, if `seconds` is not less.
        connections: that are open at a time; the next is answered 503.

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
        if self.bytes < 1:
            mend = "raise {max_megabytes}"
            raise UsageError("a request needs at least one byte", field="bytes", mend=mend)
        if not 1 <= self.pixels <= _MOST_PIXELS:
            mend = f"choose {{max_megapixels}} above 0, at most {_MOST_PIXELS / 1e6:g}"
            raise UsageError(f"{self.pixels} pixels do not work", field="pixels", mend=mend)
        if not 0 < self.seconds <= 86400:
            problem = f"a timeout of {self.seconds:g} s does not work"
            raise UsageError(problem, field="seconds", mend="choose above 0, at most 86400")
        if self.queue < 1:
            problem = f"a queue of {self.queue} does not work"
            raise UsageError(problem, field="queue", mend="choose at least 1")


@dataclass(frozen=True)
class Settings:
    """A service.

    Attributes:
        host: the address to listen at.
        port: 0 takes any that is free.
        weights: a weights file; None takes those that come with the package.
        device: auto, cpu, cuda, cuda:N or mps.
        precision: auto, float32 or bf16.
        limits: see `Limits`.
        token: the bearer token of requests; empty asks for none.
        allowed_hosts: names, beside `host` and the loopback ones, under which it may be called.
        allowed_origins: of other sites whose pages may use it, as "https://example.org"; "null" is
            that of pages from files, "*" means all.
        root_path: under which a proxy shows it, as "/fill"; empty: at the root.
        gather_seconds: seconds to wait for a larger batch.
        together: maximum batch size.
        sharpness: of weights of two sets, 0 (soft) to 1 (sharp); None takes their own default.

    Raises:
        UsageError: a value that does not work.
    """

    host: str = "127.0.0.1"
    port: int = 8000
    weights: str | Path | None = None
    device: str = "auto"
    precision: str = "auto"
    limits: Limits = field(default_factory=Limits)
    token: str = field(default="", repr=False)
    allowed_hosts: tuple[str, ...] = ()
    gather_seconds: float = 0.005
    together: int = 16
    sharpness: float | None = None
    allowed_origins: tuple[str, ...] = ()
    root_path: str = ""

    def __post_init__(self) -> None:
        if not 0 <= self.port <= 65535:
            problem = f"port {self.port} does not work"
            raise UsageError(problem, field="port", mend="choose 0 to 65535")
        if not 0 <= self.gather_seconds <= 1:
            problem = "the time for gathering must be 0 to 1000 ms"
            raise UsageError(problem, field="gather_seconds")
        if self.together < 1:
            problem = f"{self.together} together does not work"
            raise UsageError(problem, field="together", mend="choose at least 1")
        if self.token and not all(33 <= ord(letter) <= 126 for letter in self.token):
            problem = "the token must be of letters, digits and signs without spaces"
            raise UsageError(problem, field="token")
        for origin in self.allowed_origins:
            if not _ORIGIN.fullmatch(origin):
                raise UsageError(
                    f"the origin '{origin}' does not work",
                    field="allowed_origins",
                    mend="write it as https://example.org:8443, without a path (null for pages "
                    "from files, * for all)",
                )
        if self.root_path and not _ROOT_PATH.fullmatch(self.root_path):
            problem = f"the root path '{self.root_path}' does not work"
            raise UsageError(problem, field="root_path", mend="write it as /fill")

    def is_loopback(self) -> bool:
        """Return whether nobody outside this machine can reach it."""
        if self.host == "localhost":
            return True
        address = address_of(self.host)
        return address is not None and address.is_loopback

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
    except FileNotFoundError as error:
        raise DeepginError(f"{path}: no such token file") from error
    except (OSError, UnicodeDecodeError) as error:
        why = getattr(error, "strerror", None) or "it is no text"
        raise DeepginError(f"{path}: the token cannot be read: {why}") from error
    if not token:
        raise UsageError(f"{path} is empty: write the token into it")
    return token
