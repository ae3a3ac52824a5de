"""What is written into results that are to tell how they were made."""

from dataclasses import asdict
from pathlib import Path
from typing import Any

from ...version import __version__
from ...weights import Model, file_hash, local_path, sharpness_of
from ..options import Options
from ..textured import wants_texture


def provenance(
    weights: str | Path | None, options: Options, sharpness: float | None = None
) -> dict[str, Any]:
    """Return version, weights' hash, their sharpness if they have one, and changed options.

    Args:
        weights: the file; None for the weights that come with the package.
        options: those of the inpainter; what differs from the defaults is told.
        sharpness: as the inpainter is given it; None tells the one it then takes: 0 under
            texture, else the weights' own default.

    Raises:
        WeightsError, UsageError: as for `sharpness_of`.
    """
    usual, path = asdict(Options()), local_path(weights)
    if wants_texture(options):
        sharpness = Model(path, sharpness=sharpness).softened().sharpness
    at = sharpness_of(path, sharpness)
    return {
        "software": f"deepgin {__version__}",
        "weights": f"sha256:{file_hash(path)}",
        **({} if at is None else {"sharpness": at}),
        "options": {k: v for k, v in asdict(options).items() if v != usual[k]},
    }
