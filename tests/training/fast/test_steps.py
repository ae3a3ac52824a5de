"""Whole steps: the plain objective's gradients, what is refused, and that nothing waits."""

import copy
import math
from contextlib import nullcontext
from typing import Any

import pytest
import torch

from deepgin.network import Discriminators, Generator
from deepgin.perceptual import Vgg
from deepgin.training.fast.flat import FlatParameters
from deepgin.training.fast.steps import MainStep, WarmUpStep
from deepgin.training.objective import Objective
from deepgin.training.optimisers import Muon

from .conftest import (
    assert_close,
    batch_of,
    gradients,
    judges_of,
    network_of,
    objective_of,
    samples_of,
)


def warm_up(network: Generator, objective: Objective, **options: Any) -> WarmUpStep:
    flat = FlatParameters(network, next(network.parameters()).dtype, 1)
    return WarmUpStep(network, flat, objective, 2, 32, **options)


def main_stage(
    network: Generator, judges: Discriminators, objective: Objective, **options: Any
) -> MainStep:
    dtype = next(network.parameters()).dtype
    flats = FlatParameters(network, dtype, 1), FlatParameters(judges, dtype)
    pair = {"discriminators": judges, "discriminator_flat": flats[1], "precision": dtype}
    return MainStep(network, flats[0], objective, 2, 32, **pair, **options)


def gathered(flat: FlatParameters) -> dict[str, torch.Tensor]:
    return {name: value.clone() for name, value in flat.weights(flat.gradients).items()}


@pytest.mark.parametrize("variant", ["deepgin", "deepgin-guided"])
def test_warm_up_has_the_gradients_of_the_objective(variant: str) -> None:
    network, objective = network_of(variant), objective_of(hole=3.0)
    batch = batch_of(guided=bool(network.variant.guidance))
    image, mask = samples_of(batch)
    guidance = ()
    if batch.guidance is not None:
        guidance = ((batch.guidance.double() / 255).repeat_interleave(3, 0),)
    terms = objective.warm_up(network(image, mask, *guidance), image, mask)
    theirs = gradients(terms.total, network)
    step = warm_up(network, objective)
    step.load(batch)
    step()
    assert_close(gathered(step.flat), theirs)
    norm = torch.cat([g.flatten() for g in theirs.values()]).norm()
    wanted = {"loss": terms.total, "l1": terms.total, "norm": norm, "accepted": 1, "steps": 1}
    assert step.means() == pytest.approx(
        {k: float(torch.as_tensor(v).detach()) for k, v in wanted.items()}, rel=1e-12
    )
    assert step.means() == {"accepted": 0, "steps": 0}


@pytest.mark.parametrize(
    "weights",
    [
        {"gradient_penalty": 0.01, "by_area": True},
        {"perceptual": 0.0, "style": 0.0, "total_variation": 0.0},
    ],
)
def test_the_main_stage_has_the_gradients_of_the_objective(
    vgg: Vgg, weights: dict[str, float]
) -> None:
    """The plain form's discriminators in evaluation, with the u and v that the step has found."""
    network, judges, batch = network_of(), judges_of(), batch_of()
    objective = objective_of(vgg, adversarial=0.7, **weights)
    step = main_stage(network, judges, objective)
    step.load(batch)
    step()
    judges.eval()
    image, mask = samples_of(batch)
    filled = network(image, mask)
    scores = objective.discriminate(judges, filled, image, mask)
    terms, hinge = (
        objective.generator(filled, image, mask, scores),
        objective.discriminators(scores),
    )
    assert_close(gathered(step.discriminator_flat), gradients(hinge.total, judges))
    assert_close(gathered(step.flat), gradients(terms.total, network))
    facts = step.means()
    parts = {"loss": terms.total + hinge.total} | terms.parts | hinge.parts
    for name, value in parts.items():
        assert facts[name] == pytest.approx(value.item(), rel=1e-6)  # some are float32 there


def test_the_released_form_is_the_plain_one(vgg: Vgg) -> None:
    network, judges, batch = network_of().float(), judges_of().float(), batch_of()
    objective = objective_of(Vgg(vgg.layers, 4).float(), form="released")
    step = main_stage(network, judges, objective)
    step.load(batch)
    step()
    judges.eval()
    image, mask = (x.float() for x in samples_of(batch))
    filled = network(image, mask)
    scores = objective.discriminate(judges, filled, image, mask)
    parts = objective.generator(filled, image, mask, scores).parts
    facts = step.means()
    assert facts["style"] == pytest.approx(parts["style"].item(), rel=1e-4)


def test_steps_are_those_of_the_plain_form() -> None:
    """Objective, clipping, Muon and average, several times."""
    network, objective = network_of(width=4), objective_of()
    plain = copy.deepcopy(network)
    optimizer = Muon(plain.parameters(), 1e-3)
    average = [p.detach().clone() for p in plain.parameters()]
    step = warm_up(network, objective, clip=0.01)
    for weight in (0.5, 0.25, 0.125):
        batch = batch_of()
        image, mask = samples_of(batch)
        optimizer.zero_grad()
        objective.warm_up(plain(image, mask), image, mask).total.backward()
        norm = torch.nn.utils.clip_grad_norm_(plain.parameters(), 0.01)
        assert norm > 0.01
        optimizer.step()
        torch._foreach_lerp_(average, [p.detach() for p in plain.parameters()], weight)
        step.load(batch)
        step.set([weight], rate=1e-3)
        step()
    names = [name for name, _ in plain.named_parameters()]
    assert_close(step.flat.weights(step.flat.values), dict(plain.named_parameters()))
    assert_close(step.flat.weights(step.flat.averages[0]), dict(zip(names, average, strict=True)))


@pytest.mark.parametrize("why", ["loss", "norm", "not finite"])
def test_a_refused_step_moves_nothing(vgg: Vgg, why: str) -> None:
    network, judges = network_of(), judges_of()
    step = main_stage(network, judges, objective_of(vgg))
    step.load(batch_of())
    step.set([0.5], rate=1e-3, discriminator_rate=1e-3)
    if why == "not finite":
        with torch.no_grad():
            judges.full_size.layers[0].bias.fill_(math.nan)  # type: ignore[union-attr, operator]
    else:
        step.set(**{f"{why}_limit": 1e-9})
    kept = [*step.flat.changing, *step.discriminator_flat.changing]
    before = [tensor.clone() for tensor in kept]
    step()
    for tensor, value in zip(kept, before, strict=True):
        torch.testing.assert_close(tensor, value, rtol=0, atol=0, equal_nan=True)
    assert step.means() == {"accepted": 0, "steps": 1}


def test_the_discriminators_may_learn_alone(vgg: Vgg) -> None:
    step = main_stage(network_of(), judges_of(), objective_of(vgg))
    step.load(batch_of())
    step.set([0.5], discriminator_rate=1e-3)
    before = [tensor.clone() for tensor in step.flat.changing]
    judges = step.discriminator_flat.values.clone()
    step()
    assert all(map(torch.equal, before, step.flat.changing))
    assert not judges.equal(step.discriminator_flat.values)


def test_processes_share_gradients_and_losses() -> None:
    def doubled(tensors: list[torch.Tensor]) -> None:
        for tensor in tensors:
            tensor.mul_(2)

    one, two = (warm_up(network_of(), objective_of(), average_ranks=a) for a in (None, doubled))
    two.flat.values.copy_(one.flat.values)
    batch = batch_of()
    for step in (one, two):
        step.load(batch)
        step()
    torch.testing.assert_close(two.flat.gradients, 2 * one.flat.gradients)
    assert two.means()["norm"] == pytest.approx(2 * one.means()["norm"])


@pytest.mark.parametrize("main", [False, True])
def test_a_step_stays_on_its_device_and_does_not_wait(
    vgg: Vgg, main: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On meta, operations refuse tensors of another device, and reading a number fails."""
    monkeypatch.setattr(torch, "autocast", lambda *_, **__: nullcontext())  # meta knows none
    meta = torch.device("meta")
    network, judges = network_of().to(meta), judges_of().to(meta)
    objective = objective_of(copy.deepcopy(vgg).to(meta), meta)
    step = main_stage(network, judges, objective) if main else warm_up(network, objective)
    step.load(batch_of())
    step.set([0.5], rate=1e-3)
    step()
    devices = {tensor.device for tensor in [*step.changing, *network.parameters()]}
    assert devices == {meta}
    with pytest.raises(NotImplementedError):
        step.means()
