"""A number of pixels that may be in memory at a time. Nothing of pictures."""

import asyncio
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress


class Budget:
    """Lends pixels to coroutines of one loop, in the order of their asking.

    Args:
        whole: what is lent at a time; who asks for more waits until it is alone.
    """

    def __init__(self, whole: int) -> None:
        self.whole = self.free = whole
        self._line: deque[tuple[int, asyncio.Future[None]]] = deque()

    @asynccontextmanager
    async def lent(self, pixels: int, seconds: float) -> AsyncIterator[None]:
        """Wait for so many pixels, and give them back at the end of the block.

        Raises:
            TimeoutError: they did not come within `seconds`.
        """
        pixels = min(pixels, self.whole)
        turn = asyncio.get_running_loop().create_future()
        self._line.append((pixels, turn))
        self._serve()
        try:
            async with asyncio.timeout(seconds):
                await turn
            yield
        finally:
            if turn.cancelled():
                with suppress(ValueError):  # its turn came after it was cancelled
                    self._line.remove((pixels, turn))
            else:
                self.free += pixels
            self._serve()

    def _serve(self) -> None:
        while self._line and self._line[0][0] <= self.free:
            pixels, turn = self._line.popleft()
            if not turn.done():
                self.free -= pixels
                turn.set_result(None)
