"""The networks of a service: named by their files, loaded at their first request, few at a time."""

import logging
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from ..errors import DeepginError, UsageError, WeightsError
from ..inpainting import Inpainter
from ..runtimes.choice import card_of_file
from ..weights import file_hash, sharpness_of
from ..weights.model import Model
from .gathering import Way
from .refusals import Refusal

_LOG = logging.getLogger("deepgin.service")
_Stamp = tuple[int, int, int]


class Networks:
    """Opens networks by name and sharpness, and keeps the last that were used.

    One thread at a time may call `inpainter`.

    Args:
        models: the first is the default; each is named by its file.
        most: of networks in memory at a time; the least recently used one leaves.

    Attributes:
        facts: what is known of each network, by name; more once it is loaded.

    Raises:
        UsageError: two files of one name, or a sharpness that a file cannot have.
        WeightsError: a file that cannot be read.
    """

    def __init__(self, models: Sequence[Model], most: int) -> None:
        self._models: dict[str, Model] = {}
        self._most = most
        self._open: OrderedDict[tuple[str, float | None], tuple[Inpainter, _Stamp | None]]
        self._open = OrderedDict()
        self.facts: dict[str, dict[str, Any]] = {}
        for model in models:
            path = model.file()
            assert path, "a generator comes as an inpainter"
            if path.name in self.facts:
                problem = f"two weights are named {path.name}"
                raise UsageError(problem, field="weights", mend="rename one of them")
            sharpness = sharpness_of(path, model.sharpness)
            if not path.is_file():  # of an exported file that did not look
                raise WeightsError(f"{path}: no such weights file")
            self._models[path.name] = replace(model, weights=path)
            self._note(path.name, sharpness=sharpness)

    @classmethod
    def of(cls, inpainter: Inpainter) -> "Networks":
        """Return the one network of an inpainter, which is never loaded again."""
        networks = cls((), 1)
        networks._open["custom", None] = inpainter, None
        networks._note("custom", loaded=True, **_facts_of(inpainter))
        return networks

    @property
    def default(self) -> str:
        """The name of the network of requests that name none."""
        return next(iter(self.facts))

    def checked(self, way: Way) -> Way:
        """Return a way with its network's name and sharpness as they are kept.

        Raises:
            UsageError: there is no such network, or it has one sharpness.
        """
        name = way.network or self.default
        if name not in self.facts:
            raise UsageError(
                f"there is no network {name[:80]}",
                field="network",
                mend=f"choose {', '.join(self.facts)}",
            )
        model, sharpness = self._models.get(name), way.sharpness
        if sharpness is not None and self.facts[name]["sharpness"] is None:
            problem = f"the network {name} has one sharpness"
            raise UsageError(problem, field="sharpness", mend="leave {sharpness} out")
        if model and sharpness == model.sharpness:
            sharpness = None
        return Way(way.options, sharpness, name)

    def inpainter(self, name: str, sharpness: float | None = None) -> Inpainter:
        """Return what fills with a network, loaded if need be, or again if its file changed.

        Raises:
            Refusal: the file cannot be loaded (503), or not with this sharpness (400).
        """
        key, model = (name, sharpness), self._models.get(name)
        # A file that is gone does not matter to a network that is loaded.
        stamp = _stamp(model.file()) if model else None
        inpainter, loaded_from = self._open.get(key, (None, None))
        if inpainter and stamp in (loaded_from, None):
            self._open.move_to_end(key)
            return inpainter
        assert model
        self._make_room(name, stamp)
        try:
            inpainter = Inpainter(
                model if sharpness is None else replace(model, sharpness=sharpness)
            )
            # Both are opened now: the file may change.
            _ = inpainter.runtime, inpainter.guide
            self._note(name, loaded=True, **_facts_of(inpainter), **_file_facts(model))
        except UsageError:
            raise
        except DeepginError as error:
            _LOG.error("the network %s cannot be loaded: %s", name, error)
            sentence = f"the network {name} cannot be loaded: the log of the service says why"
            raise Refusal(503, sentence, field="network") from error
        self._open[key] = inpainter, stamp
        return inpainter

    def _make_room(self, name: str, stamp: _Stamp | None) -> None:
        """Drop what was loaded from the file before it changed, and what is one too many."""
        for key in [key for key in self._open if key[0] == name and self._open[key][1] != stamp]:
            self._drop(key)
        while len(self._open) >= self._most:
            self._drop(next(iter(self._open)))

    def _drop(self, key: tuple[str, float | None]) -> None:
        del self._open[key]
        self._note(key[0], loaded=any(other[0] == key[0] for other in self._open))

    def _note(self, name: str, /, **facts: Any) -> None:
        # In one step: it is read in another thread.
        usual = {"network": name, "name": Path(name).stem, "sharpness": None, "loaded": False}
        self.facts[name] = usual | self.facts.get(name, {}) | facts


def _stamp(path: Path | None) -> _Stamp | None:
    """Return what changes with a file's content; None if there is no file."""
    try:
        found = path.stat() if path else None
    except OSError:
        return None
    return (found.st_mtime_ns, found.st_size, found.st_ino) if found else None


def _file_facts(model: Model) -> dict[str, Any]:
    path = model.file()
    assert path
    facts = {"sharpness": sharpness_of(path, model.sharpness), "sha256": file_hash(path)}
    try:
        card = card_of_file(path)
    except WeightsError:  # of others: it works, and says nothing about itself
        return facts
    about = {"name": card.network, "width": card.width, "licence": card.licence}
    return facts | about | {"training": card.training}


def _facts_of(inpainter: Inpainter) -> dict[str, Any]:
    runtime = inpainter.runtime
    facts: dict[str, Any] = {"guided": runtime.guided, "trained_at": runtime.trained_at}
    if runtime.contract and runtime.contract.network:
        facts["name"] = runtime.contract.network
    for name in ("device", "precision"):
        if value := getattr(runtime, name, None):
            facts[name] = str(value).removeprefix("torch.")
    return facts
