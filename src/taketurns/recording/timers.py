"""When the timers of an asyncio event loop are due, on the recorder's clock."""

import asyncio
import time
from collections.abc import Callable
from typing import Any

from taketurns.recording.worker import Log

__all__ = ["due_ns", "run_timer"]


def due_ns(handle: Any, mine: Log) -> int | None:
    """Return when a timer was due (ns); None where its loop has a clock of its own."""
    offset = _offset(handle._loop, mine)
    return None if offset is None else round(handle._when * 1e9) + offset


def _offset(loop: Any, mine: Log) -> int | None:
    """Return by how much the recorder's clock is ahead of a loop's (ns), or None where that has a clock of its own."""
    if mine.clock is not None:
        return 0
    if type(loop).time is not asyncio.BaseEventLoop.time:
        return None
    if mine.awaits.offset is None:
        mine.awaits.offset = min(_reading(mine) for _ in range(5))[1]  # the least disturbed
    return mine.awaits.offset


def _reading(mine: Log) -> tuple[int, int]:
    before, at, after = mine.now(), time.monotonic_ns(), mine.now()
    return after - before, (before + after) // 2 - at


def run_timer(handle: Any, plain: Callable[..., Any], mine: Log) -> None:
    """Run the callback of a timer; whom it wakes was READY from when it was due."""
    loop = handle._loop
    due = due_ns(handle, mine)
    if due is None:
        plain(handle)
        return
    mine.awaits.due[id(loop)] = due
    try:
        plain(handle)
    finally:
        mine.awaits.due.pop(id(loop), None)
