"""Filling with texture: the network says what stands in a hole, the photograph how it looks."""

from collections.abc import Callable, Generator, Sequence

import numpy as np

from .. import texture
from ..devices import threads
from .batches import Filling, Patch
from .fits import Auto, Completed, Fit, Scene
from .fits.base import Work, complete_all
from .fits.boxes import Box
from .fits.resize import enlarged, shrunk
from .options import Options
from .parts import Part, parts_of, shrinking, surroundings

# Seen on 54 photographs of 1024 pixels under blobs, in dB: 29.62 where the network runs at full
# size, 29.98 where the hole is at most 48 deep, 29.71 at 64, 29.81 at 32.
_DEPTH = 48
_THIN = 4  # pixels: what is no deeper needs no texture


def texture_of(hole: np.ndarray, hidden: np.ndarray, options: Options) -> bool:
    """Return whether a hole gets texture: as the options say, with `auto` where it is deep.

    Args:
        hole: bool, H x W, not empty.
        hidden: bool, H x W; includes `hole`.
        options: texture, fit, ensemble and degrid are used.
    """
    if options.texture != "auto":
        return options.texture == "on"
    plain = options.fit == "auto" and not options.ensemble and not options.degrid
    return plain and any(_deep(part) for part in parts_of(hole, hidden))


def _deep(part: Part) -> bool:
    return part.depth > _THIN


class Textured:
    """Texture over what a fit gives.

    Args:
        fit: how the picture is brought to the network; `auto` brings each part of the hole to it
            at the size at which it is no deeper than the network fills well.
        mode: `on` gives it to every part of the hole, `auto` to the deep ones.
        check: called before each piece of work; may raise to stop it.
    """

    name = "texture"

    def __init__(self, fit: Fit, mode: str, check: Callable[[], None] = lambda: None) -> None:
        self.fit, self.mode, self.check = fit, mode, check
        self.settings = texture.Settings(threads=threads())

    def work(self, scene: Scene) -> Work:
        """See `Fit.work`."""
        canvas = [scene.picture.copy(), scene.picture.copy()]
        whole = None if isinstance(self.fit, Auto) else (yield from self.fit.work(scene))
        parts = parts_of(scene.hole, scene.mask)
        shares, fits = [], set()
        for part in parts:
            box = surroundings(part, scene.mask, self.settings)
            cut = scene.cut(box)
            own = np.zeros_like(cut.hole)
            local = part.box.moved(-box.top, -box.left).slices()
            own[local] = cut.hole[local]
            if whole is None:
                guide = yield from _guide(cut, part.depth)
                fits.add(guide.fit)
            else:
                guide = Completed(
                    whole.picture[box.slices()], whole.coarse[box.slices()], whole.fit
                )
                fits.add(whole.fit)
            size = own.shape[::-1]
            filled, share = enlarged(guide.picture, size), 0.0
            if self.mode == "on" or _deep(part):
                filled, share = self._textured(cut, own, guide.picture)
            shares.append(share * part.pixels)
            for picture, new in zip(canvas, (filled, enlarged(guide.coarse, size)), strict=True):
                picture[box.slices()][own] = new[own]
        share = sum(shares) / max(1, sum(part.pixels for part in parts))
        count = f"{len(parts)} part{'s' * (len(parts) != 1)}"
        said = f"texture in {count}, {share:.0%} of the fill, over {'; '.join(sorted(fits))}"
        return Completed(*canvas, said)

    def _textured(
        self, scene: Scene, hole: np.ndarray, guide: np.ndarray
    ) -> tuple[np.ndarray, float]:
        """Return a scene with texture in `hole`: uint8, and which share of it is texture."""
        count = shrinking(Box(0, 0, *hole.shape))
        small = shrunk(scene, -(-max(hole.shape) // 2**count)) if count else scene
        own = hole if small is scene else small.hole
        found = texture.fill(small.picture, own, small.mask, guide, self.settings, self.check)
        return enlarged(found.picture, hole.shape[::-1]), found.share


def _guide(scene: Scene, depth: float) -> Generator[Sequence[Patch], Sequence[Filling], Completed]:
    """Let the network fill a scene at the size at which its hole is no deeper than `_DEPTH`."""
    count = 0
    while depth / 2**count > _DEPTH:
        count += 1
    small = shrunk(scene, -(-max(scene.hole.shape) // 2**count))
    done = yield from Auto().work(small)
    where = small.mask[..., None]
    return Completed(
        np.where(where, done.picture, small.picture),
        np.where(where, done.coarse, small.picture),
        done.fit if not count else f"{done.fit}, at 1/{2**count} of the size",
    )


class _Given:
    """A fit of a scene that is filled already."""

    name = "given"

    def __init__(self, completed: Completed) -> None:
        self.completed = completed

    def work(self, scene: Scene) -> Work:
        yield from ()
        return self.completed


def texture_over(
    picture: np.ndarray, hole: np.ndarray, guide: np.ndarray, fit: str = "a given fill"
) -> Completed:
    """Put texture over a fill of any origin.

    Args:
        picture: uint8, H x W x 3; what stands in the hole is not used.
        hole: bool, H x W, not empty.
        guide: uint8, H x W x 3, the fill; its valid pixels are not used.
        fit: what made the fill, in words.
    """
    whole = np.where(hole[..., None], guide, picture)
    given = Textured(_Given(Completed(whole, whole, fit)), "on")
    return complete_all([given.work(Scene(whole, hole, hole))], lambda _: [])[0]
