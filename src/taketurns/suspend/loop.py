"""EventLoop: a queue of what is ready, timers, and a clock. The one loop beneath all four ways to suspend."""

from __future__ import annotations

import math
import threading
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from heapq import heappop, heappush
from itertools import count
from typing import Any, NamedTuple

from taketurns.trace.changes import Changes
from taketurns.trace.clock import Clock, SimulatedClock, WallClock, timekeeper

__all__ = ["EventLoop", "Instrument", "Task", "instruments", "is_running", "running_loop"]

Callback = Callable[..., object]


class Instrument:
    """What every event loop tells those who look on: override what you want to see. The idea is that of trio.

    One that raises is dropped, and logged; the loop goes on.
    """

    def task_scheduled(self, task: Task, at: int) -> None:
        """See that a task which does not run now is ready, from that time of its loop's clock on (ns)."""

    def before_task_step(self, task: Task) -> None:
        """See that a task is about to run."""

    def after_task_step(self, task: Task) -> None:
        """See that a task has run, up to its next suspension or its end."""


#: Who looks on at all event loops.
instruments: list[Instrument] = []


def _tell(method: str, *args: Any) -> None:
    """Call a method of all instruments, and drop those that fail."""
    for instrument in tuple(instruments):
        try:
            getattr(instrument, method)(*args)
        except Exception:
            import logging  # here: `import taketurns` is quick

            instruments.remove(instrument)
            message = "%s of the instrument %r failed; it is dropped"
            logging.getLogger(__name__).exception(message, method, instrument)


class Call(NamedTuple):
    """A callback that a task has asked for."""

    task: Task
    callback: Callback
    args: tuple[Any, ...]


class Task:
    """A named unit of work on an event loop: a chain of callbacks, each of which asks the loop for the next.

    It is ``done`` when there is nothing more that it has asked for; then there is its ``result`` or its ``error``.
    """

    def __init__(self, loop: EventLoop, name: str) -> None:
        self.loop, self.name = loop, name
        self.number = -1  # in the recording that sees it
        self.starter = loop.running  # the task that started it, if one did
        self.done = False
        self.result: Any = None
        self.errors: list[Exception] = []  # each of its callbacks may fail
        self.asked = 0  # for how many callbacks it has asked that have not run yet
        self.ready = 0  # how many of them are ready
        self.awaited: list[Task] = []  # whose end it waits for
        self.body: Any = None  # what is suspended: a generator, a coroutine, a greenlet
        self._watchers: list[Callback] = []
        self.is_watched = False  # whoever waits for it hears of its error

    def __repr__(self) -> str:
        return f"<Task {self.name!r}{', done' if self.done else ''}>"

    @property
    def error(self) -> Exception | None:
        """The first error that it raised, if there is one."""
        return self.errors[0] if self.errors else None

    @property
    def waits_for(self) -> str:
        """The names of the tasks whose end it waits for."""
        return ", ".join([task.name for task in self.awaited]) if self.awaited else ""

    def call_soon(self, callback: Callback, *args: Any) -> None:
        """Ask for a callback when those that are ready have run."""
        self.asked += 1
        if instruments and self is not self.loop.running:
            _tell("task_scheduled", self, self.loop.clock.now_ns())
        self.loop.make_ready(Call(self, callback, args))

    def call_later(self, seconds: float, callback: Callback, *args: Any) -> None:
        """Ask for a callback in so many seconds; ``ValueError`` where that is no number from 0 on."""
        if not 0 <= seconds < math.inf:
            raise ValueError(f"a timer takes seconds from 0 on, such as 0.5; it was given {seconds!r}")
        self.asked += 1
        self.loop.set_timer(seconds, Call(self, callback, args))

    def wait_for(self, other: Task, callback: Callback) -> None:
        """Ask for a callback when another task is done."""
        other.is_watched = True
        if other.done:
            self.call_soon(callback)
            return

        def go_on() -> None:
            self.awaited.remove(other)
            self.call_soon(callback)

        self.awaited.append(other)
        other._watchers.append(go_on)

    def end(self, result: Any = None) -> None:
        """End with a result; whoever waits for it is ready."""
        self.done, self.result = True, result
        if self.loop.changes is not None:
            self.loop.changes.stand(self.number, None)
        for watcher in self._watchers:
            watcher()


class EventLoop:
    """A queue of what is ready, timers, and a clock: the one loop beneath all four ways to suspend.

    What is ready is drained before time moves; what is due at the same time runs in the order in which it was asked
    for. After an error, the others go on.
    """

    def __init__(self, clock: Clock | None = None) -> None:
        self.clock = clock or timekeeper.clock or WallClock()
        self.ready: deque[Call] = deque()
        self.timers: list[tuple[int, int, Call]] = []  # a heap of (due in ns, number, call)
        self.tasks: list[Task] = []
        self.running: Task | None = None
        self.numbers = count()
        self.changes: Changes | None = None  # what a recording in simulated time has of its steps

    def start(self, name: str, callback: Callback, *args: Any) -> Task:
        """Begin a task of that name with a callback."""
        task = Task(self, name)
        self.tasks.append(task)
        task.call_soon(callback, *args)
        return task

    def call_soon(self, callback: Callback, *args: Any) -> None:
        """Ask for a callback in the running task, or else begin one with it."""
        if self.running:
            self.running.call_soon(callback, *args)
        else:
            self.start(getattr(callback, "__name__", ""), callback, *args)

    def call_later(self, seconds: float, callback: Callback, *args: Any) -> None:
        """Ask for a callback in so many seconds, in the running task, or else in one that begins now."""
        if self.running:
            self.running.call_later(seconds, callback, *args)
        else:
            self.start(getattr(callback, "__name__", ""), self.call_later, seconds, callback, *args)

    def set_timer(self, seconds: float, call: Call) -> None:
        """Make a call ready in so many seconds."""
        due = self.clock.now_ns() + round(seconds * 1e9)
        heappush(self.timers, (due, next(self.numbers), call))
        if self.changes is not None:
            self.changes.set(due, call.task.number)

    def make_ready(self, call: Call) -> None:
        """Put a call at the end of the queue."""
        call.task.ready += 1
        self.ready.append(call)
        if self.changes is not None:
            self.changes.queue.append(call.task.number)

    def run(self) -> None:
        """Run until nothing is left to run.

        ``ExceptionGroup`` of the errors that nobody waited for, each with a note that names its task. ``RuntimeError``
        where tasks wait for what never comes: it says who waits for what.
        """
        clock = self.clock if isinstance(self.clock, SimulatedClock) else None
        recorded = timekeeper.clock
        if recorded and recorded is not self.clock and isinstance(clock or recorded, SimulatedClock):
            raise RuntimeError(
                "the recording and this event loop have different clocks: write record(label, clock) and "
                "EventLoop(clock), or EventLoop(), which takes the clock of the recording"
            )
        used = clock.in_use() if clock else nullcontext()
        with used, _as_running_loop(self):
            while self.ready or self.timers:
                self.turn()
        if failed := [task for task in self.tasks if task.errors and not task.is_watched]:
            errors = [error for task in failed for error in task.errors]
            raise ExceptionGroup(f"{len(failed)} of {len(self.tasks)} tasks failed, with nobody to hear of it", errors)
        if stuck := [f"{task.name} waits for {task.waits_for}" for task in self.tasks if not task.done]:
            raise RuntimeError(f"nothing is left to run, and some tasks can never go on: {', '.join(stuck)}")

    def turn(self) -> None:
        """Wait for the next timer if nothing is ready, then run what is ready now."""
        if not self.ready:
            self.clock.sleep_until_ns(self.timers[0][0])
        due = 0
        while self.timers and self.timers[0][0] <= self.clock.now_ns():
            due, _, call = heappop(self.timers)
            _tell("task_scheduled", call.task, due)
            self.make_ready(call)
        if self.changes is not None:
            self.changes.pass_by(due + 1)
        for _ in range(len(self.ready)):
            self._run(self.ready.popleft())

    def _run(self, call: Call) -> None:
        task = self.running = call.task
        _tell("before_task_step", task)
        task.asked -= 1
        task.ready -= 1
        try:
            try:
                call.callback(*call.args)
            except Exception as error:  # noqa: BLE001 - the others go on, and it is raised in the end
                error.add_note(f"in task {task.name!r}")
                task.errors.append(error)
            if not (task.asked or task.awaited or task.done):
                task.end()
        finally:
            self.running = None
            _tell("after_task_step", task)


_here = threading.local()


@contextmanager
def _as_running_loop(loop: EventLoop) -> Iterator[None]:
    if is_running():
        raise RuntimeError("this thread runs an event loop already: start tasks on that one")
    _here.loop = loop
    try:
        yield
    finally:
        _here.loop = None


def is_running() -> bool:
    """Return whether an event loop of ours runs in this thread."""
    return getattr(_here, "loop", None) is not None


def running_loop() -> EventLoop:
    """Return the event loop that runs in this thread; ``RuntimeError`` where none does."""
    loop: EventLoop | None = getattr(_here, "loop", None)
    if loop is None:
        raise RuntimeError("no event loop is running in this thread: start this from inside run()")
    return loop
