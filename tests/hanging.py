"""What tests of deadlocks need: threads that hang for certain, and go on when the test is over."""

import linecache
import os
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

from taketurns import State
from taketurns.recording import recorder
from taketurns.recording.hanging import LONG
from taketurns.trace.trace import Trace

#: What a line ends with on which a thread is to hang.
MARK = "# hangs"
PATIENCE = 60


class Hanging:
    """Threads by their names, and what frees them."""

    def __init__(self, locks):
        self.locks = locks
        self.threads = []

    def start(self, **functions: Callable[[], object]) -> None:
        """Start a thread for each function, under its name."""
        for name, function in functions.items():
            self.threads.append(threading.Thread(target=self._run, args=[function], name=name, daemon=True))
            self.threads[-1].start()

    def _run(self, function):
        with suppress(RuntimeError):  # who was freed gives back what others gave back for them
            function()

    def settle(self, seconds: float = 1.5 * LONG) -> None:
        """Return when the kernel has shown for so long that all threads wait on their marked lines."""
        until(lambda: all(_hangs(thread, seconds) for thread in self.threads))

    def free(self) -> None:
        """Let all go on, and wait for their ends."""
        deadline = time.monotonic() + PATIENCE
        while any(thread.is_alive() for thread in self.threads):
            for lock in self.locks:
                with suppress(RuntimeError, ValueError):
                    lock.release()
            assert time.monotonic() < deadline, "a thread still hangs"
            time.sleep(0.001)


@contextmanager
def hanging(*locks) -> Iterator[Hanging]:
    """Return what starts threads, and frees them in the end by these locks."""
    found = Hanging(locks)
    try:
        yield found
    finally:
        found.free()


def until(holds: Callable[[], bool]) -> None:
    """Return when something holds."""
    deadline = time.monotonic() + PATIENCE
    while not holds():
        assert time.monotonic() < deadline, "it never came"
        time.sleep(0.002)


def _hangs(thread, seconds):
    frame = sys._current_frames().get(thread.ident)
    while frame is not None and MARK not in linecache.getline(frame.f_code.co_filename, frame.f_lineno):
        frame = frame.f_back
    looks = recorder.on.watcher.looks().get(thread.native_id)
    last = looks[-1] if looks else None
    return (
        frame is not None and last is not None and last.state is State.WAITING and last.end - last.start > seconds * 1e9
    )


def interrupt_when(holds: Callable[[], bool]) -> threading.Thread:
    """Start a thread that interrupts the program, as Ctrl-C does, when something holds."""

    def interrupt():
        until(holds)
        os.kill(os.getpid(), 2)

    thread = threading.Thread(target=interrupt, name="interrupter")
    thread.start()
    return thread


def stood(*threads: threading.Thread) -> bool:
    """Return whether the namer has looked at what long waiting threads hold and want."""
    namer = recorder.on.watcher._namer
    return all(thread.ident in namer.standings for thread in threads)


def waits_to_the_end(trace: Trace, *tasks: str) -> bool:
    """Return whether the last span of each of these tasks is a wait, up to the end of the recording."""
    last = [trace.lane(task)[-1] for task in tasks]
    return all(span.state is State.WAITING and span.end == trace.duration for span in last)
