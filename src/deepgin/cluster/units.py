"""Cutting a source into units: a tar shard, or a run of a folder's pictures. Nothing is filled."""

import hashlib
import json
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path

from ..errors import PictureError, UsageError
from ..inpainting.folders import shown
from ..inpainting.folders.plan import result_name
from .addresses import expanded
from .pairing import Entry, is_shown_picture, pair
from .places import Found, Place, PlaceError
from .request import Request

SHARD_ENDINGS = (".tar", ".tar.gz", ".tgz")
_ASKING = 16


@dataclass(frozen=True)
class Unit:
    """What is filled by one worker in one go, and written as one tar and one manifest.

    Attributes:
        name: of its results below the target, without ending; it follows from the source alone.
        content: changes when the source's files do.
        shard: the address of a tar; empty for pictures of a folder.
        entries: pictures of the folder; a shard's are found when it is read.
        failed: pictures that cannot be paired, and why.
    """

    name: str
    content: str
    shard: str = ""
    entries: tuple[Entry, ...] = ()
    failed: tuple[tuple[str, str], ...] = ()

    def to_json(self) -> str:
        """Return it as a line for the way to a worker."""
        return json.dumps(asdict(self))

    @classmethod
    def of_json(cls, text: str) -> "Unit":
        """Return what `to_json` was made of."""
        told = json.loads(text)
        entries = tuple(Entry(**entry) for entry in told.pop("entries"))
        return cls(entries=entries, failed=tuple(map(tuple, told.pop("failed"))), **told)


@dataclass
class Plan:
    """The units of a job.

    Attributes:
        units: in the order of their names.
        notes: what must be told before work starts.
        one_mask: the masks' address is that of one for all.
    """

    units: list[Unit] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    one_mask: bool = False


def plan_units(request: Request) -> Plan:
    """List the source, once.

    Raises:
        UsageError: there are shards and pictures, or two results would have one name.
        PictureError: there is nothing to fill.
        DeepginError: source or masks cannot be read.
    """
    source, target = Place(request.source), Place(request.target)
    if source.inside(target) is not None:
        raise UsageError(f"{target.shown} holds the source: choose another folder for the results")
    masks = Place(request.masks) if request.masks else None
    one_mask = masks is not None and not masks.is_folder()
    made = Plan(one_mask=one_mask)
    beside = masks.info().stamp if masks and one_mask else ""
    if (named := _shards_named(request.source)) is not None:
        made.units = _of_shards([(_last_part(place), place, None) for place in named], beside)
    else:
        if not source.is_folder():
            raise PictureError(
                f"{source.shown} is neither a tar shard nor a folder: deepgin inpaint fills a "
                "single picture"
            )
        listed = _without(source.files(), target.inside(source))
        shards = [name for name in listed if name.endswith(SHARD_ENDINGS)]
        if shards and any(map(is_shown_picture, listed)):
            raise UsageError(
                f"{source.shown} holds tar shards and pictures: name the shards as '*.tar', or "
                "move one kind elsewhere"
            )
        if shards:
            made.units = _of_shards([(n, source.child(n), listed[n]) for n in shards], beside)
        else:
            _add_pictures(made, request, listed, masks)
    if not made.units:
        raise PictureError(f"{source.shown}: there are neither pictures nor tar shards in it")
    if masks and not one_mask and made.units[0].shard:
        raise UsageError(
            f"{masks.shown} is a folder: the masks of shards lie in them, or one serves for all"
        )
    return made


def _shards_named(source: str) -> list[Place] | None:
    """Return the shards that an address names; None if it is none of shards."""
    bare = source.partition("?")[0] if "://" in source else source
    if not bare.endswith(SHARD_ENDINGS):
        return None
    places: list[Place] = []
    for address in expanded(source):
        place = Place(address)
        if "*" not in address:
            places.append(place)
        elif not (found := place.matches()):
            raise PictureError(f"{place.shown}: no shard has such a name")
        else:
            places += found
    return places


def _last_part(place: Place) -> str:
    return place.shown.rpartition("/")[2]


def _of_shards(shards: list[tuple[str, Place, Found | None]], beside: str) -> list[Unit]:
    with ThreadPoolExecutor(_ASKING) as pool:
        contents = pool.map(lambda shard: _content_of(shard[1], shard[2]), shards)
        units: dict[str, Unit] = {}
        for (name, place, _), content in zip(shards, contents, strict=True):
            stem = next(name.removesuffix(e) for e in SHARD_ENDINGS if name.endswith(e))
            unit = Unit(stem, _hash([content, beside]), shard=place.address)
            if units.setdefault(stem, unit) is not unit:
                raise UsageError(
                    f"two shards would become {shown(stem)}.tar: rename one, or fill them into "
                    "folders of their own"
                )
    return [units[name] for name in sorted(units)]


def _content_of(shard: Place, known: Found | None) -> list:
    try:
        known = known or shard.info()
    except PlaceError:
        return []  # whoever is to fill it will say what is wrong, and others are filled
    return [known.bytes, known.stamp]


def _add_pictures(
    made: Plan, request: Request, listed: dict[str, Found], masks: Place | None
) -> None:
    """Cut a folder's pictures into units of so many."""
    shelf = masks.files() if masks and not made.one_mask else None
    aside = masks.inside(Place(request.source)) if masks else None
    names = pair(_without(listed, aside), shelf, one_for_all=made.one_mask)
    if names.lone_masks:
        count = len(names.lone_masks)
        have = f"{count} masks have" if count > 1 else "1 mask has"
        told = ", ".join(map(shown, names.lone_masks[:20]))
        made.notes.append(f"{have} no picture: {told}{' and others' if count > 20 else ''}")
    _check_names(names.entries, request)
    lines = dict(names.failed)
    every = sorted([*names.entries, *(Entry(name) for name in lines)], key=lambda e: e.name)
    stamps = shelf if shelf is not None else listed
    for start in range(0, len(every), request.per_unit):
        run = every[start : start + request.per_unit]
        entries = tuple(replace(e, bytes=listed[e.name].bytes) for e in run if e.name not in lines)
        known = [
            [e.name, *asdict(listed[e.name]).values(), e.mask]
            + ([*asdict(stamps[e.mask]).values()] if e.mask else [])
            for e in entries
        ]
        failed = tuple((e.name, lines[e.name]) for e in run if e.name in lines)
        mask = masks.info().stamp if masks and made.one_mask else ""
        made.units.append(
            Unit(
                f"pictures-{start // request.per_unit:06}",
                _hash([known, failed, mask]),
                entries=entries,
                failed=failed,
            )
        )


def _without(listed: dict[str, Found], aside: str | None) -> dict[str, Found]:
    """Return the files without one of them, or without those of a folder."""
    if aside in (None, "."):
        return listed
    return {n: f for n, f in listed.items() if n != aside and not n.startswith(f"{aside}/")}


def _check_names(entries: Iterable[Entry], request: Request) -> None:
    """Refuse two pictures that would have results of one name, here or in different tars."""
    first: dict[str, str] = {}
    for entry in entries:
        result = result_of(entry.name, request)
        other = first.setdefault(result, entry.name)
        if other != entry.name:
            raise UsageError(
                f"{shown(other)} and {shown(entry.name)} would both become {shown(result)}: "
                "rename one, or leave --format out"
            )


def result_of(name: str, request: Request) -> str:
    """Return the name, in a tar of results, of what a picture becomes."""
    return result_name(Path(name), request.writing).as_posix()


def _hash(told: list) -> str:
    text = json.dumps(told, sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()
