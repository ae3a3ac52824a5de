"""`deepgin cluster SOURCE [MASKS] -o TARGET`: very many pictures, on a Ray cluster."""

from typing import TYPE_CHECKING, Any

from ..errors import DeepginError
from .parsing import Parser, add_runtime, add_texture
from .telling import counted

if TYPE_CHECKING:
    from ..cluster import Request


def parser() -> Parser:
    """Return the command's parser."""
    p = Parser(
        "cluster",
        "Fill the pictures of tar shards or of a folder on a Ray cluster. The same command "
        "continues a stopped job. Addresses are paths, s3://, gs://, https://, ... (fsspec).",
        ("deepgin cluster 's3://bucket/{000..099}.tar' -o s3://bucket/filled --workers 8",),
    )
    p.add_argument(
        "source",
        help="a folder of pictures or of tar shards, or shards such as '*.tar' or {000..099}.tar",
    )
    p.add_argument(
        "masks",
        nargs="?",
        help="a mask for all pictures, white where the hole is, or a folder of masks; default: "
        "NAME_mask or NAME.mask beside each picture, in shards too, or else where the picture is "
        "transparent",
    )
    p.add_argument("-o", "--output", required=True, help="the folder for tars and manifests")
    p.add_argument("--overwrite", action="store_true", help="fill again what is done")
    p.add_argument("--retry-failed", action="store_true", help="fill again units with failures")
    p.add_argument("--workers", type=int, default=0, help="0 takes as many as fit")
    p.add_argument(
        "--gpus-per-worker", type=float, help="default: 1 if the cluster has GPUs; 0.5 shares one"
    )
    p.add_argument("--cpus-per-worker", type=float, default=1, help="cores of a worker")
    p.add_argument("--address", default="", help="a Ray cluster, or auto; default: this machine")
    p.add_argument(
        "--pictures-per-unit", type=int, default=500, help="folders: pictures in one tar"
    )
    p.add_argument("--invert", action="store_true", help="black is missing instead of white")
    p.add_argument(
        "--threshold", type=float, default=0.5, help="a mask is missing at this share of white"
    )
    p.add_argument("--resize-mask", action="store_true", help="resize masks to their pictures")
    p.add_argument("--dilate", type=int, default=0, help="grow the hole by N pixels")
    p.add_argument("--fit", default="auto", help="auto, direct, resize, crop or polyphase")
    add_texture(p)
    p.add_argument(
        "--feather", type=int, default=0, help="soften steps inside the hole's edge over N pixels"
    )
    p.add_argument("--ensemble", action="store_true", help="the mean of five passes")
    p.add_argument("--format", default="", help="png, jpg, webp, ... for all results")
    p.add_argument("--quality", type=int, help="0 to 100, for JPEG, WebP and AVIF")
    add_runtime(p)
    return p


def run(args: Any) -> None:
    """Fill, and print the counts."""
    try:
        from ..cluster import Lines, fill_all
        from ..cluster.pool import Workers, hand_over
    except ImportError as error:
        raise DeepginError(
            f'{error.name or error} is missing: pip install -c constraints.txt ".[cluster]"'
        ) from error
    workers = Workers(args.workers, args.cpus_per_worker, args.gpus_per_worker, args.address)
    summary = fill_all(_request(args), hand_over(workers), Lines())
    failed = len(summary.failed)
    told = counted(filled=summary.filled, skipped=summary.skipped, failed=failed)
    print(f"{told or 'nothing filled'}: {summary.target}")
    if failed:
        raise DeepginError(
            f"{failed} failed, named above: mend them and run the same command again, with "
            "--retry-failed for pictures"
        )


def _request(args: Any) -> "Request":
    from ..cluster import Request, absolute
    from ..inpainting import Options
    from ..inpainting.folders import JobOptions

    names = (
        "fit",
        "texture",
        "ensemble",
        "dilate",
        "feather",
        "invert",
        "threshold",
        "resize_mask",
    )
    return Request(
        absolute(args.source),
        absolute(args.output),
        absolute(args.masks or ""),
        options=Options(**{name: getattr(args, name) for name in names}),
        writing=JobOptions(format=args.format, quality=args.quality),
        weights=args.weights,
        device=args.device,
        precision=args.precision,
        sharpness=args.sharpness,
        per_unit=args.pictures_per_unit,
        overwrite=args.overwrite,
        retry_failed=args.retry_failed,
    )
