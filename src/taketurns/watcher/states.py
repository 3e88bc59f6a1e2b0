"""From what the helper wrote down to the states of each thread: when it ran, and what it waited for."""

from bisect import bisect_left
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import NamedTuple

from taketurns.trace.spans import State, Where
from taketurns.watcher import calls
from taketurns.watcher.edges import GIL, GONE, Edges, Row
from taketurns.watcher.looks import Look, Place

__all__ = ["Naming", "states"]

#: Of a gap in looking that is longer, in ns, it is not known what happened; and shorter waits for a core are hidden,
#: for the helper itself makes them.
GAP, HIDDEN = 3_000_000, 200_000
#: For so long, in ns, a thread that has got the GIL may have left the place where it waited.
_LEAVES = 700_000
#: So long, in ns, a thread may run between its wait and its wait for the GIL, and then between two of these.
_BRIEF, _BRIEFER = 300_000, 60_000


class Naming(NamedTuple):
    """Where a thread stood at a moment, in ns; the kind of wait by its frames, and of the file that it waited for."""

    at: int
    thread: int
    place: Place | Where | None  #: of another process what it says
    kind: str
    file: str


@dataclass(slots=True)
class _Span:
    """A state between two edges, with the system call that the thread was blocked in."""

    state: State
    reason: str
    start: int
    end: int
    number: int = 0
    blur: int = 0


def states(rows: Iterable[Row], namings: Iterable[Naming], until: int) -> dict[int, list[Look]]:
    """Return the looks at each thread, by its native id, up to a moment in ns."""
    threads: dict[int, Edges] = {}
    for row in rows:
        if row.thread not in threads:
            threads[row.thread] = Edges()
        threads[row.thread].add(row)
    named: dict[int, list[Naming]] = {}
    for naming in namings:
        named.setdefault(naming.thread, []).append(naming)
    return {
        thread: list(_looks(list(_spans(edges, until)), sorted_by_time(named.get(thread, [])), edges.queued()))
        for thread, edges in threads.items()
    }


def sorted_by_time(namings: list[Naming]) -> list[Naming]:
    """Return namings in the order of their moments."""
    return sorted(namings, key=lambda naming: naming.at)


def _spans(edges: Edges, until: int) -> Iterator[_Span]:
    """Yield the states between the edges. Where an edge is not known within the longest gap, it was not seen."""
    at: int | None = None
    state, reason, number, blur = State.UNSEEN, "", 0, 0
    for edge in edges.edges:
        early, late = edge.early, edge.late
        if late - early <= GAP:
            early = late = (early + late) // 2
        if at is not None and early > at:
            yield _Span(state, reason, at, early, number, blur)
        if at is not None and late > max(at, early):
            yield _Span(State.UNSEEN, "", max(at, early), late)
        at = late if at is None else max(at, late)
        blur = edge.gap
        if edge.call == GONE:
            at = None
        elif edge.call is None:
            state, reason, number = State.RUNNING, "", 0
        else:
            number, _, second = edge.call
            if number == GIL:
                state, reason = State.READY, "GIL"
            else:
                state, reason = State.WAITING, calls.reason(number, second)
    if at is not None and until > at:
        yield _Span(state, reason, at, until, number, blur)


def _looks(spans: list[_Span], namings: list[Naming], queued: list[tuple[int, int]]) -> Iterator[Look]:
    """Yield the spans with the places of waits, and with what they were queued for a core taken out of RUNNING."""
    times = [naming.at for naming in namings]
    queue = 0
    for index, span in enumerate(spans):
        start = span.start
        if span.state is State.RUNNING:
            while queue < len(queued) and queued[queue][0] < span.end:
                begin, end = max(queued[queue][0], start), min(queued[queue][1], span.end)
                if end > begin:
                    if begin > start:
                        yield Look(State.RUNNING, "", None, start, begin, span.blur)
                    yield Look(State.READY, "core", None, begin, end)
                    start = end
                if queued[queue][1] > span.end:
                    break
                queue += 1
            if start < span.end:
                yield Look(State.RUNNING, "", None, start, span.end, span.blur)
        elif span.state is State.WAITING:
            here = bisect_left(times, start)
            naming = namings[here] if here < len(times) and times[here] <= _stands_until(spans, index) else None
            yield Look(State.WAITING, _reason(span, naming), naming and naming.place, start, span.end, span.blur)
        else:
            yield Look(span.state, span.reason, None, start, span.end, span.blur)


def _reason(span: _Span, naming: Naming | None) -> str:
    if naming is None:
        return span.reason
    return naming.kind or (naming.file if calls.of_a_file(span.number) else "") or span.reason


def _stands_until(spans: list[_Span], index: int) -> int:
    """Return until when a thread still stands at the call in which it waited: until it has the GIL again, in ns."""
    until, brief = spans[index].end, _BRIEF
    for span in spans[index + 1 : index + 9]:
        if span.state is State.READY:
            until = max(until, span.end - _LEAVES)
        elif span.state is not State.RUNNING or span.end - span.start > brief:
            break
        brief = _BRIEFER
    return until
