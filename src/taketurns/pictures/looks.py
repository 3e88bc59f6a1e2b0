"""Looks: how each thing that a task does is drawn, and how a legend explains it; every picture takes them from here."""

from __future__ import annotations

from array import array
from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from taketurns.pictures.words import shorten
from taketurns.trace.columns import Columns, Kind
from taketurns.trace.reasons import ANOTHER_TASK, HOLDS_THE_LOOP, is_for_others
from taketurns.trace.spans import Span, State
from taketurns.trace.sums import in_order
from taketurns.trace.totals import by_kind
from taketurns.trace.trace import Trace

__all__ = [
    "GRAY",
    "INK",
    "LOOKS",
    "WARNING",
    "Look",
    "explained",
    "gaps_of",
    "layers_of",
    "look_of",
    "looks_of",
    "numbered",
]

INK, GRAY, WARNING = "#222222", "#666666", "#b03020"
ORANGE = "#db7b12"


@dataclass(frozen=True, eq=False)
class Look:
    """What one kind of span looks like.

    The color of each stands out from white paper, and from the dark ground of JupyterLab, at least by 3 to 1. Heights
    differ, and so do patterns: they can be told apart in grayscale, by color-blind readers, and without any color.
    """

    key: str  #: the name of the state, or what is special about it
    color: str
    height: float  #: how much of its lane a bar takes
    meaning: str  #: what a legend says; where it has braces, with what tasks waited for
    layer: int  #: bars are drawn from the lowest to the highest
    pattern: str = ""  #: across the bar: "stripes", "bars" or "dots"; empty for none
    ink: str = ""  #: the color of the pattern


#: In the order of a legend. What ran in turns, at moments that nobody saw, looks like running and ready at once.
LOOKS = {
    look.key: look
    for look in (
        Look(State.RUNNING, "#1f6fb8", 0.72, "running: on a core", 3),
        Look("in turns", "#1f6fb8", 0.72, "in turns, at moments not seen", 5, "stripes", "#f7b955"),
        Look(State.READY, ORANGE, 0.24, "ready: could run, waits for{ its turn}", 2),
        Look(State.WAITING, "#8593a8", 0.46, "waiting{: for a timer, a reply}", 0),
        Look("for others", "#56657f", 0.5, "waiting for another task{}", 1, "stripes", "#dfe5ee"),
        Look(
            "holds the loop",
            "#c0392b",
            0.66,
            "waits, and holds the event loop: nobody else runs",
            4,
            "bars",
            "#ffffff",
        ),
        Look(State.UNSEEN, "#848484", 0.58, "not seen: it ran, or was ready, or waited", 6, "dots", "#ffffff"),
    )
}

#: What is waited for, with an article where a legend says more of it than a word.
_FOR = {"GIL": "the GIL", "core": "a core", "event loop": "the event loop"}
#: What ran, and what could have run if nobody else had had its core.
_RAN_OR_NOT = {(State.RUNNING, ""): 1, **{(State.READY, reason): 2 for reason in ("core", "GIL", "")}}
#: So many reasons a legend tells.
_MOST = 3


def look_of(span: Span | Kind, tasks: Collection[str] = ()) -> Look:
    """Return what a span looks like; all spans of a kind look the same. The names of all tasks may be among reasons."""
    if span.state is State.WAITING:
        if span.reason.endswith(HOLDS_THE_LOOP):
            return LOOKS["holds the loop"]
        return LOOKS["for others" if is_for_others(span.reason, tasks) else State.WAITING]
    return LOOKS["in turns" if span.in_turns else span.state]


def looks_of(*traces: Trace) -> list[Look]:
    """Return the looks that occur, in the order of a legend."""
    found = {look for trace in traces for look, _ in layers_of(trace)}
    return [look for look in LOOKS.values() if look in found]


def layers_of(trace: Trace) -> list[tuple[Look, NDArray[np.bool_]]]:
    """Return the looks that occur, in the order of drawing, each with which of the spans have it."""
    columns, looks = trace.columns, [*LOOKS.values()]
    numbers = np.array([looks.index(look) for look in _looks(columns)], np.int8)[numbered(columns.kind)]
    if trace.origin.get("clock") == "real":
        numbers[_not_to_be_drawn(trace)] = looks.index(LOOKS[State.RUNNING])
    found = [looks[number] for number in np.flatnonzero(np.bincount(numbers, minlength=len(looks)))]
    return [(look, numbers == looks.index(look)) for look in sorted(found, key=lambda look: look.layer)]


class Gaps(NamedTuple):
    """Which spans are gaps in what a task ran, and from when to when the whole gap is that each belongs to (s)."""

    spans: NDArray[np.int64]
    start: NDArray[np.float64]
    end: NDArray[np.float64]


def gaps_of(trace: Trace) -> Gaps:
    """Return where tasks were READY between two spans in which they ran: they had lost their core, or the GIL."""
    columns = trace.columns
    order = in_order(numbered(columns.task))
    kinds = np.array([_RAN_OR_NOT.get((kind.state, kind.reason), 0) for kind in columns.kinds], np.int8)
    kind, task = kinds[numbered(columns.kind)][order], numbered(columns.task)[order]
    start, end = (np.asarray(each)[order] for each in (columns.start, columns.end))
    index = np.arange(len(order))
    before = np.maximum.accumulate(np.where(kind == 1, index, -1))
    after = np.minimum.accumulate(np.where(kind == 1, index, len(index))[::-1])[::-1]
    ready = np.cumsum(kind == 2)
    gap = np.flatnonzero((kind == 2) & (before >= 0) & (after < len(index)))
    first, last = before[gap], after[gap]
    alike = (task[first] == task[last]) & (ready[last] - ready[first] == last - first - 1)
    whole = (end[first] == start[first + 1]) & (end[last - 1] == start[last])
    gap, first, last = (each[alike & whole] for each in (gap, first, last))
    return Gaps(order[gap], end[first], start[last])


def _not_to_be_drawn(trace: Trace) -> NDArray[np.int64]:
    """Return which spans are gaps that are short, and in a lone task: that the machine does to all."""
    gaps = gaps_of(trace)
    if not len(gaps.spans):
        return gaps.spans
    times, counts = trace.parallelism.changes
    since = np.searchsorted(times, gaps.start, "right") - 1
    until = np.append(times, np.inf)[since + 1]
    short: NDArray[np.int64] = gaps.spans[(gaps.end - gaps.start < 1e-3) & (counts[since] == 0) & (until >= gaps.end)]
    return short


def _looks(columns: Columns) -> list[Look]:
    """Return the look of each kind of span."""
    tasks = set(columns.tasks)
    return [look_of(kind, tasks) for kind in columns.kinds]


def explained(look: Look, *traces: Trace) -> str:
    """Return what a legend says of a look: with what tasks waited for in these traces, the longest waits first."""
    begin, brace, rest = look.meaning.partition("{")
    if not brace:
        return begin
    reasons: defaultdict[str, float] = defaultdict(float)
    for trace in traces:
        untold = {"", ANOTHER_TASK, *trace.tasks}
        for kind, its, seconds in zip(trace.columns.kinds, _looks(trace.columns), by_kind(trace.columns), strict=True):
            if its is look and kind.reason not in untold:
                reasons[kind.reason] += seconds
    if not reasons:
        return begin + rest.rstrip("}")
    said = [_FOR.get(reason, shorten(reason)) for reason in sorted(reasons, key=reasons.__getitem__, reverse=True)]
    said[_MOST:] = ["…"] * (len(said) > _MOST)
    return f"{begin}{'' if look.key == State.READY else ':'} {', '.join(said)}"


def numbered(column: array[int]) -> NDArray[np.int64]:
    """Return a column of numbers as numpy has it."""
    return np.array(column, np.int64)
