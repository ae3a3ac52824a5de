"""Handing units to workers on a Ray cluster. Each worker is a process that holds the network."""

import logging
import math
import os
import re
import sys
import threading
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout
from dataclasses import dataclass, replace
from typing import Any, TextIO, cast

os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
os.environ.setdefault("RAY_BACKEND_LOG_LEVEL", "fatal")
os.environ.setdefault("RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO", "0")

import ray

from ..errors import DeepginError, UsageError
from .job import Hand
from .places import public
from .request import Order, UnitReport
from .units import Unit
from .work import Worker

ATTEMPTS = 4
_STORE = 256 << 20


@dataclass(frozen=True)
class Workers:
    """How many workers there are, and what each takes.

    Attributes:
        count: 0 uses as many as the cluster has room for.
        cpus: cores of a worker.
        gpus: GPUs of a worker, 0.5 lets two share one; None: one where the cluster has some.
        address: of a running Ray cluster; empty starts one on this machine, for this job.

    Raises:
        UsageError: a value that does not work.
    """

    count: int = 0
    cpus: float = 1
    gpus: float | None = None
    address: str = ""

    def __post_init__(self) -> None:
        if self.count < 0:
            raise UsageError(
                f"{self.count} workers do not work",
                field="workers",
                mend="at least 1, or 0 for all there is",
            )
        for what, value in (("CPUs", self.cpus), ("GPUs", self.gpus or 0)):
            if not 0 <= value < math.inf or (value > 1 and value % 1):
                raise UsageError(
                    f"{value:g} {what} a worker do not work",
                    field=f"{what.lower()}_per_worker",
                    mend="a whole number, or less than 1",
                )


def hand_over(workers: Workers) -> Hand:
    """Return what hands units to workers on a Ray cluster, which is reached when it is called.

    Ray replaces a worker that dies and begins its unit again. A unit that has killed ATTEMPTS
    workers fails.
    """

    def hand(order: Order, weights: bytes | None, units: list[Unit]) -> Iterator[UnitReport]:
        hushed = cast(TextIO, _Hushed(sys.stdout))
        with redirect_stdout(hushed), _cluster(workers, order.request.model.device) as gpus:
            yield from _reports(workers, gpus, order, weights, units)

    return hand


@contextmanager
def _cluster(workers: Workers, device: str) -> Iterator[float]:
    """Reach or start a cluster; give the GPUs that a worker takes."""
    started = not ray.is_initialized()
    if started:
        _start(workers)
    try:
        there = _resources().get("GPU", 0)
        gpus = workers.gpus
        if gpus is None:
            gpus = 1.0 if there and device != "cpu" else 0.0
        if gpus and not there and not workers.address:
            raise UsageError(
                "Ray finds no GPU on this machine",
                field="gpus_per_worker",
                mend="leave {gpus_per_worker} out",
            )
        yield gpus
    finally:
        if started:
            ray.shutdown()


def _start(workers: Workers) -> None:
    logging.getLogger("ray").setLevel(logging.ERROR)
    cores = max(os.cpu_count() or 1, math.ceil(workers.count * workers.cpus))
    try:
        with _silence():
            ray.init(
                workers.address or "local",
                num_cpus=None if workers.address else cores,
                include_dashboard=None if workers.address else False,
                object_store_memory=None if workers.address else _STORE,
                logging_level=logging.ERROR,
                log_to_driver=False,
            )
    except Exception as error:
        if "AF_UNIX path length" in str(error):
            raise DeepginError(
                f"the paths of Ray's temporary files are too long ({public(error)})",
                mend="set TMPDIR to a folder of a short name",
            ) from error
        where = public(workers.address) or "this machine"
        raise DeepginError(
            f"no Ray cluster at {where}: {public(error)}",
            field="address",
            mend="start one with 'ray start --head', or leave {address} out to use this machine",
        ) from error


@contextmanager
def _silence() -> Iterator[None]:
    """Hold back what Ray's core writes to stderr on its own; what goes wrong it raises."""
    sys.stderr.flush()
    kept = os.dup(2)
    try:
        with open(os.devnull, "wb") as nowhere:
            os.dup2(nowhere.fileno(), 2)
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)


def _reports(
    workers: Workers, gpus: float, order: Order, weights: bytes | None, units: list[Unit]
) -> Iterator[UnitReport]:
    shared = None if weights is None else ray.put(weights)
    # Ray restarts a worker that died and gives it the same unit again, ATTEMPTS times in all.
    remote: Any = ray.remote(_Actor).options(
        num_cpus=workers.cpus, num_gpus=gpus, max_restarts=-1, max_task_retries=ATTEMPTS - 1
    )
    actors = [remote.remote(order, shared) for _ in range(_count(workers, gpus, len(units)))]
    queue = deque(units)
    # A worker gets units once it is ready: a cluster without room for it may never start it.
    calls: dict[Any, tuple[Any, Unit | None]] = {a.ready.remote(): (a, None) for a in actors}
    try:
        while queue or any(unit for _, unit in calls.values()):
            [done], _ = ray.wait([*calls], num_returns=1)
            actor, unit = calls.pop(done)
            try:
                report = ray.get(done)
            except (ray.exceptions.RayError, ray.exceptions.UserCodeException) as error:
                if unit is None:
                    raise DeepginError(f"no worker could begin: {_cause(error)}") from error
                # The unit has failed. Wait for the worker that Ray starts in place of this one.
                calls[actor.ready.remote()] = (actor, None)
                continue
            if report:
                yield report
            if queue:
                unit = queue.popleft()
                calls[actor.work.remote(unit)] = (actor, unit)
    finally:
        for actor in actors:
            ray.kill(actor)


def _count(workers: Workers, gpus: float, units: int) -> int:
    """Return the number of workers that the job asks for, or that the cluster has room for."""
    there, needs = _resources(), {"CPU": workers.cpus, "GPU": gpus}
    room = [there.get(kind, 0) // need for kind, need in needs.items() if need]
    return max(1, min(workers.count or int(min(room, default=1)), units))


def _resources() -> dict[str, float]:
    found: dict[str, float] = ray.cluster_resources()  # type: ignore[no-untyped-call]
    return found


class _Actor:
    """A `Worker` in a process of its own."""

    def __init__(self, order: Order, weights: bytes | None) -> None:
        self.worker = Worker(order, weights)
        self.restarted = ray.get_runtime_context().was_current_actor_reconstructed

    def ready(self) -> None:
        self.restarted = False

    def work(self, unit: Unit) -> UnitReport:
        restarted, self.restarted = self.restarted, False
        return replace(self.worker.work(unit), restarted=restarted)


def _cause(error: BaseException) -> str:
    """Return the last line of the traceback that Ray makes its message of."""
    lines = [line for line in str(error).splitlines() if line.strip()]
    last = lines[-1] if lines else type(error).__name__
    return public(re.sub(r"^deepgin\.errors\.\w+: ", "", last))


class _Hushed:
    """A stream without what a thread of Ray prints about every death, in many lines."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def write(self, text: str) -> int:
        if threading.current_thread().name == "ray_listen_error_messages":
            return len(text)
        return self._stream.write(text)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)
