"""`deepgin serve`: the HTTP service."""

import sys
from typing import Any

from ..errors import DeepginError
from .parsing import Parser, add_runtime


def parser() -> Parser:
    """Return the command's parser."""
    p = Parser("serve", "Fill pictures over HTTP; /docs of the service says how to ask.")
    p.add_argument("--host", default="127.0.0.1", help="the address to listen at")
    p.add_argument("--port", type=int, default=8000, help="0 takes any that is free")
    p.add_argument("--max-megabytes", type=float, default=64, help="of a request")
    p.add_argument("--max-megapixels", type=float, default=64, help="of a picture, and of a mask")
    p.add_argument("--queue", type=int, default=32, help="requests at a time; the next gets 429")
    p.add_argument(
        "--timeout", type=float, default=60, help="seconds to arrive in, and then to wait"
    )
    p.add_argument("--gather-ms", type=float, default=5, help="to wait for others to fill with")
    p.add_argument("--together", type=int, default=16, help="so many are filled together at most")
    p.add_argument(
        "--token-file", metavar="FILE", help="what requests must bear; else DEEPGIN_TOKEN, if set"
    )
    p.add_argument(
        "--allow-hosts", default="", help="names by which it may be called, with commas between"
    )
    p.add_argument(
        "--allow-origins",
        default="",
        help="other sites whose pages may use it, as https://example.org, with commas between; "
        "null is pages from files, * is all",
    )
    p.add_argument(
        "--root-path", default="", help="where a proxy shows it, as /fill, if not at its root"
    )
    p.add_argument("--page", action="store_true", help="serve the page for people, too: at /")
    p.add_argument("-v", "--verbose", action="store_true", help="a line for each request")
    add_runtime(p)
    return p


def run(args: Any) -> None:
    """Listen, say so, and serve."""
    from ..devices import keep_freed_memory

    settings = settings_of(args)
    try:
        from ..service.server import address_at, listen
        from ..service.server import run as serve
    except ModuleNotFoundError as error:
        raise DeepginError(f"{error.name} is missing: pip install 'deepgin[app]'") from error
    keep_freed_memory()
    with listen(settings.host, settings.port) as listening:
        address = address_at(listening)
        if not settings.is_loopback() and not settings.token:
            say("warning: others can reach this service, and no token is asked for: --token-file")

        def ready() -> None:
            page = f", with the page at {address}/" if args.page else ""
            say(f"serving at {address}{page} (how to ask: {address}/docs)")

        serve(settings, listening, page=args.page, ready=ready, access_log=args.verbose)
    say("ended; what was taken is finished")


def settings_of(args: Any) -> Any:
    """Return the settings that the options mean.

    Raises:
        UsageError: a value that does not work; DeepginError: the token's file cannot be read.
    """
    from ..service.settings import Limits, Settings, read_token

    limits = Limits(
        bytes=round(args.max_megabytes * 2**20),
        pixels=round(args.max_megapixels * 1e6),
        seconds=args.timeout,
        queue=args.queue,
    )
    return Settings(
        args.host,
        args.port,
        args.weights,
        args.device,
        args.precision,
        limits,
        read_token(args.token_file),
        _listed(args.allow_hosts),
        args.gather_ms / 1000,
        args.together,
        args.sharpness,
        _listed(args.allow_origins.lower()),
        args.root_path.rstrip("/"),
    )


def _listed(text: str) -> tuple[str, ...]:
    return tuple(name.strip() for name in text.split(",") if name.strip())


def say(line: str) -> None:
    """Print a line on stderr."""
    print(f"deepgin: {line}", file=sys.stderr, flush=True)
