"""The fast training steps on a GPU: kernels, a captured step, and going on from a saved state."""

from typing import Any

import pytest
import torch

from deepgin.losses import reconstruction
from deepgin.network import Discriminators, Generator, build
from deepgin.perceptual import VGG19, Vgg
from deepgin.training.data import Batch
from deepgin.training.fast.flat import FlatParameters
from deepgin.training.fast.generator import FastGenerator
from deepgin.training.fast.graph import Capture
from deepgin.training.fast.ops import TorchOperations, TritonOperations
from deepgin.training.fast.steps import MainStep, WarmUpStep
from deepgin.training.objective import Objective
from deepgin.training.recipe import LossRecipe

pytestmark = [
    pytest.mark.cuda,
    pytest.mark.skipif(not torch.cuda.is_available(), reason="there is no GPU"),
]
BF16, FULL = torch.bfloat16, torch.float32


@pytest.fixture(autouse=True)
def full_precision(monkeypatch: pytest.MonkeyPatch) -> None:
    torch.manual_seed(0)
    monkeypatch.setattr(torch.backends.cuda.matmul, "allow_tf32", False)
    monkeypatch.setattr(torch.backends.cudnn, "allow_tf32", False)


def batch(size: int = 64) -> Batch:
    pictures = torch.randint(0, 256, (2, 3, size, size), dtype=torch.uint8)
    masks = torch.zeros(2, 3, size, size, dtype=torch.bool)
    masks[..., 10:40, 20:50] = True
    return Batch(pictures, masks, None, {}, {})


def step_of(network: Generator, precision: torch.dtype, main: bool) -> WarmUpStep:
    device, options = torch.device("cuda"), {"muon": True, "orthogonal_precision": precision}
    flat = FlatParameters(network, precision, 1, **options)  # type: ignore[arg-type]
    loss = LossRecipe() if main else LossRecipe(perceptual=0, style=0)
    vgg = Vgg(VGG19[:5], own_input=True) if main else None
    objective = Objective(loss, device, precision, main, vgg)
    if not main:
        return WarmUpStep(network, flat, objective, 2, 64, clip=1.0)
    judges = Discriminators(16).to(device)
    more: dict[str, Any] = {"discriminators": judges, "precision": precision}
    more["discriminator_flat"] = FlatParameters(judges, FULL)
    return MainStep(network, flat, objective, 2, 64, clip=1.0, **more)


def gradients(network: Generator, leaves: dict[str, torch.Tensor], *inputs: Any) -> torch.Tensor:
    loss = reconstruction(network(*inputs), *inputs)
    return torch.cat(
        [g.float().flatten() for g in torch.autograd.grad(loss, list(leaves.values()))]
    )


@pytest.mark.parametrize("operations", ["torch", "product", "convolutions"])
@pytest.mark.parametrize("precision", [FULL, BF16])
def test_the_fast_generator_is_the_network(operations: str, precision: torch.dtype) -> None:
    if operations != "torch":
        pytest.importorskip("triton")
    kind = TorchOperations() if operations == "torch" else TritonOperations(operations == "product")
    network = build(width=16).cuda()
    image, mask = torch.rand(2, 3, 64, 64).cuda(), torch.zeros(2, 1, 64, 64).cuda()
    mask[..., 10:40, 20:50] = 1
    wanted = gradients(network, dict(network.named_parameters()), image, mask)
    flat = FlatParameters(network, precision)
    flat.lower()
    found = gradients(FastGenerator(network, flat.leaves, kind), flat.leaves, image, mask)
    alike = torch.nn.functional.cosine_similarity(found, wanted, 0).item()
    assert alike > (0.9999 if precision == FULL else 0.95)


@pytest.mark.parametrize("main", [False, True])
@pytest.mark.parametrize("precision", [FULL, BF16])
def test_a_captured_step_is_the_step(precision: torch.dtype, main: bool) -> None:
    network = build(width=16).cuda()
    step = step_of(network, precision, main)
    step.set([0.5], rate=1e-3, discriminator_rate=1e-3)
    data, start = batch(), [tensor.clone() for tensor in step.changing]

    def moved(call: Any) -> torch.Tensor:
        for tensor, value in zip(step.changing, start, strict=True):
            tensor.copy_(value)
        for _ in range(3):
            step.load(data)
            call()
        return step.flat.values - start[0]

    lines: list[str] = []
    replay = Capture(lines.append)(step, step.changing, torch.device("cuda"))
    assert not lines
    assert all(map(torch.equal, step.changing, start))
    one, other = moved(step), moved(replay)
    assert one.any()
    assert (one - other).norm() < 0.02 * one.norm()  # some of cuDNN's sums have no fixed order
    assert step.means()["steps"] == 3


def test_a_refused_capture_is_said_and_changes_nothing() -> None:
    lines: list[str] = []
    x = torch.zeros((), device="cuda")

    def step() -> None:
        x.add_(1)
        x.item()  # waits, which cannot be captured

    capture = Capture(lines.append)
    assert all(capture(step, [x], x.device) is step for _ in range(2))
    assert len(lines) == 1
    assert not x.any()


def test_a_run_goes_on_from_a_saved_state(tmp_path: Any) -> None:
    network = build(width=16).cuda()
    step, data = step_of(network, FULL, False), batch()
    step.set(rate=1e-3)
    step.load(data)
    step()
    saved = {"network": network.state_dict(), "optimizer": step.flat.optimizer_state()}
    torch.save(saved, tmp_path / "state.pt")
    other = build(width=16).cuda()
    again = step_of(other, FULL, False)
    read = torch.load(tmp_path / "state.pt", map_location="cpu", weights_only=True)
    other.load_state_dict(read["network"])
    again.flat.load_optimizer_state(read["optimizer"])
    again.set(rate=1e-3)
    again.load(data)
    for each in (step, again):
        each()
    torch.testing.assert_close(again.flat.values, step.flat.values, rtol=1e-3, atol=1e-4)
