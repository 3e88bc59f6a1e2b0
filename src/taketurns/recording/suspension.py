"""When the block itself is suspended on an event loop, and for what: then the loop runs others in its thread."""

from collections.abc import Callable
from typing import NamedTuple

from taketurns.recording.worker import EVENT_LOOP, Log, Place
from taketurns.trace.spans import State

__all__ = ["Find", "Suspended", "Suspension"]


#: Finds out, at a time (ns), in which state the block is, why, where, and when its time comes (ns), if that is known.
Find = Callable[[int], tuple[State, str, Place, int | None]]


class Suspended(NamedTuple):
    """From when to when (ns) the block was suspended, in which state, why, and where."""

    at: int
    until: int
    state: State
    reason: str
    place: Place


class Suspension:
    """How the block of a recording is suspended right now, if it is. A call that it makes has marks of its own."""

    def __init__(self, mine: Log) -> None:
        self._mine = mine
        self._since = 0  # in ns; 0 where it is not suspended
        self._how: tuple[State, str, Place] = State.READY, EVENT_LOOP, None
        self._due: int | None = None
        self._woken = False

    def begin(self, find: Find) -> None:
        """Note that the block is suspended from now on; how is found out unheard."""
        mine = self._mine
        if mine.block is None:
            return
        self._since = mine.now()
        covered = mine.ears is not None and mine.ears.cover()
        try:
            state, reason, place, self._due = find(self._since)
        finally:
            if covered:
                mine.ears.uncover()
        self._how = (State.READY, EVENT_LOOP, None) if self._woken else (state, reason, place)

    def ready(self) -> None:
        """Note that its next step is asked for: it is READY from when its time was, where that has passed."""
        self._woken = True
        if self._since and self._how[0] is State.WAITING:
            now = self._mine.now()
            at = max(self._since, min(now if self._due is None else self._due, now))
            self._write(at)
            self._since, self._how = at, (State.READY, EVENT_LOOP, None)

    def end(self) -> None:
        """Note that the block goes on."""
        if self._since and self._due is not None and self._due < self._mine.now():
            self.ready()
        if self._since:
            self._write(self._mine.now())
        self._since, self._woken = 0, False

    def _write(self, until: int) -> None:
        self._mine.suspended.append(Suspended(self._since, until, *self._how))
