"""The picture at its own size."""

from ...errors import UsageError
from .base import Completed, OnExpected, Scene, Work, ignore

# The network's attention takes time by the fourth power of the side, and memory by the second.
MOST_PIXELS = 1100 * 1100


class Direct:
    """The whole picture at its own size, mirrored at its edges to the network's multiple."""

    name = "direct"

    def work(self, scene: Scene, expect: OnExpected = ignore) -> Work:
        """See `Fit.work`."""
        height, width = scene.hidden.shape
        if height * width > MOST_PIXELS:
            raise UsageError(
                f"a picture of {width} x {height} pixels is too large for the fit 'direct' "
                f"(at most {MOST_PIXELS / 1e6:.2f} megapixels)",
                field="fit",
                mend="use {fit=auto}, {fit=crop} or {fit=resize}",
            )
        expect(1)
        (filling,) = yield [scene.patch()]
        return Completed(filling[:height, :width], self.name)
