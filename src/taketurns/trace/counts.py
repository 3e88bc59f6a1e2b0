"""How many intervals there are at one instant: the two numbers of every recording are such counts.

All is found by sorting. NumPy does it, which takes longer to import than all of ours: so a trace imports this late.
"""

from __future__ import annotations

from bisect import bisect_left
from functools import cached_property
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from taketurns.trace.columns import Columns
from taketurns.trace.spans import State, process_of
from taketurns.trace.sums import Numbers, in_order, latest

__all__ = ["Count", "Steps", "in_progress", "of_kinds", "running"]

#: Of an instant; less is what a sum of floats leaves.
ALL = 1 - 1e-6

Steps: TypeAlias = tuple[tuple[float, int], ...]


class Count:
    """How many of some intervals there are at each instant; they are two arrays, of starts and of ends, in seconds.

    An instant lasts so many seconds. There is one if it is there for more than half of it, as short steps that follow
    each other are; there are several at once if they are for all of it.
    """

    def __init__(self, starts: Numbers, ends: Numbers, instant: float = 0.0) -> None:
        self.starts, self.ends, self.instant = starts, ends, instant

    @cached_property
    def changes(self) -> tuple[Numbers, NDArray[np.int64]]:
        """At which times the count changes, and what it is from then on, without the interval's end."""
        times, places = np.unique(np.concatenate((self.starts, self.ends)), return_inverse=True)
        begun, over = (np.bincount(part, minlength=len(times)) for part in np.split(places, [len(self.starts)]))
        changes = begun != over
        return times[changes], np.cumsum(begun - over)[changes]

    @cached_property
    def steps(self) -> Steps:
        """The same as (time, count from then on)."""
        times, counts = self.changes
        return tuple(zip(times.tolist(), counts.tolist(), strict=True))

    @cached_property
    def peak(self) -> int:
        """The most intervals at one instant; one without length counts beside those that reach across it."""
        most = self._highest
        if not self.instant:
            return most
        # The more there are to be, the less time there is with as many: so the last that lasts is found by halves.
        return bisect_left(range(1, most + 1), True, key=lambda count: not self._lasts(count))

    def _lasts(self, count: int) -> bool:
        """Return whether there are so many at an instant; the one with the most of them begins or ends at a change."""
        times, counts = self.changes
        passed = np.append(0, np.cumsum(np.where(counts[:-1] >= count, np.diff(times), 0)))
        begins = np.append(times, times - self.instant)
        within = np.interp(begins + self.instant, times, passed) - np.interp(begins, times, passed)
        enough = self.instant * (0.5 if count == 1 else ALL)
        return bool((within > enough).any())

    @property
    def _highest(self) -> int:
        lasts = self.starts < self.ends
        at, begun, over = self.starts[~lasts], np.sort(self.starts[lasts]), np.sort(self.ends[lasts])
        lasting = np.arange(1, len(begun) + 1) - np.searchsorted(over, begun, "right")
        across = np.searchsorted(begun, at, "left") - np.searchsorted(over, at, "right")
        return int(max(lasting.max(initial=0), (across + 1).max(initial=0)))

    @property
    def total(self) -> float:
        """How long all intervals are together, in seconds."""
        return float(sum((self.ends - self.starts).tolist()))


def in_progress(columns: Columns) -> Count:
    """Return how many tasks are in progress, in whatever state."""
    return Count(*_union(np.asarray(columns.task), np.asarray(columns.start), np.asarray(columns.end)))


def running(columns: Columns, instant: float = 0.0) -> Count:
    """Return how many tasks are running. Those in turns are as many as one in each process: it has one GIL."""
    in_turns = [kind.in_turns for kind in columns.kinds]
    _, starts, ends = _of(columns, [kind.state is State.RUNNING and not kind.in_turns for kind in columns.kinds])
    if any(in_turns):
        processes = [process_of(worker) for worker in columns.workers]
        workers, *times = _of(columns, in_turns)
        process = np.array([processes.index(each) for each in processes])[workers]
        alone, shared = (starts, ends), _union(process, *times)
        starts, ends = (np.concatenate(both) for both in zip(alone, shared, strict=True))
    return Count(starts, ends, instant)


def of_kinds(columns: Columns, kinds: list[bool], instant: float = 0.0) -> Count:
    """Return how many spans there are of some kinds: for each kind, whether it is one of them."""
    _, starts, ends = _of(columns, kinds)
    return Count(starts, ends, instant)


def _of(columns: Columns, kinds: list[bool]) -> tuple[NDArray[np.int64], Numbers, Numbers]:
    """Return the numbers of their workers, the starts and the ends of all spans of some kinds."""
    those = np.array(kinds, bool)[np.asarray(columns.kind)]
    return np.asarray(columns.worker)[those], np.asarray(columns.start)[those], np.asarray(columns.end)[those]


def _union(group: NDArray[np.int64], start: Numbers, end: Numbers) -> tuple[Numbers, Numbers]:
    """Return intervals of the same group that overlap or touch put together; they are sorted by their start."""
    if not len(start):
        return start, end
    order = in_order(group)
    group, start, reached = group[order].astype(np.int64), start[order], end[order]
    same = group[1:] == group[:-1]
    if (same & (start[1:] < reached[:-1])).any():
        reached = latest(group, reached)
    begins = np.concatenate(([True], ~same | (start[1:] > reached[:-1])))
    return start[begins], reached[np.append(begins[1:], True)]
