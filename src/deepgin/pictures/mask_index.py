"""Looking up the masks or segmentations of pictures by folder and name."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from pathlib import Path

from ..console import shown
from .tree import Tree, key, keys, order, walk


class AmbiguousMask(Exception):
    """Two masks fit one picture equally well; the message names them."""


class MaskIndex:
    """Masks or segmentations, by folder and stem.

    Args:
        root: the folder that `files` lie below.
        files: paths below `root`.
        for_all: one file that serves all pictures.

    Attributes:
        tree: the listing of `root`, where `of` made it.
    """

    def __init__(self, root: Path, files: Iterable[Path], for_all: Path | None = None) -> None:
        self.root, self.for_all, self.tree = root, for_all, Tree()
        self._files: dict[tuple[str, str], list[Path]] = defaultdict(list)
        for path in files:
            for one in keys(path):
                self._files[one].append(path)
        self._fits: set[Path] = set()
        self._best: set[Path] = set()

    @classmethod
    def of(
        cls, place: Path | None, source: Path, beside: Sequence[Path], left_out: Sequence[Path]
    ) -> "MaskIndex":
        """Return the index of `place`.

        Args:
            place: a file that serves for all, a folder, or None: the files beside the pictures.
            source: the pictures' folder.
            beside: the files in it, as paths below it, that are no pictures to fill.
            left_out: folders that are not listed.
        """
        if place is not None and place.is_file():
            return cls(source, (), place)
        if place is None or place.samefile(source):
            return cls(source, beside)
        tree = walk(place, [*left_out, source])
        index = cls(place, tree.files)
        index.tree = tree
        return index

    def find(
        self, folder: Path, stems: Sequence[Sequence[str]], others: Collection[tuple[str, str]] = ()
    ) -> Path | None:
        """Return the file in `folder` with one of these stems, or None.

        Args:
            folder: below the root.
            stems: groups of stems, best first.
            others: the `key` of every picture; a mask with the very name of another is not taken.

        Raises:
            AmbiguousMask: two files of one group.
        """
        if self.for_all is not None:
            return self.for_all
        groups = [dict.fromkeys(key(folder, stem) for stem in group) for group in stems]

        def fits(group: Iterable[tuple[str, str]]) -> list[Path]:
            paths = dict.fromkeys(path for one in group for path in self._files.get(one, ()))
            names = {path: key(path.parent, path.stem) for path in paths}
            return [p for p, name in names.items() if name not in others or name in groups[-1]]

        fitting = [fits(group) for group in groups]
        self._fits.update(path for group in fitting for path in group)
        best = next(filter(None, fitting), [])
        self._best.update(best)
        if len(best) > 1:
            names = " and ".join(shown(self.root / path) for path in sorted(best, key=order))
            raise AmbiguousMask(f"{names} both fit: keep one of them")
        return self.root / best[0] if best else None

    def passed_over(self) -> list[Path]:
        """Return the files, below the root, that only fitted less well than others."""
        return sorted(self._fits - self._best, key=order)

    def unused(self) -> list[Path]:
        """Return the files, below the root, that fitted no picture."""
        every = {path for files in self._files.values() for path in files}
        return sorted(every - self._fits, key=order)
