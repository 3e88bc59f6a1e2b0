"""While a recording is on, trio tells it by an instrument which task is scheduled, runs and ends.

Whoever calls ``trio.run``, or starts a guest run, gets it: a runner is set up by one function of trio's. Recorded is
every task of the program. Not recorded are the task that the block itself stands in, and trio's own.
"""

import sys
import threading
from collections.abc import Callable
from contextlib import suppress
from math import isinf
from typing import Any
from weakref import WeakKeyDictionary

from taketurns.naming.masks import printable
from taketurns.recording import recorder
from taketurns.recording.awaits import is_anyios
from taketurns.recording.current import current_worker
from taketurns.recording.endings import CANCELED, RETURNED
from taketurns.recording.membership import called, is_of_library
from taketurns.recording.patches import Patches
from taketurns.recording.recorder import Recorder
from taketurns.recording.suspension import Suspension
from taketurns.recording.waits import wait_of
from taketurns.recording.worker import EVENT_LOOP, READY, WAITING, Outer, Worker
from taketurns.trace.frames import module_of
from taketurns.trace.spans import State
from taketurns.watcher.originals import get_ident
from taketurns.watcher.places import stack_of

__all__ = ["MODULE", "hook", "install", "remove"]

#: Where trio sets up a runner and ends a task.
MODULE = "trio._core._run"
#: Which task of trio's own does something for the program: it serves one connection.
HANDLER = "_run_handler"

ELSEWHERE = "Tasks of trio that were running in another thread before are not shown: begin the recording first."

_patches = Patches()
#: The instruments of the recording that is on.
_onlookers: list["Onlooker"] = []


class OnTrio:
    """A trio task in a recording."""

    __slots__ = ("due", "ended", "number", "outer", "since", "woken", "worker")

    def __init__(self, number: int) -> None:
        self.number = number
        self.worker: Worker | None = None  # who carries it, while a step runs
        self.outer: Outer = None  # what that did before
        self.woken = False  # is its next step asked for, while one still runs?
        self.ended: str | None = None  # how, once it has
        self.since = 0  # when its last step ended, in ns
        self.due: int | None = None  # when the deadline is that it sleeps under, in ns


class Onlooker:
    """Trio's instrument of one recording. Its public methods are what trio calls."""

    def __init__(self, mine: Recorder) -> None:
        self._mine = mine
        self._known: WeakKeyDictionary[Any, OnTrio | None] = WeakKeyDictionary()  # None is not recorded
        self._block: Any = None  # the task that the block stands in
        self._suspension = Suspension(mine)  # of that

    def task_spawned(self, task: Any) -> None:
        """Know a new task."""
        if recorder.on is self._mine:
            self._one(task)

    def task_scheduled(self, task: Any) -> None:
        """Note that a task is READY: from when its deadline was, where that has passed."""
        if recorder.on is not self._mine:
            return
        if task is self._block:
            self._suspension.ready()
        if (one := self._one(task)) is None:
            return
        if one.worker is not None:
            one.woken = True
        elif (worker := current_worker()) is not None:
            now = worker.mark()
            at = max(one.since, min(now if one.due is None else one.due, now))
            waker = worker.carried() if one.since else None
            worker.append((at, one.number, READY, EVENT_LOOP, None, waker if isinstance(waker, int) else None))

    def before_task_step(self, task: Any) -> None:
        """Note that a task is RUNNING."""
        if recorder.on is not self._mine:
            return
        if task is self._block:
            self._suspension.end()
        one = self._one(task)
        if one is not None and (worker := current_worker()) is not None:
            one.woken = False
            one.worker, one.outer = worker, worker.enter(one.number)

    def after_task_step(self, task: Any) -> None:
        """Note what a task does after a step: it has ended, is READY for its next turn, or waits."""
        if task is self._block and recorder.on is self._mine:
            codes = self._mine.awaits.codes
            self._suspension.begin(lambda now: (State.WAITING, *wait_of(task.coro, None, codes), _due_ns(now)))
        one = self._known.get(task)
        if one is None or one.worker is None:
            return
        worker, one.worker = one.worker, None
        if one.ended is not None:
            worker.leave(one.outer, None, one.ended)
        elif one.woken:
            worker.leave(one.outer, READY, EVENT_LOOP)
        else:
            reason, place = wait_of(task.coro, None, self._mine.awaits.codes)
            worker.leave(one.outer, WAITING, reason, place)
            one.due = _due_ns(worker.last)
        one.since = worker.last

    def _one(self, task: Any) -> OnTrio | None:
        """Return what is known of a task, also of one that is seen for the first time."""
        if task not in self._known:
            self._known[task] = self._new(task) if _belongs(task.coro) else None
        return self._known[task]

    def _new(self, task: Any) -> OnTrio:
        mine = self._mine
        name, names_itself = called(task.coro, mine.arguments)
        number = mine.number(_given_name(task) or name)
        worker = current_worker()
        if worker is not None and (starter := worker.carried()) is not None:
            mine.parents[number] = starter
        mine.on_loop.add(number)
        if names_itself:
            mine.awaits.unnamed.add(number)
        return OnTrio(number)

    def _has_block(self, task: Any) -> None:
        self._block = task
        self._known[task] = None


def install(mine: Recorder) -> None:
    """Begin to record trio's tasks in a recording."""
    onlooker = Onlooker(mine)
    _onlookers.append(onlooker)
    hook(mine)
    lowlevel: Any = sys.modules.get("trio.lowlevel")
    if lowlevel is not None:
        with suppress(RuntimeError):  # no loop of trio's runs in this thread
            onlooker._has_block(lowlevel.current_task())
            mine.block_on_loop = True
            lowlevel.add_instrument(onlooker)
        if _runs_elsewhere():
            mine.unseen["trio"] = ELSEWHERE


def _runs_elsewhere() -> bool:
    """Return whether another thread is in the middle of a run of trio's."""
    if threading.active_count() == 1:
        return False
    try:
        from taketurns.watcher import stacks  # here: it is not everywhere
    except (ImportError, OSError, AttributeError, TypeError):
        return False

    code = sys.modules[MODULE].run.__code__
    frames = stacks.frames_of_threads()
    frames.pop(get_ident(), None)
    return any(code is its for frame in frames.values() for its, _ in stack_of(frame))


def hook(mine: Recorder) -> None:
    """Let runners that are set up from now on have the instrument, where trio has been imported."""
    if (module := sys.modules.get(MODULE)) is not None:
        _patches.put(mine, module, "setup_runner", _setup_runner)
        _patches.put(mine, module.Runner, "task_exited", _task_exited)


def remove(mine: Recorder) -> None:
    """Put back what is still ours, and take the instrument out of this thread's loop; others have one that is idle."""
    _patches.remove(mine)
    lowlevel: Any = sys.modules.get("trio.lowlevel")
    while _onlookers and _onlookers[0]._mine is mine:
        if lowlevel is not None:
            with suppress(RuntimeError, KeyError):
                lowlevel.remove_instrument(_onlookers[0])
        _onlookers.clear()


def _setup_runner(mine: Recorder, plain: Callable[..., Any]) -> Callable[..., Any]:
    def setup_runner(*args: Any, **options: Any) -> Any:
        runner = plain(*args, **options)
        if recorder.on is mine:
            runner.instruments.add_instrument(_onlookers[0])
        return runner

    return setup_runner


def _task_exited(mine: Recorder, plain: Callable[..., Any]) -> Callable[..., Any]:
    def task_exited(runner: Any, task: Any, outcome: Any) -> Any:
        if recorder.on is mine and (one := _onlookers[0]._known.get(task)) is not None:
            one.ended = _ending(getattr(outcome, "error", None), mine)
        return plain(runner, task, outcome)

    return task_exited


def _ending(error: BaseException | None, mine: Recorder) -> str:
    """Return how a task ended, by what it raised."""
    if error is None:
        return RETURNED
    return CANCELED if _is_canceled(error) else mine.ended_by(error)


def _is_canceled(error: BaseException) -> bool:
    if isinstance(error, BaseExceptionGroup):
        return all(map(_is_canceled, error.exceptions))
    return isinstance(error, sys.modules["trio"].Cancelled)


def _belongs(coro: Any) -> bool:
    """Return whether the task of a coroutine is one of the program's."""
    frame = coro.cr_frame
    module = module_of(frame) if frame is not None else ""
    return (
        not module.startswith("trio._core.")
        and not is_of_library(coro)
        and not (
            module.startswith("trio.") and coro.cr_code.co_name.startswith("_") and coro.cr_code.co_name != HANDLER
        )
    )


def _given_name(task: Any) -> str:
    """Return the name that the program gave to a task; empty where it is trio's own: that of its function."""
    name = str(task.name)
    is_own = name.startswith("<") or f".{name}".endswith(f".{task.coro.__qualname__}") or is_anyios(name)
    return "" if is_own else printable(name)


def _due_ns(now: int) -> int | None:
    """Return the deadline of the running task on the recorder's clock; None where it has none, or a clock of its own.

    ``now`` is the time on that clock.
    """
    trio: Any = sys.modules["trio"]
    clock = trio.lowlevel.current_clock()
    if type(clock).__name__ != "SystemClock":
        return None
    left = clock.deadline_to_sleep_time(trio.current_effective_deadline())
    return None if isinf(left) else now + round(left * 1e9)
