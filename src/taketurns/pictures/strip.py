"""The strip above the lanes of a timeline: how many tasks are in progress, and how many are running."""

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection

from taketurns.pictures.crowds import PIXELS
from taketurns.pictures.looks import GRAY, LOOKS
from taketurns.trace.counts import Count
from taketurns.trace.spans import State
from taketurns.trace.sums import Numbers
from taketurns.trace.trace import Trace

__all__ = ["TEXT", "draw_strip", "fewer_steps", "strip_height"]

PALE = "#e9e9e9"
TINT = "#a8cbea"  # paler than a bar, so that nobody takes the strip for a lane
TEXT, SMALL = 11, 9  # points
THIN = 2  # pixels
TICK = 0.15  # inches that a small line of text needs
BASE = -0.8
LINE = 0.21  # inches that a line of text needs
FEW = 200
MANY = 3200  # steps: more than two for each pixel


def strip_height(count: int) -> float:
    """Return the height of the strip above so many lanes, in lanes."""
    return 0.3 + max(1.5, 0.18 * count)


def draw_strip(ax: Axes, trace: Trace, height: float, inches: float) -> None:
    """Draw the two numbers over time, with an axis, and write their peaks; ``inches`` is the height of a lane."""
    top = -0.4 - height
    most, blue = max(trace.peak_concurrency, 1), LOOKS[State.RUNNING].color
    concurrency, parallelism = (
        _Number(count, trace.duration, most, top) for count in (trace.concurrency, trace.parallelism)
    )
    concurrency.draw(ax, "in progress", PALE, "line", GRAY)
    parallelism.draw(ax, "running", TINT, "running line", blue)
    ax.set_ylim(ax.get_ylim()[0], top - 0.1)
    peaks = {trace.peak_parallelism: blue, trace.peak_concurrency: GRAY}
    for said, peak, color in (
        ("concurrency", trace.peak_concurrency, GRAY),
        ("parallelism", trace.peak_parallelism, blue),
    ):
        y = _level(peak, most, top)
        if color == blue:
            y = max(y, top + LINE / inches)
        ax.annotate(f"{said} {peak}", (1, y), (6, 0), ax.get_yaxis_transform(), "offset points", va="center",
                    fontsize=TEXT, color=color, annotation_clip=False)  # fmt: skip
    _draw_axis(ax, {0: GRAY, **peaks}, most, top, inches)


def _level(count: int, most: int, top: float) -> float:
    """Return how high a count reaches, in lanes."""
    return BASE + (top - BASE) * count / most


def _draw_axis(ax: Axes, counts: Mapping[int, str], most: int, top: float, inches: float) -> None:
    """Write counts beside their levels, each in its color: the greatest, nothing, and those with room in between."""
    written: list[float] = []
    for count in sorted(counts, key=lambda count: (count not in (0, most), count)):
        y = _level(count, most, top)
        if all(abs(y - other) * inches > TICK for other in written):
            ax.annotate(str(count), (0, y), (-6, 0), ax.get_yaxis_transform(), "offset points", va="center",
                        ha="right", fontsize=SMALL, color=counts[count], annotation_clip=False,
                        gid="count")  # fmt: skip
            written.append(y)


class _Number:
    """One of the two numbers: the times of its steps (s), and the count from then on."""

    def __init__(self, number: Count, duration: float, most: int, top: float) -> None:
        times, counts = number.changes
        self.at, self.count = np.concatenate(([0], times, [duration])), np.concatenate(([0], counts, [0]))
        self.most, self.top, self.peak = most, top, number.peak

    def draw(self, ax: Axes, area: str, pale: str, line: str, color: str) -> None:
        """Draw an area with a line on top of its steps, and what is too short for an area as a line by itself."""
        at, level = self._levels(ax)
        filled = ax.fill_between(at, level, BASE, step="post", color=pale, linewidth=0, zorder=1, gid=area)
        topped = LineCollection(self._tops(at, level), colors=color, linewidths=1.5, zorder=3, gid=line)
        spikes = LineCollection(
            self._spikes(ax, at, level), colors=color, linewidths=1.2, zorder=3, gid=f"{area} spikes"
        )
        for each in (topped, spikes):
            ax.add_collection(each, autolim=False)
        if len(self.at) > FEW:  # many blend
            filled.set_snap(False)
            topped.set_snap(False)

        def follow(changed: Axes) -> None:
            at, level = self._levels(changed)
            filled.set_data(at, level, BASE)
            topped.set_segments(self._tops(at, level))
            spikes.set_segments(self._spikes(changed, at, level))

        ax.callbacks.connect("xlim_changed", follow)

    def _levels(self, ax: Axes) -> tuple[Numbers, Numbers]:
        """Return the times of the steps (s) and how high they reach; a count of one stays visible below any peak."""
        at, count = self.at, self.count
        if len(at) > MANY:
            at, count = fewer_steps(at, count, np.linspace(min(ax.get_xlim()), max(ax.get_xlim()), MANY // 2))
        else:
            at, count = _without_dips(at, count, _thin(ax))
        shares = np.minimum(count, self.peak) / self.most  # what is more lasted for less than an instant
        return at, BASE + (self.top - BASE) * np.where(shares > 0, np.maximum(shares, 0.04), 0)

    def _spikes(self, ax: Axes, at: Numbers, level: Numbers) -> Sequence[Numbers]:
        """Return upright lines in the places of peaks that are thinner than a pixel; of very many, none."""
        if len(self.at) > MANY:
            return []
        high, before, after = level[1:-1], level[:-2], level[2:]
        thin = np.flatnonzero((high < np.minimum(before, after)) & (np.diff(at[1:]) < _thin(ax))) + 1  # up is less
        x = (at[thin] + at[thin + 1]) / 2
        ends = np.stack([np.maximum(level[thin - 1], level[thin + 1]), level[thin]], 1)
        return list(np.stack([np.stack([x, x], 1), ends], 2))

    def _tops(self, at: Numbers, level: Numbers) -> Sequence[Numbers]:
        """Return a line on top of each step: of very many as one path with gaps, which matplotlib makes far faster."""
        gap = [np.full(len(at) - 1, np.nan)] * (len(self.at) > MANY)
        x, y = (np.stack([*both, *gap], 1) for both in ((at[:-1], at[1:]), (level[:-1], level[:-1])))
        lines = np.stack([x, y], 2)
        return [lines.reshape(-1, 2)] if gap else list(lines)


def _thin(ax: Axes) -> float:
    """Return how many seconds are too thin for an area."""
    begin, end = ax.get_xlim()
    return THIN * abs(end - begin) / PIXELS


def _without_dips(at: Numbers, count: Numbers, pixel: float) -> tuple[Numbers, Numbers]:
    """Return steps without those that are thinner than a pixel and lower than what is beside them.

    What follows is no step either, if it is as high as what was before.
    """
    dip = (count[1:-1] < count[:-2]) & (count[1:-1] < count[2:]) & (np.diff(at[1:]) < pixel)
    kept = np.concatenate(([True], ~dip, [True])) if len(at) > 1 else np.ones(len(at), bool)
    at, count = at[kept], count[kept]
    changes = np.concatenate(([True], np.diff(count[:-1]) != 0, [True])) if len(at) > 1 else np.ones(len(at), bool)
    return at[changes], count[changes]


def fewer_steps(at: Numbers, count: Numbers, edges: Numbers) -> tuple[Numbers, Numbers]:
    """Return two steps for each stretch between edges: its greatest count, and then its least.

    The first lasts as long as keeps the area beneath them. So no peak is lost, and what blends in a pixel is exact.
    """
    lasts = np.append(np.diff(at) > 0, True)
    at, count = at[lasts], count[lasts]
    edges = np.clip(edges, at[0], at[-1])
    where = np.searchsorted(at, edges)
    in_force = count[np.searchsorted(at, edges, "right") - 1]
    times, counts = np.insert(at, where, edges), np.insert(count, where, in_force)
    first = where + np.arange(len(edges))
    area = np.append(0, np.cumsum(counts[:-1] * np.diff(times)))[first]
    inside = counts[: first[-1]]
    most, least = (choose.reduceat(inside, first[:-1]) for choose in (np.maximum, np.minimum))
    above = np.diff(area) - least * np.diff(edges)
    for_most = np.clip(above / np.where(most > least, most - least, 1), 0, np.diff(edges))
    steps = np.stack([edges[:-1], edges[:-1] + for_most], 1).ravel(), np.stack([most, least], 1).ravel()
    return np.append(steps[0], edges[-1]), np.append(steps[1], counts[first[-1]])
