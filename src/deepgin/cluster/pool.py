"""Units on a Ray cluster: workers as Ray Data's actors, each holding the network. Imports Ray."""

import logging
import math
import os
import re
import sys
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout, suppress
from dataclasses import dataclass, replace
from typing import Any, TextIO, cast

os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
os.environ.setdefault("RAY_BACKEND_LOG_LEVEL", "fatal")
os.environ.setdefault("RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO", "0")

import ray
import ray.data
from ray.data import ActorPoolStrategy, DataContext

from ..errors import DeepginError, UsageError
from .addresses import hidden
from .job import LOST, Hand
from .manifests import Report
from .units import Unit
from .work import Order
from .worker import Worker

ATTEMPTS = 4
_STORE = 256 << 20


@dataclass(frozen=True)
class Workers:
    """How many workers there are, and what each takes.

    Attributes:
        count: 0 takes as many as the cluster has room for.
        cpus: cores a worker.
        gpus: GPUs a worker, 0.5 lets two share one; None: one where the cluster has some.
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
            raise UsageError(f"{self.count} workers do not work: at least 1, or 0 for all there is")
        for what, value in (("CPUs", self.cpus), ("GPUs", self.gpus or 0)):
            if not 0 <= value < math.inf or (value > 1 and value % 1):
                raise UsageError(
                    f"{value:g} {what} a worker do not work: a whole number, or less than 1"
                )


def hand_over(workers: Workers) -> Hand:
    """Return what gives units to workers on a Ray cluster, which it reaches when it is called.

    A worker that dies is replaced and its unit given to another, by Ray Data, without end. Which
    unit it was is counted here, so that one that kills whoever takes it is given up.
    """

    def hand(order: Order, weights: bytes | None, units: list[Unit]) -> Iterator[Report]:
        hushed = cast(TextIO, _Hushed(sys.stdout))
        with redirect_stdout(hushed), _cluster(workers, order.request.device) as gpus:
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
            raise UsageError("this machine has no GPU that Ray finds: leave --gpus-per-worker out")
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
                "Ray's files in the folder for temporary ones have too long names: set TMPDIR to "
                f"a folder of a short name ({hidden(error)})"
            ) from error
        where = hidden(workers.address) or "this machine"
        raise DeepginError(
            f"no Ray cluster at {where}: {hidden(error)}: start one with 'ray start --head', or "
            "leave --address out to use this machine"
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
) -> Iterator[Report]:
    context = DataContext.get_current()
    context.enable_progress_bars = False
    context.print_on_execution_start = False
    # A unit whose workers die and die is missing at the end; all others are filled.
    context.max_errored_blocks = -1
    logging.getLogger("ray.data").setLevel(logging.CRITICAL)
    rows = ray.data.from_items(
        [{"unit": unit.to_json()} for unit in units], override_num_blocks=len(units)
    )
    shared = None if weights is None else ray.put(weights)
    counting: Any = ray.remote(num_cpus=0, max_restarts=-1)(_Attempts)
    done = rows.map_batches(
        _Actor,
        fn_constructor_args=(order, shared, counting.remote()),
        batch_size=1,
        batch_format="numpy",
        compute=_pool(workers, gpus, len(units)),
        num_cpus=workers.cpus,
        num_gpus=gpus,
    )
    try:
        for row in done.iter_rows():
            yield Report.of_json(str(row["report"]))
    except (ray.exceptions.RayError, ray.exceptions.UserCodeException) as error:
        raise DeepginError(f"no worker could begin: {_cause(error)}") from error


def _pool(workers: Workers, gpus: float, units: int) -> ActorPoolStrategy:
    """Return a pool of a fixed size, or one that grows to what the cluster has."""
    count = workers.count
    if not count:
        there = _resources()
        room = [there.get("CPU", 0) // workers.cpus] if workers.cpus else []
        room += [there.get("GPU", 0) // gpus] if gpus else []
        count = int(min(room, default=1))
    # One at a time: a death then costs one unit's work, and is charged to the unit that it befell.
    return ActorPoolStrategy(size=max(1, min(count, units)), max_tasks_in_flight_per_actor=1)


def _resources() -> dict[str, float]:
    found: dict[str, float] = ray.cluster_resources()  # type: ignore[no-untyped-call]
    return found


class _Attempts:
    """Counts how often each unit was begun."""

    def __init__(self) -> None:
        self.begun: Counter[str] = Counter()

    def begin(self, unit: str) -> int:
        self.begun[unit] += 1
        return self.begun[unit]


class _Actor:
    """A `Worker` whose weights come through Ray's object store, once a machine."""

    def __init__(self, order: Order, weights: "ray.ObjectRef | None", attempts: Any) -> None:
        self.worker = Worker(order, None if weights is None else ray.get(weights))
        self.attempts = attempts

    def __call__(self, batch: dict[str, Any]) -> dict[str, list[str]]:
        reports = map(self._report, map(str, batch["unit"]))
        return {"report": [report.to_json() for report in reports]}

    def _report(self, text: str) -> Report:
        unit = Unit.of_json(text)
        begun = 1
        with suppress(ray.exceptions.RayError):  # whoever counts may die too, and begins anew
            begun = ray.get(self.attempts.begin.remote(unit.name))
        if begun > ATTEMPTS:
            return Report(unit.name, LOST)
        return replace(self.worker.work(unit), begun=begun)


def _cause(error: BaseException) -> str:
    """Return the reason in one line: the last of the traceback that Ray makes its message of."""
    lines = [line for line in str(error).splitlines() if line.strip()]
    last = lines[-1] if lines else type(error).__name__
    return hidden(re.sub(r"^deepgin\.errors\.\w+: ", "", last))


class _Hushed:
    """A stream without what Ray's own thread prints of every death, on stdout and in many lines."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def write(self, text: str) -> int:
        if threading.current_thread().name == "ray_listen_error_messages":
            return len(text)
        return self._stream.write(text)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)
