"""While a recording is on, greenlets tell it when they switch: each is a task, running from switch to switch.

Only the thread that records is seen, as greenlet's own tracing has it, and only where greenlet was imported before.
Inside `EventLoop.run` the loop knows better what is a task. Tracing does not tell which exception ends a greenlet, only
that one does. One that somebody throws an exception into, and that ends of it without a word, is canceled.
"""

import sys
from collections.abc import Callable
from typing import Any
from weakref import WeakKeyDictionary

from taketurns.recording import recorder
from taketurns.recording.endings import CANCELED, RAISED, RETURNED
from taketurns.recording.recorder import Recorder, current_worker
from taketurns.recording.worker import WAITING
from taketurns.suspend.loop import is_running

__all__ = ["install", "remove"]

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


def remove(mine: Recorder) -> None:
    """Put the tracing of switches back, unless somebody else traces them now."""
    while _replaced and _replaced[0][0] is mine:
        _, ours, plain = _replaced[0]
        if sys.modules["greenlet"].gettrace() is ours:
            sys.modules["greenlet"].settrace(plain)
        _replaced.clear()


def _tracer(mine: Recorder, plain: Tracer | None) -> Tracer:
    left: WeakKeyDictionary[Any, int] = WeakKeyDictionary()  # by greenlet: the task that ran in it when it was left
    thrown = False  # whether the greenlet that runs goes on with an exception from outside

    def switched(event: str, args: Any) -> None:
        nonlocal thrown
        if plain is not None:
            plain(event, args)
        worker = current_worker()
        if worker is None or recorder.on not in (mine, None) or is_running():
            return
        origin, target = args
        number, how = None, ""
        if worker.current is not None:
            number = worker.write()
            if origin.dead:
                how = RAISED if event == "throw" else CANCELED if thrown else RETURNED
            else:
                left[origin] = number
                worker.recorder.names[number] = worker.recorder.names[number] or _name(origin)
            worker.leave(None, None if origin.dead else WAITING, how)
        thrown = event == "throw" and not origin.dead
        if target in left:
            worker.enter(left.pop(target))
            if number is not None:
                worker.write(number)
        elif target.parent is not None:  # it begins; what has no parent is the thread itself
            begun = worker.recorder.number("")
            if number is not None:
                worker.recorder.parents[begun] = number
            worker.enter(begun)

    return switched


def _name(suspended: Any) -> str:
    """Return the name of the function that a greenlet began with."""
    frame = suspended.gr_frame
    while frame is not None and frame.f_back is not None:
        frame = frame.f_back
    return frame.f_code.co_name if frame is not None else ""
