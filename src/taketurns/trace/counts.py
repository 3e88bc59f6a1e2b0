"""How many intervals there are at one instant: the two numbers of every recording are such counts."""

from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import TypeVar

__all__ = ["Interval", "Steps", "peak", "steps", "union"]

Interval = tuple[float, float]
N = TypeVar("N", int, float)
Steps = tuple[tuple[float, int], ...]


def steps(intervals: Iterable[Interval]) -> Steps:
    """Return how many intervals hold each instant, as (time, count from then on), without its end."""
    change: Counter[float] = Counter()
    for start, end in intervals:
        change[start] += 1
        change[end] -= 1
    found, count = [], 0
    for at in sorted(change):
        if change[at]:
            count += change[at]
            found.append((at, count))
    return tuple(found)


def union(intervals: Sequence[tuple[N, N]]) -> Iterator[tuple[N, N]]:
    """Yield intervals that overlap or touch put together; they are sorted by their start, and there is one at least."""
    start, end = intervals[0]
    for one in intervals[1:]:
        if one[0] > end:
            yield start, end
            start = one[0]
        end = max(end, one[1])
    yield start, end


def peak(intervals: Sequence[Interval]) -> int:
    """Return the most intervals at one instant; one without length counts beside those that reach across it."""
    lasting = [interval for interval in intervals if interval[0] < interval[1]]
    starts, ends = sorted(start for start, _ in lasting), sorted(end for _, end in lasting)
    across = (bisect_left(starts, at) - bisect_right(ends, at) for at, end in intervals if at == end)
    return max(max((count for _, count in steps(lasting)), default=0), max((n + 1 for n in across), default=0))
