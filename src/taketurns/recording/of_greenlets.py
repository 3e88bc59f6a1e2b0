"""While a recording is on, greenlets tell it when they switch: each is a task, running from switch to switch.

Only the thread that records is seen, as greenlet's own tracing has it, and only where greenlet was imported before.
Inside `EventLoop.run` the loop knows better what is a task.
"""

import sys
from collections.abc import Callable
from typing import Any
from weakref import WeakKeyDictionary

from taketurns.recording import recorder
from taketurns.recording.recorder import Recorder, current_worker
from taketurns.recording.worker import WAITING
from taketurns.suspend.loop import is_running

__all__ = ["MODULE", "hook", "install", "remove"]

MODULE = "greenlet"

Tracer = Callable[[str, Any], None]

#: For which recording switches are traced, by ours, and who traced them before: that one is called, too, and put back.
_replaced: list[tuple[Recorder, Tracer, Tracer | None]] = []


def install(mine: Recorder) -> None:
    """Begin to record greenlets in a recording."""
    if "greenlet" in sys.modules:
        plain = sys.modules["greenlet"].gettrace()
        ours = _tracer(mine, plain)
        _replaced.append((mine, ours, plain))
        sys.modules["greenlet"].settrace(ours)


def hook(mine: Recorder) -> None:
    """Begin to record greenlets where the package has just been imported."""
    install(mine)


def remove(mine: Recorder) -> None:
    """Put the tracing of switches back, unless somebody else traces them now."""
    while _replaced and _replaced[0][0] is mine:
        _, ours, plain = _replaced[0]
        if sys.modules["greenlet"].gettrace() is ours:
            sys.modules["greenlet"].settrace(plain)
        _replaced.clear()


def _tracer(mine: Recorder, plain: Tracer | None) -> Tracer:
    left: WeakKeyDictionary[Any, int] = WeakKeyDictionary()  # by greenlet: the task that ran in it when it was left

    def switched(event: str, args: Any) -> None:
        if plain is not None:
            plain(event, args)
        worker = current_worker()
        if worker is None or recorder.on not in (mine, None) or is_running():
            return
        origin, target = args
        if worker.current is not None:
            number = worker.write()
            if not origin.dead:
                left[origin] = number
                worker.recorder.names[number] = worker.recorder.names[number] or _name(origin)
            worker.leave(None, None if origin.dead else WAITING)
        if target in left:
            worker.enter(left.pop(target))
        elif target.parent is not None:  # it begins; what has no parent is the thread itself
            worker.enter(worker.recorder.number(""))

    return switched


def _name(suspended: Any) -> str:
    """Return the name of the function that a greenlet began with."""
    frame = suspended.gr_frame
    while frame is not None and frame.f_back is not None:
        frame = frame.f_back
    return frame.f_code.co_name if frame is not None else ""
