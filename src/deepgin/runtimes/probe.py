"""Checks a contract: a plain picture must be filled with its colour."""

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from ..errors import DeepginError, Note, UsageError
from ..weights.statement import joined
from .contracts import RANGES, Contract
from .network import Network

_SIDE = 256  # at most, for networks of free size
# One level for each channel: read in a wrong range, or taken for a hole, each becomes another one.
_COLOUR = np.array([32, 160, 96], np.uint8)
# Grey levels between the colour and the fill. A generative network may miss it by some; a wrong
# contract misses by 79 at least.
_FITS, _MAY_FIT = 24, 48
_BYTES_FROM = 8  # a float output above it is no picture in [0, 1] or [-1, 1]


def check(network: Network) -> tuple[Note, ...]:
    """Fill a plain picture; sets the range of the output in the contract where it is not known.

    Returns:
        A note if the fill has another colour, and no other contract explains it.

    Raises:
        UsageError: another contract gives the right colour, or the fill is black or white.
        DeepginError: the network does not run, or returns no picture.
    """
    contract = network.contract
    output = _fill(network, contract)
    outs = [contract.out] if contract.out else _outs(network)
    off, out = min((_error(output, replace(contract, out=out)), out) for out in outs)
    if off > _MAY_FIT and not contract.out:
        out = "0..255" if np.abs(output).max() > _BYTES_FROM else "0..1"
    network.contract = replace(contract, out=out)
    if off <= _MAY_FIT:
        return ()
    problem = f"{network.file} does not fill a plain picture with its colour"
    for other in _others(network):
        mend = f"state {{contract={_statement(network, other)}}}"
        raise UsageError(
            f"{problem}, and with another contract it does", field="contract", mend=mend
        )
    levels = network.contract.levels(output)
    if levels.max() < 2 or levels.min() > 253:
        shade = "black" if levels.max() < 2 else "white"
        mend = "state another {contract=hole=...,range=...,out=...}, if it is an inpainting network"
        raise UsageError(f"{problem}, but with {shade}", field="contract", mend=mend)
    return (
        Note(f"{problem}: its contract may be wrong, or it is not trained", mend="see {contract}"),
    )


def _fill(network: Network, contract: Contract) -> np.ndarray:
    """Return the colour that a network gives to the middle of a plain picture, in its own range."""
    side = min(contract.trained_at, _SIDE)
    side += -side % contract.multiple
    height, width = contract.size or (side, side)
    picture = np.broadcast_to(_COLOUR, (1, height, width, 3)).copy()
    hole = np.zeros((1, height, width), np.bool_)
    hole[:, height * 3 // 8 : height * 5 // 8, width * 3 // 8 : width * 5 // 8] = True
    # What a network must not see is as far from the colour as can be.
    picture[hole] = np.where(_COLOUR < 128, 255, 0)
    output = network.run(picture, hole, contract)
    middle = output[0, height * 7 // 16 : height * 9 // 16, width * 7 // 16 : width * 9 // 16]
    return np.median(middle.reshape(-1, 3).astype(np.float64), axis=0)


def _outs(network: Network) -> list[str]:
    return ["0..255"] if network.ports.output_is_bytes else [*RANGES]


def _error(output: np.ndarray, contract: Contract) -> float:
    return float(np.abs(contract.levels(output).clip(0, 255) - _COLOUR).max())


def _others(network: Network) -> Iterator[Contract]:
    """Yield contracts that give the right colour; what is likeliest to be wrong comes first."""
    own = network.contract
    ranges = [own.range] if network.ports.image.type == np.uint8 else [*RANGES]
    masks = [own.mask_range] if own.mask_range not in ("0..1", "0..255") else ["0..1", "0..255"]
    variants = [own, replace(own, hole=1 - own.hole)]
    variants += [replace(own, mask_range=one) for one in masks]
    variants += [replace(v, range=one) for v in variants[:2] for one in ranges]
    for variant in dict.fromkeys(variants):
        try:
            output = _fill(network, variant)
        except DeepginError:
            continue
        fits = [replace(variant, out=out) for out in _outs(network)]
        best = min(fits, key=lambda one: _error(output, one))
        if _error(output, best) <= _FITS:
            yield best


def _statement(network: Network, contract: Contract) -> str:
    """Return what to state for a contract instead of the network's own."""
    own, changed = network.contract, {}
    for key in ("hole", "range", "out", "mask_range"):
        if getattr(own, key) != getattr(contract, key):
            changed[key.replace("_", "-")] = str(getattr(contract, key))
    # The output's range follows the input's, unless it is stated.
    if "range" in changed and not network.ports.output_is_bytes:
        changed["out"] = contract.out
    return joined(network.stated | changed)
