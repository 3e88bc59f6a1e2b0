"""The lanes of a timeline: the rows, their names, and a bar for every span."""

from collections.abc import Iterable, Mapping, Sequence
from itertools import groupby, pairwise
from typing import Any, Literal

import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import PolyCollection
from numpy.typing import NDArray

from taketurns.pictures.glyphs import drawable
from taketurns.pictures.looks import INK, Look, layers_of
from taketurns.pictures.words import every, shorten
from taketurns.trace.spans import Span, State
from taketurns.trace.terminal import printable
from taketurns.trace.trace import Trace

__all__ = ["Lanes", "Numbers", "draw_bars", "draw_carried", "lane_inches", "name_lanes", "names_of", "paint"]

Lanes = Literal["task", "worker"]
Numbers = NDArray[np.float64]
Stretch = tuple[str, float, float]

#: Behind what a worker carries: one after another for the tasks, so that a change of task is seen.
TINTS = ("#fde0d2", "#d9eed0", "#e4dbf2", "#fbeeb4", "#cfeeec", "#f5d4e4")
NAME, TAG = 11, 9
TAB = -0.33  # of a lane, above its middle
PIXELS = 800  # about as many as a timeline is wide


def names_of(trace: Trace, lanes: Lanes) -> tuple[str, ...]:
    """Return the names of a trace's lanes from top to bottom; ``ValueError`` where lanes are something else."""
    if lanes not in ("task", "worker"):
        raise ValueError(f'lanes is "task" (a row for each task) or "worker" (a row for each worker), not {lanes!r}')
    return trace.tasks if lanes == "task" else trace.workers


def lane_inches(count: int, lanes: Lanes) -> float:
    """Return the height of one of so many lanes, in inches: beyond eight they shrink."""
    first, rest = (0.32, 0.09) if lanes == "task" else (0.5, 0.2)
    return (first * min(count, 8) + rest * max(count - 8, 0)) / count


def name_lanes(ax: Axes, names: Sequence[str], inches: float) -> None:
    """Write the names beside the lanes: every n-th one where they would stand too close."""
    step = every(len(names), inches, apart=0.19 if inches >= 0.19 else 0.36)
    shown = range(0, len(names), step)
    ax.set_yticks(list(shown), [drawable(shorten(names[i])) for i in shown], parse_math=False, fontsize=NAME, color=INK)
    ax.tick_params(axis="y", length=0, pad=6)


def draw_bars(ax: Axes, trace: Trace, lanes: Lanes, horizon: float) -> None:
    """Draw every span once, in its lane: one collection for each look that occurs, its ``gid`` the look's key."""
    number = {name: row for row, name in enumerate(names_of(trace, lanes))}
    low, size = (0.0, 1.0) if lanes == "task" else (0.14, 0.72)
    pixel = horizon / PIXELS
    for look, spans in layers_of(trace.spans):
        row, start, end = _places(spans, number, lanes)
        bars = _boxes(start, end, row + low, look.height * size, look.color, look.key)
        bars.set(**paint(look), zorder=2)
        if not look.stripes:
            outlines = _outlines(row, start, end, pixel)
            bars.set(edgecolor=look.color, linewidth=outlines)
            if np.median(end - start) < 2 * pixel and not outlines.any():
                bars.set_snap(False)
        ax.add_collection(bars, autolim=False)


def paint(look: Look) -> dict[str, Any]:
    """Return how matplotlib fills what has a look: bars, and the one in a legend."""
    stripes = {"hatch": "////", "edgecolor": look.stripes, "hatch_linewidth": 2.5} if look.stripes else {}
    return {"facecolor": look.color, "linewidth": 0, **stripes}


def _places(spans: Sequence[Span], number: Mapping[str, int], lanes: Lanes) -> Numbers:
    """Return the lanes, starts (s) and ends (s) of spans, sorted: three rows, a column for each span."""
    return np.array(sorted((number[getattr(span, lanes)], span.start, span.end) for span in spans), float).T


def _boxes(start: Numbers, end: Numbers, middle: Numbers, height: float, color: Any, gid: str) -> PolyCollection:
    """Return one rectangle for each start."""
    low, high = middle - height / 2, middle + height / 2
    corners = np.stack([np.stack([start, start, end, end], 1), np.stack([low, high, high, low], 1)], 2)
    return PolyCollection(corners, facecolors=color, linewidths=0, gid=gid)  # type: ignore[arg-type]


def _outlines(row: Numbers, start: Numbers, end: Numbers, pixel: float) -> Numbers:
    """Return the widths of outlines: bars that are thinner than a pixel and stand alone get one, to stay visible.

    In a crowd thin bars are left as they are: together they take the share of the color that they have of the time.
    Bars in one and the same place are no crowd.
    """
    next_to = (np.diff(row) == 0) & ((np.diff(start) > 0) | (np.diff(end) > 0))
    gap = np.where(next_to, start[1:] - end[:-1], np.inf)
    room = np.minimum(np.append(gap, np.inf), np.insert(gap, 0, np.inf))
    return np.where((end - start < pixel) & (room > 2 * pixel), 0.7, 0.0)


def draw_carried(ax: Axes, trace: Trace, inches: float, horizon: float) -> None:
    """Tint above the bars of each worker what it carries, and write the task's name there, where it fits."""
    tint = {task: TINTS[number % len(TINTS)] for number, task in enumerate(trace.tasks)}
    width = ax.get_position().width * ax.get_figure(root=True).get_figwidth()  # type: ignore[union-attr]
    carried = [(row, *stretch) for row, worker in enumerate(trace.workers) for stretch in _stretches(trace, worker)]
    if not carried:
        return
    row, start, end = np.array([(row, start, end) for row, _, start, end in carried], float).T
    tabs = _boxes(start, end, row + TAB, 0.26, [tint[task] for _, task, _, _ in carried], "carried")
    ax.add_collection(tabs, autolim=False)
    for at, task, begin, until in carried:
        task = drawable(printable(task))
        if inches >= 0.3 and len(task) * 0.085 + 0.08 < (until - begin) / horizon * width:
            ax.annotate(task, (begin, at + TAB), (3, 0), textcoords="offset points", va="center_baseline", fontsize=TAG,
                        color=INK, parse_math=False, annotation_clip=True, clip_on=True, zorder=3)  # fmt: skip


def _stretches(trace: Trace, worker: str) -> list[Stretch]:
    """Return the stretches (task, start, end) in which one worker carries one task.

    A thread of a pool carries a task from its first span to its last. Where the tasks of a worker overlap, as those of
    an event loop do, it carries the one that is running.
    """
    spans = [span for span in trace.spans if span.worker == worker]
    whole = _runs(spans)
    again = len({task for task, _, _ in whole}) < len(whole)
    if again or any(first[2] > second[1] for first, second in pairwise(whole)):
        return _runs(span for span in spans if span.state is State.RUNNING)
    return whole


def _runs(spans: Iterable[Span]) -> list[Stretch]:
    """Return the stretches of spans that follow each other in the same task."""
    runs = ((task, list(run)) for task, run in groupby(spans, key=lambda span: span.task))
    return [(task, run[0].start, max(span.end for span in run)) for task, run in runs]
