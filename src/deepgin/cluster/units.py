"""Units of work: a tar shard, or some pictures of a folder. Listing, pairing and opening them."""

import hashlib
import json
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path

from ..console import NAMES_SHOWN, shown
from ..errors import PictureError, UsageError
from ..inpainting.folders import JobOptions
from ..inpainting.folders.plan import result_name
from ..pictures import is_picture
from ..pictures.mask_index import AmbiguousMask, MaskIndex
from ..pictures.tree import Failure, key, mask_stems, order, picture_of_mask, pictures_among
from .places import FileInfo, Place, PlaceError, expanded
from .request import ClusterRequest, Order
from .tars import Shard

SHARD_ENDINGS = (".tar", ".tar.gz", ".tgz")
THREADS = 16


@dataclass(frozen=True)
class Member:
    """A picture to fill.

    Attributes:
        name: below its source, with `/` between folders.
        mask: its mask's name; empty where one mask serves for all, or its own alpha is the hole.
        bytes: the size of the picture's file.
    """

    name: str
    mask: str = ""
    bytes: int = 0


@dataclass
class Names:
    """Paired names: pictures in the order of their names, failed ones, masks without a picture."""

    entries: list[Member] = field(default_factory=list)
    failed: list[Failure] = field(default_factory=list)
    lone_masks: list[str] = field(default_factory=list)


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
    entries: tuple[Member, ...] = ()
    failed: tuple[Failure, ...] = ()


@dataclass
class UnitPlan:
    """The units of a job by name, notes, and whether one mask serves for all pictures."""

    units: list[Unit] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    one_mask: bool = False


def pair(
    names: Iterable[str], masks: Iterable[str] | None = None, *, one_for_all: bool = False
) -> Names:
    """Pair pictures with masks by the rules of the folder command.

    Args:
        names: of pictures, and of the masks beside them; other files are skipped.
        masks: names below a folder of masks; None: they are beside their pictures.
        one_for_all: one mask serves for all: none is looked for.
    """
    apart = masks is not None
    paths = {Path(name): name for name in names if is_picture(name)}
    others = {Path(name): name for name in masks or () if is_picture(name)} if apart else paths
    pictures = pictures_among(paths, beside=not apart)
    index = MaskIndex(Path(), others if apart else paths.keys() - pictures)
    keys = {key(path.parent, path.stem) for path in pictures} if apart else ()
    made = Names()
    lone: list[Path] = []
    for path in sorted(pictures, key=order):
        try:
            stems = mask_stems(path.name)
            mask = None if one_for_all else index.find(path.parent, stems, keys)
        except AmbiguousMask as error:
            made.failed.append((paths[path], str(error)))
            continue
        if not (mask or apart or one_for_all) and picture_of_mask(path.stem):
            lone.append(path)
        else:
            made.entries.append(Member(paths[path], others[mask] if mask else ""))
    if not one_for_all:
        lone += [path for path in index.unused() if apart or picture_of_mask(path.stem)]
    made.lone_masks = sorted(others[path] for path in lone)
    return made


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
    bare = request.source.partition("?")[0] if "://" in request.source else request.source
    files: dict[str, FileInfo] = {}
    if bare.endswith(SHARD_ENDINGS):
        shards = {place: place.shown.rpartition("/")[2] for place in _named(request.source)}
    elif source.is_folder():
        files = _without(source.files(), target.inside(source))
        shards = {source.child(name): name for name in files if name.endswith(SHARD_ENDINGS)}
    else:
        raise PictureError(
            f"{source.shown} is neither a tar shard nor a folder",
            mend="deepgin inpaint fills a single picture",
        )
    if shards and any(map(is_picture, files)):
        raise UsageError(
            f"{source.shown} holds tar shards and pictures",
            mend="name the shards as '*.tar', or move one kind elsewhere",
        )
    if shards and masks and not made.one_mask:
        raise UsageError(
            f"{masks.shown} is a folder",
            mend="the masks of shards lie in them, or one serves for all",
        )
    if shards:
        made.units = _of_shards(shards, files, mask_stamp)
    else:
        _add_pictures(made, request, files, masks, mask_stamp)
    if not made.units:
        raise PictureError(f"{source.shown}: there are neither pictures nor tar shards in it")
    return made


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


def _of_shards(shards: dict[Place, str], files: dict[str, FileInfo], mask_stamp: str) -> list[Unit]:
    def content(place: Place) -> list:
        try:
            info = files.get(shards[place]) or place.info()
        except PlaceError:
            return []  # the worker that is to fill it says what is wrong; others are filled
        return [info.bytes, info.stamp]

    units: dict[str, Unit] = {}
    with ThreadPoolExecutor(THREADS) as pool:
        for (place, name), known in zip(shards.items(), pool.map(content, shards), strict=True):
            stem = next(name.removesuffix(e) for e in SHARD_ENDINGS if name.endswith(e))
            unit = Unit(stem, _hash([known, mask_stamp]), shard=place.address)
            if units.setdefault(stem, unit) is not unit:
                raise UsageError(
                    f"two shards would become {shown(stem)}.tar",
                    mend="rename one, or fill them into folders of their own",
                )
    return [units[name] for name in sorted(units)]


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
        some = ", ".join(map(shown, names.lone_masks[:NAMES_SHOWN]))
        more = " and others" if count > NAMES_SHOWN else ""
        made.notes.append(f"{have} no picture: {some}{more}")
    for one, other, result in collisions(names.entries, request.writing):
        raise UsageError(
            f"{shown(one)} and {shown(other)} would both become {shown(result)}",
            field="format",
            mend="rename one, or leave {format} out",
        )
    stamps = files if apart is None else apart
    # Failed pictures take part in the cut, so that units stay the same when they are mended.
    why = dict(names.failed)
    every = sorted([*names.entries, *map(Member, why)], key=lambda entry: entry.name)
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


def collisions(entries: Iterable[Member], writing: JobOptions) -> Iterable[tuple[str, str, str]]:
    """Yield the names of two pictures whose results would have one name, and that name."""
    first: dict[str, str] = {}
    for entry in entries:
        result = result_name(Path(entry.name), writing).as_posix()
        if (other := first.setdefault(result, entry.name)) != entry.name:
            yield other, entry.name, result


@dataclass
class Source:
    """A unit's pictures, and what returns the content of one of its files, in any thread."""

    names: Names
    notes: list[str]
    picture: Callable[[str], bytes]
    mask: Callable[[str], bytes]


@contextmanager
def opened(unit: Unit, order: Order, folder: Path) -> Iterator[Source]:
    """Open a unit's pictures; a shard that is not on this machine is copied to `folder`.

    Raises:
        DeepginError: the shard cannot be read.
    """
    if not unit.shard:
        pictures = Place(order.request.source)
        apart = order.request.masks and not order.one_mask
        masks = Place(order.request.masks) if apart else pictures
        yield Source(
            Names([*unit.entries], [*unit.failed]),
            [],
            lambda name: pictures.child(name).read(),
            lambda name: masks.child(name).read(),
        )
        return
    place = Place(unit.shard)
    path = place.local or folder / "shard"
    if place.local:
        place.info()  # raises if it is missing
    else:
        place.fetch(path)
    with closing(Shard(path, place.shown)) as shard:
        names = pair(shard.sizes.keys() - shard.double, one_for_all=order.one_mask)
        names.entries = [replace(e, bytes=shard.sizes[e.name]) for e in names.entries]
        double = "two members of the shard have this name: keep one"
        names.failed += [(name, double) for name in sorted(shard.double) if is_picture(name)]
        notes = [f"{shown(name)} is a mask without a picture" for name in names.lone_masks]
        if left_out := sum(not is_picture(name) for name in shard.sizes):
            notes.append(f"{left_out} members are no pictures: left out")
        yield Source(names, notes, shard.read, shard.read)


def _hash(content: list) -> str:
    text = json.dumps(content, sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()
