"""Changes: what an event loop did from one step to the next, so that each of its steps can be told later.

To write down at each step all that is ready, set and suspended would take as long as there are tasks. What changes from
step to step is little: one task leaves the queue, some join it, a timer or two, and the line of who has just run.
"""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Mapping, Sequence
from typing import NamedTuple, TypeVar

__all__ = ["Changes", "Line", "OfFutures", "Step", "Walk"]

Line = tuple[str, int]
V = TypeVar("V")

#: What is written of timers: one is set, one is canceled, and all that were due before a time are none any more.
SET, CANCELED, DUE = "set", "canceled", "due"


class Step(NamedTuple):
    """A step of an event loop: when (s), whose, and how much of what its loop has written down came before it."""

    loop: Changes
    at: float
    running: int
    left: int
    queued: int
    timers: int
    stands: int


class Changes:
    """What has changed in one event loop. Tasks are numbers, and a timer is set for a task, in ns."""

    per_second = 1_000_000_000  # of the times of its timers

    def __init__(self, recording: str) -> None:
        self.recording = recording  # that they are kept for
        self.tasks = 0  # how many of the loop's are known to it
        self.queue: list[int] = []  # all tasks that were made ready, in that order
        self.left = 0  # how many of them have left the queue again
        self.timers: list[tuple[str, float, int]] = []  # what is done to one, its time, and for whom it is
        self.stands: list[tuple[int, Line | None, int | None]] = []  # a task, its line, and whose end it waits for

    def set(self, due: float, whom: int) -> None:
        """Write down that a timer is set."""
        self.timers.append((SET, due, whom))

    def cancel(self, due: float, whom: int) -> None:
        """Write down that a timer is canceled."""
        self.timers.append((CANCELED, due, whom))

    def pass_by(self, at: float) -> None:
        """Write down that the timers before a time are due, and so none any more."""
        self.timers.append((DUE, at, 0))

    def stand(self, task: int, line: Line | None, awaited: int | None = None) -> None:
        """Write down in which line a task stands from now on, and for which future it waits."""
        self.stands.append((task, line, awaited))

    def begin(self, at: float, task: int) -> Step:
        """Return the step that a task is about to make: it leaves the queue."""
        queue, left = self.queue, self.left
        if left < len(queue) and queue[left] == task:
            self.left = left + 1
        elif task in queue[left:]:  # one before it was taken out unseen
            self.left = queue.index(task, left) + 1
        return Step(self, at, task, self.left, len(queue), len(self.timers), len(self.stands))

    def owners(self, whom: int, waiting: Mapping[int, Sequence[int]]) -> Sequence[int]:
        """Return the tasks that wait for a timer."""
        return (whom,)


class OfFutures(Changes):
    """The same of asyncio, where a timer is set for a future, known by its id, in seconds."""

    per_second = 1

    def owners(self, whom: int, waiting: Mapping[int, Sequence[int]]) -> Sequence[int]:
        """Return the tasks that wait for the future of a timer."""
        return waiting.get(whom, ())


class Walk:
    """An event loop at one of its steps, made of all changes before; it goes forward only."""

    def __init__(self, loop: Changes) -> None:
        self.loop = loop
        self.lines: dict[int, Line] = {}
        self.awaited: dict[int, int] = {}  # the futures that tasks wait for
        self.pending: list[tuple[float, int, int]] = []  # timers: when, the how manieth change set it, and for whom
        self.timers = self.stands = 0  # how many changes it has seen

    def is_before(self, step: Step) -> bool:
        """Return whether one comes from here to a step of the same loop."""
        return self.timers <= step.timers and self.stands <= step.stands

    def go(self, step: Step) -> None:
        """Go to a step."""
        for number in range(self.timers, step.timers):
            self._timer(number, *self.loop.timers[number])
        for task, line, awaited in self.loop.stands[self.stands : step.stands]:
            _put(self.lines, task, line)
            _put(self.awaited, task, awaited)
        self.timers, self.stands = step.timers, step.stands

    def _timer(self, number: int, change: str, at: float, whom: int) -> None:
        if change == SET:
            insort(self.pending, (at, number, whom))
            return
        first = bisect_left(self.pending, (at,))
        if change == DUE:
            del self.pending[:first]
            return
        for index in range(first, len(self.pending)):
            if self.pending[index][::2] == (at, whom):
                del self.pending[index]
                return

    def tell_timers(self) -> list[tuple[int, float]]:
        """Return the tasks that wait for timers with the times at which these are due (s), in that order."""
        waiting: dict[int, list[int]] = {}
        for task, future in sorted(self.awaited.items()):
            waiting.setdefault(future, []).append(task)
        loop = self.loop
        return [(task, at / loop.per_second) for at, _, whom in self.pending for task in loop.owners(whom, waiting)]


def _put(found: dict[int, V], task: int, value: V | None) -> None:
    if value is None:
        found.pop(task, None)
    else:
        found[task] = value
