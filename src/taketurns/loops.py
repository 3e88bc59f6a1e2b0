"""While a recording is on, asyncio event loops tell it which task begins and when one becomes ready.

Three methods of ``asyncio.BaseEventLoop`` are replaced for that time and put back: ``create_task`` wraps the coroutine
in `Steps`, ``call_at`` notes when a timer is due, ``call_soon`` sees the moment at which a future wakes its tasks. The
loop's task factory, eager or not, gets the wrapped coroutine and stays what it was.

Recorded are tasks that the block of the recording creates, and their tasks in turn, and those of loops that begin to
run inside it. The tasks by which a notebook's kernel runs itself are neither.
"""

from __future__ import annotations

import asyncio
import os
from contextvars import ContextVar
from typing import Any

from taketurns import recorder, tasks
from taketurns.recorder import Recorder
from taketurns.steps import Steps, is_future
from taketurns.worker import EVENT_LOOP, READY

__all__ = ["install", "remove"]

_Loop = asyncio.BaseEventLoop
_create_task, _call_at, _call_soon = _Loop.create_task, _Loop.call_at, _Loop.call_soon

#: What asyncio.run does by itself when the program has ended.
_own = {_Loop.shutdown_asyncgens.__code__, _Loop.shutdown_default_executor.__code__}

#: The recording in whose block this code runs; a task inherits it from the code that creates it.
_inside: ContextVar[Recorder | None] = ContextVar("taketurns_recording", default=None)


def install() -> None:
    """Begin to record asyncio tasks, in the recording that is on."""
    _inside.set(recorder.on)
    _replace(create_task, call_at, call_soon)


def remove() -> None:
    """Put the event loops' own methods back."""
    _inside.set(None)
    _replace(_create_task, _call_at, _call_soon)


def _replace(*methods: Any) -> None:
    for name, method in zip(("create_task", "call_at", "call_soon"), methods, strict=True):
        setattr(_Loop, name, method)


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=remove)


def create_task(loop: Any, coro: Any, **options: Any) -> Any:
    """Create a task whose steps are recorded; READY from now until its first one."""
    mine, worker = recorder.on, recorder.current_worker()
    if mine is None or worker is None or not asyncio.iscoroutine(coro) or not _belongs(loop, coro, mine):
        return _create_task(loop, coro, **options)
    takes_name = tasks.is_task(coro)
    number = mine.number(str(options.get("name") or getattr(coro, "__name__", "")))
    if takes_name:
        mine.unnamed.add(number)
    worker.note(number, READY, EVENT_LOOP)
    try:
        made: Any = _create_task(loop, Steps(coro, number, mine), **options)
    except BaseException:
        worker.note(number, None)
        raise
    mine.asyncio_tasks[number] = made
    return made


def _belongs(loop: Any, coro: Any, mine: Recorder) -> bool:
    """Tell whether a task that is created now is part of the recording."""
    if getattr(coro, "cr_code", None) in _own:
        return False
    if not loop.is_running():
        mine.loops.add(loop)
    return loop in mine.loops or _inside.get() is mine


def call_at(loop: Any, when: float, callback: Any, *args: Any, context: Any = None) -> Any:
    """Set a timer; if it is to complete a future, note when that is due."""
    mine = recorder.on
    if args and mine is not None and is_future(args[0]):
        mine.due[args[0]] = round(when * 1e9) + _offset(loop, mine)
    return _call_at(loop, when, callback, *args, context=context)


def _offset(loop: Any, mine: Recorder) -> int:
    """Give by how much the recorder's clock is ahead of the loop's, in ns: the least disturbed of five readings."""
    if loop not in mine.offsets:
        readings = []
        for _ in range(5):
            before, at, after = mine.now(), loop.time(), mine.now()
            readings.append((after - before, (before + after) // 2 - round(at * 1e9)))
        mine.offsets[loop] = min(readings)[1]
    return mine.offsets[loop]


def call_soon(loop: Any, callback: Any, *args: Any, context: Any = None) -> Any:
    """Put a callback into the ready queue; if it is a future's, the tasks that wait for that are READY."""
    if not args:  # a step of a task, as a rule
        return _call_soon(loop, callback, context=context)
    mine = recorder.on
    if mine is not None and is_future(args[0]):
        _wake(args[0], mine)
    return _call_soon(loop, callback, *args, context=context)


def _wake(future: object, mine: Recorder) -> None:
    """Make the tasks that wait for a future READY, from the time its timer was due if it has one."""
    worker = recorder.current_worker()
    now = mine.now()
    due = mine.due.pop(future, now)
    for reference in mine.awaited.pop(id(future), ()):
        steps = reference()
        if worker is not None and steps is not None and steps.awaits is future:
            steps.awaits = None
            worker.append((max(steps.since, min(due, now)), steps.number, READY, EVENT_LOOP))
