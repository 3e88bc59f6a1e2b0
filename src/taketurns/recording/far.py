"""A child process takes part in the recording of another: it joins, writes into its journal, and leaves.

It joins when it is handed a call of that recording, or finds it announced (children.py). From then on its threads,
pools, asyncio tasks, greenlets and children are seen as in the process that records.
"""

from __future__ import annotations

import os
import sys
import threading
from importlib import import_module
from typing import Any

from taketurns.recording import children, chunks, recorder
from taketurns.recording.children import Announcement
from taketurns.recording.journals import Journal
from taketurns.recording.recorder import Recorder
from taketurns.recording.worker import Outer, Worker
from taketurns.watcher.guest import Guest
from taketurns.watcher.originals import original

__all__ = ["FarRecorder", "current", "joined"]

#: Who tells of tasks, each with the module without which there are none.
SOURCES = {
    "of_threads": "threading",
    "of_processes": "multiprocessing",
    "of_asyncio": "asyncio",
    "of_greenlets": "greenlet",
}


class FarRecorder(Recorder):
    """The recording of another process, in one that takes part in it."""

    def __init__(self, found: Announcement) -> None:
        super().__init__(far=found)
        self.name, self.arguments = found.recording, found.arguments
        self.journal = Journal(found.folder, found.recording, str(os.getpid()))
        self.guest = Guest(self.journal.note, self.journal.stand, self.leave)
        self.known: dict[int, str] = {}  # tasks that the journal knows, by this name
        self.installed: set[str] = set()

    def let_look(self) -> None:
        """Let the helper look at this process, too."""
        found = self.far
        if found is not None and found.control:
            self.is_watched = self.guest.start(found.control, found.inode)
            if self.is_watched:
                self.journal.write(("watched",))

    def put_on(self) -> None:
        """Be the recording that is on here."""
        recorder.on = self
        self.installed.clear()
        self.install()

    def install(self) -> None:
        """Begin to see what there is to be seen, as far as it is not seen yet."""
        if len(self.installed) == len(SOURCES):
            return
        for source, module in SOURCES.items():
            if source not in self.installed and module in sys.modules:
                self.installed.add(source)
                import_module(f"taketurns.recording.{source}").install(self)

    def leave(self) -> None:
        """Take no part any more."""
        global _joined
        if recorder.on is self:
            recorder.on = None
        if _joined is self:
            _joined = None
        for source in list(self.installed):
            import_module(f"taketurns.recording.{source}").remove(self)
        self.guest.end()
        self.journal.close()

    def forget(self) -> None:
        """Let go of what belongs to the parent, in a forked child."""
        self.guest.forget()
        self.journal.forget()

    def about(self, task: int) -> tuple[Any, ...]:
        """Return what a journal is told once of a task: its name, what kind of task it is, and who started it."""
        parent = self.parents.get(task)
        parent = (os.getpid(), parent) if isinstance(parent, int) else parent
        return self.names[task], task in self.on_loop, task in self.implied, parent

    def make_worker(self) -> Worker:
        """Return the calling thread as a worker, which writes into the journal."""
        return FarWorker(self)


class FarWorker(Worker):
    """A worker in a child process: what happens is written at once, in case the process dies."""

    __slots__ = ("is_known",)

    recorder: FarRecorder

    def __init__(self, mine: FarRecorder) -> None:
        super().__init__(mine)
        self.is_known = False  # to the journal
        self.append = self.tell
        self.computed = _Computed(self)

    def enter(self, task: int | str) -> Outer:
        """Begin or resume a task."""
        outer = super().enter(task)
        self.write()
        return outer

    def tell(self, event: Any) -> None:
        """Write down an event, and before its first one who this is, and which task."""
        at, task, state, reason, until, place, *off = event
        mine = self.recorder
        if not self.is_known:
            self._introduce()
        number = waker = None
        if isinstance(place, int):
            waker = place
        elif place is not None:
            number = mine.journal.number_of(*place)
        at = at if until is None else until  # what ran until then is written already
        record = at, self.native, task, state, reason, number, waker, off[0] if off else None
        if mine.known.get(task) is (name := mine.names[task]):
            mine.journal.write(record)
        else:
            mine.journal.write(record + mine.about(task))
            mine.known[task] = name  # only now: somebody may have interrupted that

    def _introduce(self) -> None:
        is_main = self.thread == threading.main_thread().ident
        thread = "main" if is_main else str(self.thread)
        self.recorder.journal.write(("thread", self.native, thread, self.name))
        self.is_known = True


class _Computed(list[tuple[int, int]]):
    """When `compute` marked the clock in a thread of a child."""

    def __init__(self, worker: FarWorker) -> None:
        super().__init__()
        self.worker = worker

    def append(self, times: tuple[int, int]) -> None:
        """Write down from when to when."""
        self.worker.recorder.journal.write(("computed", self.worker.native, *times))


_joined: FarRecorder | None = None
_lock = original("_thread", "RLock")()


def joined(found: Announcement) -> Recorder | None:
    """Return the recording that was announced so, in whatever process this is; ``None`` where it is over.

    A process that has a recording of its own on tells that one of its tasks.
    """
    own = recorder.on
    if own is not None and own.far is None:
        return own
    at_hand = _at_hand()
    if at_hand is not None and at_hand.far == found:
        at_hand.install()
        return at_hand
    if found.process == os.getpid():
        return None
    with _lock:
        if _joined is not None and _joined.far == found and not _joined.journal.is_over:
            _joined.install()
            return _joined
        return _join(found)


def current() -> Recorder | None:
    """Return the recording in which this process takes part."""
    if (at_hand := _at_hand()) is not None:
        return at_hand
    with _lock:
        if _joined is not None and not _joined.journal.is_over:
            if recorder.on is not _joined:  # a recording of its own is over
                _joined.put_on()
            return _joined
        found = children.announcement()
        if found is not None:
            return _join(found)
        if _joined is not None:
            _joined.leave()
        return None


def _at_hand() -> FarRecorder | None:
    """Return the recording that is joined, put on and not over, which nearly every call finds so."""
    mine = _joined
    return mine if mine is not None and recorder.on is mine and not mine.journal.is_over else None


def _join(found: Announcement) -> FarRecorder | None:
    global _joined
    if _joined is not None:
        _joined.leave()
    chunks.adopt_chunk_ns(found.chunk_ns)
    mine = FarRecorder(found)
    if mine.journal.is_over:
        return None
    _joined = mine
    recorder.is_child = True
    mine.let_look()
    mine.put_on()
    return mine


def _after_fork() -> None:
    """Begin anew in a forked child: what was joined was joined by its parent."""
    global _joined, _lock
    if _joined is not None:
        _joined.forget()
    _joined, _lock = None, original("_thread", "RLock")()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)
