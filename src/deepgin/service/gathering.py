"""A queue that gathers jobs into batches for one worker thread, meters, and a budget of pixels."""

import asyncio
import time
from collections import deque
from collections.abc import AsyncIterator, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import NamedTuple, TypeAlias

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, ProcessCollector

from ..inpainting import Job, Options, Result
from ..inpainting.batches import OnProgress
from ..inpainting.canvas import grown_size

# Of what is gathered the first may wait for the last: no longer than as much again takes.
_SMALL = 1 << 20
_WAITING = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60)
_FILLING = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300)


class Meters:
    """The metrics of one service for Prometheus, in a registry of their own."""

    def __init__(self, taken: Callable[[], int]) -> None:
        registry = self.registry = CollectorRegistry()
        ProcessCollector(registry=registry)
        what = "Requests by path and code of the answer; 499 is a client that hung up"
        self.requests = Counter("deepgin_requests", what, ("path", "code"), registry=registry)
        what = "Seconds that a request waited before it was filled"
        self.waited = Histogram("deepgin_queue_seconds", what, buckets=_WAITING, registry=registry)
        what = "Seconds that a batch took to be filled"
        self.filled = Histogram("deepgin_fill_seconds", what, buckets=_FILLING, registry=registry)
        what, sizes = "Requests that were filled together", (1, 2, 4, 8, 16, 32)
        self.batch = Histogram("deepgin_batch_size", what, buckets=sizes, registry=registry)
        what = "Requests that are taken and not yet answered"
        Gauge("deepgin_queue_length", what, registry=registry).set_function(taken)


class Way(NamedTuple):
    """How jobs are filled; those of one way may go together. See `Options` and `Model`."""

    options: Options
    sharpness: float | None = None
    network: str = ""  # empty: the default


Fill: TypeAlias = Callable[[Sequence[Job], Way, OnProgress], list[Result]]


class _AllLeft(Exception):
    """Nobody waits any more for what was being filled."""


@dataclass(eq=False)
class _Waiting:
    job: Job
    way: Way
    came: float
    outcome: asyncio.Future[Result]
    on_progress: OnProgress

    @property
    def pixels(self) -> int:
        width, height = grown_size(self.job.document.size, self.way.options)
        return width * height


class Gatherer:
    """Takes jobs in any number of coroutines of one loop, and fills them in one thread.

    Jobs of the same way that are there together go together, the oldest first, as long as
    they have no more than twice its pixels, or a million; results do not depend on that. A job
    waits `pause` seconds for others, unless the maximum batch size `most` is 1.
    """

    def __init__(self, fill: Fill, meters: Meters, *, pause: float, most: int) -> None:
        self.pause, self.most = pause if most > 1 else 0.0, most
        self.pace = 1.0  # seconds that a job takes, of late
        self._fill, self._meters = fill, meters
        self._queue: deque[_Waiting] = deque()
        self._came = asyncio.Event()
        self._thread = ThreadPoolExecutor(1, "deepgin-fill")
        self._work = asyncio.get_running_loop().create_task(self._run())

    async def fill(
        self, job: Job, way: Way, until: float, on_progress: OnProgress = lambda *_: None
    ) -> Result:
        """Fill a job; TimeoutError if it is not begun by `until`, a time of the loop.

        A caller that is cancelled takes it out of the queue, or stops what it alone waits for.
        """
        loop = asyncio.get_running_loop()
        waiting = _Waiting(job, way, loop.time(), loop.create_future(), on_progress)
        expiry = loop.call_at(until, self._expire, waiting)
        self._queue.append(waiting)
        self._came.set()
        try:
            return await waiting.outcome
        finally:
            expiry.cancel()
            if waiting in self._queue:
                self._queue.remove(waiting)

    def _expire(self, waiting: _Waiting) -> None:
        if waiting in self._queue and not waiting.outcome.done():
            waiting.outcome.set_exception(TimeoutError())

    def alive(self) -> bool:
        """Return whether jobs are taken out of the queue."""
        return not self._work.done()

    async def close(self) -> None:
        """Let the batch in work end; what waits is not begun."""
        self._work.cancel()
        await asyncio.to_thread(self._thread.shutdown)

    async def _run(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            await self._came.wait()
            if self._queue:
                await asyncio.sleep(max(0.0, self._queue[0].came + self.pause - loop.time()))
            if batch := self._next():
                await self._through(batch)
            if not self._queue:
                self._came.clear()

    def _next(self) -> list[_Waiting]:
        """Take the oldest job out of the queue, and those that go with it."""
        batch: list[_Waiting] = []
        pixels = 0
        for waiting in list(self._queue):
            if not waiting.outcome.done():
                if batch and (
                    waiting.way != batch[0].way
                    or pixels + waiting.pixels > max(_SMALL, 2 * batch[0].pixels)
                    or len(batch) == self.most
                ):
                    continue
                batch.append(waiting)
                pixels += waiting.pixels
            self._queue.remove(waiting)
        return batch

    async def _through(self, batch: list[_Waiting]) -> None:
        loop = asyncio.get_running_loop()
        for waiting in batch:
            self._meters.waited.observe(loop.time() - waiting.came)
        outcomes = await loop.run_in_executor(self._thread, self._done, batch)
        for waiting, outcome in zip(batch, outcomes, strict=True):
            if waiting.outcome.done():  # its caller has gone
                continue
            if isinstance(outcome, Exception):
                waiting.outcome.set_exception(outcome)
            else:
                waiting.outcome.set_result(outcome)

    def _done(self, batch: Sequence[_Waiting]) -> list[Result | Exception]:
        begun = time.perf_counter()

        def on_progress(done: int, of: int) -> None:
            if all(waiting.outcome.done() for waiting in batch):
                raise _AllLeft
            for waiting in batch:
                waiting.on_progress(done, of)

        try:
            jobs = [waiting.job for waiting in batch]
            outcomes: list[Result | Exception] = [*self._fill(jobs, batch[0].way, on_progress)]
        except Exception as error:  # noqa: BLE001, it is the caller's
            if len(batch) == 1 or isinstance(error, _AllLeft):
                return [error] * len(batch)
            # Which one is at fault is seen one by one, and the others are filled.
            return [outcome for waiting in batch for outcome in self._done([waiting])]
        seconds = time.perf_counter() - begun
        self._meters.batch.observe(len(batch))
        self._meters.filled.observe(seconds)
        self.pace += 0.2 * (seconds / len(batch) - self.pace)
        return outcomes


class Budget:
    """Lends pixels to coroutines of one loop, in the order of their asking.

    Who asks for more than `whole`, which is lent at a time, waits until it is alone.
    """

    def __init__(self, whole: int) -> None:
        self.whole = self.free = whole
        self._turn, self._returned = asyncio.Lock(), asyncio.Event()

    @asynccontextmanager
    async def lent(self, pixels: int, seconds: float) -> AsyncIterator[None]:
        """Wait for pixels, or a TimeoutError, and give them back at the end of the block."""
        pixels = min(pixels, self.whole)
        async with asyncio.timeout(seconds), self._turn:
            while self.free < pixels:
                self._returned.clear()
                await self._returned.wait()
            self.free -= pixels
        try:
            yield
        finally:
            self.free += pixels
            self._returned.set()
