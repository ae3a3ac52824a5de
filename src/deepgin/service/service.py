"""The state of a service: its network, its requests, and whether it takes more."""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from functools import partial
from typing import Any, TypeVar

import numpy as np
from fastapi import Request, Response

from ..console import Progress
from ..inpainting import Job, Options, Result
from ..inpainting.batches import OnProgress
from ..pictures import Document
from ..runtimes import memory
from .files import Upload, Writing, measure, read, response_of
from .gathering import Budget, Gatherer, Meters, Way
from .networks import Networks
from .refusals import Refusal
from .settings import Settings

T = TypeVar("T")
_IDLE_SECONDS = 1.0
_LOG = logging.getLogger("deepgin.service")


class Service:
    """Takes requests, and fills them.

    Attributes:
        loaded: the networks, once the first is there.
        failure: why it will never be.
        settled: set once the network is there, or never will be.
        draining: no more requests are taken.
        taken: requests whose body has come, not yet answered.
        progress: how far requests are, by the ids of their clients.
    """

    def __init__(self, settings: Settings, load: Callable[[], Networks]) -> None:
        self.settings, self._load = settings, load
        self.meters = Meters(lambda: self.taken)
        self.loaded: Networks | None = None
        self.failure: Exception | None = None
        self.draining = False
        self.taken = 0
        self.progress: dict[str, Progress] = {}
        self.settled = asyncio.Event()
        self._gatherer: Gatherer | None = None
        self._rest: asyncio.TimerHandle | None = None
        # What a decoded picture takes is a multiple of its file: few are decoded at a time.
        self._budget = Budget(2 * settings.limits.pixels)

    @classmethod
    def of(cls, request: Request) -> "Service":
        """Return the service that a request came to."""
        service: Service = request.app.state.service
        return service

    async def start(self) -> None:
        """Load the network; `loaded` or `failure` tell how it went."""
        try:
            loaded = await asyncio.to_thread(self._warm)
        except Exception as error:  # noqa: BLE001, `check_ready` says so
            self.failure = error
        else:
            # Where patches go through one by one, the first would only wait for the last.
            runtime = loaded.inpainter(loaded.default).runtime
            most = self.settings.together if runtime.group_pixels else 1
            pause = self.settings.gather_seconds
            self._gatherer = Gatherer(self._fill, self.meters, pause=pause, most=most)
            self.loaded = loaded
        self.settled.set()

    def _warm(self) -> Networks:
        """Load, and fill with and without texture: the first time is slow."""
        loaded = self._load()
        inpainter = loaded.inpainter(loaded.default)
        runtime = inpainter.runtime
        side = runtime.trained_at
        grey = np.full((side, side, 3), 128, np.uint8)
        hole = np.zeros((side, side), np.bool_)
        hole[side // 4 : side // 2, side // 4 : side // 2] = True
        job = Job(Document.of_array(grey), hole, grey if runtime.guided else None)
        for texture in ("on", "off"):
            inpainter.fill_many([job], Options(texture=texture))
        return loaded

    def _fill(self, jobs: Sequence[Job], way: Way, on_progress: OnProgress) -> list[Result]:
        assert self.loaded
        inpainter = self.loaded.inpainter(way.network, way.sharpness)
        return inpainter.fill_many(jobs, way.options, on_progress)

    def drain(self) -> None:
        """Take no more; what is taken is finished."""
        self.draining = True

    async def close(self) -> None:
        """End the worker thread, after what it has begun."""
        self.draining = True
        if self._gatherer:
            await self._gatherer.close()

    def healthy(self) -> bool:
        """Return whether a restart would not help."""
        return not self.failure and (self._gatherer is None or self._gatherer.alive())

    def check_ready(self) -> None:
        """Raise a Refusal (503) unless requests are taken."""
        if self.draining:
            raise Refusal(503, "the service is ending: it takes no more", retry_after=10)
        if self.failure:
            _LOG.error("the network cannot be loaded: %s", self.failure)
            raise Refusal(503, "the network cannot be loaded: the log of the service says why")
        if not self.loaded:
            raise Refusal(503, "the network is being loaded: try again soon", retry_after=2)

    def facts(self) -> list[dict[str, Any]]:
        """Return the facts of the networks; raise a Refusal (503) where there are none."""
        if not self.loaded:
            self.check_ready()
        assert self.loaded
        return [*self.loaded.facts.values()]

    def check_slot(self) -> None:
        """Raise a Refusal if all slots are taken (429), or the service takes no requests (503)."""
        self.check_ready()
        if self.taken >= self.settings.limits.queue:
            sentence = f"{self.taken} requests are being served: try again later"
            raise Refusal(429, sentence, retry_after=self._wait())

    @contextmanager
    def followed(self, job: str) -> Iterator[Progress]:
        """Keep how far a request is under its client's id, if that is not empty."""
        if job in self.progress:
            raise Refusal(400, "another request has this job: choose another", field="job")
        progress = Progress()
        if job:
            self.progress[job] = progress
        try:
            yield progress
        finally:
            self.progress.pop(job, None)

    async def fill(
        self,
        upload: Upload,
        way: Way,
        writing: Writing,
        on_progress: OnProgress = lambda *_: None,
    ) -> Response:
        """Fill one picture; `on_progress` is called in another thread."""
        if self.loaded:  # if not, there is no slot either
            way = self.loaded.checked(way)
        options, most = way.options, self.settings.limits.pixels
        async with self._slot(upload, options) as until:
            job = await _to_its_end(read, upload, most, options, writing)
            assert self._gatherer
            result = await self._gatherer.fill(job, way, until, on_progress)
            del job
            return await _to_its_end(response_of, result, writing, upload.box)

    async def made_of(
        self, upload: Upload, writing: Writing, make: Callable[[Document], Response]
    ) -> Response:
        """Return what is made of a picture, with its patch if there is one; nothing is filled."""
        options, most = Options(), self.settings.limits.pixels
        async with self._slot(upload, options):
            job = await _to_its_end(read, upload, most, options, writing)
            return await _to_its_end(make, job.document)

    @asynccontextmanager
    async def _slot(self, upload: Upload, options: Options) -> AsyncIterator[float]:
        """Hold a slot and memory for an upload; yield the loop's time by which work must begin."""
        self.check_slot()
        loop, limits = asyncio.get_running_loop(), self.settings.limits
        until = loop.time() + limits.seconds
        self.taken += 1
        if self._rest:
            self._rest.cancel()
        try:
            pixels = await asyncio.to_thread(measure, upload, limits.pixels, options)
            async with self._budget.lent(pixels, until - loop.time()):
                yield until
        except TimeoutError as error:
            sentence = "it was not filled in time: try again later"
            raise Refusal(503, sentence, retry_after=self._wait()) from error
        finally:
            self.taken -= 1
            if not self.taken:
                give_back = partial(loop.run_in_executor, None, memory.give_back)
                self._rest = loop.call_later(_IDLE_SECONDS, give_back)

    def _wait(self) -> int:
        """Return the seconds after which to try again."""
        pace = self._gatherer.pace if self._gatherer else 1.0
        return min(60, max(1, round(pace * self.taken)))


async def _to_its_end(work: Callable[..., T], *arguments: Any) -> T:
    """Do work in a thread; who is cancelled waits for its end, up to which it takes memory."""
    working = asyncio.ensure_future(asyncio.to_thread(work, *arguments))
    try:
        return await asyncio.shield(working)
    except asyncio.CancelledError:
        await asyncio.gather(working, return_exceptions=True)
        raise
