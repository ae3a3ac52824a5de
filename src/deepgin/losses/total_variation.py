"""The total variation of completed pictures ([P] eq. 6)."""

from torch import Tensor

from .layers import Form, full


def total_variation(picture: Tensor, form: Form = "paper") -> Tensor:
    """Return the mean difference of vertical neighbours plus that of horizontal ones, a scalar.

    The means are over all elements (pairs of neighbours, channels, samples).

        >>> import torch
        >>> picture = torch.tensor([0.0, 0.5]).expand(1, 3, 2, 2)  # two columns
        >>> total_variation(picture), total_variation(picture, "released")
        (tensor(0.5000), tensor(0.5000))

    Args:
        picture: N x 3 x H x W, both sides at least 2.
        form: `paper`, absolute differences; `released`, twice the squared ones [C].
    """
    picture = full(picture)
    rows = picture[:, :, 1:] - picture[:, :, :-1]
    columns = picture[..., 1:] - picture[..., :-1]
    if form == "paper":
        return rows.abs().mean() + columns.abs().mean()
    return 2 * (rows.square().mean() + columns.square().mean())
