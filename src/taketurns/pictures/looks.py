"""Looks: how each thing that a task does is drawn, and how a legend explains it; every picture takes them from here."""

from __future__ import annotations

from array import array
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from taketurns.trace.columns import Kind
from taketurns.trace.spans import Span, State
from taketurns.trace.trace import Trace

__all__ = ["GRAY", "INK", "LOOKS", "WARNING", "Look", "layers_of", "look_of", "looks_of", "numbered"]

INK, GRAY, WARNING = "#222222", "#666666", "#b03020"
ORANGE = "#f0a030"


@dataclass(frozen=True, eq=False)
class Look:
    """What one kind of span looks like.

    The colors' lightness is as far apart as their hue, and the heights differ: they can be told apart in grayscale, by
    color-blind readers, and without any color.
    """

    key: str  #: the name of the state, or "in turns"
    color: str
    height: float  #: how much of its lane a bar takes
    meaning: str  #: what a legend says
    layer: int  #: bars are drawn from the lowest to the highest
    stripes: str = ""  #: the color of stripes across the bar; empty for none


#: In the order of a legend. What ran in turns, at moments that nobody saw, looks like running and ready at once.
LOOKS = {
    look.key: look
    for look in (
        Look(State.RUNNING, "#1f6fb8", 0.72, "running: on a core", 2),
        Look(State.READY, ORANGE, 0.24, "ready: could run, waits for its turn", 1),
        Look(State.WAITING, "#d0d8e4", 0.46, "waiting: for a timer, a reply, a lock", 0),
        Look(State.UNSEEN, "#848484", 0.58, "not seen: it ran, or was ready, or waited", 4, stripes="#ffffff"),
        Look("in turns", "#1f6fb8", 0.72, "in turns, at moments not seen", 3, stripes=ORANGE),
    )
}


def look_of(span: Span | Kind) -> Look:
    """Return what a span looks like; all spans of a kind look the same."""
    return LOOKS["in turns" if span.in_turns else span.state]


def looks_of(*traces: Trace) -> list[Look]:
    """Return the looks that occur, in the order of a legend."""
    found = {look_of(kind) for trace in traces for kind in trace.columns.kinds}
    return [look for look in LOOKS.values() if look in found]


def layers_of(trace: Trace, order: NDArray[np.int64]) -> list[tuple[Look, NDArray[np.int64]]]:
    """Return the looks that occur, in the order of drawing, each with where in an order of the spans it has some."""
    columns = trace.columns
    numbers = np.array([look_of(kind).layer for kind in columns.kinds], np.int8)[numbered(columns.kind)[order]]
    looks = sorted(looks_of(trace), key=lambda look: look.layer)
    return [(look, np.flatnonzero(numbers == look.layer)) for look in looks]


def numbered(column: array[int]) -> NDArray[np.int64]:
    """Return a column of numbers as numpy has it."""
    return np.array(column, np.int64)
