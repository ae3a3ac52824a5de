"""Networks of other authors with random weights, for timing: the structure that their papers describe.

Every network maps a picture N x 3 x H x W and a hole N x 1 x H x W (1 = missing), both float32, to a
picture N x 3 x H x W in the range that its authors chose.
"""

import torch
import torch.nn.functional as F
from torch import Tensor, nn


def conv(inputs: int, outputs: int, kernel: int, **more: object) -> nn.Conv2d:
    """Return a convolution that keeps the size (at stride 1)."""
    padding = more.get("dilation", 1) * (kernel // 2)
    return nn.Conv2d(inputs, outputs, kernel, padding=padding, **more)


class Spectral(nn.Module):
    """The global branch of a fast Fourier convolution (Chi et al. 2020)."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        half = channels // 2
        self.before = nn.Sequential(
            nn.Conv2d(channels, half, 1, bias=False), nn.BatchNorm2d(half), nn.ReLU()
        )
        self.spectrum = nn.Sequential(
            nn.Conv2d(2 * half, 2 * half, 1, bias=False), nn.BatchNorm2d(2 * half), nn.ReLU()
        )
        self.after = nn.Conv2d(half, channels, 1, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        x = self.before(x)
        waves = torch.fft.rfft2(x, norm="ortho")
        real, imaginary = self.spectrum(torch.cat((waves.real, waves.imag), 1)).chunk(2, 1)
        back = torch.fft.irfft2(torch.complex(real, imaginary), s=x.shape[-2:], norm="ortho")
        return self.after(x + back)


class FourierConv(nn.Module):
    """Local and global channels, each made of both; the first `local` channels are local."""

    def __init__(self, channels: int, local: int) -> None:
        super().__init__()
        rest = channels - local
        how = {"bias": False, "padding_mode": "reflect"}
        self.local = local
        self.local_to_local, self.local_to_global, self.global_to_local = (
            conv(a, b, 3, **how) for a, b in ((local, local), (local, rest), (rest, local))
        )
        self.global_to_global = Spectral(rest)
        self.norm = nn.BatchNorm2d(channels)

    def forward(self, x: Tensor) -> Tensor:
        near, far = x[:, : self.local], x[:, self.local :]
        to_local = self.local_to_local(near) + self.global_to_local(far)
        to_global = self.local_to_global(near) + self.global_to_global(far)
        return F.relu(self.norm(torch.cat((to_local, to_global), 1)))


class FourierBlock(nn.Module):
    """Two Fourier convolutions and the input."""

    def __init__(self, channels: int, local: int) -> None:
        super().__init__()
        self.convs = nn.Sequential(*(FourierConv(channels, local) for _ in range(2)))

    def forward(self, x: Tensor) -> Tensor:
        return x + self.convs(x)


class Lama(nn.Module):
    """LaMa (Suvorov et al. 2022), the large network: 18 Fourier blocks of 512 channels, 3/4 global.

    Returns [0, 1]. Sizes are multiples of 8.
    """

    def __init__(self, blocks: int = 18) -> None:
        super().__init__()

        def layer(inputs: int, outputs: int, kernel: int, stride: int) -> list[nn.Module]:
            how = {"stride": stride, "bias": False, "padding_mode": "reflect"}
            return [conv(inputs, outputs, kernel, **how), nn.BatchNorm2d(outputs), nn.ReLU()]

        def larger(inputs: int) -> list[nn.Module]:
            up = nn.ConvTranspose2d(inputs, inputs // 2, 3, 2, padding=1, output_padding=1)
            return [up, nn.BatchNorm2d(inputs // 2), nn.ReLU()]

        self.layers = nn.Sequential(
            *layer(4, 64, 7, 1),
            *layer(64, 128, 3, 2),
            *layer(128, 256, 3, 2),
            *layer(256, 512, 3, 2),
            *(FourierBlock(512, 128) for _ in range(blocks)),
            *larger(512),
            *larger(256),
            *larger(128),
            conv(64, 3, 7, padding_mode="reflect"),
            nn.Sigmoid(),
        )

    def forward(self, image: Tensor, hole: Tensor) -> Tensor:
        return self.layers(torch.cat((image * (1 - hole), hole), 1))


class GatedBlend(nn.Module):
    """The block of AOT-GAN: dilated branches, blended with the input by a normalised gate."""

    def __init__(self, channels: int, rates: tuple[int, ...]) -> None:
        super().__init__()
        how = {"padding_mode": "reflect"}
        self.branches = nn.ModuleList(
            conv(channels, channels // len(rates), 3, dilation=rate, **how) for rate in rates
        )
        self.fuse, self.gate = (conv(channels, channels, 3, **how) for _ in range(2))

    def forward(self, x: Tensor) -> Tensor:
        fused = self.fuse(torch.cat([F.relu(branch(x)) for branch in self.branches], 1))
        gate = self.gate(x)
        deviation = gate.std((2, 3), keepdim=True) + 1e-9
        gate = 2 * (gate - gate.mean((2, 3), keepdim=True)) / deviation - 1
        return torch.lerp(x, fused, torch.sigmoid(5 * gate))


class AotGan(nn.Module):
    """AOT-GAN (Zeng et al. 2022): 8 blocks of 256 channels with rates 1, 2, 4, 8.

    Takes [-1, 1] and returns it. Sizes are multiples of 4.
    """

    def __init__(self, blocks: int = 8) -> None:
        super().__init__()
        self.layers = nn.Sequential(
            *(conv(4, 64, 7, padding_mode="reflect"), nn.ReLU()),
            *(nn.Conv2d(64, 128, 4, 2, 1), nn.ReLU()),
            *(nn.Conv2d(128, 256, 4, 2, 1), nn.ReLU()),
            *(GatedBlend(256, (1, 2, 4, 8)) for _ in range(blocks)),
            *(Enlarge("bilinear"), conv(256, 128, 3), nn.ReLU()),
            *(Enlarge("bilinear"), conv(128, 64, 3), nn.ReLU()),
            *(conv(64, 3, 3), nn.Tanh()),
        )

    def forward(self, image: Tensor, hole: Tensor) -> Tensor:
        return self.layers(torch.cat((image * (1 - hole) + hole, hole), 1))


class Enlarge(nn.Module):
    """Enlargement by 2, nearest or bilinear with aligned corners."""

    def __init__(self, mode: str) -> None:
        super().__init__()
        self.mode = mode

    def forward(self, x: Tensor) -> Tensor:
        corners = True if self.mode == "bilinear" else None
        return F.interpolate(x, scale_factor=2, mode=self.mode, align_corners=corners)


class Gated(nn.Module):
    """A gated convolution."""

    def __init__(self, inputs: int, outputs: int, kernel: int = 3, **more: object) -> None:
        super().__init__()
        self.conv = conv(inputs, 2 * outputs, kernel, **more)

    def forward(self, x: Tensor) -> Tensor:
        x, gate = self.conv(x).chunk(2, 1)
        return F.elu(x) * torch.sigmoid(gate)


class ContextualAttention(nn.Module):
    """Patches of 4 x 4 made of those outside the hole, weighted by likeness at half the size.

    Likeness is the cosine of 3 x 3 patches, times 10, smoothed along both diagonals.
    """

    def forward(self, x: Tensor, hole: Tensor) -> Tensor:
        n, _, height, width = x.shape
        small = F.interpolate(x, scale_factor=1 / 2)
        h, w = small.shape[-2:]
        patches = F.unfold(small, 3, padding=1)  # N x 9C x hw
        keys = patches / patches.norm(dim=1, keepdim=True).clamp_min(1e-4)
        scores = keys.mT @ patches  # N x hw (source) x hw (place)
        for _ in range(2):  # along rows, then along columns
            diagonal = torch.eye(3, device=x.device)[None, None]
            scores = F.conv2d(scores.unsqueeze(1), diagonal, padding=1).squeeze(1)
            scores = scores.view(n, h, w, h, w).permute(0, 2, 1, 4, 3).reshape(n, h * w, h * w)
        valid = 1 - F.interpolate(hole, size=(h, w))
        valid = (F.avg_pool2d(valid, 3, 1, 1) == 1).float().view(n, h * w, 1)
        weights = torch.softmax(10 * scores * valid, 1) * valid
        values = F.unfold(x, 4, stride=2, padding=1)  # N x 16C x hw
        return F.fold(values @ weights, (height, width), 4, stride=2, padding=1) / 4


class DeepFill(nn.Module):
    """DeepFill v2 (Yu et al. 2019): coarse stage, then a refinement of two branches; 48 channels.

    Takes [-1, 1] and returns it. Sizes are multiples of 8.
    """

    def __init__(self, width: int = 48) -> None:
        super().__init__()
        w = width

        def encoder(inputs: int, hidden: int, outputs: int) -> list[nn.Module]:
            first = [Gated(inputs, w // 2, 5), Gated(w // 2, hidden, stride=2), Gated(hidden, w)]
            return [*first, Gated(w, outputs, stride=2), Gated(outputs, 2 * w)]

        def decoder(inputs: int) -> list[nn.Module]:
            up = [Enlarge("nearest"), Gated(2 * w, w), Gated(w, w)]
            up += [Enlarge("nearest"), Gated(w, w // 2), Gated(w // 2, w // 4)]
            between = [Gated(inputs, 2 * w), Gated(2 * w, 2 * w)]
            return [*between, *up, conv(w // 4, 3, 3), nn.Tanh()]

        def dilated() -> list[nn.Module]:
            return [Gated(2 * w, 2 * w, dilation=rate) for rate in (1, 2, 4, 8, 16)]

        self.coarse = nn.Sequential(*encoder(5, w, 2 * w), *dilated(), *decoder(2 * w))
        self.convolutions = nn.Sequential(*encoder(3, w // 2, w), *dilated())
        self.before = nn.Sequential(*encoder(3, w // 2, 2 * w), Gated(2 * w, 2 * w))
        self.attention = ContextualAttention()
        self.after = nn.Sequential(Gated(2 * w, 2 * w), Gated(2 * w, 2 * w))
        self.decoder = nn.Sequential(*decoder(4 * w))

    def forward(self, image: Tensor, hole: Tensor) -> Tensor:
        seen = image * (1 - hole)
        coarse = self.coarse(torch.cat((seen, torch.ones_like(hole), hole), 1))
        x = coarse * hole + seen
        attended = self.after(self.attention(self.before(x), hole))
        return self.decoder(torch.cat((self.convolutions(x), attended), 1))


def leaky(x: Tensor) -> Tensor:
    """Return the activation of MI-GAN, after StyleGAN."""
    return (F.leaky_relu(x, 0.2) * 2**0.5).clamp(-256, 256)


class Separable(nn.Module):
    """A convolution by channel, then one over channels; halves or doubles the size with a filter."""

    def __init__(self, inputs: int, outputs: int, resize: str = "") -> None:
        super().__init__()
        self.by_channel = conv(inputs, inputs, 3, groups=inputs)
        self.over_channels = nn.Conv2d(inputs, outputs, 1, bias=False)
        self.down = Smooth(inputs, 2) if resize == "down" else nn.Identity()
        self.up = SmoothUp(outputs) if resize == "up" else nn.Identity()

    def forward(self, x: Tensor) -> Tensor:
        return leaky(self.up(self.over_channels(self.down(leaky(self.by_channel(x))))))


class Smooth(nn.Conv2d):
    """The filter 1 3 3 1, by channel."""

    def __init__(self, channels: int, stride: int, padding: int = 1) -> None:
        how = {"stride": stride, "padding": padding, "groups": channels, "bias": False}
        super().__init__(channels, channels, 4, **how)


class SmoothUp(nn.Module):
    """Enlargement by 2 with zeros between the pixels, then the filter."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.smooth = Smooth(channels, 1, 0)

    def forward(self, x: Tensor) -> Tensor:
        n, c, h, w = x.shape
        spread = F.pad(x.reshape(n, c, h, 1, w, 1), (0, 1, 0, 0, 0, 1)).reshape(n, c, 2 * h, 2 * w)
        return self.smooth(F.pad(spread, (2, 1, 2, 1)))


class MiGan(nn.Module):
    """MI-GAN (Sargsyan et al. 2023): an encoder and a decoder of separable convolutions.

    Takes [-1, 1] and returns it, at one size: 256 or 512.
    """

    def __init__(self, size: int = 512) -> None:
        super().__init__()

        def channels(side: int) -> int:
            return min(32768 // side, 512)

        sides = [size]
        while sides[-1] > 4:
            sides.append(sides[-1] // 2)
        self.first = nn.Conv2d(4, channels(size), 1)
        self.keep = nn.ModuleList(Separable(channels(s), channels(s)) for s in sides)
        self.down = nn.ModuleList(
            Separable(channels(s), channels(s // 2), "down") for s in sides[:-1]
        )
        self.last = Separable(channels(4), channels(4))
        ups = sides[-2::-1]
        self.up = nn.ModuleList(
            [
                Separable(channels(4), channels(4)),
                *(Separable(channels(s // 2), channels(s), "up") for s in ups),
            ]
        )
        self.mix = nn.ModuleList(Separable(channels(s), channels(s)) for s in (4, *ups))
        self.pictures = nn.ModuleList(nn.Conv2d(channels(s), 3, 1) for s in (4, *ups))
        self.enlarge = nn.ModuleList(SmoothUp(3) for _ in ups)

    def forward(self, image: Tensor, hole: Tensor) -> Tensor:
        x = leaky(self.first(torch.cat((0.5 - hole, image * (1 - hole)), 1)))
        skips = []
        for keep, down in zip(self.keep, (*self.down, self.last), strict=True):
            skips.append(keep(x))
            x = down(skips[-1])
        picture = None
        for k, (up, mix, to_picture) in enumerate(
            zip(self.up, self.mix, self.pictures, strict=True)
        ):
            x = mix(up(x) + skips.pop())
            drawn = to_picture(x)
            picture = drawn if picture is None else self.enlarge[k - 1](picture) + drawn
        assert picture is not None
        return picture
