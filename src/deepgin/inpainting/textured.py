"""Fills with texture of the picture, guided by the fill of the network."""

from collections.abc import Generator, Sequence
from dataclasses import replace

import numpy as np

from .. import texture
from ..devices import threads
from .batches import Patch
from .fits import Auto, Completed, Fit, Scene
from .fits.base import OnExpected, Work, complete_all, ignore
from .fits.boxes import Box, boxes_of
from .fits.resize import enlarged, shrunk
from .options import Options
from .parts import Part, parts_of, shrinking, surroundings
from .steps import Steps

# Seen on 54 photographs of 1024 pixels under blobs, in dB: 29.62 where the network runs at full
# size, 29.98 where the hole is at most 48 deep, 29.71 at 64, 29.81 at 32.
_DEPTH = 48
_STEP = 1 << 14  # the cost of what takes about as long as a crop


def wants_texture(options: Options) -> bool:
    """Return whether holes get texture; `auto` means yes if no other way is chosen."""
    if options.texture == "auto":
        return options.fit == "auto" and not options.ensemble and not options.degrid
    return options.texture == "on"


class TextureFit:
    """Texture over what a fit gives.

    Args:
        fit: how the picture is brought to the network; `auto` brings each part of the hole to it
            at the size at which it is no deeper than the network fills well.
        steps: counts the rounds of the search, and may stop the work before each.
    """

    name = "texture"

    def __init__(self, fit: Fit, steps: Steps | None = None) -> None:
        self.fit, self.steps = fit, steps or Steps()
        self.settings = texture.Settings(threads=threads())

    def work(self, scene: Scene, expect: OnExpected = ignore) -> Work:
        """See `Fit.work`."""
        picture = scene.picture.copy()
        parts = parts_of(scene.hole, scene.hidden)
        alone = isinstance(self.fit, Auto)
        # All are expected now, and corrected when each part's turn comes.
        crops = [_crops(part, scene) if alone else 0 for part in parts]
        boxes = [surroundings(part, scene.hidden, self.settings) for part in parts]
        rounds = [self._rounds(part, box) for part, box in zip(parts, boxes, strict=True)]
        expect(sum(crops))
        self.steps.expect(sum(rounds))
        whole = None if alone else (yield from self.fit.work(scene, expect))
        textured, fits = 0.0, set()
        for part, box, few, many in zip(parts, boxes, crops, rounds, strict=True):
            cut = scene.cut(box)
            own = np.zeros_like(cut.hole)
            local = part.box.moved(-box.top, -box.left).slices()
            own[local] = cut.hole[local]
            cut = replace(cut, hole=own)  # other parts are hidden, and have their turn
            expect(-few)
            guide = whole.cut(box) if whole else (yield from _guide(cut, part.depth, expect))
            fits.add(guide.fit)
            before = self.steps.done
            filled, share = self._textured(cut, guide.picture)
            self.steps.expect(self.steps.done - before - many)
            textured += share * part.pixels
            picture[box.slices()][own] = filled[own]
        share = textured / max(1, sum(part.pixels for part in parts))
        count = f"{len(parts)} part{'s' * (len(parts) != 1)}"
        halved = max((shrinking(box) for box in boxes), default=0)
        size = f" at 1/{2**halved} of the size" if halved else ""
        fit = f"texture in {count}{size}, {share:.0%} of the fill, over {'; '.join(sorted(fits))}"
        return Completed(picture, fit)

    def _textured(self, scene: Scene, guide: np.ndarray) -> tuple[np.ndarray, float]:
        """Return a scene with texture in its hole: uint8, and which share of it is texture."""
        shape = scene.hole.shape
        count = shrinking(Box(0, 0, *shape))
        small = _halved(scene, count)
        filled = texture.fill(
            small.picture, small.hole, small.hidden, guide, self.settings, self._round
        )
        return enlarged(filled.picture, shape[::-1]), filled.share

    def _round(self, cost: int) -> None:
        self.steps.check()
        self.steps.add(cost // _STEP)

    def _rounds(self, part: Part, box: Box) -> int:
        """Return the steps of a part's texture, about."""
        costs = self.settings.costs(part.pixels, part.depth, box.height * box.width)
        return sum(cost // _STEP for cost in costs)


def _crops(part: Part, scene: Scene) -> int:
    """Return the patches that a part takes, about."""
    most = (scene.trained_at // 2) << _halvings(part.depth)
    return len(boxes_of(scene.hole[part.box.slices()], most))


def _halvings(depth: float) -> int:
    """Return how often a part is halved so that it is no deeper than `_DEPTH`."""
    count = 0
    while depth / 2**count > _DEPTH:
        count += 1
    return count


def _guide(
    scene: Scene, depth: float, expect: OnExpected
) -> Generator[Sequence[Patch], Sequence[np.ndarray], Completed]:
    """Let the network fill a scene at the size at which its hole is no deeper than `_DEPTH`."""
    count = _halvings(depth)
    small = _halved(scene, count)
    done = yield from Auto().work(small, expect)
    if count:
        done = replace(done, fit=f"{done.fit}, at 1/{2**count} of the size")
    return done


def _halved(scene: Scene, count: int) -> Scene:
    """Return a scene halved `count` times."""
    return shrunk(scene, -(-max(scene.hole.shape) // 2**count))


class _Done:
    """A fit that returns a scene completed elsewhere."""

    name = "done"

    def __init__(self, completed: Completed) -> None:
        self.completed = completed

    def work(self, scene: Scene, expect: OnExpected = ignore) -> Work:
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
    textured = TextureFit(_Done(Completed(whole, fit)))
    return complete_all([textured.work(Scene(whole, hole, hole))], lambda _: [])[0]
