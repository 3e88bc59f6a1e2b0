"""within(): some work, and its end within so many seconds, whatever it does.

The work runs in a thread of its own, and who called waits there. So an endless loop, a lock that nobody releases and a
``sys.exit()`` stay with the work, and a Ctrl-C comes to who waits. No signal is used, because that of an alarm belongs
to others (pytest, a kernel) and is not there under Windows.

When its time is over, the thread is told to end by an exception that is raised in it. Work that swallows the exception
lets go of it when its ``except`` is over; the exception's ``__del__`` sees that, and gives the thread a trace function,
for its last lines, which raises the exception again at the next line, outside of that ``try``.
A single call into C that does not come back (a sleep, a lock) cannot be ended so. It keeps its thread, which is a
daemon: it hinders nobody, and ends with the call, or with the program.
"""

import ctypes
import gc
import os
import sys
import threading
from collections.abc import Callable
from contextlib import redirect_stderr, redirect_stdout
from contextvars import copy_context
from threading import Thread, get_ident
from time import monotonic, sleep
from types import FrameType
from typing import Generic, TypeVar

__all__ = ["LateError", "StuckError", "is_stuck", "within"]

T = TypeVar("T")

#: For how many seconds a thread is told to end before it is left alone.
PATIENCE = 1.0

_raise_in_thread = ctypes.pythonapi.PyThreadState_SetAsyncExc


class LateError(BaseException):
    """What the work raises by itself where it sees that it would never end."""


class StuckError(TimeoutError):
    """The work did not end in time, and could not be ended either."""


def is_stuck() -> bool:
    """Return whether other work goes on that could not be ended."""
    this = threading.current_thread()
    return any(isinstance(thread, _Run) and thread is not this for thread in threading.enumerate())


def within(seconds: float, work: Callable[[], T]) -> tuple[T | None, type[BaseException] | None]:
    """Return what some work returns, or ``None``, and the kind of error that it ended with, or ``None``.

    It is ``TimeoutError`` where the work was ended, and `StuckError` where it could not be. What is printed meanwhile,
    by the work and by other threads, is swallowed.
    """
    run = _Run(work)
    with open(os.devnull, "w", encoding="utf-8") as nowhere, redirect_stdout(nowhere), redirect_stderr(nowhere):
        try:
            run.start()
            run.join(seconds)
        finally:
            in_time = not run.is_alive()
            stuck = not in_time and not run.end()
            if not in_time:
                gc.collect()  # what was left half-done may complain, and is not heard here
    return (run.value, run.raised) if in_time else (None, StuckError if stuck else TimeoutError)


class _Run(Thread, Generic[T]):
    """A thread that does some work, and can be told to end."""

    def __init__(self, work: Callable[[], T]) -> None:
        super().__init__(name="check", daemon=True)
        self.work, self.context = work, copy_context()
        self.value: T | None = None
        self.raised: type[BaseException] | None = None
        self.has_begun = self.is_over = self.is_told = self.may_go = False
        # asyncio ends with a SystemExit at once, where it would keep another exception for whoever asks.
        self.stop: type[SystemExit] = type("Stop", (SystemExit,), {"__del__": lambda _: self._tell_again()})

    def run(self) -> None:
        """Do the work; then, once told to end, stay until nobody tells it any more: what comes later would be loud."""
        kept = []  # so that none of them is let go, which would raise it again
        while True:
            try:
                if not self.has_begun:
                    self.has_begun = True
                    self._work()
                self.is_over = True
                while self.is_told and not self.may_go:
                    sleep(0.0005)
                return
            except self.stop as stop:
                kept.append(stop)

    def _work(self) -> None:
        try:
            self.value = self.context.run(self.work)
        except BaseException as error:  # noqa: BLE001 - whatever it is, it is told to who waits
            self.raised = type(error)

    def end(self) -> bool:
        """Tell the thread to end until it does; return whether it did."""
        self.is_told, until = True, monotonic() + PATIENCE
        try:
            while not self.is_over and monotonic() < until:
                _raise_in_thread(ctypes.c_ulong(self.ident or 0), ctypes.py_object(self.stop))
                self.join(0.01)
        finally:
            self.may_go = True
        if self.is_over:
            self.join()
        return self.is_over

    def _tell_again(self) -> None:
        """Raise the exception at the next line of the work: it was swallowed."""
        if self.is_over or get_ident() != self.ident:
            return

        def trace(*_: object) -> None:
            raise self.stop

        frame: FrameType | None = sys._getframe(2)
        sys.settrace(trace)
        while frame is not None and frame.f_code is not _Run.run.__code__:
            frame.f_trace = trace
            frame = frame.f_back
