"""The state of a service: its network, its requests, and whether it takes more."""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field, replace
from typing import Any, TypeVar

import numpy as np
from fastapi import Request

from ..console import Progress
from ..errors import in_request, spelled
from ..inpainting import Inpainter, Job, Options, Result
from ..inpainting.batches import OnProgress
from ..pictures import Document
from ..runtimes import memory
from .files import Upload, Writing, measure, read, written
from .gathering import Budget, Gatherer, TooLate, Way
from .meters import Meters
from .patches import Box, next_patch
from .refusals import Refusal, refusal_of
from .settings import Settings

T = TypeVar("T")
_IDLE_SECONDS = 1.0
_LOG = logging.getLogger("deepgin.service")


@dataclass(frozen=True)
class Answer:
    """A filled picture as it is sent; of a patch also where it lies."""

    content: bytes
    content_type: str
    fit: str
    warnings: tuple[str, ...] = field(default=())
    box: Box | None = None


@dataclass(frozen=True)
class Loaded:
    """A network at work.

    Attributes:
        inpainter: the network as it is unless a sharpness is asked for.
        facts: its facts, as `/v1/models` returns them.
        sharpened: makes it of a sharpness; None where there is one set of weights.
    """

    inpainter: Inpainter
    facts: dict[str, Any]
    sharpened: Callable[[float], Inpainter] | None = None

    def at(self, sharpness: float | None) -> Inpainter:
        """Return the network of a sharpness that was asked for."""
        if self.sharpened is None or sharpness is None:
            return self.inpainter
        return self.sharpened(sharpness)


class Service:
    """Takes requests, and fills them.

    Attributes:
        loaded: the network, once it is there.
        failure: why it will never be.
        draining: no more requests are taken.
        taken: requests whose body has come, not yet answered.
        progress: how far those are that have an id of their client's, by that id.
    """

    def __init__(self, settings: Settings, load: Callable[[], Loaded]) -> None:
        self.settings, self._load = settings, load
        self.meters = Meters(lambda: self.taken)
        self.loaded: Loaded | None = None
        self.failure: Exception | None = None
        self.draining = False
        self.taken = 0
        self.progress: dict[str, Progress] = {}
        self.settled = asyncio.Event()
        self._gatherer: Gatherer | None = None
        self._rest: asyncio.TimerHandle | None = None
        self._pace = 1.0
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
            settings, runtime = self.settings, loaded.inpainter.runtime
            self._gatherer = Gatherer(
                self._fill,
                pause=settings.gather_seconds,
                # Where patches go through one by one, the first would only wait for the last.
                most=settings.together if runtime.group_pixels else 1,
                waited=self.meters.waited.observe,
                filled=self._filled,
            )
            self.loaded = loaded
        self.settled.set()

    def _warm(self) -> Loaded:
        """Load, and fill with and without texture: the first time is slow."""
        loaded = self._load()
        runtime = loaded.inpainter.runtime
        side = runtime.trained_at
        grey = np.full((side, side, 3), 128, np.uint8)
        hole = np.zeros((side, side), np.bool_)
        hole[side // 4 : side // 2, side // 4 : side // 2] = True
        job = Job(Document.of_array(grey), hole, grey if runtime.guided else None)
        for texture in ("on", "off"):
            loaded.inpainter.fill_many([job], Options(texture=texture))
        return loaded

    def _fill(self, jobs: Sequence[Job], way: Way, told: OnProgress) -> list[Result]:
        assert self.loaded
        return self.loaded.at(way.sharpness).fill_many(jobs, way.options, told)

    def _filled(self, count: int, seconds: float) -> None:
        self.meters.batch.observe(count)
        self.meters.filled.observe(seconds)
        self._pace += 0.2 * (seconds / count - self._pace)

    def drain(self) -> None:
        """Take no more; what is taken is finished."""
        self.draining = True

    async def close(self) -> None:
        """End the worker thread, after what it has begun."""
        self.draining = True
        if self._gatherer:
            await self._gatherer.close()

    def healthy(self) -> bool:
        """Return whether it may still come to something, or does."""
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

    def facts(self) -> dict[str, Any]:
        """Return the facts of the network; raise a Refusal (503) where there is none."""
        if not self.loaded:
            self.check_ready()
        assert self.loaded
        return self.loaded.facts

    def check_slot(self) -> None:
        """Raise a Refusal if all slots are taken (429), or the service takes no requests (503)."""
        self.check_ready()
        if self.taken >= self.settings.limits.queue:
            sentence = f"{self.taken} requests are being served: try again later"
            raise Refusal(429, sentence, retry_after=self._wait())

    @contextmanager
    def slot(self) -> Iterator[None]:
        """Hold one of the slots for requests, once the body has come.

        Raises:
            Refusal: see `check_slot`.
        """
        self.check_slot()
        self.taken += 1
        if self._rest:
            self._rest.cancel()
        try:
            yield
        finally:
            self.taken -= 1
            if not self.taken:
                loop = asyncio.get_running_loop()
                self._rest = loop.call_later(_IDLE_SECONDS, _give_back, loop)

    @contextmanager
    def followed(self, job: str) -> Iterator[Progress]:
        """Keep how far a request is under its client's id, if that is not empty.

        Raises:
            Refusal: another request has the id.
        """
        progress = Progress()
        if job in self.progress:
            raise Refusal(400, "another request has this job: choose another")
        if job:
            self.progress[job] = progress
        try:
            yield progress
        finally:
            self.progress.pop(job, None)

    async def fill(
        self,
        upload: Upload,
        options: Options,
        writing: Writing,
        prepare: Callable[[Job], Job] = lambda job: job,
        sharpness: float | None = None,
        told: OnProgress = lambda *_: None,
    ) -> Answer:
        """Fill one picture.

        Args:
            upload: its files.
            options: how holes are found and filled.
            writing: how the result is written.
            prepare: what is done to what was read.
            sharpness: of weights of two sets, in [0, 1]; None takes the service's own.
            told: see `Inpainter.fill_many`; called in another thread.

        Raises:
            Refusal: whatever does not work, and why.
        """
        if sharpness is not None and self.loaded and self.loaded.sharpened is None:
            problem = "the weights here have one sharpness: leave sharpness out"
            raise Refusal(400, problem, field="sharpness")
        loop = asyncio.get_running_loop()
        until = loop.time() + self.settings.limits.seconds
        async with self._lent(upload, until):
            job = prepare(await _to_its_end(read, upload, options, writing))
            result = await self._through(job, Way(options, sharpness), until - loop.time(), told)
            del job
            return await _to_its_end(_answer, result, writing, upload.box)

    async def made_of(self, upload: Upload, writing: Writing, make: Callable[[Document], T]) -> T:
        """Return what is made of a picture that is not filled, with its patch if there is one.

        Raises:
            Refusal: whatever does not work, and why.
        """
        loop = asyncio.get_running_loop()
        async with self._lent(upload, loop.time() + self.settings.limits.seconds):
            job = await _to_its_end(read, upload, Options(), writing)
            return await _to_its_end(make, job.document)

    @asynccontextmanager
    async def _lent(self, upload: Upload, until: float) -> AsyncIterator[None]:
        """Lend the memory for an upload; what goes wrong in the block becomes a Refusal."""
        try:
            pixels = await asyncio.to_thread(measure, upload, self.settings.limits.pixels)
            async with self._budget.lent(pixels, until - asyncio.get_running_loop().time()):
                yield
        except (TooLate, TimeoutError) as error:
            sentence = "it did not come to be filled in time: try again later"
            raise Refusal(503, sentence, retry_after=self._wait()) from error
        except Exception as error:
            raise refusal_of(error) from error

    async def _through(self, job: Job, way: Way, seconds: float, told: OnProgress) -> Result:
        assert self._gatherer
        return await self._gatherer.fill(job, way, max(0.0, seconds), told)

    def _wait(self) -> int:
        """Return the seconds after which to try again."""
        return min(60, max(1, round(self._pace * self.taken)))


def _answer(result: Result, writing: Writing, last: Box | None) -> Answer:
    document, box = next_patch(result, last) if writing.patch else (result.document, None)
    if writing.patch and document.mode == "CMYK":
        writing = replace(writing, format="tif")
    content, kind, notes = written(document, writing)
    warnings = spelled(result.warnings, in_request) + (() if writing.patch else notes)
    return Answer(content, kind, result.fit, warnings, box)


def _give_back(loop: asyncio.AbstractEventLoop) -> None:
    loop.run_in_executor(None, memory.give_back)


async def _to_its_end(work: Callable[..., T], *arguments: Any) -> T:
    """Do work in a thread; who is cancelled waits for its end, up to which it takes memory."""
    working = asyncio.ensure_future(asyncio.to_thread(work, *arguments))
    try:
        return await asyncio.shield(working)
    except asyncio.CancelledError:
        await asyncio.gather(working, return_exceptions=True)
        raise
