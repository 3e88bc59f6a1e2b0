"""The recorder: the one recording that is on in a process, and who takes part in it.

Every thread is a `Worker`, which writes events (see worker.py). When the recording ends, the events of all workers, of
this process and of its children, become spans.

An interrupt may come at any line. So a recording is claimed and given back by one operation each, which is atomic among
threads too; all between the two is done by the thread that has the claim. `finish` can be called again after it was
interrupted: what it has done stays done.
"""

import itertools
import os
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any, cast

from taketurns.recording import children, chunks
from taketurns.recording.worker import FarWorker, Log, Worker
from taketurns.trace.clock import SimulatedClock, WallClock, simulated, timekeeper
from taketurns.trace.trace import Trace
from taketurns.watcher.originals import get_ident, local

__all__ = [
    "Recorder",
    "aside",
    "begin_block",
    "current_worker",
    "end_block",
    "finish",
    "here",
    "is_child",
    "on",
    "start",
]

_recordings = itertools.count()


class Recorder(Log):
    """One recording while it is on, in the process that records or in one of its children."""

    def __init__(
        self, label: str = "", clock: SimulatedClock | None = None, far: children.Announcement | None = None
    ) -> None:
        super().__init__(clock)
        self.name = far.recording if far else f"{os.getpid()}x{next(_recordings)}"
        self.far = far  # in a child process: where its events go, at once
        self.trace = Trace.begin(label)
        self.thread = get_ident()
        self.followers: list[Callable[[Recorder], None]] = []  # they are called in each thread that takes part
        # Of its block: was it left without a word? And how it ends.
        self.is_given_up: Callable[[], bool] = lambda: False
        self.end: Callable[[str], None] = partial(finish, self)

    def new_events(self) -> Any:
        """Return what a worker appends its events to: a list, or the journal of a child process."""
        return super().new_events() if self.far is None else children.Journal(self.far, self.names)

    def new_worker(self) -> Worker | None:
        """Make the calling thread a worker of this recording; simulated time has one thread, and the others none."""
        if self.clock not in (None, simulated()) and self.thread != get_ident():
            return None
        worker = here.worker = FarWorker(self) if self.far else Worker(self)
        self.workers.append(worker)
        for follow in self.followers:
            follow(self)
        if worker.native in self.bystanders:  # its thread was a task before it had a worker
            worker.enter(self.bystanders[worker.native])
        return worker


here = local()
#: The recording that this process has on; whoever begins one claims its place first.
on: Recorder | None = None
_claims: dict[str, Recorder] = {}
_parents: Recorder | None = None
#: Whether a parent process could be recording.
is_child = children.has_ancestors()


def current_worker() -> Worker | None:
    """Return the calling thread's worker in the recording that is on here or in a parent process, if there is one."""
    recorder = on
    if recorder is None:
        recorder = _of_parent() if is_child else None
        if recorder is None:
            return None
    try:
        worker: Worker = here.worker
    except AttributeError:
        return recorder.new_worker()
    return worker if worker.recorder is recorder else recorder.new_worker()


def _of_parent() -> Recorder | None:
    """Return the recording of a parent process, in which this process takes part with journals."""
    global _parents
    worker: Worker | None = getattr(here, "worker", None)
    if worker is not None and worker.current is not None:
        return cast(Recorder, worker.recorder)  # in the middle of a task
    found = children.announcement()
    if found is None:
        return None
    known = _parents
    if known is None or known.name != found.recording:
        chunks.adopt_chunk_ns(found.chunk_ns)
        known = _parents = Recorder(far=found)
    return known


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
    children.folder().open(recorder.name, chunk_ns)
    timekeeper.clock = recorder.clock or WallClock()
    on = recorder


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
    if recorder.trace.is_on:
        from taketurns.recording.whole import whole

        if recorder.watcher is not None:
            recorder.looks = recorder.watcher.stop()
        recorder.trace.complete(whole(recorder, recorder.trace.label, cut_short))
    if mine:
        timekeeper.clock = None
        here.__dict__.clear()
        children.folder().remove()
        _claims.clear()


def _after_fork() -> None:
    """Let a forked child start without a recording of its own; its parent is now an ancestor."""
    global on, _parents, is_child
    if on is not None and on.watcher is not None:
        on.watcher.forget()
    on, _parents, timekeeper.clock = None, None, None
    _claims.clear()
    here.__dict__.clear()
    children.renew()
    is_child = True


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)
