"""Where a profile function hears next to nothing: then all code is slow for nothing, and nobody gets control.

Before Python 3.12, code runs slowly while there is a profile function, also a loop without calls. So a thread looks now
and then what was heard meanwhile; where that was next to nothing, it has the main thread asked, between two steps of
what runs there, to see to it.
"""

import sys
import time
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from types import FrameType
from typing import Protocol

from taketurns.watcher.originals import get_ident, is_main, original

try:
    import ctypes
except ImportError:  # a Python that was built without it
    ctypes = None  # type: ignore[assignment]

__all__ = ["Lookout"]

#: How long it waits before its second look, and between all later ones (s). While the main thread is busy, each look
#: also waits 5 ms for the GIL.
FIRST_PAUSE, PAUSE = 0.0005, 0.003
#: For so much CPU time (ns) so few events are next to nothing.
LEAST_NS, FEW = 5_000_000, 64


class Listener(Protocol):
    """Who hears of calls in the main thread."""

    spent: int  # it grows with all that is heard
    rests: bool  # nothing is to be heard of for now

    def heard_nothing(self, frame: FrameType, duration: int) -> None:
        """Be told for how much CPU time (ns) of the main thread next to nothing was heard, and what runs there now."""


class Lookout:
    """The thread that looks whether anything was heard. It is there while a recording in the main thread is on.

    It is started below `threading`, so that `threading.enumerate()` does not show it. ``cost`` is what the listener
    spends on one event.
    """

    def __init__(self, listener: Listener, cost: int) -> None:
        self.listener = listener
        self.cost = cost
        self.spent = self.clock = 0  # since when next to nothing was heard
        self.rested = self.is_asleep = self.is_over = False
        self._clock = _clock_of_main_thread()
        self._bell = original("_thread", "allocate_lock")()

    def start(self) -> None:
        """Start the thread, where the main thread can be asked and is the one that records."""
        if _ask is None or not is_main():
            return
        self._bell.acquire()
        self.note()
        with suppress(RuntimeError):  # there are too many threads; then all is slow
            original("_thread", "start_new_thread")(self._work, ())

    def stop(self) -> None:
        """End the thread at once, and answer nothing that was asked before. This can be done again."""
        self.is_over = True
        if _question.lookout is self:
            _question.lookout = None
        self._ring()

    def wake(self) -> None:
        """Go on with looking: the listener does not rest any more."""
        if self.is_asleep:
            self.is_asleep = False
            self._ring()

    def note(self) -> None:
        """Note what was spent by now, and the main thread's CPU time."""
        self.spent, self.clock = self.listener.spent, self._clock()

    def look(self) -> None:
        """Have the main thread asked where next to nothing was heard for long enough."""
        if self.is_over or self.listener.rests or self.listener.spent - self.spent > FEW * self.cost:
            self.note()
            return
        duration = self._clock() - self.clock
        if duration >= LEAST_NS and _question.lookout is not self:
            _question.spent, _question.duration = self.listener.spent, duration
            _question.lookout = self
            _ask()  # type: ignore[misc]

    def falls_asleep(self) -> bool:
        """Return whether to look no more until it is woken: the listener rests, and did so at the last look.

        To be woken costs, so it does not fall asleep at once.
        """
        rested, self.rested = self.rested, self.listener.rests
        self.is_asleep = rested and self.rested
        if self.is_asleep and not self.listener.rests:  # who woke it in between did not know that it sleeps
            self.is_asleep = False
        return self.is_asleep

    def _work(self) -> None:
        pause = FIRST_PAUSE
        while not self.is_over:
            self.look()
            self._bell.acquire(timeout=-1 if self.falls_asleep() else pause)
            pause = PAUSE

    def _ring(self) -> None:
        with suppress(RuntimeError):  # it rings already
            self._bell.release()


class _Question:
    """What the main thread is asked for its truth, by Python itself, between two steps of the code that runs there.

    So what is raised here, as by an interrupt, is raised in that code. There is one, which never dies: it may be
    answered at any time later.
    """

    lookout: Lookout | None = None
    spent = duration = 0

    def __bool__(self) -> bool:
        lookout, self.lookout = self.lookout, None
        if lookout is not None:
            # One event since then is the call of this method. Another is the end of what Python was in the middle of,
            # such as a function that is written in C, which is not slow.
            if lookout.listener.spent - self.spent <= lookout.cost:
                lookout.listener.heard_nothing(sys._getframe(1), self.duration)
            lookout.note()
        return False


def _asker() -> Callable[[], object] | None:
    """Return what has the main thread asked; ``None`` where there is no way, or no need."""
    if sys.version_info >= (3, 12) or ctypes is None or not hasattr(ctypes, "pythonapi"):
        return None
    add = ctypes.pythonapi["Py_AddPendingCall"]
    add.argtypes = ctypes.c_void_p, ctypes.py_object
    truth = ctypes.cast(ctypes.pythonapi["PyObject_IsTrue"], ctypes.c_void_p)
    return lambda: add(truth, _question)


def _clock_of_main_thread() -> Callable[[], int]:
    """Return a clock of the main thread's CPU time (ns), or of all threads' where the system has none for one."""
    if not hasattr(time, "pthread_getcpuclockid"):
        return time.process_time_ns
    return partial(time.clock_gettime_ns, time.pthread_getcpuclockid(get_ident()))


_question = _Question()
_ask = _asker()
