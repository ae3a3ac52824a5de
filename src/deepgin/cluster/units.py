"""Units of work: a tar shard, or some pictures of a folder. Listing and opening them."""

import hashlib
import json
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path

from ..console import shown
from ..errors import PictureError, UsageError
from ..inpainting.folders.plan import result_name
from ..pictures import is_picture
from .pairing import Entry, Names, pair
from .places import FileInfo, Place, PlaceError, expanded
from .request import ClusterRequest
from .tars import Shard

SHARD_ENDINGS = (".tar", ".tar.gz", ".tgz")
_THREADS = 16
_NAMES_SHOWN = 20


@dataclass(frozen=True)
class Unit:
    """Pictures that one worker fills in one go, and writes as one tar and one manifest.

    Attributes:
        name: of its results below the target, without suffix; it follows from the source alone.
        content: a hash that changes when the source's files do.
        shard: the address of a tar; empty for pictures of a folder.
        entries: pictures of the folder; a shard's are listed when it is read.
        failed: pictures that cannot be paired, and why.
    """

    name: str
    content: str
    shard: str = ""
    entries: tuple[Entry, ...] = ()
    failed: tuple[tuple[str, str], ...] = ()


@dataclass
class UnitPlan:
    """The units of a job.

    Attributes:
        units: in the order of their names.
        notes: warnings.
        one_mask: the masks' address is that of one for all.
    """

    units: list[Unit] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    one_mask: bool = False


def plan_units(request: ClusterRequest) -> UnitPlan:
    """List the source, once.

    Raises:
        UsageError: there are shards and pictures, or two results would have one name.
        PictureError: there is nothing to fill.
        DeepginError: source or masks cannot be read.
    """
    source, target = Place(request.source), Place(request.target)
    if source.inside(target) is not None:
        raise UsageError(
            f"{target.shown} holds the source", mend="choose another folder for the results"
        )
    masks = Place(request.masks) if request.masks else None
    made = UnitPlan(one_mask=masks is not None and not masks.is_folder())
    mask_stamp = masks.info().stamp if masks and made.one_mask else ""
    shards, pictures = _listed(source, target, request)
    if shards:
        made.units = _of_shards(shards, mask_stamp)
        if masks and not made.one_mask:
            raise UsageError(
                f"{masks.shown} is a folder",
                mend="the masks of shards lie in them, or one serves for all",
            )
    else:
        _add_pictures(made, request, pictures, masks, mask_stamp)
    if not made.units:
        raise PictureError(f"{source.shown}: there are neither pictures nor tar shards in it")
    return made


_Shard = tuple[str, Place, FileInfo | None]


def _listed(
    source: Place, target: Place, request: ClusterRequest
) -> tuple[list[_Shard], dict[str, FileInfo]]:
    """Return the source's shards, or else its pictures."""
    bare = request.source.partition("?")[0] if "://" in request.source else request.source
    if bare.endswith(SHARD_ENDINGS):
        return [(p.shown.rpartition("/")[2], p, None) for p in _named(request.source)], {}
    if not source.is_folder():
        raise PictureError(
            f"{source.shown} is neither a tar shard nor a folder",
            mend="deepgin inpaint fills a single picture",
        )
    files = _without(source.files(), target.inside(source))
    shards: list[_Shard] = [
        (name, source.child(name), info)
        for name, info in files.items()
        if name.endswith(SHARD_ENDINGS)
    ]
    if shards and any(map(is_picture, files)):
        raise UsageError(
            f"{source.shown} holds tar shards and pictures",
            mend="name the shards as '*.tar', or move one kind elsewhere",
        )
    return shards, files


def _named(source: str) -> Iterable[Place]:
    """Yield the shards of an address with ranges and `*`."""
    for address in expanded(source):
        place = Place(address)
        if "*" not in address:
            yield place
        elif matches := place.matches():
            yield from matches
        else:
            raise PictureError(f"{place.shown}: no shard has such a name")


def _of_shards(shards: list[_Shard], mask_stamp: str) -> list[Unit]:
    with ThreadPoolExecutor(_THREADS) as pool:
        contents = pool.map(lambda shard: _content_of(shard[1], shard[2]), shards)
        units: dict[str, Unit] = {}
        for (name, place, _), content in zip(shards, contents, strict=True):
            stem = next(name.removesuffix(e) for e in SHARD_ENDINGS if name.endswith(e))
            unit = Unit(stem, _hash([content, mask_stamp]), shard=place.address)
            if units.setdefault(stem, unit) is not unit:
                raise UsageError(
                    f"two shards would become {shown(stem)}.tar",
                    mend="rename one, or fill them into folders of their own",
                )
    return [units[name] for name in sorted(units)]


def _content_of(shard: Place, info: FileInfo | None) -> list:
    try:
        info = info or shard.info()
    except PlaceError:
        return []  # the worker that is to fill it says what is wrong; others are filled
    return [info.bytes, info.stamp]


def _add_pictures(
    made: UnitPlan,
    request: ClusterRequest,
    files: dict[str, FileInfo],
    masks: Place | None,
    mask_stamp: str,
) -> None:
    """Cut a folder's pictures into units."""
    apart = masks.files() if masks and not made.one_mask else None
    aside = masks.inside(Place(request.source)) if masks else None
    names = pair(_without(files, aside), apart, one_for_all=made.one_mask)
    if count := len(names.lone_masks):
        have = f"{count} masks have" if count > 1 else "1 mask has"
        some = ", ".join(map(shown, names.lone_masks[:_NAMES_SHOWN]))
        more = " and others" if count > _NAMES_SHOWN else ""
        made.notes.append(f"{have} no picture: {some}{more}")
    for one, other, result in collisions(names.entries, request):
        raise UsageError(
            f"{shown(one)} and {shown(other)} would both become {shown(result)}",
            field="format",
            mend="rename one, or leave {format} out",
        )
    stamps = files if apart is None else apart
    # Failed pictures take part in the cut, so that units stay the same when they are mended.
    why = dict(names.failed)
    every = sorted([*names.entries, *map(Entry, why)], key=lambda entry: entry.name)
    for number, start in enumerate(range(0, len(every), request.per_unit)):
        cut = every[start : start + request.per_unit]
        entries = tuple(replace(e, bytes=files[e.name].bytes) for e in cut if e.name not in why)
        failed = tuple((e.name, why[e.name]) for e in cut if e.name in why)
        known = [
            [e.name, *asdict(files[e.name]).values(), e.mask]
            + ([*asdict(stamps[e.mask]).values()] if e.mask else [])
            for e in entries
        ]
        content = _hash([known, failed, mask_stamp])
        made.units.append(Unit(f"pictures-{number:06}", content, entries=entries, failed=failed))


def _without(files: dict[str, FileInfo], aside: str | None) -> dict[str, FileInfo]:
    """Return the files without one of them, or without those of a folder."""
    if aside in (None, "."):
        return files
    return {n: f for n, f in files.items() if n != aside and not n.startswith(f"{aside}/")}


def collisions(entries: Iterable[Entry], request: ClusterRequest) -> Iterable[tuple[str, str, str]]:
    """Yield the names of two pictures whose results would have one name, and that name."""
    first: dict[str, str] = {}
    for entry in entries:
        result = result_of(entry.name, request)
        if (other := first.setdefault(result, entry.name)) != entry.name:
            yield other, entry.name, result


def result_of(name: str, request: ClusterRequest) -> str:
    """Return the name of a picture's result in a tar."""
    return result_name(Path(name), request.writing).as_posix()


@dataclass
class Source:
    """A unit's pictures and masks, and what copies one of them to a path, in any thread."""

    names: Names
    notes: list[str]
    picture: Callable[[str, Path], None]
    mask: Callable[[str, Path], None]


@contextmanager
def opened(unit: Unit, request: ClusterRequest, one_mask: bool, folder: Path) -> Iterator[Source]:
    """Open a unit's pictures; a shard that is not on this machine is copied to `folder`.

    Raises:
        DeepginError: the shard cannot be read.
    """
    if not unit.shard:
        pictures = Place(request.source)
        masks = Place(request.masks) if request.masks and not one_mask else pictures
        yield Source(
            Names([*unit.entries], [*unit.failed]),
            [],
            lambda name, path: pictures.child(name).fetch(path),
            lambda name, path: masks.child(name).fetch(path),
        )
        return
    place = Place(unit.shard)
    path = place.local or folder / "shard"
    if place.local:
        place.info()  # raises if it is missing
    else:
        place.fetch(path)
    with closing(Shard(path, place.shown)) as shard:
        names = pair(shard.sizes.keys() - shard.double, one_for_all=one_mask)
        names.entries = [replace(e, bytes=shard.sizes[e.name]) for e in names.entries]
        double = "two members of the shard have this name: keep one"
        names.failed += [(name, double) for name in sorted(shard.double) if is_picture(name)]
        notes = [f"{shown(name)} is a mask without a picture" for name in names.lone_masks]
        if left_out := sum(not is_picture(name) for name in shard.sizes):
            notes.append(f"{left_out} members are no pictures: left out")
        yield Source(names, notes, shard.extract, shard.extract)


def _hash(content: list) -> str:
    text = json.dumps(content, sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()
