"""The lanes of a timeline: the rows, their names, and a bar for every span."""

from collections.abc import Sequence
from typing import Any, Literal

import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection

from taketurns.pictures.bars import Bars, Beneath, Crowd
from taketurns.pictures.crowds import MANY, PIXELS, Layers
from taketurns.pictures.glyphs import drawable
from taketurns.pictures.looks import GRAY, INK, LOOKS, Look, gaps_of, layers_of, numbered
from taketurns.pictures.names import LEAST, labels
from taketurns.trace.spans import State
from taketurns.trace.sums import Places, in_order
from taketurns.trace.trace import Trace

__all__ = ["Lanes", "draw_bars", "lane_inches", "name_lanes", "names_of", "paint", "placed"]

Lanes = Literal["task", "worker"]

NAME, FILLED = 11, 0.85  # points, and how much of a low lane its name takes
GAP = 0.02  # inches at both ends of the line beside a group
#: How matplotlib draws a pattern, and how wide its lines are (points).
HATCHES = {"stripes": ("///", 1.3), "bars": ("||", 2.5), "dots": ("...", 1.0)}


def names_of(trace: Trace, lanes: Lanes) -> tuple[str, ...]:
    """Return the names of a trace's lanes from top to bottom; ``ValueError`` where lanes are something else."""
    if lanes not in ("task", "worker"):
        raise ValueError(f'lanes is "task" (a row for each task) or "worker" (a row for each worker), not {lanes!r}')
    return trace.tasks if lanes == "task" else trace.workers


def lane_inches(count: int, lanes: Lanes) -> float:
    """Return the height of one of so many lanes, in inches: beyond eight they shrink."""
    first, rest = (0.32, 0.12) if lanes == "task" else (0.5, 0.2)
    return (first * min(count, 8) + rest * max(count - 8, 0)) / count


def name_lanes(ax: Axes, names: Sequence[str], inches: float) -> None:
    """Write the names beside the lanes; where these are very many, those of groups, each beside a line."""
    said = labels(names, inches)
    alone = len(said) == len(names)
    size = min(NAME, FILLED * 72 * max(inches, LEAST)) if alone else NAME
    words = [drawable(label.text) for label in said]
    ax.set_yticks([label.middle for label in said], words, parse_math=False, fontsize=size, color=INK)
    ax.tick_params(axis="y", length=0, pad=6)
    edges = [] if alone else [(label.first - 0.5, label.last + 0.5) for label in said]
    between = GAP / inches
    groups = [[(-0.004, first + between), (-0.004, last - between)] for first, last in edges]
    lines = LineCollection(groups, colors=GRAY, linewidths=1, transform=ax.get_yaxis_transform(), clip_on=False)
    lines.set(gid="groups", in_layout=False)
    ax.add_collection(lines, autolim=False)


def placed(trace: Trace, lanes: Lanes) -> Layers:
    """Return the looks from the lowest to the highest, each with its spans in the lanes of a trace."""
    columns = trace.columns
    row = numbered(getattr(columns, lanes))
    order = in_order(row)
    whole = Places(row, np.asarray(columns.start), np.asarray(columns.end))
    return [(look, whole.those(order[which[order]])) for look, which in layers_of(trace)]


def draw_bars(ax: Axes, trace: Trace, lanes: Lanes, horizon: float) -> None:
    """Draw every span once, in its lane: one collection for each look that occurs, its ``gid`` the look's key.

    A crowd of spans is drawn as an image instead: by `Crowd`, in which a pixel has the color of all that fills it.
    """
    low, size = (0.0, 1.0) if lanes == "task" else (0.14, 0.72)
    layers, pixel = placed(trace, lanes), horizon / PIXELS
    crowd = Crowd(layers, low, size)
    ax.add_artist(crowd)
    if lanes == "task":
        spans, start, end = gaps_of(trace)
        places = Places(numbered(trace.columns.task)[spans], start, end)
        gaps = Beneath(crowd, places, LOOKS[State.RUNNING].height)
        ax.add_collection(gaps, autolim=False)
    for look, places in layers:
        bars = Bars(crowd, look, places)
        bars.set(**paint(look), zorder=2)
        if not look.pattern and len(places.row) <= MANY:
            bars.keep_in_sight(pixel)
        ax.add_collection(bars, autolim=False)


def paint(look: Look) -> dict[str, Any]:
    """Return how matplotlib fills what has a look: bars, and the one in a legend."""
    hatch, wide = HATCHES.get(look.pattern, ("", 0))
    pattern = {"hatch": hatch, "edgecolor": look.ink, "hatch_linewidth": wide} if hatch else {}
    return {"facecolor": look.color, "linewidth": 0, **pattern}
