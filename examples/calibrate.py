"""Find the weights of perceptual and style loss for a VGG-19 other than the paper's.

python examples/calibrate.py --network FILE --photos DIR [--reference vgg19] [--weights START]

Both networks see the same completed training crops; each weight is the paper's times the term through
the reference over the term through FILE. Without --reference, the reference is estimated from FILE:
docs/calibration.md says how, and has what this printed for the recipe compact-main.
"""

import argparse
from copy import deepcopy

import torch
from torch import Tensor, nn

from deepgin.losses import PictureLosses, reconstruction, total_variation
from deepgin.losses.features import LAYERS
from deepgin.masks import KINDS
from deepgin.perceptual import Vgg, load_vgg
from deepgin.training.data import Samples
from deepgin.training.recipe import DataRecipe, LossRecipe
from deepgin.weights import load

MEAN_ACTIVATIONS = {"conv1_1": 0.35, "conv2_1": 0.8, "conv3_1": 1.3}
"""Of torchvision's VGG-19 after each ReLU; where they come from: docs/calibration.md."""
TERMS = ("perceptual", "style")
BATCH = 4


def convolutions(network: Vgg) -> list[nn.Conv2d]:
    return [c for c in network.convolutions.values() if isinstance(c, nn.Conv2d)]


def rescaled(network: Vgg, scales: list[Tensor]) -> Vgg:
    """Return a copy whose layers' outputs are multiplied by `scales`, one vector a layer."""
    network = deepcopy(network)
    before: Tensor | None = None
    for convolution, scale in zip(convolutions(network), scales, strict=True):
        scale = scale.to(convolution.weight)
        convolution.weight *= scale.view(-1, 1, 1, 1)
        convolution.bias *= scale
        if before is not None:
            convolution.weight /= before.view(1, -1, 1, 1)
        before = scale
    return network


def balancing_scales(network: Vgg) -> list[Tensor]:
    """Return the scales of outputs after which each channel's incoming and outgoing norms are equal.

    One layer after another is set to its own minimum of the weight decay, until nothing moves.
    """
    chain = [c.weight.double().square().sum((2, 3)) for c in convolutions(network)]
    squared = [torch.ones(len(energy), dtype=torch.float64) for energy in chain]
    inputs, moved = torch.ones(chain[0].shape[1], dtype=torch.float64), 1.0
    while moved > 1e-9:
        moved = 0.0
        for i, energy in enumerate(chain):
            incoming = energy @ (squared[i - 1] if i else inputs).reciprocal()
            if i == len(chain) - 1:  # its outgoing kernels are missing: equal shares
                new = 1 / (len(energy) * incoming)
            else:
                new = (squared[i + 1] @ chain[i + 1] / incoming).sqrt()
            new = torch.where(new.isfinite() & (new > 0), new, 1)
            moved = max(moved, (new / squared[i]).log().abs().max().item())
            squared[i] = new
    return [scale.sqrt() for scale in squared]


def estimated_reference(network: Vgg, pictures: Tensor) -> Vgg:
    """Return the network balanced, its layers scaled to the published mean activations."""
    balanced = rescaled(network, balancing_scales(network))
    scales = []
    for name, features in balanced(pictures, balanced.layers).items():
        factor = MEAN_ACTIVATIONS[name] / features.relu().mean() if name in MEAN_ACTIVATIONS else 1
        scales.append(torch.full((features.shape[1],), float(factor)))
    return rescaled(balanced, scales)


@torch.no_grad()
def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--network", required=True, help="the VGG-19 to train with")
    parser.add_argument("--photos", required=True, help="a folder of training pictures")
    parser.add_argument("--reference", help="the VGG-19 of the paper's weights; else estimated")
    parser.add_argument("--weights", help="generator that the main stage begins with")
    parser.add_argument("--size", type=int, default=128, help="of the crops, in pixels")
    parser.add_argument("--pictures", type=int, default=24, help="each under three masks")
    args = parser.parse_args()

    data = DataRecipe(args.photos, size=args.size, smallest_scale=0.75, mask_windows=0.75)
    data.pictures_per_step = BATCH
    samples = Samples(data, seed=1)
    batches = [samples.batch(first) for first in range(0, args.pictures, BATCH)]
    generator, given = load(args.weights), load_vgg(args.network)
    pictures = torch.cat([batch.pictures for batch in batches])[:16].float() / 255
    reference = load_vgg(args.reference) if args.reference else estimated_reference(given, pictures)
    layers = [name for name in LAYERS if name in given.layers and name in reference.layers]

    rows = {name: dict.fromkeys([(t, n) for t in TERMS for n in (0, 1)], 0.0) for name in layers}
    l1 = variation = 0.0
    for batch in batches:
        image = (batch.pictures.float() / 255).repeat_interleave(len(KINDS), 0)
        mask = batch.masks.flatten(0, 1).unsqueeze(1).float()
        filled = generator(image, mask)
        l1 += reconstruction(filled, image, mask, LossRecipe.hole).item() / len(batches)
        variation += total_variation(filled.completed).item() / len(batches)
        for n, network in enumerate((reference, given)):
            for name, row in rows.items():
                losses = PictureLosses(network, terms=TERMS)
                losses.layers = (name,)
                for term, value in losses(filled, image).items():
                    row[term, n] += value.item() / len(batches)

    print("| layer | perceptual, reference | perceptual, given | style, reference | style, given |")
    print("|---|---:|---:|---:|---:|")
    for name, row in rows.items():
        print(f"| {name} |", " | ".join(f"{value:.4g}" for value in row.values()), "|")
    sums = {key: sum(row[key] for row in rows.values()) for key in next(iter(rows.values()))}
    weights = {t: getattr(LossRecipe, t) * sums[t, 0] / sums[t, 1] for t in TERMS}
    parts = {"l1": l1, "total variation": LossRecipe.total_variation * variation}
    parts |= {term: weights[term] * sums[term, 1] for term in TERMS}
    print(*(f"{name} {part / sum(parts.values()):.1%}" for name, part in parts.items()), sep=", ")
    if not args.reference:
        print("The reference is ESTIMATED: --reference vgg19 measures it.")
    print(f"--loss.perceptual {weights['perceptual']:.2g} --loss.style {weights['style']:.2g}")


if __name__ == "__main__":
    main()
