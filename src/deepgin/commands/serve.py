"""`deepgin serve`: the HTTP service."""

from typing import Any

from ..console import say
from ..errors import DeepginError
from .parsing import Parser, add_runtime, models_of


def parser() -> Parser:
    """Return the command's parser."""
    p = Parser(
        "serve",
        "Fill pictures over HTTP. The service describes its requests at /docs.",
        ("deepgin serve --port 8080", "deepgin serve --host 0.0.0.0 --token-file TOKEN --page"),
    )
    p.add_argument("--host", default="127.0.0.1", help="address to listen at")
    p.add_argument("--port", type=int, default=8000, help="port to listen at; 0 uses any free port")
    p.add_argument("--max-megabytes", type=float, default=64, help="largest request, in megabytes")
    p.add_argument(
        "--max-megapixels", type=float, default=64, help="largest picture or mask, in megapixels"
    )
    p.add_argument(
        "--queue",
        type=int,
        default=32,
        help="maximum number of requests at a time; others get status 429",
    )
    p.add_argument(
        "--timeout",
        type=float,
        default=60,
        help="seconds that a request may take to arrive, and then to be filled",
    )
    p.add_argument(
        "--gather-ms", type=float, default=5, help="milliseconds to wait for a larger batch"
    )
    p.add_argument("--together", type=int, default=16, help="maximum batch size")
    p.add_argument(
        "--token-file",
        metavar="FILE",
        help="file with the token that requests need; default: the variable DEEPGIN_TOKEN",
    )
    p.add_argument(
        "--allow-hosts", default="", help="further host names of the service, separated by commas"
    )
    p.add_argument(
        "--allow-origins",
        default="",
        help="other sites whose pages may use the service, such as https://example.org, separated "
        "by commas; null stands for pages from files, * for all",
    )
    p.add_argument(
        "--root-path", default="", help="path of the service behind a proxy, such as /fill"
    )
    p.add_argument("--page", action="store_true", help="serve the page for browsers, too, at /")
    p.add_argument("-v", "--verbose", action="store_true", help="print a line for each request")
    p.add_argument(
        "--max-networks",
        type=int,
        default=3,
        help="networks in memory at a time; the least recently used one leaves",
    )
    add_runtime(p, several=True)
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
            problem = "other machines can use this service without a token"
            say(f"deepgin: warning: {problem}: set --token-file")

        def ready() -> None:
            page = f", with the page at {address}/" if args.page else ""
            say(f"deepgin: serving at {address}{page} (requests: {address}/docs)")

        serve(settings, listening, page=args.page, ready=ready, access_log=args.verbose)
    say("deepgin: stopped; accepted requests are finished")


def settings_of(args: Any) -> Any:
    """Return the settings for the options.

    Raises:
        UsageError: a value that does not work; DeepginError: the token's file cannot be read.
    """
    from ..service.settings import Limits, Settings, read_token

    model, *others = models_of(args)
    limits = Limits(
        bytes=round(args.max_megabytes * 2**20),
        pixels=round(args.max_megapixels * 1e6),
        seconds=args.timeout,
        queue=args.queue,
    )
    return Settings(
        host=args.host,
        port=args.port,
        model=model,
        others=tuple(others),
        networks=args.max_networks,
        limits=limits,
        token=read_token(args.token_file),
        allowed_hosts=_listed(args.allow_hosts),
        allowed_origins=_listed(args.allow_origins.lower()),
        root_path=args.root_path.rstrip("/"),
        gather_seconds=args.gather_ms / 1000,
        together=args.together,
    )


def _listed(text: str) -> tuple[str, ...]:
    return tuple(name.strip() for name in text.split(",") if name.strip())
