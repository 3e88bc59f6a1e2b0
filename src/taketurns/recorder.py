"""The recorder: every change of a task's state becomes an event; at the end the events become spans.

Every thread has a `Worker`, which knows the task that it carries and appends events to a list of its own. No lock and
no sampling. An event is ``(time, task, new state or None at the end, reason)``, times in ns. A stretch in which nothing
else happens is one event: ``(begin, task, state after it, end)``. A task is a number, or the name of one that is a
single stretch. Events hold numbers and strings only: the garbage collector does not look at such tuples.

The law that keeps the picture true on a Python with a GIL: whoever marks the clock writes its name on
`Recorder.holder` and then reads the clock, and no other thread can come in between the two. A worker that finds another
name there than its own has lost the GIL since it wrote it.
"""

from __future__ import annotations

import itertools
import os
import re
import sys
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, Any, cast
from weakref import WeakValueDictionary, ref

from taketurns import children, work
from taketurns.assembly import Row, Thread, assemble
from taketurns.preflight import origin
from taketurns.spans import State, Trace

if TYPE_CHECKING:
    import asyncio

    from taketurns.steps import Steps

__all__ = ["FRESH_NS", "LONG_NS", "Recorder", "Worker", "current_worker", "here", "is_child", "on", "start", "stop"]

RUNNING, READY, WAITING = State.RUNNING, State.READY, State.WAITING

#: A running stretch without a mark that lasts longer than this is looked at: did the thread have a core at all?
LONG_NS = 100_000_000 if sys.platform == "win32" else 1_000_000
#: A thread's CPU time is read again when it was read longer ago than this.
FRESH_NS = LONG_NS // 10

_numbers = itertools.count()

#: Why a coroutine that suspended without an awaitable, as in ``asyncio.sleep(0)``, is READY.
BARE = "event loop"

#: The task that waits for the one that it called, with the state to go back to.
Outer = tuple[int, State | None] | None


class Worker:
    """A thread that carries tasks, one at a time: a task that calls another waits for it."""

    __slots__ = (
        *("append", "cpu", "cpu_at", "current", "events", "last"),
        *("now", "process", "recorder", "state", "thread", "written"),
    )

    def __init__(self, recorder: Recorder) -> None:
        self.recorder = recorder
        self.events: Any = recorder.new_events()  # a list, or the journal of a child process
        self.append = self.events.append
        self.now = recorder.now
        self.process = os.getpid()
        self.thread = threading.get_ident()
        self.current: int | str | None = None
        self.state: State | None = None  # of the current task, once something is written of its present stretch
        self.written = True  # is there an event for the begin of its present stretch?
        self.last = recorder.now()  # when this thread last marked the clock
        self.cpu_at = self.last
        self.cpu = time.thread_time_ns()  # its CPU time at that time

    def mark(self) -> int:
        """Read the clock while this thread surely runs."""
        self.recorder.holder = self
        return self.now()

    def enter(self, task: int | str) -> Outer:
        """Begin or resume a task; give the one that waits for it meanwhile, with its state."""
        recorder = self.recorder
        lost = recorder.holder is not self
        recorder.holder = self
        at = self.now()
        outer = self._interrupt(at, lost) if self.current is not None else None
        if at - self.cpu_at > FRESH_NS:
            self.read_cpu(at)
        self.current = task
        self.written = False
        self.last = at
        return outer

    def leave(self, outer: Outer, state: State | None = None) -> None:
        """Suspend the current task in a state, or end it, and go back to the one that waited for it."""
        recorder = self.recorder
        lost = recorder.holder is not self
        recorder.holder = self
        at = self.now()
        if lost or at - self.last > LONG_NS:
            self._judge(at, lost)
        if self.written:
            self.append((at, self.current, state, BARE if state is READY else ""))
        else:
            self.append((self.last, self.current, state, at))
            self.written = True
        self.last = at
        if outer is None:
            self.current = None
        else:
            self.current, self.state = outer
            self.append((at, self.current, self.state, ""))

    def end(self) -> None:
        """End the current task, which no other waits for, at the last mark."""
        self.append((self.last, self.write(), None, ""))
        self.current = None

    def change(self, state: State, reason: str = "") -> int:
        """Put the current task into another state; give the time."""
        recorder = self.recorder
        lost = recorder.holder is not self
        recorder.holder = self
        at = self.now()
        if not self.written:
            self.write()
        if lost or at - self.last > LONG_NS:
            self._judge(at, lost)
        self.append((at, self.current, state, reason))
        self.last = at
        self.state = state
        return at

    def note(self, task: int, state: State | None, reason: str = "") -> int:
        """Put a task that this worker does not carry into another state, or end it; give the time."""
        at = self.mark()
        self.append((at, task, state, reason))
        return at

    def write(self) -> int:
        """Write the event for the begin of the current stretch, unless it is written; give the task's number."""
        if isinstance(self.current, str):
            self.current = self.recorder.number(self.current)
        if not self.written:
            self.append((self.last, self.current, RUNNING, ""))
            self.written = True
            self.state = RUNNING
        return cast(int, self.current)

    def read_cpu(self, at: int) -> int:
        """Read the thread's CPU time; give how much it used since the last time, in ns."""
        before, self.cpu, self.cpu_at = self.cpu, time.thread_time_ns(), at
        return self.cpu - before

    def _interrupt(self, at: int, lost: bool) -> Outer:
        outer = self.write(), self.state
        if lost or at - self.last > LONG_NS:
            self._judge(at, lost)
        self.append((at, self.current, WAITING, ""))
        return outer

    def _judge(self, at: int, lost: bool) -> None:
        """Look at a running stretch that was long, or in which another thread marked the clock.

        If the thread spent less than a tenth of it on a core, it was WAITING; nothing tells for what: it slept, read a
        socket, took a lock. If it was on a core for a part of it only, or too short to tell, and there is a GIL, its
        reason "GIL" makes it give way to the threads that are seen to run meanwhile (see assembly.py).
        """
        length = at - self.last
        used = self.read_cpu(at)
        if self.written and self.state is not RUNNING:
            return
        if length > LONG_NS and used < length // 10:
            self.append((self.last, self.write(), WAITING, ""))
        elif lost and self.recorder.gil and (length < LONG_NS or used < length * 9 // 10):
            self.append((self.last, self.write(), RUNNING, "GIL"))


class FarWorker(Worker):
    """A worker in a child process: the begin of every stretch is written at once, in case the process dies in it."""

    __slots__ = ()

    def enter(self, task: int | str) -> Outer:
        """Begin or resume a task."""
        outer = super().enter(task)
        self.write()
        return outer


class Recorder:
    """One recording while it is on, in the process that records or in one of its children."""

    def __init__(
        self,
        name: str,
        label: str = "",
        new_events: Callable[[], Any] = list,
        now: Callable[[], int] = time.perf_counter_ns,
        far: bool = False,
    ) -> None:
        self.name = name
        self.far = far  # in a child process, events are written at once
        self.label = label
        self.new_events = new_events
        self.now = now
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
        self.start = now()

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
            names: dict[int, str] = {}
            _parents = Recorder(found.recording, new_events=lambda: children.Journal(found, names), far=True)
            _parents.names = names
        return _parents


def start(label: str, now: Callable[[], int] = time.perf_counter_ns) -> Recorder:
    """Begin the one recording of this process; ``RuntimeError`` where one is on."""
    global on
    chunk_ns = work.chunk_ns()
    with _switch:
        if on is not None:
            raise RuntimeError(
                f"a recording is on already ({on.label!r}); one process records one thing at a time: "
                "let its `with record()` block end before the next begins"
            )
        recorder = Recorder(f"{os.getpid()}x{next(_numbers)}", label, now=now)
        children.folder().open(recorder.name, chunk_ns)
        on = recorder
    return recorder


def stop(recorder: Recorder, trace: Trace, cut_short: str, simulated: bool = False) -> None:
    """End a recording and complete its trace."""
    global on
    with _switch:
        on = None
    here.__dict__.clear()
    end = recorder.now()
    for number in list(recorder.asyncio_tasks):
        recorder.adopt_name(number)
    far = children.folder().close(recorder.name)
    rows = [*_near_rows(recorder), *_far_rows(far)]
    last_seen = {
        (worker.process, worker.current): worker.last for worker in recorder.workers if isinstance(worker.current, int)
    }
    spans, lost = assemble(rows, recorder.start, end, last_seen, instants=simulated)
    if lost and not cut_short:
        cut_short = f"{', '.join(lost)} did not end: its process died or was still at work"
    where = {**origin(), "clock": "simulated" if simulated else "real"}
    Trace.__init__(trace, trace.label, tuple(spans), where, cut_short)


def _near_rows(recorder: Recorder) -> Iterator[Row]:
    """Give the events of this process."""
    main = threading.main_thread().ident
    for number, worker in enumerate(recorder.workers):
        carrier = Thread(worker.process, "main" if worker.thread == main else str(number))
        for at, task, state, reason in [*worker.events, *_unwritten(worker)]:
            key = worker.process, next(_numbers) if isinstance(task, str) else task
            name = task if isinstance(task, str) else recorder.names[task]
            if isinstance(reason, int):
                yield Row(at, key, name, RUNNING, "", carrier)
                yield Row(reason, key, name, state, BARE if state is READY else "", carrier)
            else:
                yield Row(at, key, name, state, reason, carrier)


def _unwritten(worker: Worker) -> list[Any]:
    """Give the begin of the stretch in which the recording finds a worker when it ends."""
    return [(worker.last, worker.current, RUNNING, "")] if worker.current is not None and not worker.written else []


def _far_rows(events: Iterable[tuple[int, str, list[Any]]]) -> Iterator[Row]:
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
