"""What the watcher saw of the threads, and what the marks say of the tasks, put together.

Marks are exact about where a task begins, ends and is suspended, and about what `compute` and `waiting` do. In between,
where they say RUNNING, the watcher saw what the thread really did.
"""

from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from operator import attrgetter

from taketurns.recording.rows import Key, Row, Stretch, Thread, Times, begin
from taketurns.trace.reasons import HOLDS_THE_LOOP
from taketurns.trace.spans import State
from taketurns.watcher.looks import Look

__all__ = ["SHORT_NS", "between", "by_task", "cut_out", "joined", "looks_in", "off_cores", "seen", "union"]

#: What lasts shorter, nobody need have seen: it is what the marks say.
SHORT_NS = 3_000_000
#: Who makes two marks so close to each other runs in between: to lose a core and to get it back takes longer.
TINY_NS = 50_000
#: So well does the watcher know when a state begins or ends.
EDGE_NS = 1_500_000
START = attrgetter("start")


def seen(
    stretches: Sequence[Stretch],
    looks: Mapping[Thread, Sequence[Look]],
    exact: Mapping[Thread, Sequence[Times]],
    on_loop: Set[Key],
    off: Mapping[Thread, Sequence[Times]] | None = None,
) -> Iterator[Stretch]:
    """Yield the stretches, those that are RUNNING divided as the watcher saw their threads; exact times stay."""
    off = off_cores(looks) if off is None else off
    for stretch in stretches:
        row, until = stretch
        tiny = until - row.at < TINY_NS
        if tiny or row.state is not State.RUNNING or _just_runs(row.at, until, off.get(row.worker)):
            yield stretch
            continue
        marked = between(exact.get(row.worker, ()), row.at, until)
        yield from ((row._replace(at=at), end) for at, end in marked)
        for at, end in cut_out((row.at, until), marked):
            for piece, since, to in _divided(row, at, end, looks[row.worker], row.task in on_loop):
                yield piece._replace(at=since), to


def off_cores(looks: Mapping[Thread, Sequence[Look]]) -> dict[Thread, list[Times]]:
    """Return when threads were seen not to run; the first time of each is before all others."""
    runs = State.RUNNING, State.UNSEEN
    return {
        thread: [(-1, -1), *((look.start, look.end) for look in seen if look.state not in runs)]
        for thread, seen in looks.items()
    }


def _just_runs(at: int, until: int, off: Sequence[Times] | None) -> bool:
    """Return whether a stretch needs no dividing: its thread was not seen, or not seen otherwise while it is short."""
    return off is None or (until - at < SHORT_NS and off[bisect_left(off, (until,)) - 1][1] <= at)


Piece = tuple[Row, int, int]


def _divided(row: Row, at: int, until: int, looks: Sequence[Look], on_loop: bool) -> Iterator[Piece]:
    """Yield what the watcher saw between two times; what it did not see is RUNNING if it is short."""
    begin = at
    for look, start, end in looks_in(looks, begin, until):
        if look.state is State.UNSEEN:
            continue
        if at < start:
            yield _unseen(row, at, start)
        yield (row if _is_edge(look, begin, until) else _as_seen(row, look, on_loop)), start, end
        at = end
    if at < until:
        yield _unseen(row, at, until)


def _is_edge(look: Look, at: int, until: int) -> bool:
    """Return whether a look reaches over a mark by less than the watcher can tell.

    Whoever makes a mark runs at that moment. So what the watcher saw before ended there, and what it saw after began.
    """
    return (look.start < at and look.end - at < EDGE_NS) or (look.end > until and until - look.start < EDGE_NS)


def looks_in(looks: Sequence[Look], at: int, until: int) -> Iterator[tuple[Look, int, int]]:
    """Yield the looks that reach between two times, each with its part of that."""
    for number in range(max(bisect_right(looks, at, key=START) - 1, 0), len(looks)):
        look = looks[number]
        if look.start >= until:
            break
        start, end = max(look.start, at), min(look.end, until)
        if start < end:
            yield look, start, end


def _unseen(row: Row, at: int, until: int) -> Piece:
    short = until - at < SHORT_NS
    return row if short else row._replace(state=State.UNSEEN), at, until


def _as_seen(row: Row, look: Look, on_loop: bool) -> Row:
    if look.state is State.RUNNING:
        return row._replace(blur=look.blur)
    holds = HOLDS_THE_LOOP if on_loop and look.state is State.WAITING else ""
    return row._replace(state=look.state, reason=look.reason + holds, place=look.place, blur=look.blur)


def by_task(stretches: Iterable[Stretch]) -> dict[Key, list[Stretch]]:
    """Return the stretches of each task."""
    lanes: defaultdict[Key, list[Stretch]] = defaultdict(list)
    for stretch in stretches:
        lanes[stretch[0].task].append(stretch)
    return dict(lanes)


def joined(lane: Iterable[Stretch]) -> Iterator[Stretch]:
    """Yield the stretches of one task, in order; those that touch and are alike are one."""
    first, end = None, -1
    for row, until in sorted(lane, key=begin):
        if first is None or row.at != end or row.state is not first.state or not _are_alike(first, row):
            if first is not None:
                yield first, end
            first = row
        end = until
    if first is not None:
        yield first, end


def _are_alike(first: Row, second: Row) -> bool:
    """Return whether two stretches differ in their time at most."""
    return first._replace(at=second.at, blur=second.blur) == second


def between(times: Sequence[Times], at: int, until: int) -> list[Times]:
    """Return the parts of sorted times, which do not overlap, that lie between two."""
    first = max(bisect_right(times, (at, at)) - 1, 0)
    found = []
    for start, end in times[first:]:
        if start >= until:
            break
        if end > at and end > start:
            found.append((max(start, at), min(end, until)))
    return found


def union(times: Sequence[Times]) -> Iterator[Times]:
    """Yield times that overlap or touch put together; they are sorted, and there is one at least."""
    start, end = times[0]
    for one in times[1:]:
        if one[0] > end:
            yield start, end
            start = one[0]
        end = max(end, one[1])
    yield start, end


def cut_out(whole: Times, times: Sequence[Times]) -> Iterator[Times]:
    """Yield what is left of a time without others, which are sorted and lie in it."""
    at, until = whole
    for start, end in times:
        if at < start:
            yield at, start
        at = max(at, end)
    if at < until:
        yield at, until
