"""A queue that gathers jobs into batches for one worker thread, and a budget of pixels."""

import asyncio
import time
from collections import deque
from collections.abc import AsyncIterator, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from typing import NamedTuple, Protocol

from ..inpainting import Job, Options, Result
from ..inpainting.batches import OnProgress

# Of what is gathered the first may wait for the last: no longer than as much again takes.
_SMALL = 1 << 20


class Way(NamedTuple):
    """How jobs are filled; those of one way may go together.

    Attributes:
        options: see `Options`.
        sharpness: of weights of two sets; None takes that of the service.
    """

    options: Options
    sharpness: float | None = None


class Fill(Protocol):
    """As `Inpainter.fill_many`."""

    def __call__(self, jobs: Sequence[Job], way: Way, told: OnProgress) -> list[Result]: ...


class Unwanted(Exception):
    """Nobody waits any more for what was being filled."""


class TooLate(Exception):
    """A job was not begun in time."""


@dataclass(eq=False)
class _Waiting:
    job: Job
    way: Way
    came: float
    outcome: asyncio.Future[Result]
    told: OnProgress

    @property
    def pixels(self) -> int:
        width, height = self.job.document.size
        return width * height


class Gatherer:
    """Takes jobs in any number of coroutines of one loop, and fills them in one thread.

    Jobs of the same way that are there together go together, the oldest first, as long as
    they have no more than twice its pixels, or a million; results do not depend on that.

    Args:
        fill: what fills them.
        pause: seconds that a job waits for others.
        most: maximum batch size; 1 does not wait for others.
        waited: called with the seconds that each job waited.
        filled: called with the size and the seconds of each batch.
    """

    def __init__(
        self,
        fill: Fill,
        *,
        pause: float,
        most: int,
        waited: Callable[[float], None] = lambda _: None,
        filled: Callable[[int, float], None] = lambda *_: None,
    ) -> None:
        self.pause, self.most = pause if most > 1 else 0.0, most
        self._fill, self._waited, self._filled = fill, waited, filled
        self._line: deque[_Waiting] = deque()
        self._came = asyncio.Event()
        self._thread = ThreadPoolExecutor(1, "deepgin-fill")
        self._work = asyncio.get_running_loop().create_task(self._run())

    async def fill(
        self, job: Job, way: Way, seconds: float, told: OnProgress = lambda *_: None
    ) -> Result:
        """Fill a job.

        A caller that is cancelled takes it out of the line, or breaks off what it alone waits for.

        Args:
            job: see `Inpainter.fill_many`.
            way: how it is filled.
            seconds: that it may wait before it is begun.
            told: called in the thread with the steps of the batch.

        Raises:
            TooLate: it was not begun in time; what `fill_many` raises for this job alone.
        """
        loop = asyncio.get_running_loop()
        waiting = _Waiting(job, way, loop.time(), loop.create_future(), told)
        expiry = loop.call_later(seconds, self._expire, waiting)
        self._line.append(waiting)
        self._came.set()
        try:
            return await waiting.outcome
        finally:
            expiry.cancel()
            if waiting in self._line:
                self._line.remove(waiting)

    def _expire(self, waiting: _Waiting) -> None:
        if waiting in self._line and not waiting.outcome.done():
            waiting.outcome.set_exception(TooLate())

    def alive(self) -> bool:
        """Return whether jobs are taken out of the line."""
        return not self._work.done()

    async def close(self) -> None:
        """Let the batch in work end; what waits is not begun."""
        self._work.cancel()
        await asyncio.to_thread(self._thread.shutdown)

    async def _run(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            await self._came.wait()
            if self._line:
                await asyncio.sleep(max(0.0, self._line[0].came + self.pause - loop.time()))
            await self._through(self._next())
            if not self._line:
                self._came.clear()

    def _next(self) -> list[_Waiting]:
        """Take the oldest job out of the line, and those that go with it."""
        batch: list[_Waiting] = []
        pixels = 0
        for waiting in list(self._line):
            if not waiting.outcome.done():
                if batch and (
                    waiting.way != batch[0].way
                    or pixels + waiting.pixels > max(_SMALL, 2 * batch[0].pixels)
                    or len(batch) == self.most
                ):
                    continue
                batch.append(waiting)
                pixels += waiting.pixels
            self._line.remove(waiting)
        return batch

    async def _through(self, batch: list[_Waiting]) -> None:
        if not batch:
            return
        loop = asyncio.get_running_loop()
        began = loop.time()
        for waiting in batch:
            self._waited(began - waiting.came)
        outcomes = await loop.run_in_executor(self._thread, self._done, batch)
        for waiting, outcome in zip(batch, outcomes, strict=True):
            if waiting.outcome.done():  # its caller has gone
                continue
            if isinstance(outcome, Exception):
                waiting.outcome.set_exception(outcome)
            else:
                waiting.outcome.set_result(outcome)

    def _done(self, batch: Sequence[_Waiting]) -> list[Result | Exception]:
        began = time.perf_counter()
        jobs = [waiting.job for waiting in batch]

        def told(done: int, of: int) -> None:
            if all(waiting.outcome.done() for waiting in batch):
                raise Unwanted
            for waiting in batch:
                waiting.told(done, of)

        try:
            outcomes: list[Result | Exception] = [*self._fill(jobs, batch[0].way, told)]
        except Exception as error:  # noqa: BLE001, it is the caller's
            if len(batch) == 1 or isinstance(error, Unwanted):
                return [error] * len(batch)
            # Which one is at fault is seen one by one, and the others are filled.
            return [outcome for waiting in batch for outcome in self._done([waiting])]
        self._filled(len(batch), time.perf_counter() - began)
        return outcomes


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
        """Wait for a number of pixels, and give them back at the end of the block.

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
