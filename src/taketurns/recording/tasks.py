"""Work that a recording sees: compute, wait, waiting, and @task for functions of your own."""

from __future__ import annotations

import functools
import inspect
import math
import re
import threading
import time
from collections.abc import Callable
from typing import Any, ParamSpec, TypeVar, overload

from taketurns.recording import chunks as work
from taketurns.recording import recorder
from taketurns.recording.recorder import current_worker
from taketurns.recording.steps import Steps
from taketurns.recording.worker import FRESH_NS, LONG_NS, READY, RUNNING, WAITING, Worker, switched
from taketurns.trace.clock import SimulatedClock, simulated

__all__ = ["compute", "is_task", "task", "wait", "waiting"]

P = ParamSpec("P")
R = TypeVar("R")
Naming = str | Callable[..., str]
Switches = tuple[int, int] | None


def _seconds(seconds: float, name: str) -> float:
    """Check a duration; ``TypeError`` or ``ValueError`` says what was given and what is allowed."""
    if not hasattr(seconds, "__float__") or isinstance(seconds, bool):
        raise TypeError(f"{name}() takes a number of seconds, such as {name}(0.05); it was given {seconds!r}")
    if not 0 <= seconds < math.inf:
        raise ValueError(f"{name}() takes seconds from 0 on, such as {name}(0.05); it was given {seconds!r}")
    return float(seconds)


# CPU-bound


def compute(seconds: float) -> None:
    """Do a fixed amount of CPU-bound work in pure Python that takes about so many seconds alone on this machine.

    Two of them under the GIL take twice as long. While recorded, it marks the clock every few tens of microseconds. A
    mark that comes late, or after one of another thread, shows that it had lost the core: RUNNING ends at the last mark
    before the gap, and the gap is READY, with the reason ``"GIL"`` or ``"core"`` where that can be told.
    """
    seconds = _seconds(seconds, "compute")
    if (clock := simulated()) is not None:
        _spend(seconds, clock)
        return
    worker = current_worker()  # in a child process, this brings the parent's measure of a chunk
    chunks = work.chunks(seconds)
    if worker is None:
        work.without_marks(chunks)
    elif worker.current is not None:
        worker.change(RUNNING)
        _with_marks(chunks, worker)
    else:
        worker.enter("")
        try:
            _with_marks(chunks, worker)
        finally:
            worker.end()


def _spend(seconds: float, clock: SimulatedClock) -> None:
    """Run for so long in simulated time, which nothing else can use meanwhile."""
    worker = current_worker()
    if worker is None or worker.current is not None:
        clock.spend(seconds)
    else:
        worker.enter("")
        clock.spend(seconds)
        worker.leave(None)


def _with_marks(chunks: int, worker: Worker) -> None:
    """Do the work of so many chunks and record every loss of the core.

    A chunk that took a quarter longer than usual is looked at: the system tells whether it switched away from this
    thread. Where it does not tell, ten chunks are the limit. In the loop, the name is written before the clock is read:
    see the law in worker.py.
    """
    mine, now, append, task = worker.recorder, worker.now, worker.append, worker.write()
    gil, late, longest = mine.gil, 1.25 * work.chunk_ns(), 10 * work.chunk_ns()
    switches = switched()
    last = worker.last
    for _ in range(chunks):
        for _ in work.CHUNK:
            pass
        lost = gil and mine.holder is not worker
        mine.holder = worker
        at = now()
        if lost or at - last > late:
            before, switches = switches, switched()
            if lost or switches != before or at - last > longest:
                append((last, task, READY, _reason(before, switches, lost, gil)))
                append((at, task, RUNNING, ""))
        worker.last = last = at
    worker.read_cpu(last)


def _reason(before: Switches, after: Switches, lost: bool, gil: bool) -> str:
    """Tell what a computing thread lost: one of many that waited can only have waited for the GIL."""
    if before is None or after is None:
        return "GIL" if lost else ""
    waited, taken = after[0] > before[0], after[1] > before[1]
    if waited and gil and threading.active_count() > 1:
        return "GIL"
    return "core" if taken else "GIL" if lost else ""


# I/O-bound


class waiting:  # noqa: N801  (a context manager that is called like a function, as in contextlib)
    """The block waits for something real: a reply, a disk, a lock. ``what`` becomes the span's reason."""

    __slots__ = ("_began", "_task", "_worker", "what")

    def __init__(self, what: str = "") -> None:
        if what.__class__ is not str:
            raise TypeError(f'waiting() takes what the block waits for, such as "a reply"; it was given {what!r}')
        self.what = what

    def __enter__(self) -> None:
        self._worker = worker = current_worker()
        if worker is None:
            return
        if worker.current is None:
            self._task: int | None = worker.recorder.number("")
            self._began = worker.note(self._task, WAITING, self.what)
        else:
            self._task = None  # it is the worker's current one
            self._began = worker.change(WAITING, self.what)

    def __exit__(self, *exception: object) -> None:
        worker = self._worker
        if worker is None:
            return
        if self._task is None:
            worker.change(RUNNING)
        else:
            worker.note(self._task, None)


class _timer(waiting):  # noqa: N801
    """A wait that is due at a known time; what it takes longer, it was READY."""

    __slots__ = ("seconds",)

    def __init__(self, seconds: float) -> None:
        super().__init__("timer")
        self.seconds = seconds

    def __exit__(self, *exception: object) -> None:
        worker = self._worker
        if worker is not None:
            due, holder = self._began + round(self.seconds * 1e9), worker.recorder.holder
            if worker.mark() - due > 10 * work.chunk_ns():
                # Who marked the clock after it was due had the GIL then, and this thread had not.
                reason = "GIL" if worker.recorder.gil and holder is not None and holder.last > due else ""
                worker.append((due, worker.write() if self._task is None else self._task, READY, reason))
        super().__exit__(*exception)


def wait(seconds: float) -> None:
    """Block this thread for so many seconds, as a stand-in for I/O."""
    seconds = _seconds(seconds, "wait")
    clock = simulated()
    with _timer(seconds):
        time.sleep(seconds) if clock is None else clock.spend(seconds)


# Functions of your own


@overload
def task(function: Callable[P, R], /, *, name: str | None = None) -> Callable[P, R]: ...
@overload
def task(*, name: str) -> Callable[[Callable[P, R]], Callable[P, R]]: ...
def task(function: Callable[..., Any] | None = None, /, *, name: str | None = None) -> Any:
    """Make every call of a function, generator function or ``async def`` a task with its name.

    ``name`` may hold parameters: ``@task(name="board {number}")``. Each stretch between suspend and resume is one
    RUNNING span. In a plain function only `compute` sees when it loses the GIL. A long stretch in which the thread
    had hardly any core is WAITING; where plain stretches of several threads had to share the GIL, they are in turns.
    Raises ``TypeError`` for what is not a function, ``ValueError`` for a parameter that it does not have.
    """
    if name is not None and not isinstance(name, str):
        raise TypeError(f'@task takes a name, a string such as "board {{number}}"; it was given {name!r}')
    if function is None:
        return functools.partial(_task, name=name)
    return _task(function, name)


def _task(function: Callable[..., Any], name: str | None) -> Callable[..., Any]:
    if not callable(function) or isinstance(function, type) or inspect.isasyncgenfunction(function):
        raise TypeError(
            f"@task goes before a function, a generator function or an `async def` without yield, not {function!r}"
        )
    naming = _naming(function, name)
    if inspect.iscoroutinefunction(function):
        return _coroutine_task(function, naming)
    return (
        _generator_task(function, naming) if inspect.isgeneratorfunction(function) else _function_task(function, naming)
    )


def _naming(function: Callable[..., Any], name: str | None) -> Naming:
    """Return the name of all calls, or what makes one out of a call's arguments."""
    from string import Formatter  # here: `import taketurns` is quick

    plain = name if name is not None else getattr(function, "__name__", "task")
    fields = {re.split(r"[.\[]", field)[0] for _, field, _, _ in Formatter().parse(plain) if field is not None}
    if name is None or not fields:
        return plain
    signature = inspect.signature(function)
    if missing := fields - signature.parameters.keys():
        raise ValueError(
            f"@task(name={name!r}) names {', '.join(sorted(missing))}, but {plain!r} belongs to a function with the "
            f"parameters {', '.join(signature.parameters) or 'none'}"
        )

    def named(*args: Any, **kwargs: Any) -> str:
        try:
            bound = signature.bind(*args, **kwargs)
        except TypeError:
            return plain  # the call itself is about to fail
        bound.apply_defaults()
        return plain.format_map(bound.arguments)

    return named


def _name(naming: Naming, args: Any, kwargs: Any) -> str:
    return naming if isinstance(naming, str) else naming(*args, **kwargs)


def _function_task(function: Callable[..., Any], naming: Naming) -> Callable[..., Any]:
    @functools.wraps(function)
    def run_in_detail(*args: Any, **kwargs: Any) -> Any:
        worker = current_worker()
        if worker is None:
            return function(*args, **kwargs)
        outer = worker.enter(_name(naming, args, kwargs))
        try:
            return function(*args, **kwargs)
        finally:
            worker.leave(outer)

    if not isinstance(naming, str):
        return run_in_detail

    @functools.wraps(function)
    def run_task(*args: Any, **kwargs: Any) -> Any:
        # What `enter` and `leave` do, in one piece, for the usual case; a learner's program may have many small tasks.
        mine = recorder.on
        if mine is None:
            return run_in_detail(*args, **kwargs) if recorder.is_child else function(*args, **kwargs)
        try:
            worker = recorder.here.worker  # named so, the function can travel: cloudpickle sends what it names
        except AttributeError:
            return run_in_detail(*args, **kwargs)
        if worker.recorder is not mine or worker.current is not None:
            return run_in_detail(*args, **kwargs)
        mine.holder = worker
        worker.last = begin = worker.now()
        if begin - worker.cpu_at > FRESH_NS:
            worker.read_cpu(begin)
        worker.current = naming
        worker.written = False
        try:
            return function(*args, **kwargs)
        finally:
            if worker.written or mine.holder is not worker or (end := worker.now()) - begin > LONG_NS:
                worker.leave(None)
            else:
                worker.append((begin, naming, None, end))
                worker.current = None
                worker.written = True
                worker.last = end

    return run_task


def _generator_task(function: Callable[..., Any], naming: Naming) -> Callable[..., Any]:
    @functools.wraps(function)
    def run_task(*args: Any, **kwargs: Any) -> Any:
        worker = current_worker()
        generator = function(*args, **kwargs)
        if worker is not None:
            generator = Steps(generator, worker.recorder.number(_name(naming, args, kwargs)), worker.recorder)
        return (yield from generator)

    return run_task


def _coroutine_task(function: Callable[..., Any], naming: Naming) -> Callable[..., Any]:
    @functools.wraps(function)
    async def run_task(*args: Any, **kwargs: Any) -> Any:
        worker = current_worker()
        coroutine = function(*args, **kwargs)
        if worker is None:
            return await coroutine
        mine, name, outer = worker.recorder, _name(naming, args, kwargs), worker.current
        # An asyncio task was made of this call, and they are one.
        if isinstance(outer, int) and outer in mine.awaits.unnamed:
            mine.awaits.unnamed.remove(outer)
            mine.names[outer] = name
            return await coroutine
        return await Steps(coroutine, mine.number(name), mine)

    _coroutine_codes.add(run_task.__code__)  # type: ignore[attr-defined]
    return run_task


_coroutine_codes: set[Any] = set()


def is_task(coroutine: Any) -> bool:
    """Return whether a coroutine comes from a function that is decorated with ``@task``."""
    return getattr(coroutine, "cr_code", None) in _coroutine_codes
