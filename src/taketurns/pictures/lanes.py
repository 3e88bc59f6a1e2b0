"""The lanes of a timeline: the rows, their names, and a bar for every span."""

from collections.abc import Sequence
from typing import Any, Literal

import numpy as np
from matplotlib.axes import Axes

from taketurns.pictures.bars import Bars, Crowd
from taketurns.pictures.crowds import MANY, PIXELS, Layers
from taketurns.pictures.glyphs import drawable
from taketurns.pictures.looks import INK, Look, layers_of, numbered
from taketurns.pictures.words import every, shorten
from taketurns.trace.sums import Places, in_order
from taketurns.trace.trace import Trace

__all__ = ["Lanes", "draw_bars", "lane_inches", "name_lanes", "names_of", "paint", "placed"]

Lanes = Literal["task", "worker"]

NAME = 11


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


def placed(trace: Trace, lanes: Lanes) -> Layers:
    """Return the looks from the lowest to the highest, each with its spans in the lanes of a trace."""
    columns = trace.columns
    row = numbered(getattr(columns, lanes))
    order = in_order(row)
    whole = Places(row, np.asarray(columns.start), np.asarray(columns.end))
    return [(look, whole.those(order[which])) for look, which in layers_of(trace, order)]


def draw_bars(ax: Axes, trace: Trace, lanes: Lanes, horizon: float) -> None:
    """Draw every span once, in its lane: one collection for each look that occurs, its ``gid`` the look's key.

    A crowd of spans is drawn as an image instead: by `Crowd`, in which a pixel has the color of all that fills it.
    """
    low, size = (0.0, 1.0) if lanes == "task" else (0.14, 0.72)
    layers, pixel = placed(trace, lanes), horizon / PIXELS
    crowd = Crowd(layers, low, size)
    ax.add_artist(crowd)
    for look, places in layers:
        bars = Bars(crowd, look, places)
        bars.set(**paint(look), zorder=2)
        if not look.stripes and len(places.row) <= MANY:
            bars.keep_in_sight(pixel)
        ax.add_collection(bars, autolim=False)


def paint(look: Look) -> dict[str, Any]:
    """Return how matplotlib fills what has a look: bars, and the one in a legend."""
    stripes = {"hatch": "////", "edgecolor": look.stripes, "hatch_linewidth": 2.5} if look.stripes else {}
    return {"facecolor": look.color, "linewidth": 0, **stripes}
