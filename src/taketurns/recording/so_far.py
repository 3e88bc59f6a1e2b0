"""What is recorded so far: a trace of a recording that is still on, and who follows it until it ends.

It is made of copies, so the recording goes on as if nobody had asked: no task gets a number, a name or an event by it.
Only to copy takes a lock, which the end of a recording waits for; to make a trace of the copy does not.
"""

from __future__ import annotations

import _thread
import threading
from collections.abc import Callable
from contextlib import suppress
from itertools import count
from time import thread_time

from taketurns.recording import recorder
from taketurns.recording.recorder import PATIENCE, Recorder
from taketurns.recording.reports import Reports
from taketurns.recording.whole import part, seen
from taketurns.recording.worker import Log
from taketurns.trace.trace import Trace
from taketurns.watcher.originals import original

__all__ = ["Follower", "follow", "so_far"]

#: The time between two traces (s), and how many times as long as the CPU time of one it is at least.
PAUSE, SHARE = 0.25, 19

Show = Callable[[Trace], None]


class _Copy(Log):
    """What a log holds at one moment; its lists, sets and tables are its own."""

    def __init__(self, log: Log) -> None:
        held = dict(vars(log))
        vars(self).update(
            {name: each.copy() if type(each) in (dict, list, set) else each for name, each in held.items()}
        )
        self._below = count(-1, -1)

    def number(self, name: str) -> int:
        """Return a number that no task of the recording itself has."""
        number = next(self._below)
        self.names[number] = name
        return number


def so_far(trace: Trace) -> Trace:
    """Return what is recorded of a trace so far; the trace itself where its recording is not on in this process.

    While the end of the recording is made, nothing is.
    """
    mine = _recorder_of(trace)
    return trace if mine is None else _read(mine) or Trace(trace.label, ())


def _read(mine: Recorder) -> Trace | None:
    """Return what is recorded so far; ``None`` where the end is being made."""
    if not mine.reading.acquire(timeout=PATIENCE):
        return None
    try:
        if mine.ended:
            return None
        # In this order: what is seen of the workers has its names, and all that belongs to it, in the copy.
        now, events = mine.now(), [seen(worker) for worker in list(mine.workers)]
        reports, copied = Reports(mine.name), _Copy(mine)
        if copied.watcher is not None:
            copied.looks = copied.watcher.looks(reports.namings)
            now = min(now, copied.watcher.until or now)
    finally:
        mine.reading.release()
    return part(copied, mine.trace.label, events, max(now, mine.start), reports)


def follow(trace: Trace, show: Show) -> Follower | None:
    """Have a trace shown until it is whole; ``None`` where its recording is not on in this process."""
    mine = _recorder_of(trace)
    if mine is None:
        return None
    follower = Follower(mine, show)
    mine.audience.append(follower)
    if not trace.is_on:  # it has ended meanwhile
        follower.show(trace)
    return follower


def _recorder_of(trace: Trace) -> Recorder | None:
    mine = recorder.claimed()
    return mine if mine is not None and mine.trace is trace and trace.is_on else None


class Follower:
    """Shows a trace: what is recorded so far now and then, by a thread, and all of it at the end.

    To make a trace takes time from the program that is recorded: a twentieth of it at most, once there is much.
    """

    def __init__(self, mine: Recorder, show: Show) -> None:
        self._mine, self._show = mine, show
        self.thread: threading.Thread | None = None
        self._bell = original("_thread", "allocate_lock")()
        self._bell.acquire()
        self._is_over = False

    def start(self) -> None:
        """Start the thread. It is no task: it is ours.

        Where gevent has put greenlets in the place of threads there is none: it would hold up all others.
        """
        if _thread.start_new_thread is not original("_thread", "start_new_thread"):
            return
        with suppress(RuntimeError):  # there are too many threads; then only the end is shown
            thread = threading.Thread(target=self._work, name="taketurns: so far", daemon=True)
            thread.start()
            self.thread = thread

    def stop(self) -> None:
        """End the thread, and wait for that a few seconds at the most. This can be done again."""
        self._is_over = True
        with suppress(RuntimeError):  # it rings already
            self._bell.release()
        if self.thread is not None:
            self.thread.join(PATIENCE)

    def refresh(self) -> None:
        """Show what is recorded so far, unless it is over by then."""
        trace = _read(self._mine)
        if trace is not None and not self._is_over:
            self.show(trace)

    def show(self, trace: Trace) -> None:
        """Show a trace. What goes wrong with that is no matter of the program's."""
        with suppress(Exception):
            self._show(trace)

    def _work(self) -> None:
        pause = PAUSE
        while not self._bell.acquire(timeout=pause) and not self._is_over and not self._mine.is_given_up():
            began = thread_time()
            with suppress(Exception):
                self.refresh()
            pause = max(PAUSE, SHARE * (thread_time() - began))
