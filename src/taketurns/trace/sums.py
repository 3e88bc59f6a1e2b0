"""Sums: how much of each pixel spans fill, exactly, where they are too many or too thin to be seen one by one.

A span of a lane lasts from one place to another, both in pixels from the left edge. What overlaps in one lane is
counted once. The share of a pixel is then the sum of the lengths in it.
"""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from taketurns.trace.columns import Columns

__all__ = ["Numbers", "Places", "boxes", "filled", "in_order", "latest", "most_of", "once", "standing_alone"]

Numbers = NDArray[np.float64]

LEAST = 1e-9  # of a pixel: less is what a sum of floats leaves


class Places(NamedTuple):
    """Spans in their lanes: the lane's number, and start and end; lane by lane, in the order of their starts."""

    row: NDArray[np.int64]
    start: Numbers
    end: Numbers

    def those(self, which: NDArray[Any]) -> "Places":
        """Return some of them."""
        return Places(self.row[which], self.start[which], self.end[which])


def boxes(start: Numbers, end: Numbers, middle: NDArray[Any], height: float) -> Numbers:
    """Return the corners of a rectangle for each start."""
    low, high = middle - height / 2, middle + height / 2
    return np.stack([np.stack([start, start, end, end], 1), np.stack([low, high, high, low], 1)], 2)


def once(places: Places) -> Places:
    """Return the spans, of which each goes on where others of its lane end: so each moment in a lane counts once."""
    row, start, end = places
    same = row[1:] == row[:-1]
    if not (same & (start[1:] < end[:-1])).any():
        return places
    start, reached = start.copy(), latest(row, end)[:-1]
    start[1:] = np.minimum(np.where(same, np.maximum(start[1:], reached), start[1:]), end[1:])
    return Places(row, start, end)


def latest(row: NDArray[np.int64], end: Numbers) -> Numbers:
    """Return the latest end so far, in each row anew; rows come one after another."""
    times, rank = np.unique(end, return_inverse=True)
    # The ranks of each row begin above those of the one before it.
    return times[np.maximum.accumulate(row * len(times) + rank) - row * len(times)]


def in_order(row: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return in which order rows are sorted; those in the same row stay as they are. Small numbers sort far faster."""
    return np.argsort(row.astype(np.uint16) if row.max(initial=0) < 2**16 else row, kind="stable")


def filled(places: Places, rows: int, columns: int, weight: Numbers | None = None) -> tuple[Numbers, NDArray[np.bool_]]:
    """Return how much of each pixel is filled, and which pixels something reaches, be it only an instant.

    Both have a row for each lane. What overlaps counts as often. A span takes ``weight`` of a pixel's height.
    """
    # A start fills the rest of its pixel, and all pixels behind it; an end takes the same away.
    part, whole, begun = np.zeros((3, rows * (columns + 1)))
    for at, sign in ((places.end, -1.0), (places.start, 1.0)):
        inside = np.clip(at, 0, columns)
        pixel = inside.astype(np.int64)
        rest, place = pixel + 1 - inside, places.row * (columns + 1) + pixel
        begun = np.bincount(place, weight, len(part)).astype(float, copy=False)
        part += sign * np.bincount(place, rest if weight is None else rest * weight, len(part))
        whole += sign * begun
    behind = np.cumsum(whole.reshape(rows, -1), axis=1) - whole.reshape(rows, -1)
    shares = (part.reshape(rows, -1) + behind)[:, :columns]
    shares[shares < LEAST] = 0
    return shares, (shares > 0) | (begun.reshape(rows, -1)[:, :columns] > 0)


def standing_alone(reached: NDArray[np.bool_], room: int) -> NDArray[np.bool_]:
    """Return which pixels are reached where at most one other within so many to the left and right is."""
    counts = np.cumsum(np.pad(reached, ((0, 0), (room + 1, room))), axis=1, dtype=np.int32)
    return reached & (counts[:, 2 * room + 1 :] - counts[:, : -2 * room - 1] <= 2)


def most_of(columns: Columns, groups: list[int], lanes: int, duration: float, width: int) -> list[list[int]]:
    """Return for each of so many stretches of the first lanes which group of kinds fills most of it; else −1.

    ``groups`` tells the group of each kind. Of several that fill as much it is the first.
    """
    if not lanes:
        return []
    row, group = np.array(columns.task, np.int64), np.array(groups, np.int64)[np.array(columns.kind, np.int64)]
    # Rounded: what ends with a stretch must not reach into the next by the last digit of a float.
    start, end = (np.round(np.asarray(at) / duration * width, 9) for at in (columns.start, columns.end))
    places = Places(row, start, end)
    shares = [filled(places.those((row < lanes) & (group == each)), lanes, width)[0] for each in range(max(groups) + 1)]
    most = np.where(np.max(shares, 0) > 0, np.argmax(shares, 0), -1)
    return most.tolist()  # type: ignore[no-any-return]
