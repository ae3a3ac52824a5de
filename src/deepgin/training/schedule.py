"""The learning rate as a pure function of progress."""

from .recipe import OptimiserRecipe


def learning_rate(
    recipe: OptimiserRecipe, steps_since_fresh: int, samples: int, total_samples: int
) -> float:
    """Return the rate of the next step.

    Rises linearly over the first `warmup_steps` of a fresh optimizer, then stays, then falls
    linearly to zero over the last `decay_samples` of `total_samples`.
    """
    rate = recipe.rate
    if recipe.warmup_steps:
        rate *= min(1.0, (steps_since_fresh + 1) / recipe.warmup_steps)
    if recipe.decay_samples:
        rate *= min(1.0, max(0.0, (total_samples - samples) / recipe.decay_samples))
    return rate
