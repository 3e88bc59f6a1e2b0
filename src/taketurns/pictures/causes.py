"""Causes: arrows from the task that started another one or woke it, and from one in a deadlock to whom it waits for."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from matplotlib.axes import Axes

from taketurns.pictures.glyphs import drawable
from taketurns.pictures.looks import WARNING
from taketurns.pictures.words import shorten
from taketurns.trace.trace import Trace

__all__ = ["Arrow", "Cause", "arrows_of", "causes_in", "draw_arrows", "draw_deadlocks"]

#: So many of each kind are drawn: those of the tasks that began first, and those that ended the longest waits.
MOST = 200
#: How far behind the begin of its wait a task in a deadlock is told of, and how far apart they are (of all time).
FIRST, APART, ROOM = 0.1, 0.2, 0.7


#: Arrows are beside each other that are in the same so manieth part of all time; each is bent a little more.
NEAR, BEND = 50, 0.12


class Cause(NamedTuple):
    """What an arrow of a kind says, and how it looks."""

    meaning: str
    color: str
    line: str
    glyph: str  #: in a legend


STARTED = Cause("started it", "#222222", "--", "⇢")
WOKE = Cause("ended its wait", "#7b2d8b", "-", "→")


class Arrow(NamedTuple):
    """An arrow at so many seconds, from one row to another."""

    cause: Cause
    at: float
    start: int
    end: int


def arrows_of(trace: Trace) -> list[Arrow]:
    """Return the arrows of a trace, as far as it is known who started and who woke whom."""
    return [*_started(trace), *_woken(trace)]


def _started(trace: Trace) -> Iterator[Arrow]:
    rows = {task: row for row, task in enumerate(trace.tasks)}
    begun = dict(zip(reversed(trace.columns.task), reversed(trace.columns.start), strict=True))
    known = [(row, rows[trace.parents[task]]) for task, row in rows.items() if trace.parents.get(task) in rows]
    yield from (Arrow(STARTED, begun[row], parent, row) for row, parent in known[:MOST])


def _woken(trace: Trace) -> Iterator[Arrow]:
    columns = trace.columns
    rows = {task: row for row, task in enumerate(columns.tasks)}
    before: dict[int, float] = {}  # by row: how long the span before lasted
    found: list[tuple[float, Arrow]] = []
    for row, number, start, end in zip(columns.task, columns.kind, columns.start, columns.end, strict=True):
        waker = rows.get(columns.kinds[number].waker)
        if waker is not None and waker != row:
            found.append((before.get(row, 0.0), Arrow(WOKE, start, waker, row)))
        before[row] = end - start
    yield from (arrow for _, arrow in sorted(found, key=lambda each: -each[0])[:MOST])


def causes_in(arrows: Sequence[Arrow]) -> list[Cause]:
    """Return the kinds of arrows that occur, in the order of a legend."""
    return [cause for cause in (STARTED, WOKE) if any(arrow.cause is cause for arrow in arrows)]


def draw_arrows(ax: Axes, arrows: Sequence[Arrow], horizon: float) -> None:
    """Draw who started whom, and who ended whose wait: from a dot, and bent where many lead away at one time."""
    beside: dict[tuple[Cause, int], int] = {}
    for arrow in arrows:
        near = arrow.cause, round(arrow.at / horizon * NEAR)
        beside[near] = number = beside.get(near, -1) + 1
        style = {"arrowstyle": "-|>", "color": arrow.cause.color, "linestyle": arrow.cause.line, "linewidth": 1.3,
                 "shrinkA": 0, "shrinkB": 0, "connectionstyle": f"arc3,rad={BEND * min(number, 5)}"}  # fmt: skip
        ax.annotate("", (arrow.at, arrow.end), (arrow.at, arrow.start), arrowprops=style, zorder=6, gid="cause",
                    annotation_clip=True)  # fmt: skip
    for cause in causes_in(arrows):
        at, start = zip(*((arrow.at, arrow.start) for arrow in arrows if arrow.cause is cause), strict=True)
        ax.plot(at, start, "o", markersize=4, color=cause.color, zorder=6, gid="cause")


def draw_deadlocks(ax: Axes, trace: Trace, horizon: float) -> None:
    """Draw circles of tasks that wait for each other, in red, from where they begin to wait.

    Each says what it holds and wants, and points at who holds that.
    """
    rows = {task: row for row, task in enumerate(trace.tasks)}
    since = dict(zip(trace.columns.task, trace.columns.start, strict=True))  # of the last span of each
    known = [one for one in trace.blocked if one.task in rows and one.holder in rows]
    held = {one.holder: one.wants for one in known}
    for number, one in enumerate(known):
        row, holder = rows[one.task], rows[one.holder]
        at = since[row] + horizon * (FIRST + min(APART, ROOM / len(known)) * number)
        said = f"{held.get(one.task, '').replace('wants', 'holds', 1)}, {one.wants}".removeprefix(", ")
        style = {"arrowstyle": "-|>", "color": WARNING, "linewidth": 2, "shrinkB": 0}
        box = {"boxstyle": "round,pad=0.25", "facecolor": "white", "edgecolor": WARNING, "linewidth": 1.5}
        ax.annotate("", (at, holder), (at, row), arrowprops=style, zorder=6, gid="deadlock")
        ax.annotate(drawable(shorten(said, 40)), (at, row), va="center", ha="center", fontsize=9.5, color=WARNING,
                    fontweight="bold", bbox=box, zorder=7, parse_math=False, gid="deadlock")  # fmt: skip
