"""Caps: what stands at the end of a lane and says how its task ended; one that simply returned has none."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from matplotlib.axes import Axes

from taketurns.pictures.glyphs import drawable
from taketurns.pictures.looks import INK, WARNING
from taketurns.pictures.words import shorten
from taketurns.trace.outcomes import Ending, Outcome
from taketurns.trace.totals import totals_of
from taketurns.trace.trace import Trace

__all__ = ["Cap", "Sign", "caps_of", "draw_caps", "room_beside", "signs_in"]

#: More than so many have no words, and in lanes lower than this (inches) none of them has.
MANY, LOW = 200, 0.1
#: Of a letter, in parts of its size, on average.
WIDE = 0.62


class Sign(NamedTuple):
    """What stands for an ending, in which color, and what a legend says."""

    glyph: str
    color: str
    meaning: str


SIGNS = {
    Ending.RAISED: Sign("✗", WARNING, "raised an exception"),
    Ending.CANCELED: Sign("⊘", INK, "canceled"),
    Ending.DIED: Sign("†", WARNING, "died: its process is gone"),
    Ending.NOT_ENDED: Sign("⋯", INK, "not ended"),
}


class Cap(NamedTuple):
    """A cap in a row, at so many seconds, with what it says."""

    row: int
    at: float
    sign: Sign
    text: str


def caps_of(trace: Trace) -> list[Cap]:
    """Return the caps of a trace's lanes."""
    told = {task: outcome for task, outcome in trace.outcomes.items() if outcome.ending in SIGNS}
    if not told:
        return []
    ends = totals_of(trace.columns).end
    rows = [(row, told[task]) for row, task in enumerate(trace.tasks) if task in told]
    return [Cap(row, ends[row], SIGNS[outcome.ending], _said(outcome)) for row, outcome in rows]


def signs_in(caps: Iterable[Cap]) -> list[Sign]:
    """Return the signs that occur, in the order of a legend."""
    found = {cap.sign for cap in caps}
    return [sign for sign in SIGNS.values() if sign in found]


def _said(outcome: Outcome) -> str:
    """Return the sign, and of an exception its name, or else how it ended."""
    name = shorten(outcome.what.partition(":")[0].rpartition(".")[2])
    return f"{SIGNS[outcome.ending].glyph} {name or outcome.ending}"


def draw_caps(ax: Axes, caps: Sequence[Cap], inches: float) -> None:
    """Write caps behind their lanes; of very many only a mark."""
    size = _size(inches)
    if len(caps) > MANY or inches < LOW:
        for sign in signs_in(caps):
            at, row = zip(*((cap.at, cap.row) for cap in caps if cap.sign is sign), strict=True)
            ax.plot(at, row, "x", markersize=3, color=sign.color, zorder=5, gid="cap")
        return
    for cap in caps:
        ax.annotate(drawable(cap.text), (cap.at, cap.row), (4, 0), textcoords="offset points", va="center_baseline",
                    fontsize=size, color=cap.sign.color, annotation_clip=False, parse_math=False, zorder=5,
                    gid="cap")  # fmt: skip


def room_beside(caps: Sequence[Cap], count: int, end: float, points: float, inches: float) -> tuple[float, float]:
    """Return in which of so many rows there is room behind the end of a trace (s), and how many points behind it.

    A second takes so many points. It is in the middle, or in a row near it where no cap is in the way, if there is one.
    """
    reaches = {cap.row: 12 + WIDE * _size(inches) * len(cap.text) - (end - cap.at) * points for cap in caps}
    taken = {row for row, reach in reaches.items() if reach > 0}
    middle = count / 2 - 0.5
    free = [row for row in range(count) if row not in taken]
    if not taken or inches < 0.2 or not free:
        return middle, max(0.0, *reaches.values(), 0.0)
    return min(free, key=lambda row: abs(row - middle)), 0.0


def _size(inches: float) -> float:
    """Return the size of letters, in points, behind lanes of such a height."""
    return min(11, 0.8 * 72 * max(inches, LOW))
