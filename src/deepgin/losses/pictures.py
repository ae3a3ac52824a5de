"""The losses on finished pictures: perceptual, style, total variation, from one pass of features."""

from collections.abc import Collection

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ..errors import UsageError
from ..network import Filled
from ..perceptual import Vgg
from .features import LAYERS, Form, as_seen, perceptual, style, total_variation

TERMS = ("perceptual", "style", "total_variation")
_RELEASED_SIZE = 224


class PictureLosses(nn.Module):
    """The perceptual, style and total variation losses ([P] eqs. 4 to 6), without their weights.

    Attributes:
        layers: the layers that perceptual and style look at: those of conv1_1, conv2_1, conv3_1,
            conv4_1, conv5_1 that the network has.
        missing: those of the five that it lacks; the two losses are the smaller for it.
        terms: what `forward` returns.

    Args:
        network: VGG-19 or its first layers; None for total variation alone.
        form: `paper` or `released`, see each loss; `released` also resizes to 224 x 224 [C].
        terms: the terms to compute; None for all that the network allows.

    Raises:
        UsageError: an unknown term, or one that needs a network where there is none.
    """

    def __init__(
        self, network: Vgg | None, form: Form = "paper", terms: Collection[str] | None = None
    ) -> None:
        super().__init__()
        able = TERMS if network is not None else ("total_variation",)
        unable = sorted(set(terms or ()) - set(able))
        if unable:
            raise UsageError(
                f"no loss {', '.join(unable)}: there are {', '.join(TERMS)}, "
                "the first two with a VGG network"
            )
        self.network, self.form = network, form
        self.terms = able if terms is None else tuple(t for t in TERMS if t in terms)
        has = LAYERS if network is None else network.layers
        self.layers = tuple(name for name in LAYERS if name in has)
        self.missing = tuple(name for name in LAYERS if name not in has)

    def forward(self, filled: Filled, truth: Tensor, repeats: int = 1) -> dict[str, Tensor]:
        """Return the terms, unweighted scalars in float32 at least.

        Perceptual and style compare `reconstructed` and `completed` with the truth and add the
        two; total variation looks at `completed`. Under autocast only the network's convolutions
        run in half precision.

        Args:
            filled: of N pictures.
            truth: N x 3 x H x W in [0, 1].
            repeats: how many times in a row `truth` holds each picture (under other masks); its
                features are computed once for them.

        Raises:
            UsageError: N is no multiple of `repeats`.
        """
        if repeats < 1 or len(truth) % repeats:
            raise UsageError(f"{len(truth)} pictures are not {repeats} of each: change repeats")
        losses: dict[str, Tensor] = {}
        if {"perceptual", "style"} & set(self.terms):
            # Features 2 x P x repeats x C x h x w of both pictures, P x 1 x C x h x w of the truth.
            both = self._look(torch.cat((filled.reconstructed, filled.completed)))
            both = {name: x.unflatten(0, (2, -1, repeats)) for name, x in both.items()}
            with torch.no_grad():
                true = self._look(truth[::repeats])
            true = {name: x.unsqueeze(1) for name, x in true.items()}
            # Their means are over both pictures: twice that is the sum that is meant.
            if "perceptual" in self.terms:
                losses["perceptual"] = 2 * perceptual(both, true, self.form)
            if "style" in self.terms:
                losses["style"] = 2 * style(both, true, self.form)
        if "total_variation" in self.terms:
            losses["total_variation"] = total_variation(filled.completed, self.form)
        return losses

    def _look(self, pictures: Tensor) -> dict[str, Tensor]:
        """Return the features of pictures as the form's losses see them."""
        assert self.network is not None
        if self.form == "released":
            size = (_RELEASED_SIZE, _RELEASED_SIZE)
            pictures = F.interpolate(pictures, size, mode="bilinear", align_corners=True)
        return as_seen(self.network(pictures, self.layers), self.form)
