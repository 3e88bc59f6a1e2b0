"""What a watcher saw: a thread in one state for a time."""

from types import CodeType
from typing import NamedTuple

from taketurns.trace.spans import State, Where

__all__ = ["Look", "Place"]

#: A code object and the offset in it, in bytes, of the instruction that is being executed.
Place = tuple[CodeType, int]


class Look(NamedTuple):
    """A thread in one state for a time, in ns of ``perf_counter_ns``.

    ``reason`` is "GIL" or "core" for READY, and a short noun for WAITING: "sleep", "lock", "socket". ``place`` is the
    innermost frame of the learner's own code, for waits of about 5 ms or more; of another process, what it says.
    ``blur`` is by how much the start may be off, in ns.
    """

    state: State
    reason: str
    place: Place | Where | None
    start: int
    end: int
    blur: int = 0
