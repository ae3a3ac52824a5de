"""Limits of loss and norm: from medians, after enough steps; when weights are lost."""

import math

from deepgin.training.fast.limits import RunningLimits


def means(loss: float, norm: float, accepted: float = 1.0, steps: int = 20) -> dict[str, float]:
    facts = {"accepted": accepted, "steps": float(steps)}
    return facts | ({"loss": loss, "norm": norm} if accepted else {})


def test_limits_follow_the_medians() -> None:
    limits = RunningLimits()
    for _ in range(2):
        assert set(limits.update(means(1.0, 2.0)).values()) == {math.inf}
    assert limits.update(means(100.0, 2.0)) == {"loss_limit": 4.0, "norm_limit": 40.0}
    for _ in range(8):
        last = limits.update(means(0.5, 1.0))
    assert last == {"loss_limit": 2.0, "norm_limit": 20.0}
    limits.forget()
    assert set(limits.update(means(1.0, 2.0)).values()) == {math.inf}


def test_weights_are_lost_when_every_step_is_refused() -> None:
    limits = RunningLimits()
    limits.update(means(1.0, 1.0, accepted=0.75))
    assert (limits.lost, limits.refused) == (False, 5)
    limits.update(means(0, 0, accepted=0.0))
    assert (limits.lost, limits.refused) == (True, 25)
    limits.update(means(0, 0, accepted=0.0, steps=0))
    assert not limits.lost
