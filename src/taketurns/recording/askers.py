"""Who asks an asyncio event loop for something: the task that starts another one, or wakes it, and how a task ended.

A task asks in its steps. What else a loop calls is asked for by nobody, as are timers and what comes from outside; but
where a task has ended, and somebody is told of it, that task asks.
"""

import asyncio
from collections.abc import Callable
from typing import Any

from taketurns.recording.endings import CANCELED, RETURNED
from taketurns.recording.worker import Log, Worker

__all__ = ["asker", "how", "run_told", "teller"]


def asker(worker: Worker, loop: Any, mine: Log) -> int | None:
    """Return the task that asks a loop for something now; before the loop runs, it is whoever is about to run it."""
    if (worker.current is None or asyncio.current_task(loop) is None) and loop.is_running():
        return mine.awaits.tellers.get(id(loop))
    carried = worker.carried()
    return carried if isinstance(carried, int) else None


def teller(handle: Any, mine: Log) -> int | None:
    """Return the task that has ended, where what a loop is about to call is told of it."""
    args = handle._args
    one = mine.awaits.known.get(id(args[0])) if args else None
    return one.number if one is not None and one.ended else None


def run_told(handle: Any, plain: Callable[..., Any], mine: Log, number: int) -> None:
    """Run what is called at the end of a task; whom it wakes, or starts, that task does."""
    tellers, loop = mine.awaits.tellers, id(handle._loop)
    tellers[loop] = number
    try:
        plain(handle)
    finally:
        tellers.pop(loop, None)


def how(task: Any, mine: Log) -> str:
    """Return how a task that is done ended; to ask for its exception would be to have seen it, so nobody asks."""
    if task._state == "CANCELLED":
        return CANCELED
    error = getattr(task, "_exception", None)
    return RETURNED if error is None else mine.ended_by(error)
