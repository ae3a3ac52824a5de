"""What one process of the cluster does: hold the network once, and fill unit after unit."""

import os
import sys
from pathlib import Path
from typing import Any

from ..errors import DeepginError
from ..inpainting import Inpainter
from ..inpainting.folders import provenance
from ..inpainting.textured import wants_texture
from .addresses import hidden
from .manifests import TAR, Report, agreed, differences, read_manifest
from .places import Place, PlaceError
from .scratch import scratch
from .units import Unit
from .work import BrokenWorker, Order, fill_unit


class Worker:
    """Fills units; a process of its own, so that its death takes no other along.

    Args:
        order: what is the same for all units.
        weights: the content of the weights file; None takes the package's own.

    Raises:
        DeepginError: the network or the device cannot be used here, or the package is another.
    """

    def __init__(self, order: Order, weights: bytes | None = None) -> None:
        self.order = order
        request = order.request
        settings: dict[str, Any] = {
            name: getattr(request, name) for name in ("device", "precision", "sharpness")
        }
        if weights is None:
            self._check(None)
            self.inpainter = Inpainter(options=request.options, **settings)
            return
        with scratch() as folder:
            # Its ending says what kind of file it is.
            path = folder / f"weights{Path(request.weights or '').suffix}"
            path.write_bytes(weights)
            self._check(path)
            self.inpainter = Inpainter(path, options=request.options, **settings)
            # It is opened now, while the file is there.
            textured = wants_texture(request.options)
            _ = self.inpainter.guide if textured else self.inpainter.runtime

    def _check(self, weights: Path | None) -> None:
        here, asked = provenance(weights, self.order.request.options), self.order.told
        for key in ("software", "weights"):
            if here[key] != asked[key]:
                raise DeepginError(
                    f"a worker has {here[key]}, and what is asked for is {asked[key]}: install the "
                    "same package on all machines"
                )

    def work(self, unit: Unit) -> Report:
        """Fill a unit, unless a worker has that died before it could say so."""
        try:
            done = done_before(unit, self.order)
            return done or fill_unit(unit, self.order, self.inpainter)
        except BrokenWorker as error:
            print(f"deepgin: worker ends: {hidden(error)}", file=sys.stderr, flush=True)
            os._exit(1)  # so that another process takes the unit
        except DeepginError as error:
            return Report(unit.name, hidden(error))
        except Exception as error:  # noqa: BLE001, other units are to go on
            return Report(unit.name, f"{type(error).__name__}: {hidden(error)}")


def done_before(unit: Unit, order: Order) -> Report | None:
    """Return what a unit came to, if its manifest is there and is that of this unit and request.

    Raises:
        PlaceError: the target cannot be read.
    """
    target = Place(order.request.target)
    try:
        manifest = read_manifest(target, unit.name)
        if not manifest or differences(manifest, order.told):
            return None
        return agreed(unit, manifest, target.child(unit.name + TAR).info().bytes)
    except PlaceError as error:
        if error.lasting:  # it is not there
            return None
        raise
