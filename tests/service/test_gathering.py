"""The queue of jobs, and the budget of pixels, by themselves."""

import asyncio
import threading
from contextlib import asynccontextmanager

import numpy as np
import pytest

from deepgin.inpainting import Job, Options
from deepgin.pictures import Document
from deepgin.service.gathering import Budget, Gatherer, Meters, Way

pytestmark = pytest.mark.anyio
PLAIN, WIDE = Way(Options()), Way(Options(dilate=1))


class Recorder:
    """Stands for `Inpainter.fill_many`: returns the names, keeps batches and threads."""

    def __init__(self):
        self.batches, self.threads = [], set()

    def __call__(self, jobs, way, on_progress):
        self.batches.append([job.name for job in jobs])
        self.threads.add(threading.get_ident())
        return self.batches[-1]

    @asynccontextmanager
    async def filling(self, most):
        """Yields what fills several jobs, given as pairs of a name and a way, at once."""
        gatherer = Gatherer(self, Meters(lambda: 0), pause=0.05, most=most)
        until = asyncio.get_running_loop().time() + 20

        async def fill(*jobs, side=lambda name: 8):
            documents = (
                Document.of_array(np.zeros((side(name), side(name), 3), np.uint8))
                for name, _ in jobs
            )
            made = zip(jobs, documents, strict=True)
            return await asyncio.gather(
                *(gatherer.fill(Job(doc, name=name), way, until) for (name, way), doc in made)
            )

        yield fill
        await gatherer.close()


async def test_what_is_there_goes_together_in_order_and_in_one_thread():
    recorder = Recorder()
    async with recorder.filling(most=4) as fill:
        assert await fill(*((name, PLAIN) for name in "012345")) == list("012345")
        await fill(("a", PLAIN), ("b", WIDE), ("c", PLAIN))
    assert recorder.batches == [list("0123"), list("45"), ["a", "c"], ["b"]]
    assert len(recorder.threads - {threading.get_ident()}) == 1


async def test_none_waits_long_for_a_larger_one():
    recorder = Recorder()
    async with recorder.filling(most=16) as fill:
        names = ["a", "large", "b", "same"]
        await fill(*((n, PLAIN) for n in names), side=lambda name: 8 if len(name) == 1 else 1100)
    assert recorder.batches == [["a", "b"], ["large", "same"]]


async def test_a_budget_is_lent_in_order_and_comes_back():
    budget, order = Budget(10), []

    async def borrow(name, pixels, seconds=20.0):
        async with budget.lent(pixels, seconds):
            order.append(name)
            assert budget.free >= 0
            await asyncio.sleep(0.01)

    asked = [("a", 6), ("b", 6), ("c", 1), ("huge", 99), ("d", 3), ("late", 10, 1e-3), ("gone", 10)]
    tasks = [asyncio.create_task(borrow(*one)) for one in asked]
    await asyncio.sleep(0.005)
    tasks[-1].cancel()
    *_, late, gone = await asyncio.gather(*tasks, return_exceptions=True)
    assert order == ["a", "b", "c", "huge", "d"]
    assert isinstance(late, TimeoutError)
    assert isinstance(gone, asyncio.CancelledError)
    assert budget.free == 10
