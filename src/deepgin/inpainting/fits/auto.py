"""Choosing a fit from the sizes of picture and hole."""

from .base import Completed, OnExpected, Scene, Work, ignore
from .boxes import boxes_of
from .crop import Crop
from .direct import MOST_PIXELS, Direct
from .resize import seen_whole

# Its attention makes `direct` slower than the pixels say: seen at 600 x 450 and at 1024 x 680, a
# picture takes 1.3 to 2.1 times as long as crops of as many pixels.
_SLOWER = 2


class Auto:
    """`direct` where it is as good as `crop` and no slower, else `crop`.

    Neither `resize` nor `polyphase` is ever chosen: the one gives blurred fillings beside sharp
    surroundings, the other a grid. What each reaches: benchmarks/fits.py and docs/pictures.md.
    """

    name = "auto"

    def work(self, scene: Scene, expect: OnExpected = ignore) -> Work:
        """See `Fit.work`."""
        height, width = scene.hidden.shape
        crops = len(boxes_of(scene.hole, scene.trained_at // 2))
        crop = min(height, scene.trained_at) * min(width, scene.trained_at)
        fit: Direct | Crop = Crop()
        if seen_whole(scene):
            fit, why = Direct(), f"are about what the network was trained at ({scene.trained_at})"
        elif height * width > MOST_PIXELS:
            why = "are too many at once"
        elif crops * crop > _SLOWER * height * width:
            fit, why = Direct(), f"at once take no longer than {crops} crops"
        else:
            why = f"at once take longer than {crops} crop{'s' * (crops != 1)}"
        done = yield from fit.work(scene, expect)
        return Completed(done.picture, f"{done.fit}: {width} x {height} pixels {why}")
