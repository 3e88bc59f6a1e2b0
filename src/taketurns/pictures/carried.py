"""What a worker carries: above the bars of its lane a tint for each task, and the task's name where it fits."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import PolyCollection
from numpy.typing import NDArray

from taketurns.pictures.bars import Crowd
from taketurns.pictures.crowds import MANY
from taketurns.pictures.glyphs import drawable
from taketurns.pictures.looks import INK, Look, numbered
from taketurns.trace.columns import Columns
from taketurns.trace.spans import State
from taketurns.trace.sums import Numbers, Places, boxes, in_order
from taketurns.trace.terminal import printable
from taketurns.trace.trace import Trace

__all__ = ["draw_carried"]

#: One after another for the tasks, so that a change of task is seen.
TINTS = ("#fde0d2", "#d9eed0", "#e4dbf2", "#fbeeb4", "#cfeeec", "#f5d4e4")
LOOKS = [Look("carried", tint, 1.0, "", layer) for layer, tint in enumerate(TINTS)]
NAME = 9
TAB, SIZE = -0.33, 0.26  # of a lane: above its middle, and how high


class Stretches(NamedTuple):
    """In which a worker carries a task: the numbers of both, and start and end in seconds; worker by worker."""

    worker: NDArray[np.int64]
    task: NDArray[np.int64]
    start: Numbers
    end: Numbers

    def those(self, which: NDArray[Any]) -> Stretches:
        """Return some of them."""
        return Stretches(self.worker[which], self.task[which], self.start[which], self.end[which])


def draw_carried(ax: Axes, trace: Trace, inches: float, horizon: float) -> None:
    """Tint above the bars of each worker what it carries, and write the task's name there, where it fits."""
    found = _stretches(trace.columns)
    if len(found.worker) > MANY:
        tints = found.task % len(TINTS)
        whole = Places(found.worker, found.start, found.end)
        crowd = Crowd([(look, whole.those(tints == look.layer)) for look in LOOKS], TAB, SIZE)
        crowd.set(zorder=1, gid="carried")
        ax.add_artist(crowd)
    elif len(found.worker):
        corners = boxes(found.start, found.end, found.worker + TAB, SIZE)
        colors = [TINTS[task % len(TINTS)] for task in found.task]
        tabs = PolyCollection(corners, facecolors=colors, linewidths=0, gid="carried")  # type: ignore[arg-type]
        ax.add_collection(tabs, autolim=False)
    if inches >= 0.3:
        _name(ax, trace, found, horizon)


def _name(ax: Axes, trace: Trace, found: Stretches, horizon: float) -> None:
    width = ax.get_position().width * ax.get_figure(root=True).get_figwidth()  # type: ignore[union-attr]
    inches = (found.end - found.start) / horizon * width
    room_for_a_letter = found.those(inches > 0.085 + 0.08)
    for at, number, begin, until in zip(*(column.tolist() for column in room_for_a_letter), strict=True):
        task = drawable(printable(trace.tasks[number]))
        if len(task) * 0.085 + 0.08 < (until - begin) / horizon * width:
            ax.annotate(task, (begin, at + TAB), (3, 0), textcoords="offset points", va="center_baseline",
                        fontsize=NAME, color=INK, parse_math=False, annotation_clip=True, clip_on=True,
                        zorder=3)  # fmt: skip


def _stretches(columns: Columns) -> Stretches:
    """Return the stretches in which workers carry tasks.

    A thread of a pool carries a task from its first span to its last. Where the tasks of a worker overlap, as those of
    an event loop do, it carries the one that is running.
    """
    start, end = np.asarray(columns.start), np.asarray(columns.end)
    spans = Stretches(numbered(columns.worker), numbered(columns.task), start, end)
    whole = _runs(spans)
    both = whole.worker * len(columns.tasks) + whole.task
    different = np.unique(both) // max(len(columns.tasks), 1)
    again = np.bincount(whole.worker) > np.bincount(different)
    overlap = (whole.worker[1:] == whole.worker[:-1]) & (whole.end[:-1] > whole.start[1:])
    again[whole.worker[1:][overlap]] = True
    runs = np.array([kind.state is State.RUNNING for kind in columns.kinds], bool)[numbered(columns.kind)]
    running = _runs(spans.those(runs & again[spans.worker]))
    alone = whole.those(~again[whole.worker])
    columns_of_both = (np.concatenate(column) for column in zip(alone, running, strict=True))
    found = Stretches(*columns_of_both)
    return found.those(in_order(found.worker))


def _runs(spans: Stretches) -> Stretches:
    """Return the stretches of spans of a worker that follow each other in the same task."""
    spans = spans.those(in_order(spans.worker))
    new = (np.diff(spans.worker, prepend=-1) != 0) | (np.diff(spans.task, prepend=-1) != 0)
    ends = np.maximum.reduceat(spans.end, np.flatnonzero(new)) if new.any() else spans.end
    return spans.those(new)._replace(end=ends)
