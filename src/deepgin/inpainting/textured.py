"""Fills with texture of the picture, part by part, guided by the fill of the network."""

from __future__ import annotations

from collections.abc import Generator, Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from scipy import ndimage  # type: ignore[import-untyped]

from .. import texture
from ..devices import threads
from .batches import Steps, complete_all
from .boxes import Box, boxes_of, boxes_of_parts
from .fits import Fit, auto
from .options import Options
from .scenes import Completed, Patch, Scene, Work, enlarged

# Seen on 54 photographs of 1024 pixels under blobs, in dB: 29.62 where the network runs at full
# size, 29.98 where the hole is at most 48 deep, 29.71 at 64, 29.81 at 32.
_DEPTH = 48
_STEP = 1 << 14  # the cost of what takes about as long as a crop
# Pixels at the size that is searched for texture: the least and the greatest, and by depth.
_MARGINS = (64, 300)
_MARGIN_BY_DEPTH = 16
_MOST_PIXELS = 24_000_000  # of a part with its surroundings


def wants_texture(options: Options) -> bool:
    """Return whether holes get texture; `auto` means yes if no other way is chosen."""
    if options.texture == "auto":
        return options.fit == "auto" and not options.ensemble and not options.degrid
    return options.texture == "on"


def texture_over(
    picture: np.ndarray, hole: np.ndarray, guide: np.ndarray, fit: str = "another fill"
) -> Completed:
    """Put texture over a fill of any origin, `guide`; `fit` is what made it, in words.

    `picture` and `guide` are uint8, H x W x 3; `hole` is bool, H x W, not empty.
    """
    whole = np.where(hole[..., None], guide, picture)

    def done(_: Scene, __: Steps) -> Work:
        yield from ()
        return Completed(whole, fit)

    return complete_all([textured(Scene(whole, hole, hole), Steps(), done)], lambda _: [])[0]


def textured(scene: Scene, steps: Steps, fit: Fit) -> Work:
    """Put texture over what a fit gives.

    The fit `auto` brings each part of the hole to the network at the size at which it is no deeper
    than the network fills well.
    """
    settings = texture.Settings(threads=threads())
    picture = scene.picture.copy()
    parts = [part_of(scene, box, settings) for box in boxes_of_parts(scene.hole)]
    alone = fit is auto
    # All are expected now, and corrected when each part's turn comes.
    crops = [_crops(part, scene) if alone else 0 for part in parts]
    rounds = [_rounds(part, settings) for part in parts]
    steps.expect_patches(sum(crops))
    steps.total += sum(rounds)
    whole = None if alone else (yield from fit(scene, steps))
    share, fits = 0.0, set()
    for part, few, many in zip(parts, crops, rounds, strict=True):
        cut = scene.cut(part.around)
        own = np.zeros_like(cut.hole)
        local = part.box.moved(-part.around.top, -part.around.left).slices()
        own[local] = cut.hole[local]
        cut = replace(cut, hole=own)  # other parts are hidden, and have their turn
        steps.expect_patches(-few)
        if whole:
            guide = Completed(whole.picture[part.around.slices()], whole.fit)
        else:
            guide = yield from _guide(cut, part.depth, steps)
        fits.add(guide.fit)
        before = steps.done
        filled = _textured(cut, guide.picture, settings, steps)
        steps.total += steps.done - before - many
        share += filled.share * part.pixels
        picture[part.around.slices()][own] = filled.picture[own]
    return Completed(picture, _said(parts, share, sorted(fits)))


def _textured(
    scene: Scene, guide: np.ndarray, settings: texture.Settings, steps: Steps
) -> texture.Textured:
    shape = scene.hole.shape
    small = _halved(scene, _shrinking(Box(0, 0, *shape)))

    def check(cost: int) -> None:
        steps.check()
        steps.done += cost // _STEP

    filled = texture.fill(small.picture, small.hole, small.hidden, guide, settings, check)
    return replace(filled, picture=enlarged(filled.picture, shape[::-1]))


def _guide(
    scene: Scene, depth: float, steps: Steps
) -> Generator[Sequence[Patch], Sequence[np.ndarray], Completed]:
    """Let the network fill a scene at the size at which its hole is no deeper than `_DEPTH`."""
    count = _halvings(depth)
    done = yield from auto(_halved(scene, count), steps)
    return done._replace(fit=f"{done.fit}, at 1/{2**count} of the size") if count else done


def _said(parts: Sequence[Part], share: float, fits: Iterable[str]) -> str:
    share /= max(1, sum(part.pixels for part in parts))
    count = f"{len(parts)} part{'s' * (len(parts) != 1)}"
    halved = max((_shrinking(part.around) for part in parts), default=0)
    size = f" at 1/{2**halved} of the size" if halved else ""
    return f"texture in {count}{size}, {share:.0%} of the fill, over {'; '.join(fits)}"


def _crops(part: Part, scene: Scene) -> int:
    """Return the patches that a part takes, about."""
    most = (scene.trained_at // 2) << _halvings(part.depth)
    return len(boxes_of(scene.hole[part.box.slices()], most))


def _rounds(part: Part, settings: texture.Settings) -> int:
    """Return the steps of a part's texture, about."""
    return sum(
        cost // _STEP for cost in settings.costs(part.pixels, part.depth, _area(part.around))
    )


def _halvings(depth: float) -> int:
    """Return how often a part is halved so that it is no deeper than `_DEPTH`."""
    count = 0
    while depth / 2**count > _DEPTH:
        count += 1
    return count


def _halved(scene: Scene, count: int) -> Scene:
    return scene.shrunk(-(-max(scene.hole.shape) // 2**count))


def _shrinking(box: Box) -> int:
    """Return how often a box is halved so that it is not too large for the memory."""
    count = 0
    while _area(box) > _MOST_PIXELS << (2 * count):
        count += 1
    return count


def _area(box: Box) -> int:
    return box.height * box.width


@dataclass(frozen=True)
class Part:
    """A part of a hole."""

    box: Box
    depth: float  # greatest distance of its pixels to the nearest one that is not hidden, in pixels
    pixels: int
    around: Box  # the part and what its texture is searched in


def part_of(scene: Scene, box: Box, settings: texture.Settings) -> Part:
    """Return the part of a scene's hole that is in a box."""
    near = scene.hidden[box.grown(1, scene.hidden.shape).slices()]
    depth = max(near.shape) if near.all() else ndimage.distance_transform_edt(near).max()
    pixels = int(scene.hole[box.slices()].sum())
    around = _surroundings(scene.hidden, box, float(depth), pixels, settings.halvings(pixels))
    return Part(box, float(depth), pixels, around)


def _surroundings(hidden: np.ndarray, box: Box, depth: float, pixels: int, halvings: int) -> Box:
    margin = round(_MARGIN_BY_DEPTH * depth / 2**halvings)
    margin = min(max(margin, _MARGINS[0]), _MARGINS[1]) << halvings
    while margin > 1 and _area(box.grown(margin, hidden.shape)) > _MOST_PIXELS:
        margin //= 2
    around = box.grown(margin, hidden.shape)
    # Wider, where fewer pixels are valid than are to be filled.
    while around != (0, 0, *hidden.shape) and int((~hidden[around.slices()]).sum()) < pixels:
        margin *= 2
        wider = box.grown(margin, hidden.shape)
        if _area(wider) > _MOST_PIXELS:
            break
        around = wider
    return around
