"""Files of two sets of weights, soft and sharp, and what lies between. Works without torch.

The warm-up's weights are soft: nearest the truth in PSNR, and blurred; the main stage's are sharp.
Every tensor between them is soft + sharpness (sharp - soft): network interpolation, of Wang et
al., "ESRGAN" (ECCV Workshops 2018), section 3.4.
"""

from pathlib import Path
from typing import Any

from ..errors import UsageError, WeightsError
from .card import opened, read_card

SOFT = "soft."
"""The prefix of soft tensors. A sharp one has its own name, and stands for both if they are equal."""


def checked(sharpness: float) -> float:
    """Return a sharpness; a UsageError says that it is not within [0, 1]."""
    if not 0 <= sharpness <= 1:
        problem = f"sharpness {sharpness} does not work"
        raise UsageError(problem, field="sharpness", mend="give 0 (soft) to 1 (sharp)")
    return float(sharpness)


def sharpness_of(path: Path, asked: float | None = None) -> float | None:
    """Return the sharpness to load a file at: `asked`, or the default on its card.

    None for a file of one set, and for one of `deepgin export`, whose sharpness is fixed.

    Raises:
        UsageError: a number out of [0, 1], or any for such a file.
        WeightsError: the file's card cannot be read.
    """
    if asked is not None:
        asked = checked(asked)
    if path.suffix in (".onnx", ".pt2"):
        default = None
        problem = f"{path}: the sharpness of an exported file is fixed"
        mend = "leave {sharpness} out, or give it to deepgin export"
    else:
        default = read_card(path).sharpness
        problem = f"{path} holds one set of weights"
        mend = "leave {sharpness} out (deepgin blend makes files of two)"
    if default is None and asked is not None:
        raise UsageError(problem, field="sharpness", mend=mend)
    return default if asked is None else asked


def tensors(path: Path, sharpness: float | None, framework: str = "np") -> dict[str, Any]:
    """Return a weights file's tensors by name, float32.

    Args:
        path: the file.
        sharpness: as from `sharpness_of`; None reads one set.
        framework: np, or pt for torch's tensors.

    Raises:
        WeightsError: missing or damaged, soft and sharp tensors that do not match, or numbers
            that NumPy does not know.
    """
    try:
        with opened(path, framework) as file:
            names = list(file.keys())
            soft = set() if sharpness is None else {n for n in names if n.startswith(SOFT)}
            sharp = [name for name in names if name not in soft]
            for name in sorted(soft):
                _check(file, name, sharp, path)
            read = sharp if sharpness == 1 else names
            weights = {name: _float32(file.get_tensor(name)) for name in read}
    except TypeError as error:
        raise WeightsError(f"{path}: NumPy cannot read its kind of numbers: {error}") from error
    for name in soft & weights.keys():
        one, own = weights.pop(name), name.removeprefix(SOFT)
        weights[own] = one + sharpness * (weights[own] - one)
    return weights


def _check(file: Any, name: str, sharp: list[str], path: Path) -> None:
    own, mend = name.removeprefix(SOFT), "write the file anew by deepgin blend"
    if own not in sharp:
        raise WeightsError(f"{path}: {name} has no sharp tensor beside it: {mend}")
    one, other = (tuple(file.get_slice(n).get_shape()) for n in (name, own))
    if one != other:
        raise WeightsError(f"{path}: {name} has shape {one}, where {other} belongs: {mend}")


def _float32(tensor: Any) -> Any:
    return tensor.float() if hasattr(tensor, "float") else tensor.astype("float32")
