"""Our network against the same network written plainly, as ratios in one run.

python benchmarks/network.py [--width 32] [--rounds 7]
"""

import argparse
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from copy import deepcopy
from unittest import mock

import torch
import torch.nn.functional as F
from measure import heading, medians, table
from torch import Tensor

from deepgin.devices import keep_freed_memory
from deepgin.losses.l1 import reconstruction
from deepgin.masks import KINDS, draw
from deepgin.network import Generator, blocks, build


def plain_attention(query: Tensor, key: Tensor, value: Tensor, scale: float) -> Tensor:
    """Attend with the matrix of scores in memory."""
    return torch.softmax(query @ key.transpose(-1, -2) * scale, -1) @ value


def plain_pad(x: Tensor, pad: int) -> Tensor:
    """Pad with the built-in and its own backward."""
    return F.pad(x, (pad,) * 4, mode="replicate")


def swapped_padding(pad: Callable) -> Callable[[], AbstractContextManager]:
    """Return a context in which the network pads by `pad`."""
    return lambda: mock.patch.object(blocks, "replicate_pad", pad)


@contextmanager
def plainly() -> Iterator[None]:
    """Swap our padding and attention for the plain forms."""
    plain = mock.patch.object(F, "scaled_dot_product_attention", plain_attention)
    with swapped_padding(plain_pad)(), plain:
        yield


def inference(network: Generator, size: int, layout: torch.memory_format, bf16: bool) -> Callable:
    network = deepcopy(network).eval().to(memory_format=layout)
    image = torch.rand(1, 3, size, size).to(memory_format=layout)
    mask = (torch.rand(1, 1, size, size) > 0.5).float()

    def work() -> None:
        with torch.inference_mode(), torch.autocast("cpu", torch.bfloat16, enabled=bf16):
            network(image, mask)

    return work


def training(network: Generator, bf16: bool) -> Callable:
    image = torch.rand(6, 3, 128, 128).to(memory_format=torch.channels_last)
    mask = (torch.rand(6, 1, 128, 128) > 0.5).float()
    network = deepcopy(network).train().to(memory_format=torch.channels_last)
    optimizer = torch.optim.Adam(network.parameters(), 1e-5, fused=True)

    def work() -> None:
        with torch.autocast("cpu", torch.bfloat16, enabled=bf16):
            filled = network(image, mask)
        reconstruction(filled, image, mask).backward()
        optimizer.step()
        optimizer.zero_grad()

    return work


def under(context: Callable, work: Callable) -> Callable:
    def inside() -> None:
        with context():
            work()

    return inside


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--width", type=int, default=32)
    parser.add_argument("--rounds", type=int, default=7)
    args = parser.parse_args()
    keep_freed_memory()
    heading()
    network = build("deepgin-prefill", args.width)
    last, first = torch.channels_last, torch.contiguous_format
    for size in (256, 512):
        forms = {
            "plain: float32, scores in memory": under(
                plainly, inference(network, size, first, False)
            ),
            "float32, channels_last": inference(network, size, last, False),
            "bf16, channels_last": inference(network, size, last, True),
        }
        found = medians(forms, args.rounds)
        table(f"one picture at {size}, width {args.width}", found, next(iter(forms)))
    forms = {
        "float32": training(network, False),
        "bf16": training(network, True),
        "bf16, padding left to autocast": under(
            swapped_padding(plain_pad), training(network, True)
        ),
        "bf16, padding by slices (as on CUDA)": under(
            swapped_padding(blocks.pad_by_slices), training(network, True)
        ),
    }
    found = medians(forms, args.rounds)
    table(f"a training step of 6 samples at 128, width {args.width}", found, next(iter(forms)))
    masks = {kind: lambda kind=kind: [draw(kind, 128, 128, i) for i in range(2)] for kind in KINDS}
    found = medians(masks, args.rounds)
    print(f"\nThe masks of such a step take {sum(found.values()) * 1e3:.1f} ms.")


if __name__ == "__main__":
    main()
