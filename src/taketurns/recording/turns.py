"""Turns under the GIL where nobody watched: what can be told from the CPU time of a stretch and from its neighbors.

A stretch of a plain function that lost the GIL, or its core, is known only as a whole: how long it was, and how long it
was off its core. (In the recording process on Linux the watcher sees the turns themselves.)
"""

from bisect import bisect_left, insort
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from itertools import accumulate, pairwise

from taketurns.recording.rows import Process, Row, Stretch, Times
from taketurns.trace.spans import State

__all__ = ["take_turns"]

#: A thread's CPU time and our clock do not agree better than this.
SLACK_NS = 1_000_000


def take_turns(stretches: list[Stretch]) -> list[Stretch]:
    """Return the stretches with those that lost the GIL divided as far as that is known."""
    return list(_take_turns(list(_give_way(stretches))))


def _give_way(stretches: list[Stretch]) -> Iterator[Stretch]:
    """Make READY what a stretch that lost the GIL shares with those that are seen to run in its process.

    Those that lost it for the shortest time come first: what they keep is seen to run. If one shares more than it was
    off its core, it ran beside them, without the GIL, and gives way to nobody. If it was off its core for longer than
    it shares, what is left has the reason "GIL".
    """
    sure: defaultdict[Process, list[Times]] = defaultdict(list)
    for row, until in sorted(stretches, key=lambda stretch: stretch[0].at):
        if row.state is State.RUNNING and row.off is None:
            sure[row.task[0]].append((row.at, until))
    yield from (stretch for stretch in stretches if stretch[0].off is None)
    losers = [stretch for stretch in stretches if stretch[0].off is not None]
    for row, until in sorted(losers, key=lambda stretch: stretch[0].off or 0):
        running = sure[row.task[0]]
        others = _near(running, row.at, until)
        shared = sum(max(0, min(end, until) - max(start, row.at)) for start, end in others)
        off, left = (row.off or 0) - shared, until - row.at - shared
        if off < -SLACK_NS:
            yield row._replace(off=None), until
        else:
            missing = off > left // 10 or left < SLACK_NS
            pieces = list(_pieces(row._replace(reason="GIL" if missing else "", off=None), until, others, State.READY))
            yield from pieces
            if not missing:
                for piece, end in pieces:
                    if piece.state is State.RUNNING:
                        insort(running, (piece.at, end))


def _take_turns(stretches: list[Stretch]) -> Iterator[Stretch]:
    """Leave the reason "GIL" where stretches that lost it overlap: they took turns, at moments that nobody saw."""
    change: defaultdict[Process, Counter[int]] = defaultdict(Counter)
    for row, until in stretches:
        if in_turns(row):
            change[row.task[0]].update({row.at: 1})
            change[row.task[0]].subtract({until: 1})
    crowded = {process: _crowded(edges) for process, edges in change.items()}
    for row, until in stretches:
        if in_turns(row):
            others = _near(crowded[row.task[0]], row.at, until)
            yield from _pieces(row._replace(reason=""), until, others, State.RUNNING)
        else:
            yield row, until


def in_turns(row: Row) -> bool:
    return row.state is State.RUNNING and row.reason == "GIL"


def _near(times: list[Times], at: int, until: int) -> list[Times]:
    """Return those of the sorted times, which do not overlap, that reach between the two."""
    first, last = bisect_left(times, (at, 0)), bisect_left(times, (until, 0))
    return times[max(first - 1, 0) : last]


def _crowded(change: Mapping[int, int]) -> list[Times]:
    """Return the times between which there are two or more, from how their number changes."""
    counts = accumulate(change[at] for at in sorted(change))
    return [(at, until) for (at, until), count in zip(pairwise(sorted(change)), counts, strict=False) if count > 1]


def _pieces(row: Row, until: int, others: Iterable[Times], state: State) -> Iterator[Stretch]:
    """Cut a RUNNING stretch: what it shares with others is in that state, with the reason "GIL"."""
    at = row.at
    for start, end in others:
        start, end = max(start, at), min(end, until)
        if start < end:
            if at < start:
                yield row._replace(at=at), start
            yield row._replace(at=start, state=state, reason="GIL"), end
            at = end
    if at < until:
        yield row._replace(at=at), until
