"""Frozen pictures and masks with their hashes, for validation while training and for evaluation."""

from .evaluation_set import Case, EvaluationSet
from .masks import masks_of

__all__ = ["Case", "EvaluationSet", "masks_of"]
