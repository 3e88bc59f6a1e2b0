"""What marks the clock by itself: compute, wait and waiting."""

import math
import threading
import time

from taketurns.recording import chunks as work
from taketurns.recording.current import current_worker
from taketurns.recording.endings import RETURNED
from taketurns.recording.worker import EVENT_LOOP, READY, RUNNING, WAITING, Worker, switched
from taketurns.trace.clock import SimulatedClock, simulated
from taketurns.trace.reasons import HOLDS_THE_LOOP

__all__ = ["compute", "marks_itself", "wait", "waiting"]

Switches = tuple[int, int] | None

#: A loss of the core that is shorter is not shown, as in what the watcher saw.
HIDDEN_NS = 200_000


def _seconds(seconds: float, name: str) -> float:
    """Check a duration; ``TypeError`` or ``ValueError`` says what was given and what is allowed."""
    if not hasattr(seconds, "__float__") or isinstance(seconds, bool):
        raise TypeError(f"{name}() takes a number of seconds, such as {name}(0.05); it was given {seconds!r}")
    if not 0 <= seconds < math.inf:
        raise ValueError(f"{name}() takes seconds from 0 on, such as {name}(0.05); it was given {seconds!r}")
    return float(seconds)


# CPU-bound


def compute(seconds: float) -> None:
    """Do a fixed amount of CPU-bound work in pure Python that takes about so many seconds alone on this machine.

    Two of them under the GIL take twice as long. While recorded, it marks the clock every few tens of microseconds. A
    mark that comes late, or after one of another thread, shows that it had lost the core: RUNNING ends at the last mark
    before the gap, and the gap is READY, with the reason ``"GIL"`` or ``"core"`` where that can be told.
    """
    seconds = _seconds(seconds, "compute")
    if (clock := simulated()) is not None:
        _spend(seconds, clock)
        return
    worker = current_worker()  # in a child process, this brings the parent's measure of a chunk
    chunks = work.chunks(seconds)
    if worker is None:
        work.without_marks(chunks)
    elif worker.current is not None:
        worker.change(RUNNING)
        _unheard(chunks, worker)
    else:
        worker.enter(worker.take_name())
        how = RETURNED
        try:
            _unheard(chunks, worker)
        except BaseException as error:
            how = worker.recorder.ended_by(error)
            raise
        finally:
            worker.end(how)


def _unheard(chunks: int, worker: Worker) -> None:
    """Do the work of so many chunks; who hears of calls need not hear of it."""
    ears = worker.recorder.ears
    covered = ears is not None and ears.cover()
    try:
        _with_marks(chunks, worker)
    finally:
        if covered:
            ears.uncover()


def _spend(seconds: float, clock: SimulatedClock) -> None:
    """Run for so long in simulated time, which nothing else can use meanwhile."""
    worker = current_worker()
    if worker is None or worker.current is not None:
        clock.spend(seconds)
    else:
        worker.enter("")
        clock.spend(seconds)
        worker.leave(None)


def _with_marks(chunks: int, worker: Worker) -> None:
    """Do the work of so many chunks and record every loss of the core.

    A chunk that took a quarter longer than usual is looked at: the system tells whether it switched away from this
    thread. Where it does not tell, ten chunks are the limit. In the loop, the name is written before the clock is read:
    see the law in worker.py. Short losses of the core are left out where a watcher looks on: its helper makes them.
    """
    mine, now, append, task = worker.recorder, worker.now, worker.append, worker.write()
    gil, late, longest = mine.gil, 1.25 * work.chunk_ns(), 10 * work.chunk_ns()
    hidden = late + HIDDEN_NS if mine.is_watched else 0
    switches = switched()
    began = last = worker.last
    for _ in range(chunks):
        for _ in work.CHUNK:
            pass
        lost = gil and mine.holder is not worker
        mine.holder = worker
        at = now()
        if lost or at - last > late:
            before, switches = switches, switched()
            if lost or switches != before or at - last > longest:
                reason = _reason(before, switches, lost, gil)
                if reason != "core" or at - last > hidden:
                    append((last, task, READY, reason, None, None))
                    append((at, task, RUNNING, "", None, None))
        worker.last = last = at
    worker.computed.append((began, last))
    worker.read_cpu(last)


def _reason(before: Switches, after: Switches, lost: bool, gil: bool) -> str:
    """Tell what a computing thread lost: one of many that waited can only have waited for the GIL."""
    if before is None or after is None:
        return "GIL" if lost else ""
    waited, taken = after[0] > before[0], after[1] > before[1]
    if waited and gil and threading.active_count() > 1:
        return "GIL"
    return "core" if taken else "GIL" if lost else ""


# I/O-bound


class waiting:  # noqa: N801  (a context manager that is called like a function, as in contextlib)
    """The block waits for something real: a reply, a disk, a lock. ``what`` becomes the span's reason."""

    __slots__ = ("_began", "_task", "_worker", "what")

    def __init__(self, what: str = "") -> None:
        if what.__class__ is not str:
            raise TypeError(f'waiting() takes what the block waits for, such as "a reply"; it was given {what!r}')
        self.what = what

    def __enter__(self) -> None:
        self._worker = worker = current_worker()
        if worker is None:
            return
        if worker.current is None:
            self._task: int | None = worker.begin(worker.take_name())
            self._began = worker.note(self._task, WAITING, self.what)
        else:
            self._task = None  # it is the worker's current one
            self._began = worker.change(WAITING, self.what)

    def __exit__(self, *exception: object) -> None:
        worker = self._worker
        if worker is None:
            return
        if self._task is None:
            worker.change(RUNNING)
        else:
            _, error, _ = exception
            how = worker.recorder.ended_by(error) if isinstance(error, BaseException) else RETURNED
            worker.note(self._task, None, how)


class _timer(waiting):  # noqa: N801
    """A wait that is due at a known time. From then on it is READY, until it gets on.

    Nothing can be awaited meanwhile: on an event loop it lets nobody else run.
    """

    __slots__ = ("seconds",)

    def __init__(self, seconds: float) -> None:
        super().__init__("timer")
        self.seconds = seconds

    def __enter__(self) -> None:
        worker = current_worker()
        if worker is not None and worker.current in worker.recorder.on_loop:
            self.what = f"timer{HOLDS_THE_LOOP}"
        super().__enter__()

    def __exit__(self, *exception: object) -> None:
        worker = self._worker
        if worker is not None:
            due, holder = self._began + round(self.seconds * 1e9), worker.recorder.holder
            if worker.mark() - due > 10 * work.chunk_ns():
                # Who marked the clock after it was due had the GIL then, and this thread had not; or it was another
                # greenlet of this thread.
                lost = "GIL" if worker.recorder.gil else ""
                reason = "" if holder is None or holder.last <= due else EVENT_LOOP if holder is worker else lost
                late = worker.write() if self._task is None else self._task
                worker.append((due, late, READY, reason, None, None))
        super().__exit__(*exception)


def wait(seconds: float) -> None:
    """Block this thread for so many seconds, as a stand-in for I/O."""
    seconds = _seconds(seconds, "wait")
    clock = simulated()
    with _timer(seconds):
        time.sleep(seconds) if clock is None else clock.spend(seconds)


def marks_itself(function: object) -> bool:
    """Return whether a function is a stand-in, whose call is a task of its own: from its first mark to its last."""
    return function is compute or function is wait
