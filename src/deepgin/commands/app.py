"""`deepgin app`: the page in the browser, and the service behind it."""

import os
import secrets
import sys
from argparse import Namespace
from dataclasses import replace
from pathlib import Path
from threading import Thread
from typing import TYPE_CHECKING

from ..console import say
from ..errors import DeepginError
from .parsing import Parser, add_runtime, models_of

if TYPE_CHECKING:
    import socket

_HOST, _PORT, _TRIES = "127.0.0.1", 8000, 50


def parser() -> Parser:
    """Return the command's parser."""
    p = Parser(
        "app",
        "Paint and fill holes in the browser. Without --host no other machine can reach the page.",
        ("deepgin app photo.jpg", "deepgin app --host 0.0.0.0"),
    )
    p.add_argument("photo", nargs="?", metavar="PHOTO", help="a picture to open in the page")
    p.add_argument(
        "--host",
        default=_HOST,
        help="the address to listen at; 0.0.0.0 lets a phone in the same network use the page, at "
        "an address with a token (DEEPGIN_TOKEN, or a new one each time)",
    )
    p.add_argument("--port", type=int, help=f"default: the first free port from {_PORT}")
    p.add_argument("--no-browser", action="store_true", help="print the address, open no browser")
    add_runtime(p, several=True)
    return p


def run(args: Namespace) -> None:
    """Listen, load, open the browser, and serve until Ctrl-C."""
    try:
        from ..service.server import address_at
        from ..service.server import run as serve
    except ModuleNotFoundError as error:
        raise DeepginError(f"{error.name} is missing: pip install 'deepgin[app]'") from error
    from ..devices import keep_freed_memory
    from ..pictures.opening import opened
    from ..service.settings import Limits, Settings, read_token

    keep_freed_memory()
    photo = Path(args.photo).absolute() if args.photo else None
    if photo:
        with opened(photo):
            pass  # refuses what is no picture before the browser opens
    # The pictures are one's own: only what Pillow itself refuses is too large.
    limits = Limits(bytes=1 << 30, pixels=178_000_000, seconds=3600)
    model, *others = models_of(args)
    settings = Settings(
        host=args.host, port=args.port or 0, model=model, others=tuple(others), limits=limits
    )
    local = settings.is_loopback()
    if not local:
        settings = replace(settings, token=read_token(None) or secrets.token_urlsafe(12))
    with _listening(args.host, args.port) as listening:
        # Behind the #, the token is never sent, nor kept in a log.
        key = f"/#token={settings.token}" if settings.token else ""
        address = address_at(listening) + key
        moved = args.port is None and listening.getsockname()[1] != _PORT
        why = f", since port {_PORT} is taken" if moved else ""

        def ready() -> None:
            say(f"deepgin: the page is at {address}{why} (Ctrl-C ends it)")
            if not local:
                say(f"deepgin: from other machines: {address_at(listening, network=True)}{key}")
            if not args.no_browser:
                _open(address)

        serve(settings, listening, page=True, photo=photo, ready=ready)


def _listening(host: str, port: int | None) -> "socket.socket":
    """Return what listens at the port, or at the first free one if none was asked for."""
    from ..service.server import PortTaken, listen

    if port is not None:
        return listen(host, port)
    for candidate in range(_PORT, _PORT + _TRIES):
        try:
            return listen(host, candidate)
        except PortTaken:
            continue
    return listen(host, 0)


def _open(address: str) -> None:
    """Show the address in the person's browser, if there is a screen to show it on."""
    import webbrowser

    screens = ("DISPLAY", "WAYLAND_DISPLAY", "BROWSER")
    if sys.platform in ("darwin", "win32") or any(os.environ.get(name) for name in screens):
        # Some browsers keep whoever opens them waiting.
        Thread(target=webbrowser.open, args=[address], daemon=True).start()
