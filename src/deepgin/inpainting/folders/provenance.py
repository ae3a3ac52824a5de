"""What is written into results that are to tell how they were made."""

from dataclasses import asdict
from pathlib import Path
from typing import Any

from ... import __version__
from ...weights import file_hash, local_path
from ..options import Options


def provenance(weights: str | Path | None, options: Options) -> dict[str, Any]:
    """Return version, weights' hash and the options that differ from the defaults.

    Args:
        weights: the file; None for the weights that come with the package.
        options: those of the inpainter.
    """
    usual = asdict(Options())
    return {
        "software": f"deepgin {__version__}",
        "weights": f"sha256:{file_hash(local_path(weights))}",
        "options": {k: v for k, v in asdict(options).items() if v != usual[k]},
    }
