"""`deepgin app`: the page in the browser, and the service behind it, for this machine alone."""

import os
import sys
from argparse import Namespace
from threading import Thread
from typing import TYPE_CHECKING

from ..errors import DeepginError
from .parsing import Parser, add_runtime
from .serve import say

if TYPE_CHECKING:
    import socket

_HOST, _PORT, _TRIES = "127.0.0.1", 8000, 50


def parser() -> Parser:
    """Return the command's parser."""
    p = Parser(
        "app", "Paint holes in the browser and have them filled; nothing leaves this machine."
    )
    p.add_argument("--port", type=int, help=f"to listen at; else the first free one from {_PORT}")
    p.add_argument("--no-browser", action="store_true", help="only say the address")
    add_runtime(p)
    return p


def run(args: Namespace) -> None:
    """Listen, load, open the browser, and serve until Ctrl-C."""
    try:
        from ..service.server import address_at
        from ..service.server import run as serve
    except ModuleNotFoundError as error:
        raise DeepginError(f"{error.name} is missing: pip install 'deepgin[app]'") from error
    from ..devices import keep_freed_memory
    from ..service.settings import Limits, Settings

    keep_freed_memory()
    # The pictures are one's own: only what Pillow itself refuses is too large.
    limits = Limits(bytes=1 << 30, pixels=178_000_000, seconds=3600)
    settings = Settings(
        _HOST,
        args.port or 0,
        args.weights,
        args.device,
        args.precision,
        limits,
        sharpness=args.sharpness,
    )
    with _listening(args.port) as listening:
        address = address_at(listening)
        moved = args.port is None and listening.getsockname()[1] != _PORT
        why = f", since port {_PORT} is taken" if moved else ""

        def ready() -> None:
            say(f"the page is at {address}{why} (Ctrl-C ends it)")
            if not args.no_browser:
                _open(address)

        serve(settings, listening, page=True, ready=ready)


def _listening(port: int | None) -> "socket.socket":
    """Return what listens at the port, or at the first free one if none was asked for."""
    from ..service.server import PortTaken, listen

    if port is not None:
        return listen(_HOST, port)
    for candidate in range(_PORT, _PORT + _TRIES):
        try:
            return listen(_HOST, candidate)
        except PortTaken:
            continue
    return listen(_HOST, 0)


def _open(address: str) -> None:
    """Show the address in the person's browser, if there is a screen to show it on."""
    import webbrowser

    screens = ("DISPLAY", "WAYLAND_DISPLAY", "BROWSER")
    if sys.platform in ("darwin", "win32") or any(os.environ.get(name) for name in screens):
        # Some browsers keep whoever opens them waiting.
        Thread(target=webbrowser.open, args=[address], daemon=True).start()
