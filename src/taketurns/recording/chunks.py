"""A fixed amount of CPU-bound work, cut into chunks that all take equally long."""

import math
import os
import time

from taketurns.watcher.originals import original

__all__ = ["CHUNK", "adopt_chunk_ns", "chunk_ns", "chunks", "without_marks"]

#: The loop of one chunk turns this often: a few tens of microseconds of pure Python, too short for a hand-over of the
#: GIL to hide in, too long for reading the clock after it to matter.
CHUNK = range(2000)
VARIABLE = "TAKETURNS_CHUNK_NS"


def _handed_down() -> float:
    """Return what a parent process measured (ns), or 0 where none did."""
    try:
        measured = float(os.environ.get(VARIABLE) or 0)
    except ValueError:
        return 0.0
    return measured if 0 < measured < math.inf else 0.0


_known = _handed_down()
_lock = original("_thread", "allocate_lock")()


def _after_fork() -> None:
    """Renew the lock: a thread that is not in the child may have held it in the middle of its measurement."""
    global _lock
    _lock = original("_thread", "allocate_lock")()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)


def without_marks(chunks: int) -> None:
    """Do the work of so many chunks."""
    for _ in range(chunks):
        for _ in CHUNK:
            pass


def chunk_ns() -> float:
    """Return the time of one chunk alone on this machine, in ns: measured once, then the same in every process.

    It is the lower decile over 60 ms: what the system or other threads take away only makes chunks longer, and a core
    needs a while to reach its speed.
    """
    if not _known:
        with _lock:
            if not _known:
                _measure()
    return _known


def _measure() -> None:
    end = time.perf_counter_ns() + 60_000_000
    times = [_timed()]
    while time.perf_counter_ns() < end:
        times.append(_timed())
    adopt_chunk_ns(float(sorted(times)[len(times) // 10]))


def adopt_chunk_ns(measured: float) -> None:
    """Take over what was measured before; children that start from now on take it over too."""
    global _known
    _known = measured
    os.environ[VARIABLE] = repr(measured)


def chunks(seconds: float) -> int:
    """Return the number of chunks that take about so many seconds."""
    return round(seconds * 1e9 / chunk_ns())


def _timed() -> int:
    start = time.perf_counter_ns()
    for _ in CHUNK:
        pass
    return time.perf_counter_ns() - start
