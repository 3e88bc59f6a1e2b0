"""The strip above the lanes of a timeline: how many tasks are in progress, and how many are running."""

import numpy as np
from matplotlib.axes import Axes

from taketurns.pictures.lanes import Numbers
from taketurns.pictures.looks import GRAY, LOOKS
from taketurns.trace.counts import Steps
from taketurns.trace.spans import State
from taketurns.trace.trace import Trace

__all__ = ["TEXT", "draw_strip", "strip_height"]

PALE = "#e9e9e9"
TINT = "#a8cbea"  # paler than a bar, so that nobody takes the strip for a lane
TEXT = 11
BASE = -0.8
LINE = 0.21  # inches that a line of text needs
FEW = 200


def strip_height(count: int) -> float:
    """Return the height of the strip above so many lanes, in lanes."""
    return 0.3 + max(1.5, 0.18 * count)


def draw_strip(ax: Axes, trace: Trace, height: float, inches: float) -> None:
    """Draw the two numbers over time and write their peaks; ``inches`` is the height of a lane."""
    top = -0.4 - height
    most, blue = max(trace.peak_concurrency, 1), LOOKS[State.RUNNING].color
    at, level = _levels(trace.concurrency_steps, trace.duration, most, top)
    ax.fill_between(at, level, BASE, step="post", color=PALE, linewidth=0, zorder=1, gid="in progress")
    ax.hlines(level[:-1], at[:-1], at[1:], color=GRAY, linewidth=1.5, zorder=3, gid="line")
    at, level = _levels(trace.parallelism_steps, trace.duration, most, top)
    # Few steps are outlined, so that a short one is seen; many blend.
    outline = 0.8 if len(at) < FEW else 0
    ax.fill_between(at, level, BASE, step="post", color=TINT, linewidth=outline, zorder=2, gid="running", snap=False)
    line = ax.hlines(level[:-1], at[:-1], at[1:], color=blue, linewidth=1.5, zorder=3, gid="running line")
    if len(at) >= FEW:
        line.set_snap(False)
    ax.set_ylim(ax.get_ylim()[0], top - 0.1)

    level_of_peak = BASE + (top - BASE) * trace.peak_parallelism / most
    in_progress = _peak_text(trace.peak_concurrency, trace.concurrency_steps, "in progress")
    running = _peak_text(trace.peak_parallelism, trace.parallelism_steps, "running")
    for said, y, color in ((in_progress, top, GRAY), (running, max(level_of_peak, top + LINE / inches), blue)):
        ax.annotate(said, (1, y), (6, 0), ax.get_yaxis_transform(), "offset points", va="center",
                    fontsize=TEXT, color=color, annotation_clip=False)  # fmt: skip


def _levels(steps: Steps, duration: float, most: int, top: float) -> tuple[Numbers, Numbers]:
    """Return the times of the steps (s) and how high they reach; a count of one stays visible below any peak."""
    at, count = np.array([(0, 0), *steps, (duration, 0)], float).T
    return at, BASE + (top - BASE) * np.where(count > 0, np.maximum(count / most, 0.04), 0)


def _peak_text(peak: int, steps: Steps, words: str) -> str:
    """Return a number in words, called the peak where the count varies."""
    varies = [count for _, count in steps] not in ([peak, 0], [])
    return f"peak {peak} {words}" if varies else f"{peak} {words}"
