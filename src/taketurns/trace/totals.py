"""Totals: what spans come to for each task."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from taketurns.trace.columns import Columns, Kind
from taketurns.trace.spans import State
from taketurns.trace.sums import in_order

__all__ = ["Totals", "by_kind", "totals_of"]

Numbers = NDArray[np.int64]


class Totals(NamedTuple):
    """A column for each figure, with an element for each task: when it starts and ends, its seconds in each state.

    ``workers`` are the numbers of its workers in the order in which they carry it, and ``longest`` is the kind of its
    longest wait of those whose place is known.
    """

    start: list[float]
    end: list[float]
    times: dict[State, list[float]]
    workers: list[list[int]]
    longest: list[Kind | None]


def totals_of(columns: Columns) -> Totals:
    """Return the totals of all tasks; a task has one span at least."""
    order = in_order(np.array(columns.task, np.int64))
    task, worker, kind = (np.array(each, np.int64)[order] for each in (columns.task, columns.worker, columns.kind))
    start, end = (np.asarray(each)[order] for each in (columns.start, columns.end))
    first = np.flatnonzero(np.diff(task, prepend=-1))
    last = np.maximum.reduceat(end, first) if len(first) else end
    states = [*State]
    state = np.array([states.index(each.state) for each in columns.kinds], np.int64)[kind]
    seconds = np.bincount(task * len(states) + state, end - start, len(columns.tasks) * len(states))
    times = dict(zip(states, seconds.reshape(-1, len(states)).T.tolist(), strict=True))
    known = np.array([each.where is not None for each in columns.kinds], bool)[kind]
    longest = _longest(columns, task[known], kind[known], (end - start)[known])
    return Totals(start[first].tolist(), last.tolist(), times, _workers(columns, task, worker), longest)


def by_kind(columns: Columns) -> list[float]:
    """Return how many seconds the spans of each kind are together."""
    lasting = np.asarray(columns.end) - np.asarray(columns.start)
    seconds: list[float] = np.bincount(np.array(columns.kind, np.int64), lasting, len(columns.kinds)).tolist()
    return seconds


def _workers(columns: Columns, task: Numbers, worker: Numbers) -> list[list[int]]:
    found: list[dict[int, None]] = [{} for _ in columns.tasks]
    for place in np.flatnonzero(np.diff(task, prepend=-1) | np.diff(worker, prepend=-1)).tolist():
        found[int(task[place])][int(worker[place])] = None
    return [[*workers] for workers in found]


def _longest(columns: Columns, task: Numbers, kind: Numbers, lasting: NDArray[np.float64]) -> list[Kind | None]:
    found: list[Kind | None] = [None] * len(columns.tasks)
    # Task by task, in each the longest first, and of those as long the first.
    order = np.lexsort((-lasting, task))
    for place in order[np.flatnonzero(np.diff(task[order], prepend=-1))].tolist():
        found[int(task[place])] = columns.kinds[int(kind[place])]
    return found
