"""Opening remote tar shards and reading their pictures in order."""

import random
import re
import tarfile
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any

from ...errors import TrainingError, UsageError
from ...files import Header
from ...pictures import is_picture
from ...pictures.tree import SEGMENTATION
from ..recipe import DataRecipe
from .sources import is_segmentation, stem

_ADDRESS = re.compile(r"[a-zA-Z0-9+.-]+://[!#%&()*+,./0-9:=?@A-Z_a-z~\[\]-]+")


@dataclass(frozen=True)
class Encoded:
    """A picture of a shard as it came.

    Attributes:
        shard: its shard's number in the run.
        picture: its place among the shard's pictures.
        name: for errors: address and path inside the shard.
        content: the picture file.
        guidance: the segmentation's file, if there is one.
    """

    shard: int
    picture: int
    name: str
    content: bytes
    guidance: bytes | None = None


class ShardOrder:
    """Which address is the shard number g of the run: a seeded permutation an epoch."""

    def __init__(self, addresses: list[str], seed: int) -> None:
        self.addresses, self.seed = addresses, seed

    def __getitem__(self, shard: int) -> str:
        epoch, place = divmod(shard, len(self.addresses))
        draws = random.Random(f"shards/{self.seed}/{epoch}")
        keys = [draws.random() for _ in self.addresses]
        return self.addresses[sorted(range(len(keys)), key=keys.__getitem__)[place]]


def addresses(recipe: DataRecipe) -> list[str]:
    """Return the addresses that `train` names, brace ranges such as {000..099} expanded.

    Raises:
        UsageError: one is no address.
        TrainingError: webdataset is missing.
    """
    _opener()
    from braceexpand import braceexpand  # which webdataset brings

    # A command has spaces of its own.
    texts = [recipe.train.strip()] if _is_pipe(recipe.train.strip()) else recipe.train.split()
    try:
        expanded = [address for text in texts for address in braceexpand(text)]
    except ValueError as error:
        raise UsageError(f"data.train {recipe.train}: {error}", field="data.train") from error
    for address in expanded:
        # Older versions of webdataset hand addresses to a shell.
        if not _is_pipe(address) and not _ADDRESS.fullmatch(address):
            raise UsageError(
                f"data.train: '{address}' is no address of a tar shard: "
                "write it as https://host/train-{000..099}.tar, several separated by spaces",
                field="data.train",
            )
    return expanded


def _is_pipe(address: str) -> bool:
    return address.startswith("pipe:")


def _opener() -> Callable[[str], Any]:
    """Return what opens an address as a stream of bytes."""
    try:
        from webdataset.gopen import gopen  # type: ignore[import-untyped]
    except ImportError as error:
        raise TrainingError(
            "data.train is remote, which webdataset reads, and it is not installed: "
            "pip install 'deepgin[train]'"
        ) from error
    return gopen


def pictures_in(address: str, shard: int, skip: int) -> Iterator[Encoded]:
    """Open a shard and yield its pictures from the `skip`-th on.

    A segmentation belongs to the picture right before it (`NAME.jpg`, `NAME_seg.png`).

    Raises:
        OSError, tarfile.TarError: it cannot be read, or ends too early.
        TrainingError: nothing can open such an address.
    """
    try:
        stream = _opener()(address)
    except ValueError as error:  # trying again would not help
        raise TrainingError(
            f"data.train: webdataset cannot open {address}: name an https or gs address, or, with "
            "data.allow_pipes, a command such as pipe:aws s3 cp ADDRESS -",
            field="data.train",
        ) from error
    try:
        with tarfile.open(fileobj=stream, mode="r|", tarinfo=Header) as tar:
            yield from _paired(address, shard, skip, tar)
        while stream.read(1 << 16):
            pass  # else the program that fetches would fail at writing what is left
        stream.close()
    except (OSError, tarfile.TarError):
        stream.close()  # raises how the program ended, if it failed, which says more
        raise
    finally:
        # How a program ends whose shard is left in the middle does not matter.
        with suppress(OSError):
            stream.close()


def _paired(address: str, shard: int, skip: int, tar: tarfile.TarFile) -> Iterator[Encoded]:
    """Yield each picture once the member after it is known: its segmentation, or another."""
    count = 0
    held: Encoded | None = None
    for member in tar:
        if not member.isfile() or not is_picture(member.name):
            continue
        if is_segmentation(member.name):
            if held and f"{address}:{stem(member.name)}" == stem(held.name) + SEGMENTATION:
                yield replace(held, guidance=_content(tar, member))
                held = None
            continue
        if held:
            yield held
        held = None
        if count >= skip:
            held = Encoded(shard, count, f"{address}:{member.name}", _content(tar, member))
        count += 1
    if held:
        yield held


def _content(tar: tarfile.TarFile, member: tarfile.TarInfo) -> bytes:
    file = tar.extractfile(member)
    return b"" if file is None else file.read()
