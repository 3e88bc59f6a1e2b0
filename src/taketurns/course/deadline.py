"""within(): some work, and its end within so many seconds, whatever it does.

The work runs in a thread of its own, and who called waits there. So an endless loop, a lock that nobody releases and a
``sys.exit()`` stay with the work, and a Ctrl-C comes to who waits. No signal is used, because that of an alarm belongs
to others (pytest, a kernel) and is not there under Windows, and no trace function, which would slow everything down.

When its time is over, the thread is told to end by an exception that is raised in it: again and again, for the work may
catch it. Whoever swallows it gets it again as soon as it is let go, which is outside of the ``try`` that caught it.
A single call into C that does not come back (a sleep, a lock) cannot be ended so. It keeps its thread, which is a
daemon: it hinders nobody, and ends with the call, or with the program.
"""

from __future__ import annotations

import ctypes
import gc
import os
from collections.abc import Callable
from contextlib import redirect_stderr, redirect_stdout
from contextvars import copy_context
from functools import partial
from threading import Thread
from time import monotonic, sleep
from typing import Generic, TypeVar

__all__ = ["LateError", "StuckError", "within"]

T = TypeVar("T")

#: For how many seconds a thread is told to end before it is left alone.
PATIENCE = 0.3

_raise_in_thread = ctypes.pythonapi.PyThreadState_SetAsyncExc


class LateError(BaseException):
    """The work did not end in time. It may raise this by itself, where it knows that it would not."""


class StuckError(LateError):
    """The work could not be ended either."""


def within(seconds: float, work: Callable[[], T]) -> tuple[T | None, type[BaseException] | None]:
    """Return what some work returns, or ``None``, and the kind of error that it ended with, or ``None``.

    What it prints, and what Python says of it meanwhile, is swallowed.
    """
    run = _Run(work)
    with open(os.devnull, "w", encoding="utf-8") as nowhere, redirect_stdout(nowhere), redirect_stderr(nowhere):
        try:
            run.start()
            run.join(seconds)
        finally:
            in_time = not run.is_alive()
            is_stuck = not in_time and not run.end()
            if not in_time:
                gc.collect()  # what was left half-done may complain, and is not heard here
    return (run.value, run.raised) if in_time else (None, StuckError if is_stuck else LateError)


class _Run(Thread, Generic[T]):
    """A thread that does some work, and can be told to end."""

    def __init__(self, work: Callable[[], T]) -> None:
        super().__init__(name="check", daemon=True)
        self.work, self.context = work, copy_context()
        self.value: T | None = None
        self.raised: type[BaseException] | None = None
        self.has_begun = self.is_over = self.is_told = self.may_go = False
        # asyncio ends with a SystemExit at once, where it would keep another exception for whoever asks.
        self.stop: type[SystemExit] = type("Stop", (SystemExit,), {})

    def run(self) -> None:
        """Do the work; then, once told to end, stay until nobody tells it any more: what comes later would be loud."""
        kept = []
        while True:
            try:
                if not self.has_begun:
                    self.has_begun = True
                    self._work()
                self.is_over = True
                self.stop.__del__ = int  # type: ignore[attr-defined]
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
        told = ctypes.c_ulong(self.ident or 0), ctypes.py_object(self.stop)
        # Called by nobody's Python code when an instance is let go, so that it cannot be raised in there.
        self.stop.__del__ = partial(_raise_in_thread, *told)  # type: ignore[attr-defined]
        self.is_told, until = True, monotonic() + PATIENCE
        try:
            while not self.is_over and monotonic() < until:
                _raise_in_thread(*told)
                self.join(0.005)
        finally:
            self.may_go = True
        if self.is_over:
            self.join()
        return self.is_over
