"""Opening remote tar shards and reading their pictures in order."""

import random
import re
import tarfile
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from typing import IO, Any

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
        UsageError: an address that cannot be meant; TrainingError: webdataset is missing.
    """
    _opener()
    from braceexpand import braceexpand  # which webdataset brings

    # A command has spaces of its own.
    texts = [recipe.train.strip()] if _is_pipe(recipe.train.strip()) else recipe.train.split()
    try:
        expanded = [address for text in texts for address in braceexpand(text)]
    except ValueError as error:
        raise UsageError(f"data.train {recipe.train}: {error}") from error
    for address in expanded:
        # Older versions of webdataset hand addresses to a shell.
        if not _is_pipe(address) and not _ADDRESS.fullmatch(address):
            raise UsageError(
                f"data.train: '{address}' is no address of a tar shard: "
                "write it as https://host/train-{000..099}.tar, several separated by spaces"
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
    except ValueError as error:  # nothing opens such an address, so there is no trying again
        raise TrainingError(
            f"data.train: webdataset cannot open {address}: name an https or gs address, or, with "
            "data.allow_pipes, a command such as pipe:aws s3 cp ADDRESS -"
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
        # Nobody minds the end of a program whose shard is left in the middle.
        with suppress(OSError):
            stream.close()


def _paired(address: str, shard: int, skip: int, tar: tarfile.TarFile) -> Iterator[Encoded]:
    count, held = 0, None
    for member in tar:
        if not member.isfile() or not is_picture(member.name):
            continue
        if is_segmentation(member.name):
            if held and stem(member.name) == stem(held[0]) + SEGMENTATION:
                yield _encoded(address, shard, held, _content(tar, member))
                held = None
            continue
        if held:
            yield _encoded(address, shard, held, None)
        held = (member.name, count, _content(tar, member)) if count >= skip else None
        count += 1
    if held:
        yield _encoded(address, shard, held, None)


def _encoded(
    address: str, shard: int, held: tuple[str, int, bytes], guidance: bytes | None
) -> Encoded:
    name, picture, content = held
    return Encoded(shard, picture, f"{address}:{name}", content, guidance)


def _content(tar: tarfile.TarFile, member: tarfile.TarInfo) -> bytes:
    file: IO[bytes] | None = tar.extractfile(member)
    return b"" if file is None else file.read()
