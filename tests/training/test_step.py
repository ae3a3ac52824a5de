"""Single steps: what they minimise and change, in which order, in parts, and what they refuse."""

import math
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from deepgin.losses import hinge_discriminator, hinge_generator, reconstruction
from deepgin.perceptual import Vgg
from deepgin.training.data import Batch, Samples, Share
from deepgin.training.objective import Objective, Scores
from deepgin.training.processes import Ranks
from deepgin.training.recipe import LossRecipe, NetworkRecipe, Recipe
from deepgin.training.schedule import Rates
from deepgin.training.state import RunState
from deepgin.training.step import StepSetup, gradient_norm, prepare_network, train_step

EXAMPLES = Path(__file__).parents[2] / "examples"
CPU = torch.device("cpu")
BOTH = Rates(1e-3, 4e-3)


class Step(StepSetup):
    """Calls `train_step` on itself."""

    def __call__(self, data: Batch, rates: Rates) -> dict[str, float]:
        return train_step(self, data, rates)


def begin(recipe: Recipe, vgg: Vgg | None = None, main: bool = True, clip: float = 0.0) -> Step:
    state = RunState.fresh(recipe, CPU)
    if main:
        state.begin_main(recipe)
    objective = Objective(recipe.loss, CPU, torch.float32, main, vgg)
    network = prepare_network(state.network, recipe.network)
    return Step(state, objective, Ranks(Share(), CPU), network, clip)


def batch(recipe: Recipe, pictures: int = 2) -> Batch:
    data = replace(recipe.data, pictures_per_step=pictures)
    return Samples(data, 0).batch(0)


def weights(step: Step, of: str = "network") -> list[torch.Tensor]:
    return [p.detach().clone() for p in getattr(step.state, of).parameters()]


def changed(step: Step, before: list[torch.Tensor], of: str = "network") -> bool:
    return any(not torch.equal(a, b) for a, b in zip(before, weights(step, of), strict=True))


def test_warm_up_minimises_l1_alone(recipe: Recipe) -> None:
    step, data = begin(recipe, main=False), batch(recipe)
    image = (data.pictures.float() / 255).repeat_interleave(3, 0)
    mask = data.masks.flatten(0, 1).unsqueeze(1).float()
    expected = reconstruction(step.state.network(image, mask), image, mask)
    facts = step(data, Rates(1e-3, None))
    assert facts["loss"] == facts["l1"] == pytest.approx(expected.item(), rel=1e-5)
    assert step.state.discriminators is None


def test_main_stage_weighs_every_loss(both_stages: Recipe, tiny_vgg: Vgg) -> None:
    step, loss = begin(both_stages, tiny_vgg), both_stages.loss
    facts = step(batch(both_stages), BOTH)
    generator = facts["l1"] + loss.adversarial * facts["adversarial"]
    for name in ("perceptual", "style", "total_variation"):
        assert facts[name] > 0
        generator += getattr(loss, name) * facts[name]
    discriminators = facts["discriminators"] + loss.gradient_penalty * facts["gradient_penalty"]
    assert facts["gradient_penalty"] > 0
    assert facts["loss"] == pytest.approx(generator + discriminators, rel=1e-5)


def test_losses_with_weight_zero_are_left_out(recipe: Recipe) -> None:
    facts = begin(recipe)(batch(recipe), BOTH)
    assert not {"perceptual", "style", "gradient_penalty"} & set(facts)


def test_both_networks_learn_from_the_same_completed_pictures(
    both_stages: Recipe, tiny_vgg: Vgg
) -> None:
    """The discriminators' gradient is that before the generator's step, and of nothing else."""
    loss = replace(both_stages.loss, gradient_penalty=0.0)
    step = begin(replace(both_stages, loss=loss), tiny_vgg)
    twin = begin(replace(both_stages, loss=loss), tiny_vgg)
    data = batch(both_stages)
    image = (data.pictures.float() / 255).repeat_interleave(3, 0)
    image = image.contiguous(memory_format=torch.channels_last)
    mask = data.masks.flatten(0, 1).unsqueeze(1).float()
    state = twin.state
    assert state.discriminators is not None
    with torch.no_grad():
        completed = state.network(image, mask).completed
    masked = image * (1 - mask) + mask
    fake = [maps[-1] for maps in state.discriminators(masked, completed)]
    real = [maps[-1] for maps in state.discriminators(masked, image)]
    again = [maps[-1] for maps in state.discriminators(masked, completed)]
    hinge_discriminator(real, fake).backward()
    assert state.discriminator_optimizer is not None
    state.discriminator_optimizer.param_groups[0]["lr"] = 4e-3
    state.discriminator_optimizer.step()
    facts = step(data, BOTH)
    assert facts["adversarial"] == pytest.approx(hinge_generator(again).item(), rel=1e-4)
    pairs = zip(weights(step, "discriminators"), weights(twin, "discriminators"), strict=True)
    for mine, theirs in pairs:
        torch.testing.assert_close(mine, theirs, rtol=1e-4, atol=1e-6)
    for name, value in state.discriminators.named_buffers():  # three power iterations each
        torch.testing.assert_close(dict(step.state.discriminators.named_buffers())[name], value)  # type: ignore[union-attr]


def test_the_discriminators_may_learn_alone(both_stages: Recipe, tiny_vgg: Vgg) -> None:
    step = begin(both_stages, tiny_vgg)
    network, judges = weights(step), weights(step, "discriminators")
    facts = step(batch(both_stages), Rates(None, 4e-3))
    assert not changed(step, network)
    assert changed(step, judges, "discriminators")
    assert "l1" not in facts
    assert facts["norm"] == 0


def test_the_order_of_scores_is_measured() -> None:
    """Of the positions whose scores differ, in the mean over both discriminators."""
    real = torch.tensor([[[[0.2, 0.1], [-0.3, 0.5]], [[0.0, 0.0], [0.0, 0.0]]]])
    fake = torch.tensor([[[[0.1, 0.1], [-0.2, 0.0]], [[0.0, 0.0], [0.0, 0.3]]]])
    scores = Scores(torch.zeros(()), [real, real], [fake, fake - 1], [fake, fake - 1])
    loss = LossRecipe(perceptual=0, style=0)
    parts = Objective(loss, CPU, torch.float32).discriminators(scores).parts
    assert parts["in_order"].item() == pytest.approx((2 / 3 + 1) / 2)


@pytest.mark.parametrize("main", [False, True])
def test_parts_of_a_step_add_up(both_stages: Recipe, tiny_vgg: Vgg, main: bool) -> None:
    """Two parts of one picture give the step of two pictures, but for the power iterations."""
    rates = BOTH if main else Rates(1e-3, None)
    whole, parts = begin(both_stages, tiny_vgg, main), begin(both_stages, tiny_vgg, main)
    parts.accumulate = 2
    if main:
        for step in (whole, parts):
            step.state.discriminators.eval()  # type: ignore[union-attr]
    data = batch(both_stages)
    one, two = whole(data, rates), parts(data, rates)
    for name in ("loss", "l1", "norm"):
        assert one[name] == pytest.approx(two[name], rel=1e-4)


def test_recomputing_changes_no_bit(recipe: Recipe) -> None:
    step = begin(recipe, main=False)
    again = begin(replace(recipe, network=NetworkRecipe(width=4, recompute=True)), main=False)
    for _ in range(2):
        facts, same = (s(batch(recipe), Rates(1e-3, None)) for s in (step, again))
        assert facts == same
    pairs = zip(weights(step), weights(again), strict=True)
    assert all(torch.equal(mine, theirs) for mine, theirs in pairs)


def test_compiled_it_is_the_same_step(recipe: Recipe, monkeypatch: pytest.MonkeyPatch) -> None:
    """Compiled as far as Python goes; the code that is made of it takes minutes to make."""
    real = torch.compile
    monkeypatch.setattr(torch, "compile", lambda network: real(network, backend="eager"))
    network = NetworkRecipe(width=4, compile=True, recompute=True)
    plain, compiled = (begin(r, main=False) for r in (recipe, replace(recipe, network=network)))
    assert plain(batch(recipe), Rates(1e-3, None)) == compiled(batch(recipe), Rates(1e-3, None))
    pairs = zip(weights(plain), weights(compiled), strict=True)
    assert all(torch.equal(mine, theirs) for mine, theirs in pairs)


@pytest.mark.parametrize("main", [False, True])
def test_an_exploding_step_changes_nothing(both_stages: Recipe, tiny_vgg: Vgg, main: bool) -> None:
    step = begin(both_stages, tiny_vgg, main)
    with torch.no_grad():
        step.state.network.stage1.out.bias.fill_(math.nan)  # type: ignore[union-attr]
    before = weights(step)
    judges = weights(step, "discriminators") if main else []
    facts = step(batch(both_stages), BOTH if main else Rates(1e-3, None))
    assert facts["accepted"] == 0
    assert step.state.guard.skipped == 1
    assert not any(
        not torch.equal(a.nan_to_num(), b.nan_to_num())
        for a, b in zip(before, weights(step), strict=True)
    )
    assert not main or not changed(step, judges, "discriminators")
    assert all(p.grad is None for p in step.state.network.parameters())


def test_guidance_reaches_the_network(recipe: Recipe) -> None:
    recipe = replace(recipe, network=NetworkRecipe("deepgin-guided", 4))
    step, data = begin(recipe, main=False), batch(recipe)
    losses = []
    for value in (0, 255):
        guided = replace(data, guidance=torch.full_like(data.pictures, value))
        losses.append(step(guided, Rates(0.0, None))["loss"])
    assert losses[0] != losses[1]


def test_overfits_one_batch_with_every_loss_on(both_stages: Recipe, tiny_vgg: Vgg) -> None:
    """Thirty steps on two photographs halve the L1 loss."""
    data = replace(both_stages.data, train=str(EXAMPLES), smallest_scale=1.0)
    recipe = replace(both_stages, network=NetworkRecipe(width=8), data=data)
    step, photographs = begin(recipe, tiny_vgg, clip=1.0), batch(recipe)
    l1 = [step(photographs, Rates(5e-4, 4e-4))["l1"] for _ in range(31)]
    assert l1[-1] < 0.5 * l1[0]
    assert step.state.guard.skipped == 0


def test_a_norm_is_where_the_network_is_though_it_has_no_gradients() -> None:
    with torch.device("meta"):
        layer = torch.nn.Linear(2, 2)
    assert gradient_norm(layer).device.type == "meta"
