"""The recorder: the one recording that is on in a process, and who takes part in it.

Every thread is a `Worker`, which writes events (see worker.py). When the recording ends, the events of all workers, of
this process and of its children, become spans.

An interrupt may come at any line. So a recording is claimed and given back by one operation each, which is atomic among
threads too; all between the two is done by the thread that has the claim. `finish` can be called again after it was
interrupted: what it has done stays done.
"""

import gc
import itertools
import os
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import Protocol

from taketurns.recording import children, chunks
from taketurns.recording.worker import Log, Worker
from taketurns.trace.clock import SimulatedClock, WallClock, simulated, timekeeper
from taketurns.trace.text import describe
from taketurns.trace.trace import Trace
from taketurns.watcher.originals import get_ident, local, original

__all__ = [
    "PATIENCE",
    "Recorder",
    "aside",
    "begin_block",
    "claimed",
    "end_block",
    "finish",
    "here",
    "is_child",
    "on",
    "start",
]

_recordings = itertools.count()

#: So long, in seconds, the end of a recording waits for somebody who reads it.
PATIENCE = 2.0


class Listener(Protocol):
    """Who shows a trace while it is recorded."""

    def stop(self) -> None:
        """Read nothing more of the recording: it is about to end. This can be done again."""

    def show(self, trace: Trace) -> None:
        """Show the whole trace."""


class Recorder(Log):
    """One recording while it is on, in the process that records or in one of its children."""

    def __init__(
        self, label: str = "", clock: SimulatedClock | None = None, far: children.Announcement | None = None
    ) -> None:
        super().__init__(clock)
        self.name = far.recording if far else f"{os.getpid()}x{next(_recordings)}"
        self.far = far  # what a child process has learned: its events go elsewhere, at once
        self.ticket = far  # what is handed to children
        self.trace = Trace.begin(label)
        self.collects = False  # whether the garbage collector is on, while the recording ends
        self.followers: list[Callable[[Recorder], None]] = []  # they are called in each thread that takes part
        self.reading = original("_thread", "allocate_lock")()  # is held by who reads it while it is on
        self.audience: list[Listener] = []
        # Of its block: was it left without a word? And how it ends.
        self.is_given_up: Callable[[], bool] = lambda: False
        self.end: Callable[[str], None] = partial(finish, self)

    def make_worker(self) -> Worker:
        """Return the calling thread as a worker."""
        return Worker(self)

    def forget(self) -> None:
        """Let go of what belongs to the parent, in a forked child."""
        if self.watcher is not None:
            self.watcher.forget()

    def new_worker(self) -> Worker | None:
        """Make the calling thread a worker of this recording; simulated time has one thread, and the others none."""
        if self.clock not in (None, simulated()) and self.thread != get_ident():
            return None
        worker = here.worker = self.make_worker()
        self.workers.append(worker)
        for follow in self.followers:
            follow(self)
        if worker.native in self.bystanders:  # its thread was a task before it had a worker
            worker.enter(self.bystanders[worker.native])
        return worker


#: What each thread has for itself: its worker.
here = local()
#: The recording that this process has on; whoever begins one claims its place first.
on: Recorder | None = None
_claims: dict[str, Recorder] = {}
#: Whether a parent process could be recording.
is_child = children.has_ancestors()


def start(recorder: Recorder) -> None:
    """Put on the one recording of this process; ``RuntimeError`` where one is on."""
    global on
    chunk_ns = chunks.chunk_ns()
    while (first := _claims.setdefault("on", recorder)) is not recorder:
        if not first.is_given_up():
            raise RuntimeError(
                f"a recording is on already ({first.trace.label!r}); one process records one thing at a time: "
                "let its `with record()` block end before the next begins"
            )
        first.end("interrupted")
    if recorder.clock is None:
        from taketurns.watcher.watcher import Watcher  # here and below: `import taketurns` is quick

        recorder.watcher = Watcher()
        recorder.watcher.start()
        recorder.is_watched = not recorder.watcher.why_not
        # Children live in real time.
        recorder.ticket = children.folder().open(recorder.name, chunk_ns, recorder.arguments, *recorder.watcher.address)
    timekeeper.clock = recorder.clock or WallClock()
    on = recorder


def claimed() -> Recorder | None:
    """Return the recording of this process that is on, or is about to end."""
    return _claims.get("on")


def begin_block() -> None:
    """Let the recording that is on begin only now: what came before was none of its block's."""
    if on is not None:
        on.start = on.now()


@contextmanager
def aside() -> Iterator[None]:
    """Leave out of the block's lane what the calling thread does meanwhile: it is none of the block's."""
    mine = on
    began = mine.now() if mine is not None else 0
    try:
        yield
    finally:
        if mine is not None:
            mine.dealings.append((threading.get_native_id(), began, mine.now()))


def end_block() -> None:
    """Say that the block of the recording that is on has ended, although the recording goes on for a moment."""
    if on is not None:
        on.block_ended = on.block_ended or on.now()


def finish(recorder: Recorder, cut_short: str) -> None:
    """End a recording and complete its trace; what is done of that already stays as it is."""
    global on
    if on is recorder:
        on = None
    mine = _claims.get("on") is recorder
    if mine:
        children.folder().close()
    recorder.ended = recorder.ended or recorder.now()
    recorder.collects = recorder.collects or gc.isenabled()
    try:
        _end_reading(recorder)
        gc.disable()  # what is made now is made for good, and there is much of it
        _complete(recorder, cut_short)
    except Exception as problem:  # a fault of ours spoils one recording, and not all that come after it
        recorder.trace.complete(Trace(recorder.trace.label, (), cut_short=describe(problem)))
        raise
    finally:
        if recorder.collects:
            gc.enable()
        if mine and not recorder.trace.is_on:
            timekeeper.clock = None
            here.__dict__.clear()
            children.folder().remove()
            _claims.clear()
        if not recorder.trace.is_on:
            _show(recorder)


def _end_reading(recorder: Recorder) -> None:
    """Let who reads the recording while it is on come to an end. This can be done again."""
    for listener in recorder.audience:
        listener.stop()
    if recorder.reading.acquire(timeout=PATIENCE):
        recorder.reading.release()


def _show(recorder: Recorder) -> None:
    """Show the whole trace to who followed it."""
    for listener in recorder.audience:
        listener.show(recorder.trace)
    recorder.audience.clear()


def _complete(recorder: Recorder, cut_short: str) -> None:
    """Complete the trace of a recording, unless that is done."""
    if recorder.trace.is_on:
        from taketurns.recording import stands
        from taketurns.recording.reports import Reports
        from taketurns.recording.whole import whole

        recorder.at_end = recorder.at_end or stands.look(recorder)
        if recorder.watcher is not None:
            recorder.watcher.end()  # from now on children are asked nothing more
        reports = Reports(recorder.name)
        recorder.unseen |= reports.unseen
        if recorder.watcher is not None:
            recorder.looks = recorder.watcher.stop(reports.namings)
        recorder.trace.complete(whole(recorder, recorder.trace.label, cut_short, reports))


def _after_fork() -> None:
    """Let a forked child start without a recording of its own; its parent is now an ancestor."""
    global on, is_child
    if on is not None:
        on.forget()
    on, timekeeper.clock = None, None
    _claims.clear()
    here.__dict__.clear()
    children.renew()
    is_child = True


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)
