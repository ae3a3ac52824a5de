"""The two-stage generator: coarse, refinement, back projection."""

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from ..errors import UsageError
from .blocks import (
    SPD4_RATES,
    SPD8_RATES,
    Conv,
    ConvLeaky,
    NonLocal,
    ResidualBlock,
    SpdBlock,
    UpConv,
    resize,
)
from .prefill import pull_push
from .variants import Variant, variant

SIZE_MULTIPLE = 16


@dataclass(frozen=True)
class Filled:
    """What the generator returns; RGB about [0, 1], not clamped. None where a variant has none.

    Attributes:
        completed: N x 3 x H x W, `reconstructed` in the hole and `image` elsewhere.
        reconstructed: N x 3 x H x W, the network's whole picture ([P] I_out).
        coarse: N x 3 x H x W, the first stage's picture ([P] I_coarse).
        low_resolution: N x 3 x H/4 x W/4 ([P] I_lr).
        alpha: N x 1 x H x W in (0, 1), the weight of the back-projected residual.
    """

    completed: Tensor
    reconstructed: Tensor
    coarse: Tensor
    low_resolution: Tensor | None
    alpha: Tensor | None


def _blocks(kind: str, channels: int, count: int, rates: tuple[int, ...]) -> list[nn.Module]:
    if kind == "spd":
        return [SpdBlock(channels, rates) for _ in range(count)]
    return [ResidualBlock(channels, rate=2 if kind == "dilated" else 1) for _ in range(count)]


class CoarseStage(nn.Module):
    """G1: encoder to 1/8, six residual blocks, decoder; no activation at the end."""

    def __init__(self, v: Variant, w: int) -> None:
        super().__init__()
        self.encoder = nn.Sequential(
            ConvLeaky(4 + v.guidance, w // 2, 7),
            ConvLeaky(w // 2, w, 4, stride=2),
            ConvLeaky(w, 2 * w, 4, stride=2),
            ConvLeaky(2 * w, 4 * w, 4, stride=2),
        )
        self.middle = nn.Sequential(*_blocks(v.block, 4 * w, 6, SPD8_RATES))
        self.decoder = nn.Sequential(UpConv(4 * w, 2 * w), UpConv(2 * w, w), UpConv(w, w // 2))
        self.out = Conv(w // 2, 3, 7)

    def forward(self, x: Tensor) -> Tensor:
        return self.out(self.decoder(self.middle(self.encoder(x))))


class RefinementStage(nn.Module):
    """G2: encoder to 1/16, residual blocks round attention, decoder with mixed-in skips.

    Returns picture, low-resolution picture and alpha map; the last two only for back projection.
    """

    def __init__(self, v: Variant, w: int) -> None:
        super().__init__()
        self.e1 = ConvLeaky(4 + v.guidance, w // 2, 7)
        self.e2 = ConvLeaky(w // 2, w, 4, stride=2)
        self.e3 = ConvLeaky(w, 2 * w, 4, stride=2)
        self.e4 = ConvLeaky(2 * w, 4 * w, 4, stride=2)
        self.e5 = ConvLeaky(4 * w, 8 * w, 4, stride=2)
        before, after = (_blocks(v.block, 8 * w, 3, SPD4_RATES) for _ in range(2))
        self.middle = nn.Sequential(*before, *([NonLocal(8 * w)] if v.attention else []), *after)
        self.d1, self.d2 = UpConv(8 * w, 4 * w), UpConv(4 * w, 2 * w)
        self.d3, self.d4 = UpConv(2 * w, w), UpConv(w, w // 2)
        self.out = Conv(w // 2, 3, 7)
        self.skips = v.skips
        if v.skips:
            self.skip3, self.skip4 = _skip(2 * w, w, v), _skip(4 * w, 2 * w, v)
            self.mix1, self.mix2 = ConvLeaky(6 * w, 4 * w, 3), ConvLeaky(3 * w, 2 * w, 3)
        self.back_projection = v.back_projection
        if v.back_projection:
            self.low, self.low_out = ConvLeaky(2 * w, w // 2, 3), Conv(w // 2, 3, 3)
            self.alpha = Conv(w // 2, 1, 3)

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor | None, Tensor | None]:
        e3 = self.e3(self.e2(self.e1(x)))
        e4 = self.e4(e3)
        d1 = self.d1(self.middle(self.e5(e4)))
        if self.skips:
            d1 = self.mix1(torch.cat((d1, self.skip4(e4)), 1))
        d2 = self.d2(d1)
        if self.skips:
            d2 = self.mix2(torch.cat((d2, self.skip3(e3)), 1))
        d4 = self.d4(self.d3(d2))
        if not self.back_projection:
            return self.out(d4), None, None
        return self.out(d4), self.low_out(self.low(d2)), torch.sigmoid(self.alpha(d4))


def _skip(inputs: int, outputs: int, v: Variant) -> nn.Sequential:
    attention = [NonLocal(outputs)] if v.skip_attention else []
    return nn.Sequential(ConvLeaky(inputs, outputs, 3), *attention)


class Generator(nn.Module):
    """DeepGIN's generator, any row of [P] Table 1.

    Args:
        name: one of `deepgin.variants()`.
        width: channels after the first halving, 64 in [P]; even, at least 2.
    """

    def __init__(self, name: str = "deepgin", width: int = 64) -> None:
        super().__init__()
        if width < 2 or width % 2:
            raise UsageError(f"width {width} does not work: it must be even and at least 2")
        self.name, self.width, self.variant = name, width, variant(name)
        self.stage1 = CoarseStage(self.variant, width)
        self.stage2 = RefinementStage(self.variant, width) if self.variant.refinement else None
        self.prefill = pull_push  # an exporter puts a form here whose steps no size changes

    def forward(self, image: Tensor, mask: Tensor, guidance: Tensor | None = None) -> Filled:
        """Fill the holes of `image`.

        Args:
            image: N x 3 x H x W in [0, 1]; what stands under the mask is never seen.
            mask: N x 1 x H x W, 1 = missing, else 0.
            guidance: N x 3 x H x W in [0, 1], for `deepgin-guided` alone.

        Raises:
            UsageError: H or W is no multiple of 16, or guidance is missing or not accepted.
        """
        self._check(image, guidance)
        extra = () if guidance is None else (guidance,)
        valid = image * (1 - mask)
        start = self.prefill(image, mask) if self.variant.prefill else valid + mask
        coarse = self.stage1(torch.cat((start, mask, *extra), 1)).to(image.dtype)
        if self.variant.prefill:
            coarse = start + coarse
        composite = coarse * mask + valid  # [C]; [P] Fig. 2 passes the raw coarse picture
        if self.stage2 is None:
            return Filled(composite, coarse, coarse, None, None)
        out, low, alpha = self.stage2(torch.cat((composite, mask, *extra), 1))
        out = out.to(image.dtype)
        if self.variant.prefill:
            out = composite + out
        if low is None:
            return Filled(out * mask + valid, out, coarse, None, None)
        low, alpha = low.to(image.dtype), alpha.to(image.dtype)
        if self.variant.prefill:
            low = resize(composite, 1 / 4) + low
        # Back projection [C]: on the composite, where [P] writes it on the raw output.
        y = out * mask + valid
        reconstructed = y + resize(low - resize(y, 1 / 4), 4) * alpha
        return Filled(reconstructed * mask + valid, reconstructed, coarse, low, alpha)

    def _check(self, image: Tensor, guidance: Tensor | None) -> None:
        height, width = image.shape[-2:]
        up = [side + -side % SIZE_MULTIPLE for side in (width, height)]
        if up != [width, height]:
            raise UsageError(
                f"a picture of {width} x {height} pixels does not fit the network",
                mend=f"pad it to {up[0]} x {up[1]} (multiples of {SIZE_MULTIPLE})",
            )
        if (guidance is not None) != bool(self.variant.guidance):
            need = "needs" if self.variant.guidance else "takes no"
            raise UsageError(f"variant '{self.name}' {need} guidance picture")


def _initialise(network: Generator, released: bool) -> None:
    for module in network.modules():
        if isinstance(module, Conv):
            nn.init.kaiming_normal_(module.weight, 0, "fan_in")
            module.fill_bias(0)
            if released:
                module.weight.data.mul_(0.1)
    if released:
        return
    for module in network.modules():
        if isinstance(module, ResidualBlock | SpdBlock):
            module.last.weight.data.mul_(0.1)
        elif isinstance(module, NonLocal):
            nn.init.zeros_(module.last.weight)
    for output in output_convolutions(network):
        output.weight.data.mul_(0.1)
        # About the mean of photographs.
        output.fill_bias(0 if network.variant.prefill else 0.45)


def output_convolutions(network: Generator) -> list[Conv]:
    """Return the convolutions that make pictures: coarse, final, low resolution."""
    outputs = [network.stage1.out]
    if network.stage2 is not None:
        outputs.append(network.stage2.out)
        if network.stage2.back_projection:
            outputs.append(network.stage2.low_out)
    return outputs


def channels_last(network: Generator) -> Generator:
    """Lay the weights out as convolutions are fastest with; returns `network`."""
    network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    return network


def build(name: str = "deepgin", width: int = 64, *, initialisation: str = "full") -> Generator:
    """Return a generator in training mode with weights drawn by torch's global generator.

    Args:
        name: one of `deepgin.variants()`.
        width: 64 in [P]; 32 is our compact network.
        initialisation: `full`, ours: Kaiming normal; times 0.1 the last convolution of each
            residual branch and the output convolutions; zero the attention's last one. `released`,
            [C]'s, starts far slower: everything times 0.1.

    Raises:
        UsageError: unknown name or initialisation, or a width that does not work.
    """
    if initialisation not in ("full", "released"):
        raise UsageError(f"no initialisation '{initialisation}': choose full or released")
    network = Generator(name, width)
    _initialise(network, released=initialisation == "released")
    return channels_last(network)
