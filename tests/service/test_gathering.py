"""The line of jobs, and the budget of pixels, by themselves."""

import asyncio
import threading
from contextlib import asynccontextmanager

import numpy as np
import pytest

from deepgin.errors import UsageError
from deepgin.inpainting import Job, Options
from deepgin.pictures import Document
from deepgin.service.gathering import Budget, Gatherer, Meters, TooLate

pytestmark = pytest.mark.anyio
PLAIN, WIDE = Options(), Options(dilate=1)


def job(name, side=8):
    return Job(Document.of_array(np.zeros((side, side, 3), np.uint8)), name=name)


class Recorder:
    """Stands for `Inpainter.fill_many`: gives names back, keeps groups and threads, waits for `go`."""

    def __init__(self):
        self.groups, self.threads = [], set()
        self.go, self.begun = threading.Event(), threading.Event()
        self.go.set()

    def __call__(self, jobs, way, told):
        names = [one.name for one in jobs]
        self.groups.append(names)
        self.threads.add(threading.get_ident())
        self.begun.set()
        assert self.go.wait(20)
        if "bad" in names:
            raise UsageError("bad")
        return names


@pytest.fixture
def recorder():
    made = Recorder()
    yield made
    made.go.set()


@asynccontextmanager
async def gathering(recorder, pause=0.05, most=4):
    gatherer = Gatherer(recorder, Meters(lambda: 0), pause=pause, most=most)
    try:
        yield gatherer
    finally:
        recorder.go.set()
        await gatherer.close()


def start(gatherer, *jobs, options=PLAIN, seconds=20):
    until = asyncio.get_running_loop().time() + seconds
    return [asyncio.create_task(gatherer.fill(one, options, until)) for one in jobs]


async def test_together_in_their_order_and_in_one_thread(recorder):
    async with gathering(recorder) as g:
        tasks = start(g, *(job(str(i)) for i in range(6)))
        assert await asyncio.gather(*tasks) == list("012345")
        assert await asyncio.gather(*start(g, job("later"))) == ["later"]
    assert recorder.groups == [list("0123"), list("45"), ["later"]]
    assert len(recorder.threads) == 1
    assert threading.get_ident() not in recorder.threads


async def test_one_by_one(recorder):
    async with gathering(recorder, most=1) as g:
        assert g.pause == 0
        await asyncio.gather(*start(g, job("a"), job("b")))
    assert recorder.groups == [["a"], ["b"]]


async def test_other_options_go_apart(recorder):
    async with gathering(recorder) as g:
        tasks = start(g, job("a")) + start(g, job("b"), options=WIDE) + start(g, job("c"))
        await asyncio.gather(*tasks)
    assert recorder.groups == [["a", "c"], ["b"]]


async def test_none_waits_long_for_a_larger_one(recorder):
    async with gathering(recorder, most=16) as g:
        await asyncio.gather(*start(g, job("a"), job("large", 1100), job("b"), job("same", 1100)))
    assert recorder.groups == [["a", "b"], ["large", "same"]]


async def test_a_bad_one_is_told_alone(recorder):
    async with gathering(recorder) as g:
        found = await asyncio.gather(
            *start(g, job("a"), job("bad"), job("c")), return_exceptions=True
        )
    assert isinstance(found.pop(1), UsageError)
    assert found == ["a", "c"]


async def test_too_late_and_gone(recorder, until):
    async with gathering(recorder, most=1) as g:
        recorder.go.clear()
        [first] = start(g, job("first"))
        await until(recorder.begun.is_set)
        [late] = start(g, job("late"), seconds=0.05)
        [gone] = start(g, job("gone"))
        [last] = start(g, job("last"))
        with pytest.raises(TooLate):
            await late
        gone.cancel()
        with pytest.raises(asyncio.CancelledError):
            await gone
        recorder.go.set()
        assert await asyncio.gather(first, last) == ["first", "last"]
        assert g.alive()
    assert recorder.groups == [["first"], ["last"]]


async def test_one_that_goes_while_it_is_filled_leaves_the_others_theirs(recorder, until):
    async with gathering(recorder) as g:
        recorder.go.clear()
        first, second = start(g, job("first"), job("second"))
        await until(recorder.begun.is_set)
        first.cancel()
        recorder.go.set()
        assert await second == "second"
    assert recorder.groups == [["first", "second"]]


async def test_a_budget_is_lent_in_order_and_comes_back():
    budget, order = Budget(10), []

    async def borrow(name, pixels, seconds=20.0):
        async with budget.lent(pixels, seconds):
            order.append(name)
            assert budget.free >= 0
            await asyncio.sleep(0.01)

    tasks = [
        asyncio.create_task(borrow(name, pixels))
        for name, pixels in [("a", 6), ("b", 6), ("c", 1), ("huge", 99), ("d", 3)]
    ]
    await asyncio.sleep(0)
    late = asyncio.create_task(borrow("late", 10, 0.001))
    gone = asyncio.create_task(borrow("gone", 10))
    await asyncio.sleep(0.005)
    gone.cancel()
    found = await asyncio.gather(*tasks, late, gone, return_exceptions=True)
    assert order == ["a", "b", "c", "huge", "d"]
    assert isinstance(found[-2], TimeoutError)
    assert isinstance(found[-1], asyncio.CancelledError)
    assert budget.free == 10
