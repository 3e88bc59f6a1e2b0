"""record(): the context manager that a learner puts around their code."""

from __future__ import annotations

import threading
from collections.abc import Callable
from functools import partial
from importlib import import_module
from types import MethodType, TracebackType
from typing import Any
from weakref import ref

from taketurns.recording import of_loops, recorder
from taketurns.recording.decorator import recorded
from taketurns.recording.endings import RETURNED
from taketurns.recording.recorder import Recorder
from taketurns.trace.clock import SimulatedClock
from taketurns.trace.trace import Trace

__all__ = ["record"]


class _Exit:
    """The method that leaves a block. The ``with`` statement holds it, bound to the block, until it calls it.

    A weak reference to the bound method tells when the statement has let go of it; from then on `_leave` tells whether
    it is at work. Where neither is so and the recording is still on, an interrupt came just before `_leave` could
    begin, or twice while it worked: nobody will end this recording any more, and the next one does.
    """

    def __init__(self, function: Callable[..., Any]) -> None:
        self.function = function

    def __get__(self, block: record | None, of: type) -> Any:
        if block is None:
            return self.function
        method = MethodType(self.function, block)
        block._held = ref(method)
        return method


class record:  # noqa: N801  (a context manager that is called like a function, as in contextlib)
    """Record everything that runs inside the block; the ``with`` gives its `Trace`.

    Works with ``with`` and ``async with``, for this thread, other threads, asyncio tasks, greenlets and children. Tasks
    are named after their calls; ``arguments=False`` leaves the arguments out of the names.
    The trace is complete when the block ends, also by an exception or an interrupt, which it then names in its
    ``cut_short``.
    With a `SimulatedClock`, its times are those of that clock.
    Before a function, as in ``@record("a label")``, each of its calls is such a block, and the last one's trace is the
    function's ``trace``.
    Raises ``RuntimeError`` inside another recording.
    """

    _held: ref[MethodType] | None = None

    def __init__(self, label: str = "", clock: SimulatedClock | None = None, *, arguments: bool = True) -> None:
        if not isinstance(label, str):
            raise TypeError(f'record() takes a label, a string such as "4 threads"; it was given {label!r}')
        if clock is not None and not isinstance(clock, SimulatedClock):
            raise TypeError(f"record() takes a SimulatedClock, or none for real time; it was given {clock!r}")
        self.label = label
        self.clock = clock
        self.arguments = arguments

    def __call__(self, function: Any) -> Any:
        """Return a function each call of which is recorded, in a recording of its own."""
        return recorded(function, lambda: record(self.label, self.clock, arguments=self.arguments))

    def __enter__(self) -> Trace:
        mine = Recorder(self.label, self.clock)
        mine.arguments = self.arguments
        mine.end = partial(_end, mine)
        block, held = ref(self), self._held
        # Who holds no method, as an ExitStack does not, holds the block.
        mine.is_given_up = lambda: block() is None or (held is not None and held() is None)
        try:
            sources = _sources(mine)  # they are imported before anything is recorded
            import_module("taketurns.recording.whole")  # at its end the program may have no file left to open

            recorder.start(mine)
            self._recorder = mine
            of_loops.install()
            if mine.clock is None:
                mine.block = mine.number("the block"), threading.get_native_id()
            for source in sources:
                source.install(mine)
            mine.start = mine.now()
            return mine.trace
        except BaseException:
            mine.end("interrupted")
            raise

    def _leave(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        cut_short = "" if kind is None else ": ".join(filter(None, (kind.__name__, _first_line(error))))
        mine, at_work = self._recorder, {"at work"}
        if error is not None and mine.ears is not None:
            mine.ears.met(error)
        mine.ended = mine.ended or mine.now()
        if mine.block:
            mine.ends[mine.block[0]] = RETURNED if error is None else mine.ended_by(error)
        working = ref(at_work)
        mine.is_given_up = lambda: working() is None  # Python may have let go of the method by now
        try:
            mine.end(cut_short)
        except BaseException as late:
            mine.end(cut_short or type(late).__name__)
            raise
        finally:
            del at_work

    async def __aenter__(self) -> Trace:
        return self.__enter__()

    async def _leave_async(self, *error: Any) -> None:
        self._leave(*error)

    __exit__ = _Exit(_leave)
    __aexit__ = _Exit(_leave_async)


def _first_line(error: BaseException | None) -> str:
    try:
        return str(error).partition("\n")[0]
    except Exception:  # noqa: BLE001 - the learner's `__str__` must not keep a recording from its end
        return ""


def _sources(mine: Recorder) -> list[Any]:
    """Return the modules that tell a recording of tasks; in simulated time there is one thread."""
    # When they are needed, not by `import taketurns`. The calls of the block last: what we call ourselves is none.
    from taketurns.recording import (
        late,
        of_asyncio,
        of_calls,
        of_greenlets,
        of_pools,
        of_processes,
        of_threads,
        of_trio,
        of_uvloop,
    )

    tasks = [of_asyncio, of_uvloop, of_trio, of_greenlets, late]
    return tasks + ([of_threads, of_pools, of_processes, of_calls] if mine.clock is None else [])


def _end(mine: Recorder, cut_short: str) -> None:
    """End a recording; after an interrupt, this can be done once more."""
    for source in reversed(_sources(mine)):
        source.remove(mine)
    recorder.finish(mine, cut_short)
