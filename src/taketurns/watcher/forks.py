"""While the program forks, the namers rest: from 3.12 on Python warns where a process with several threads forks."""

import ctypes
import os
import sys
import threading
from functools import partial
from time import perf_counter_ns as now
from time import sleep

from taketurns.watcher.kernel import BlockedSignals
from taketurns.watcher.namer import Namer

__all__ = ["namers"]

#: The namers that are at work.
namers: set[Namer] = set()

#: So long, in seconds, a fork waits for one.
_PATIENCE = 0.1


def _rest() -> None:
    for namer in list(namers):
        if namer.rest(_PATIENCE):
            _wait_for_end(namer.threads[-1:])


def _wait_for_end(threads: list[int]) -> None:
    """Wait until the kernel counts a thread no more, which is a moment after it has ended."""
    give_up = now() + _PATIENCE * 1e9
    while any(os.path.exists(f"/proc/self/task/{thread}") for thread in threads) and now() < give_up:
        sleep(50e-6)


def _go_on() -> None:
    for namer in list(namers):
        with BlockedSignals():
            namer.start()


def _go_on_elsewhere() -> None:
    """Go on at once where the main thread is another, and may be blocked: there Python warns anyhow."""
    if threading.get_ident() != threading.main_thread().ident:
        _go_on()


def _later(_: int | None) -> int:
    _go_on()
    return 0


_CALL = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_void_p)(_later)

if sys.version_info >= (3, 12):
    os.register_at_fork(before=_rest, after_in_parent=_go_on_elsewhere, after_in_child=namers.clear)
    # Python 3.13 counts the threads after its hooks. So the main thread goes on when all that is over; no line of
    # Python must come between.
    os.register_at_fork(after_in_parent=partial(ctypes.pythonapi.Py_AddPendingCall, _CALL, None))
