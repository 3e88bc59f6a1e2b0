"""While a recording is on, greenlets tell it when they switch: each is a task, running from switch to switch.

Only the thread that records is seen, as greenlet's own tracing has it, and only where greenlet was imported before.
Inside `EventLoop.run` the loop knows better what is a task.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any
from weakref import WeakKeyDictionary

from taketurns import loop
from taketurns.recorder import current_worker
from taketurns.worker import WAITING

__all__ = ["install", "remove"]

_tracer: Callable[..., None] | None = None  # who else traces switches; it is called, too, and put back
_installed = False
#: By greenlet: the task that was running in it when it was left.
_left: WeakKeyDictionary[Any, int] = WeakKeyDictionary()


def install() -> None:
    """Begin to record greenlets, in the recording that is on."""
    global _tracer, _installed
    if "greenlet" in sys.modules:
        _left.clear()
        _tracer = sys.modules["greenlet"].settrace(_switched)
        _installed = True


def remove() -> None:
    """Put the tracing of switches back."""
    global _installed
    if _installed:
        sys.modules["greenlet"].settrace(_tracer)
        _installed = False


def _switched(event: str, args: Any) -> None:
    if _tracer is not None:
        _tracer(event, args)
    worker = current_worker()
    if worker is None or loop.is_running():
        return
    origin, target = args
    if worker.current is not None:
        number = worker.write()
        if not origin.dead:
            _left[origin] = number
            worker.recorder.names[number] = worker.recorder.names[number] or _name(origin)
        worker.leave(None, None if origin.dead else WAITING)
    if target in _left:
        worker.enter(_left.pop(target))
    elif target.parent is not None:  # it begins; what has no parent is the thread itself
        worker.enter(worker.recorder.number(""))


def _name(suspended: Any) -> str:
    """Give the name of the function that a greenlet began with."""
    frame = suspended.gr_frame
    while frame is not None and frame.f_back is not None:
        frame = frame.f_back
    return frame.f_code.co_name if frame is not None else ""
