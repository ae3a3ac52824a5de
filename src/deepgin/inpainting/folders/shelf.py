"""A folder of masks or segmentations, or one for all, in which one looks by folder and stem."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from pathlib import Path

from .names import order, shown
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
        self._files: dict[tuple[Path, str], list[Path]] = defaultdict(list)
        for path in files:
            self._files[path.parent, path.stem].append(path)
        self._fits: set[Path] = set()

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

    def find(self, folder: Path, stems: Sequence[Sequence[str]]) -> Path | None:
        """Return the file in `folder` with one of these stems, or None.

        Args:
            folder: below the root.
            stems: groups of stems; a file of an earlier group goes before those of later ones.

        Raises:
            TwoFitError: two files of one group.
        """
        if self.for_all is not None:
            return self.for_all
        groups = [
            [path for stem in dict.fromkeys(group) for path in self._files.get((folder, stem), ())]
            for group in stems
        ]
        # What fits less well is no mask without a picture either.
        self._fits.update(path for group in groups for path in group)
        best = next(filter(None, groups), [])
        if len(best) > 1:
            names = " and ".join(shown(self.root / path) for path in sorted(best, key=order))
            raise TwoFitError(f"{names} both fit: keep one of them")
        return self.root / best[0] if best else None

    def unused(self) -> list[Path]:
        """Return the files, below the root, that fitted nothing that was looked for."""
        every = [path for files in self._files.values() for path in files]
        return sorted((path for path in every if path not in self._fits), key=order)
