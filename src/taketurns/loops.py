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

from taketurns import tasks
from taketurns.recorder import Recorder, current_worker
from taketurns.steps import Steps
from taketurns.worker import READY

__all__ = ["install", "remove"]

_Loop = asyncio.BaseEventLoop
_create_task, _call_at, _call_soon = _Loop.create_task, _Loop.call_at, _Loop.call_soon

#: What asyncio.run does by itself when the program has ended.
_own = {_Loop.shutdown_asyncgens.__code__, _Loop.shutdown_default_executor.__code__}

#: The recording in whose block this code runs; a task inherits it from the code that creates it.
_inside: ContextVar[Recorder | None] = ContextVar("taketurns_recording", default=None)


_recorder: Recorder | None = None


def install(recorder: Recorder) -> None:
    """Begin to record asyncio tasks."""
    global _recorder
    _recorder = recorder
    _inside.set(recorder)
    for name, method in (("create_task", create_task), ("call_at", call_at), ("call_soon", call_soon)):
        setattr(_Loop, name, method)


def remove() -> None:
    """Put the event loops' own methods back."""
    global _recorder
    _recorder = None
    _inside.set(None)
    for name, method in (("create_task", _create_task), ("call_at", _call_at), ("call_soon", _call_soon)):
        setattr(_Loop, name, method)


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=remove)


def create_task(loop: Any, coro: Any, **options: Any) -> Any:
    """Create a task whose steps are recorded; READY from now until its first one."""
    recorder, worker = _recorder, current_worker()
    if recorder is None or worker is None or not asyncio.iscoroutine(coro) or not _belongs(loop, coro, recorder):
        return _create_task(loop, coro, **options)
    takes_name = tasks.is_task(coro)
    number = recorder.number(str(options.get("name") or getattr(coro, "__name__", "")))
    if takes_name:
        recorder.unnamed.add(number)
    worker.note(number, READY, "event loop")
    try:
        made: Any = _create_task(loop, Steps(coro, number, recorder), **options)
    except BaseException:
        worker.note(number, None)
        raise
    recorder.asyncio_tasks[number] = made
    return made


def _belongs(loop: Any, coro: Any, recorder: Recorder) -> bool:
    """Tell whether a task that is created now is part of the recording."""
    if getattr(coro, "cr_code", None) in _own:
        return False
    if not loop.is_running():
        recorder.loops.add(loop)
    return loop in recorder.loops or _inside.get() is recorder


def call_at(loop: Any, when: float, callback: Any, *args: Any, context: Any = None) -> Any:
    """Set a timer; if it is to complete a future, note when that is due."""
    if args and _recorder is not None and getattr(args[0], "_asyncio_future_blocking", None) is not None:
        _recorder.due[args[0]] = round(when * 1e9) + _offset(loop, _recorder)
    return _call_at(loop, when, callback, *args, context=context)


def _offset(loop: Any, recorder: Recorder) -> int:
    """Give by how much the recorder's clock is ahead of the loop's, in ns: the least disturbed of five readings."""
    if loop not in recorder.offsets:
        readings = []
        for _ in range(5):
            before, at, after = recorder.now(), loop.time(), recorder.now()
            readings.append((after - before, (before + after) // 2 - round(at * 1e9)))
        recorder.offsets[loop] = min(readings)[1]
    return recorder.offsets[loop]


def call_soon(loop: Any, callback: Any, *args: Any, context: Any = None) -> Any:
    """Put a callback into the ready queue; if it is a future's, the tasks that wait for that are READY."""
    if not args:  # a step of a task, as a rule
        return _call_soon(loop, callback, context=context)
    if _recorder is not None and getattr(args[0], "_asyncio_future_blocking", None) is not None:
        _wake(args[0], _recorder)
    return _call_soon(loop, callback, *args, context=context)


def _wake(future: object, recorder: Recorder) -> None:
    """Make the tasks that wait for a future READY, from the time its timer was due if it has one."""
    worker = current_worker()
    now = recorder.now()
    due = recorder.due.pop(future, now)
    for reference in recorder.awaited.pop(id(future), ()):
        steps = reference()
        if worker is not None and steps is not None and steps.awaits is future:
            steps.awaits = None
            worker.append((max(steps.since, min(due, now)), steps.number, READY, "event loop"))
