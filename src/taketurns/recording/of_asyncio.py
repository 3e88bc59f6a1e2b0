"""While a recording is on, asyncio event loops tell it which task begins and when one becomes ready.

Three methods of ``asyncio.BaseEventLoop`` are replaced for that time and put back: ``create_task`` wraps the coroutine
in `Steps`, ``call_at`` notes when a timer is due, ``call_soon`` sees the moment at which a future wakes its tasks. The
loop's task factory, eager or not, gets the wrapped coroutine and stays what it was. Where somebody else replaced a
method before, theirs is called, and put back; where somebody did so since, theirs stays, and ours beneath it does
nothing any more.

Recorded are tasks that the block of the recording creates, and their tasks in turn, and those of loops that begin to
run inside it. The tasks by which a notebook's kernel runs itself are neither.
"""

import asyncio
import math
import os
from collections.abc import Callable
from contextlib import suppress
from contextvars import ContextVar
from typing import Any

from taketurns.recording import recorder, tasks
from taketurns.recording.awaits import is_future
from taketurns.recording.recorder import Recorder
from taketurns.recording.steps import Steps
from taketurns.recording.worker import EVENT_LOOP, READY

__all__ = ["install", "remove"]

_Loop = asyncio.BaseEventLoop

#: What asyncio.run does by itself when the program has ended.
_own = {_Loop.shutdown_asyncgens.__code__, _Loop.shutdown_default_executor.__code__}

#: The recording in whose block this code runs; a task inherits it from the code that creates it.
_inside: ContextVar[Recorder | None] = ContextVar("taketurns_recording", default=None)

#: By name of a method: for which recording it is replaced, by ours, and what stood there.
_replaced: dict[str, tuple[Recorder, Callable[..., Any], Callable[..., Any]]] = {}


def install(mine: Recorder) -> None:
    """Begin to record asyncio tasks in a recording."""
    _inside.set(mine)
    for name, make in (("create_task", _create_task), ("call_at", _call_at), ("call_soon", _call_soon)):
        plain = getattr(_Loop, name)
        ours = make(mine, plain)
        _replaced[name] = mine, ours, plain
        setattr(_Loop, name, ours)


def remove(mine: Recorder | None = None) -> None:
    """Put back the event loops' methods that are still ours: those for a recording, or all of them."""
    if _inside.get() is mine:
        _inside.set(None)
    for name, (owner, ours, plain) in tuple(_replaced.items()):
        if mine in (owner, None):
            if getattr(_Loop, name) is ours:
                setattr(_Loop, name, plain)
            _replaced.pop(name, None)


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=remove)


def _create_task(mine: Recorder, plain: Callable[..., Any]) -> Callable[..., Any]:
    def create_task(loop: Any, coro: Any, **options: Any) -> Any:
        """Create a task whose steps are recorded; READY from now until its first one."""
        worker = recorder.current_worker() if recorder.on is mine else None
        if worker is None or not asyncio.iscoroutine(coro) or not _belongs(loop, coro, mine):
            return plain(loop, coro, **options)
        takes_name = tasks.is_task(coro)
        number = mine.number(str(options.get("name") or getattr(coro, "__name__", "")))
        if takes_name:
            mine.awaits.unnamed.add(number)
        worker.note(number, READY, EVENT_LOOP)
        try:
            made: Any = plain(loop, Steps(coro, number, mine), **options)
        except BaseException:
            worker.note(number, None)
            raise
        with suppress(TypeError):  # a task of another kind may not be referred to weakly
            mine.awaits.tasks[number] = made
        return made

    return create_task


def _belongs(loop: Any, coro: Any, mine: Recorder) -> bool:
    """Return whether a task that is created now is part of the recording."""
    if getattr(coro, "cr_code", None) in _own:
        return False
    if not loop.is_running():
        mine.awaits.loops.add(loop)
    return loop in mine.awaits.loops or _inside.get() is mine


def _call_at(mine: Recorder, plain: Callable[..., Any]) -> Callable[..., Any]:
    def call_at(loop: Any, when: float, callback: Any, *args: Any, context: Any = None) -> Any:
        """Set a timer; if it is to complete a future, note when that is due."""
        if args and recorder.on is mine and is_future(args[0]) and math.isfinite(when):
            with suppress(TypeError):  # a future of another kind may not be referred to weakly
                mine.awaits.due[args[0]] = round(when * 1e9) + _offset(loop, mine)
        return plain(loop, when, callback, *args, context=context)

    return call_at


def _offset(loop: Any, mine: Recorder) -> int:
    """Return by how much the recorder's clock is ahead of the loop's, in ns: the least disturbed of five readings."""
    offsets = mine.awaits.offsets
    if loop not in offsets:
        readings = []
        for _ in range(5):
            before, at, after = mine.now(), loop.time(), mine.now()
            readings.append((after - before, (before + after) // 2 - round(at * 1e9)))
        offsets[loop] = min(readings)[1]
    return offsets[loop]


def _call_soon(mine: Recorder, plain: Callable[..., Any]) -> Callable[..., Any]:
    def call_soon(loop: Any, callback: Any, *args: Any, context: Any = None) -> Any:
        """Put a callback into the ready queue; if it is a future's, the tasks that wait for that are READY."""
        if args and recorder.on is mine and is_future(args[0]):  # without any, it is a step of a task, as a rule
            _wake(args[0], mine)
        return plain(loop, callback, *args, context=context)

    return call_soon


def _wake(future: object, mine: Recorder) -> None:
    """Make the tasks that wait for a future READY, from the time its timer was due if it has one."""
    worker = recorder.current_worker()
    now = mine.now()
    due = mine.awaits.due.pop(future, now)
    for reference in mine.awaits.awaited.pop(id(future), ()):
        steps = reference()
        if worker is not None and steps is not None and steps.awaits is future:
            steps.awaits = None
            worker.append((max(steps.since, min(due, now)), steps.number, READY, EVENT_LOOP, None, None))
