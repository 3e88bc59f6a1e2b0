"""A worker: a thread that carries tasks and writes down every change of their state.

It appends events to a list of its own. No lock and no sampling. An event is ``(at, task, new state or None at the
end, reason, until, place)``, times in ns. Where ``until`` is given, the task runs from ``at`` until then, and nothing
else happens to it meanwhile; the new state begins there. The place is that of a wait in the learner's code, a code
object and the offset of an instruction, or None; of a task that goes on, the number of the one that woke it stands
there. The reason of an end is how it ended (endings.py). A seventh element says how long a stretch was off its core
(ns), where nobody watches. A task is a number, or the name of one that is a single stretch. Events hold nothing that
the garbage collector has to look at.

The law that keeps the picture true on a Python with a GIL: whoever marks the clock writes its name on
`Log.holder` and then reads the clock, and no other thread can come in between the two. A worker that finds another
name there than its own has lost the GIL since it wrote it.
"""

from __future__ import annotations

import os
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from itertools import count
from types import CodeType
from typing import TYPE_CHECKING, Any, cast

from taketurns import machine
from taketurns.recording.awaits import Awaits
from taketurns.recording.endings import ended_by
from taketurns.recording.native import given_name, switched
from taketurns.trace.changes import Step
from taketurns.trace.clock import SimulatedClock
from taketurns.trace.reasons import ANOTHER_TASK
from taketurns.trace.spans import State
from taketurns.watcher.originals import get_ident

if TYPE_CHECKING:
    from taketurns.watcher.locks import Standing
    from taketurns.watcher.looks import Look
    from taketurns.watcher.watcher import Watcher

__all__ = ["CALLED", "EVENT_LOOP", "FRESH_NS", "LONG_NS", "READY", "RUNNING", "WAITING"]
__all__ += ["FarTask", "Log", "Place", "Starter", "Worker", "switched"]

#: The states as events hold them: plain texts, which the garbage collector need not look at.
RUNNING, READY, WAITING = State.RUNNING.value, State.READY.value, State.WAITING.value

#: A running stretch without a mark that lasts longer than this is looked at: did the thread have a core at all?
LONG_NS = 100_000_000 if sys.platform == "win32" else 1_000_000
#: A thread's CPU time is read again when it was read longer ago than this.
FRESH_NS = LONG_NS // 5

#: Nobody loses the GIL for so long and never waits for it.
MANY_TURNS_NS = 50_000_000

#: Why an asyncio task is READY, and a coroutine that suspended without an awaitable, as in ``asyncio.sleep(0)``.
EVENT_LOOP = "event loop"

#: Why a task waits that called another one.
CALLED = ANOTHER_TASK

#: Where a task waits, in the learner's code: a code object and the offset of an instruction.
Place = tuple[CodeType, int] | None

#: A task of another process, by its process and its number there.
FarTask = tuple[int, int]
#: The task that started another one, if any did.
Starter = int | FarTask | None

#: The task that waits for the one that it called, with the state to go back to.
Outer = tuple[int, str | None] | None


#: Numbers of tasks are never used again, so what is left of an earlier recording is known as such.
_numbers = count()


class Log:
    """What the workers of one recording share: its clock, the names of its tasks, and who marked the clock last."""

    def __init__(self, clock: SimulatedClock | None = None) -> None:
        self.clock = clock
        self.now: Callable[[], int] = time.perf_counter_ns if clock is None else clock.now_ns
        self.gil = machine.gil()
        self.is_watched = False  # whether the watcher sees what this process's threads do
        self.holder: Worker | None = None
        self.start = self.now()
        self.workers: list[Worker] = []
        self.watcher: Watcher | None = None  # of this process's threads, where time is real and it is not a child
        self.thread = get_ident()  # of the block
        self.at_end: list[tuple[int | str, Standing]] = []  # what each task held and wanted that had not ended
        self.at_interrupt: list[tuple[int, Standing]] = []  # the same of asyncio's, when Ctrl-C came to their loop
        self.looks: Mapping[int, Sequence[Look]] = {}  # what it saw of each native thread
        self.block: tuple[int, int] | None = None  # the task that stands for the block, and its native thread
        self.block_on_loop = False  # whether the block is itself a step on an event loop
        self.bystanders: dict[int, int] = {}  # tasks of threads that were at work before, by their native numbers
        self.ended = 0  # when it ended, once it has
        self.block_ended = 0  # when its block did, where that was before
        self.names: dict[int, str] = {}  # by task; the final names are made when all are known
        self.parents: dict[int, int | FarTask] = {}  # by task: the one that started it
        self.far_parents: dict[FarTask, FarTask] = {}  # of tasks of child processes
        self.starters: dict[int, int | FarTask] = {}  # by the id of a thread that is being started: the task that does
        self.ends: dict[int, str] = {}  # how tasks ended whose last event does not say it
        self.awaits = Awaits()  # of asyncio's tasks
        self.on_loop: set[int] = set()  # tasks that are steps on an event loop
        self.implied: set[int] = set()  # tasks that nobody decorated: threads, and calls that a pool runs
        self.callers: set[int] = set()  # tasks that are calls which the block makes itself
        self.dealings: list[tuple[int, int, int]] = []  # native thread, and from when to when it dealt with tasks
        self.suspended: list[Any] = []  # when the block itself was suspended on its event loop (suspension.py)
        self.arguments = True  # whether names hold arguments
        self.ears: Any = None  # who hears of the calls that its block makes (calls.py)
        self.calls_merged = ""  # why the calls of its block are one lane, where they are not told apart
        self.unseen: dict[str, str] = {}  # by what it is about: a sentence on what could not be seen
        self.name = ""  # of the recording, for child processes
        self.moments: list[Step] = []  # of event loops in simulated time

    def number(self, name: str) -> int:
        """Return the number of a new task."""
        number = next(_numbers)
        self.names[number] = name
        return number

    def adopt_name(self, number: int) -> None:
        """Name an asyncio task as its program does, if it does."""
        if name := self.awaits.name_of(number):
            self.names[number] = name

    def ended_by(self, error: BaseException) -> str:
        """Return how a task ended that let this error out, as its last event says it."""
        return ended_by(error, self.arguments)


class Worker:
    """A thread that carries tasks, one at a time: a task that calls another waits for it."""

    __slots__ = (
        *("announced", "append", "caller", "computed", "cpu", "cpu_at", "current", "events", "last", "name", "native"),
        *("now", "process", "recorder", "starter", "state", "switched", "thread", "written"),
    )

    def __init__(self, recorder: Log) -> None:
        self.recorder = recorder
        self.events: list[Any] = []
        self.append = self.events.append
        self.now = recorder.now
        self.process: int | str = os.getpid()  # or a sub-interpreter of it
        self.thread, self.native = get_ident(), threading.get_native_id()
        self.name = given_name() if recorder.clock is None else ""  # simulated time has one thread
        self.computed: list[tuple[int, int]] = []  # when `compute` marked the clock in this thread, in ns
        self.announced = ""  # the name of the task that `compute` or `wait` is about to be in this thread
        self.caller: int | None = None  # the task that waits for the one that this thread entered last
        self.starter: Starter = None  # the task that handed over to this thread what it begins
        self.current: int | str | None = None
        self.state: str | None = None  # of the current task, once something is written of its present stretch
        self.written = True  # is there an event for the begin of its present stretch?
        self.last = recorder.now()  # when this thread last marked the clock
        self.cpu_at, self.cpu = self.last, time.thread_time_ns()  # its CPU time at that time
        self.switched = switched()  # and its switches

    def take_name(self) -> str:
        """Return the name of a task that begins by itself: as it was announced, or none."""
        name, self.announced = self.announced, ""
        return name

    def begin(self, name: str) -> int:
        """Return the number of a new task, started by the one that this thread carries, or that handed it over."""
        number = self.recorder.number(name)
        if (parent := self.carried()) is not None:
            self.recorder.parents[number] = parent
        return number

    def carried(self) -> Starter:
        """Return the number of the task that this thread carries, or else of the one that handed over what comes."""
        return self.starter if self.current is None else self._number()

    def _number(self) -> int:
        if isinstance(self.current, str):
            self.current = self.recorder.number(self.current)
            if self.caller is not None:
                self.recorder.parents[self.current] = self.caller
        return cast(int, self.current)

    def mark(self) -> int:
        """Read the clock while this thread surely runs."""
        self.recorder.holder = self
        return self.now()

    def enter(self, task: int | str) -> Outer:
        """Begin or resume a task; return the one that waits for it meanwhile, with its state."""
        recorder = self.recorder
        lost = recorder.holder is not self
        recorder.holder = self
        at = self.now()
        outer = self._interrupt(at, lost) if self.current is not None else None
        self.caller = None if outer is None else outer[0]
        if self.starter is not None and isinstance(task, str):
            task = self.begin(task)
        if at - self.cpu_at > FRESH_NS and not recorder.is_watched and recorder.clock is None:
            self.read_cpu(at)
        # In this order: who reads them from outside, when the recording ends, looks at `written` first.
        self.last = at
        self.current = task
        self.written = False
        return outer

    def leave(self, outer: Outer, state: str | None = None, reason: str = "", place: Place = None) -> None:
        """Suspend the current task in a state, or end it, and go back to the one that waited for it."""
        recorder = self.recorder
        lost = recorder.holder is not self
        recorder.holder = self
        at = self.now()
        if lost or at - self.last > LONG_NS:
            self._judge(at, lost)
        if self.written:
            self.append((at, self.current, state, reason, None, place))
        else:
            self.append((self.last, self.current, state, reason, at, place))
            self.written = True
        self.last = at
        if outer is None:
            self.current = None
        else:
            self.current, self.state = outer
            self.append((at, self.current, self.state, "", None, None))

    def end(self, reason: str = "") -> None:
        """End the current task, which no other waits for, at the last mark."""
        self.append((self.last, self.write(), None, reason, None, None))
        self.current = None

    def change(self, state: str, reason: str = "") -> int:
        """Put the current task into another state; return the time."""
        recorder = self.recorder
        lost = recorder.holder is not self
        recorder.holder = self
        at = self.now()
        if not self.written:
            self.write()
        if lost or at - self.last > LONG_NS:
            self._judge(at, lost)
        self.append((at, self.current, state, reason, None, None))
        self.last, self.state = at, state
        return at

    def note(self, task: int, state: str | None, reason: str = "", place: Place = None) -> int:
        """Put a task that this worker does not carry into another state, or end it; return the time."""
        at = self.mark()
        self.append((at, task, state, reason, None, place))
        return at

    def write(self, waker: int | None = None) -> int:
        """Write the event for the begin of the current stretch, unless it is written; return the task's number."""
        number = self._number()
        if not self.written:
            self.append((self.last, number, RUNNING, "", None, waker))
            self.written, self.state = True, RUNNING
        return number

    def read_cpu(self, at: int) -> tuple[int, tuple[int, int] | None]:
        """Read the thread's CPU time; return what it used since the last time (ns), and its switches since then."""
        cpu, before = self.cpu, self.switched
        self.cpu, self.cpu_at, self.switched = time.thread_time_ns(), at, switched()
        if before is None or self.switched is None:
            return self.cpu - cpu, None
        return self.cpu - cpu, (self.switched[0] - before[0], self.switched[1] - before[1])

    def _interrupt(self, at: int, lost: bool) -> Outer:
        outer = self.write(), self.state
        if lost or at - self.last > LONG_NS:
            self._judge(at, lost)
        self.append((at, self.current, WAITING, CALLED, None, None))
        return outer

    def _judge(self, at: int, lost: bool) -> None:
        """Look at a running stretch that was long, or in which another thread marked the clock.

        A thread that was on a core for less than a tenth of it was READY, where the system took the core, or else
        WAITING; nothing tells for what: it slept, read a socket, took a lock. Where another thread had the GIL
        meanwhile, or may have had it, the stretch is written with how long it was off its core (ns), and assembly.py
        divides it. A thread that never waited cannot have lost the GIL for long.
        """
        if self.recorder.clock is not None or self.recorder.is_watched:
            return  # simulated time passes without a core, and what is seen need not be told
        length = at - self.last
        used, switches = self.read_cpu(at)
        if self.written and self.state is not RUNNING:
            return
        waited, taken = switches or (None, 0)
        if length > LONG_NS and used < length // 10:
            state, reason = (READY, "core") if waited == 0 and taken else (WAITING, "")
            self.append((self.last, self.write(), state, reason, None, None))
            return
        full = used >= length * 9 // 10
        never_waited = waited == 0 and (full or length > MANY_TURNS_NS)
        if self.recorder.gil and not never_waited and (lost or not full):
            self.append((self.last, self.write(), RUNNING, "", None, None, max(length - used, 0)))
