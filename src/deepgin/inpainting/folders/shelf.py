"""A folder of masks or segmentations, or one for all, in which one looks by folder and stem."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from pathlib import Path

from .names import key, keys, order, shown
from .walk import Tree, walk


class TwoFitError(Exception):
    """Two files fit one picture equally well; the message names them."""


class Shelf:
    """Files by the folder they lie in, below a root, and their stem.

    Attributes:
        tree: what was found in a folder of its own.
    """

    def __init__(self, root: Path, files: Iterable[Path], for_all: Path | None = None) -> None:
        self.root, self.for_all, self.tree = root, for_all, Tree()
        self._files: dict[tuple[str, str], list[Path]] = defaultdict(list)
        for path in files:
            for found in keys(path):
                self._files[found].append(path)
        self._fits: set[Path] = set()
        self._found: set[Path] = set()

    @classmethod
    def of(
        cls, place: Path | None, source: Path, beside: Sequence[Path], left_out: Sequence[Path]
    ) -> "Shelf":
        """Return the shelf that `place` is.

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
        shelf = cls(place, tree.files)
        shelf.tree = tree
        return shelf

    def find(
        self,
        folder: Path,
        stems: Sequence[Sequence[str]],
        others: Collection[tuple[str, str]] = (),
    ) -> Path | None:
        """Return the file in `folder` with one of these stems, or None.

        Args:
            folder: below the root.
            stems: groups of stems; a file of an earlier group goes before those of later ones.
            others: the keys of all that is looked for; what has the stem of another is its alone.

        Raises:
            TwoFitError: two files of one group.
        """
        if self.for_all is not None:
            return self.for_all
        wanted = [dict.fromkeys(key(folder, stem) for stem in group) for group in stems]

        def anothers(path: Path) -> bool:
            place = key(path.parent, path.stem)
            return place in others and place not in wanted[-1]

        groups = [
            [
                path
                for path in dict.fromkeys(p for k in group for p in self._files.get(k, ()))
                if not anothers(path)
            ]
            for group in wanted
        ]
        # What fits less well is no mask without a picture either.
        self._fits.update(path for group in groups for path in group)
        best = next(filter(None, groups), [])
        self._found.update(best)
        if len(best) > 1:
            names = " and ".join(shown(self.root / path) for path in sorted(best, key=order))
            raise TwoFitError(f"{names} both fit: keep one of them")
        return self.root / best[0] if best else None

    def passed_over(self) -> list[Path]:
        """Return the files, below the root, that fitted less well than others alone."""
        return sorted(self._fits - self._found, key=order)

    def unused(self) -> list[Path]:
        """Return the files, below the root, that fitted nothing that was looked for."""
        every = {path for files in self._files.values() for path in files}
        return sorted(every - self._fits, key=order)
