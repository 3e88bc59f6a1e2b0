"""Captions: what a wait is for, written into its bar where that has room for it."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes
from matplotlib.backend_bases import RendererBase
from matplotlib.patheffects import Normal, Stroke
from matplotlib.text import Text

from taketurns.pictures.glyphs import drawable
from taketurns.pictures.looks import INK, Look, look_of, numbered
from taketurns.trace.reasons import phrases
from taketurns.trace.spans import State
from taketurns.trace.terminal import printable
from taketurns.trace.trace import Trace

__all__ = ["draw_captions"]

#: So many waits have one, the longest; smaller letters nobody reads.
MOST, SMALLEST = 200, 6.5
#: How much of a bar's height letters take, and the room beside them, in points.
FILLED, MARGIN = 0.8, 3


class Caption(Text):
    """The longest of some phrases that a bar has room for when it is drawn, from one time to another (s)."""

    def __init__(self, start: float, end: float, row: int, said: list[str], look: Look, size: float) -> None:
        super().__init__((start + end) / 2, row, va="center_baseline", ha="center", fontsize=size, gid="caption")
        self.start, self.end, self.said = start, end, said
        dark = look.key == State.WAITING
        self.set(color=INK if dark else "white", parse_math=False, zorder=4, in_layout=False)
        if look.pattern:
            self.set_path_effects([Stroke(linewidth=3, foreground=look.color), Normal()])

    def draw(self, renderer: RendererBase) -> None:
        """Draw what there is room for, in the middle of what the axes show of the bar."""
        axes = self.axes
        if axes is None or not self.get_visible():
            return
        low, high = sorted(axes.get_xlim())
        start, end = max(self.start, low), min(self.end, high)
        if start >= end:
            return
        self.set_x((start + end) / 2)
        (left, _), (right, _) = axes.transData.transform([(start, 0), (end, 0)])
        room = abs(right - left) - 2 * float(renderer.points_to_pixels(MARGIN))  # type: ignore[arg-type]
        for phrase in self.said:
            self.set_text(phrase)
            if self.get_window_extent(renderer).width <= room:
                super().draw(renderer)
                return
        self.set_text("")


def draw_captions(ax: Axes, trace: Trace, inches: float) -> None:
    """Write into the bars of the longest waits what they are for, if the lanes are high enough for letters."""
    columns, tasks = trace.columns, set(trace.tasks)
    waits = [kind.state is State.WAITING and bool(kind.reason or kind.where) for kind in columns.kinds]
    lasting = np.asarray(columns.end) - np.asarray(columns.start)
    lasting[~np.array(waits, bool)[numbered(columns.kind)]] = 0
    for span in np.argsort(-lasting, kind="stable")[:MOST].tolist():
        kind = columns.kinds[columns.kind[span]]
        look = look_of(kind, tasks)
        size = min(9.5, FILLED * 72 * inches * look.height)
        if size < SMALLEST or not lasting[span]:
            break
        said = [drawable(printable(phrase)) for phrase in phrases(kind.reason, kind.where)]
        start, end = columns.start[span], columns.end[span]
        ax.add_artist(Caption(start, end, columns.task[span], said, look, size))
