"""The recorder: the one recording that is on in a process, and who takes part in it.

Every thread is a `Worker`, which writes events (see worker.py). When the recording ends, the events of all workers, of
this process and of its children, become spans.
"""

from __future__ import annotations

import itertools
import os
import re
import sys
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, Any
from weakref import WeakValueDictionary, ref

from taketurns import children, work
from taketurns.assembly import Row, Thread, assemble
from taketurns.preflight import origin
from taketurns.spans import State, Trace
from taketurns.worker import EVENT_LOOP, READY, RUNNING, FarWorker, Worker

if TYPE_CHECKING:
    import asyncio

    from taketurns.clock import SimulatedClock
    from taketurns.moments import Moment
    from taketurns.steps import Steps

__all__ = ["Recorder", "current_worker", "here", "is_child", "on", "start", "stop"]

_numbers = itertools.count()


class Recorder:
    """One recording while it is on, in the process that records or in one of its children."""

    def __init__(
        self,
        name: str,
        label: str = "",
        clock: SimulatedClock | None = None,
        far: children.Announcement | None = None,
    ) -> None:
        self.name = name
        self.label = label
        self.far = far  # in a child process: where its events go, at once
        self.clock = clock
        self.now: Callable[[], int] = time.perf_counter_ns if clock is None else clock.now_ns
        self.gil = bool(getattr(sys, "_is_gil_enabled", lambda: True)())
        self.holder: Worker | None = None
        self.workers: list[Worker] = []
        self.loops: set[object] = set()  # event loops that began to run inside the recording
        self.names: dict[int, str] = {}  # by task; the final names are made when all are known
        self.unnamed: set[int] = set()  # asyncio tasks whose @task function will name them
        self.asyncio_tasks: WeakValueDictionary[int, asyncio.Task[Any]] = WeakValueDictionary()
        # By the id of an asyncio future: the tasks that wait for it. Weak, so that what the program drops is dropped.
        self.awaited: dict[int, list[ref[Steps]]] = {}
        self.offsets: dict[object, int] = {}  # by event loop: how far our clock is ahead of its clock, in ns
        self.due: dict[object, int] = {}  # by asyncio future: when its timer is due, in ns
        self.moments: list[Moment] = []  # of event loops in simulated time; tasks are numbers in them
        self.start = self.now()

    def number(self, name: str) -> int:
        """Give a new task a number."""
        number = next(_numbers)
        self.names[number] = name
        return number

    def adopt_name(self, number: int) -> None:
        """Name an asyncio task as its program does, unless that is asyncio's own ``Task-1``; it may be named late."""
        task = self.asyncio_tasks.get(number)
        if task is not None and not re.fullmatch(r"Task-\d+", task.get_name()):
            self.names[number] = task.get_name()

    def waiting_for(self, future: object) -> list[Steps]:
        """Give the tasks that wait for an asyncio future."""
        all_steps = (reference() for reference in self.awaited.get(id(future), ()))
        return [steps for steps in all_steps if steps is not None and steps.awaits is future]

    def new_events(self) -> Any:
        """Give what a worker appends its events to: a list, or the journal of a child process."""
        return [] if self.far is None else children.Journal(self.far, self.names)

    def new_worker(self) -> Worker:
        """Make the calling thread a worker of this recording."""
        worker = here.worker = FarWorker(self) if self.far else Worker(self)
        self.workers.append(worker)
        return worker


here = threading.local()
_switch = threading.Lock()
#: The recording that this process has on.
on: Recorder | None = None
_parents: Recorder | None = None
#: Whether a parent process could be recording.
is_child = children.has_ancestors()


def current_worker() -> Worker | None:
    """Give the calling thread's worker in the recording that is on here or in a parent process, if there is one."""
    recorder = on
    if recorder is None:
        recorder = _of_parent() if is_child else None
        if recorder is None:
            return None
    try:
        worker: Worker = here.worker
    except AttributeError:
        return recorder.new_worker()
    return worker if worker.recorder is recorder else recorder.new_worker()


def _of_parent() -> Recorder | None:
    """Give the recording of a parent process, in which this process takes part with journals."""
    global _parents
    worker: Worker | None = getattr(here, "worker", None)
    if worker is not None and worker.current is not None:
        return worker.recorder  # in the middle of a task
    found = children.announcement()
    if found is None:
        return None
    with _switch:
        if _parents is None or _parents.name != found.recording:
            work.adopt_chunk_ns(found.chunk_ns)
            _parents = Recorder(found.recording, far=found)
        return _parents


def start(label: str, clock: SimulatedClock | None = None) -> Recorder:
    """Begin the one recording of this process; ``RuntimeError`` where one is on."""
    global on
    chunk_ns = work.chunk_ns()
    with _switch:
        if on is not None:
            raise RuntimeError(
                f"a recording is on already ({on.label!r}); one process records one thing at a time: "
                "let its `with record()` block end before the next begins"
            )
        recorder = Recorder(f"{os.getpid()}x{next(_numbers)}", label, clock)
        children.folder().open(recorder.name, chunk_ns)
        on = recorder
    return recorder


def stop(recorder: Recorder, trace: Trace, cut_short: str) -> None:
    """End a recording and complete its trace."""
    global on
    simulated = recorder.clock is not None
    with _switch:
        on = None
    here.__dict__.clear()
    end = recorder.now()
    for number in list(recorder.asyncio_tasks):
        recorder.adopt_name(number)
    far = children.folder().close(recorder.name)
    rows = [*_near_rows(recorder), *_far_rows(far)]
    last_seen: dict[tuple[children.Process, int], int] = {
        (worker.process, worker.current): worker.last for worker in recorder.workers if isinstance(worker.current, int)
    }
    spans, lost, names = assemble(rows, recorder.start, end, last_seen, instants=simulated)
    if lost and not cut_short:
        cut_short = f"{', '.join(lost)} did not end: its process died or was still at work"
    where = {**origin(), "clock": "simulated" if simulated else "real"}
    Trace.__init__(trace, trace.label, tuple(spans), where, cut_short)
    known = {number: name for (_, number), name in names.items()}
    object.__setattr__(trace, "moments", tuple(moment.named(known) for moment in recorder.moments))


def _near_rows(recorder: Recorder) -> Iterator[Row]:
    """Give the events of this process."""
    main = threading.main_thread().ident
    for number, worker in enumerate(recorder.workers):
        is_main = worker.thread == main or recorder.clock is not None  # simulated time has one thread
        carrier = Thread(worker.process, "main" if is_main else str(number))
        for at, task, state, reason in [*worker.events, *_unwritten(worker)]:
            key = worker.process, next(_numbers) if isinstance(task, str) else task
            name = task if isinstance(task, str) else recorder.names[task]
            if isinstance(reason, int):
                yield Row(at, key, name, RUNNING, "", carrier)
                yield Row(reason, key, name, state, EVENT_LOOP if state is READY else "", carrier)
            else:
                yield Row(at, key, name, state, reason, carrier)


def _unwritten(worker: Worker) -> list[Any]:
    """Give the begin of the stretch in which the recording finds a worker when it ends."""
    return [(worker.last, worker.current, RUNNING, "")] if worker.current is not None and not worker.written else []


def _far_rows(events: Iterable[tuple[children.Process, str, list[Any]]]) -> Iterator[Row]:
    """Give the events of child processes."""
    for process, thread, (at, number, name, state, reason) in events:
        yield Row(at, (process, number), name, state and State(state), reason, Thread(process, thread))


def _after_fork() -> None:
    """A forked child starts without a recording of its own; its parent is now an ancestor."""
    global on, _parents, is_child, _switch
    on, _parents, _switch = None, None, threading.Lock()
    here.__dict__.clear()
    children.renew()
    is_child = True


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)
