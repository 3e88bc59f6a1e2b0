"""From events to spans: a task is in a state from the event that says so to its next event."""

import os
from bisect import bisect_left, insort
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from itertools import accumulate, count, pairwise
from typing import NamedTuple, cast

from taketurns.trace.spans import Span, State

__all__ = ["Row", "Thread", "assemble"]

Process = int | str
Key = tuple[Process, int]
Times = tuple[int, int]

#: A thread's CPU time and our clock do not agree better than this.
SLACK_NS = 1_000_000


class Thread(NamedTuple):
    """A thread of a process, or of a sub-interpreter (a text): its identifier, or ``"main"``."""

    process: Process
    thread: str


class Row(NamedTuple):
    """One event: from ``at`` (ns) on a task, known by its process and number, is in a state, or has ended (None)."""

    at: int
    task: Key
    name: str
    state: State | None
    reason: str
    worker: Thread


#: An event that begins a state, and the time until which that lasts.
Stretch = tuple[Row, int]


def assemble(
    rows: Iterable[Row], start: int, end: int, last_seen: Mapping[Key, int], instants: bool = False
) -> tuple[list[Span], list[str], dict[Key, str]]:
    """Return the spans of a recording from start to end (ns), the names of the tasks that are lost, and all names.

    A task of this process that has not ended is taken to be in its state until the recording ends, and a RUNNING one
    until it was last seen. What a task of another process did after its last event nobody knows: it is lost.
    Spans without length are kept only where ``instants`` says so, in simulated time.
    """
    tasks: dict[Key, list[Row]] = {}
    for row in sorted(rows, key=lambda row: row.at):
        tasks.setdefault(row.task, []).append(row)
    lost = [key for key, events in tasks.items() if events[-1].state is not None and key[0] != os.getpid()]
    lasting = [
        (row, until)
        for events in tasks.values()
        for row, until in _stretches(events, _until(events[-1], end, last_seen))
        if row.state is not None and (row.at < until or (instants and row.state is State.RUNNING))
    ]
    if any(_lost_the_gil(row) for row, _ in lasting):
        lasting = list(_take_turns(list(_give_way(lasting))))
    lasting.sort(key=lambda stretch: stretch[0].at)
    named = {row.task for row, _ in lasting}.union(lost)
    keys = [key for key in tasks if key in named]
    names = dict(zip(keys, _task_names([tasks[key][-1].name for key in keys]), strict=True))
    workers = _worker_names(dict.fromkeys(row.worker for row, _ in lasting))
    spans = []
    for row, until in lasting:
        state, since, to = cast(State, row.state), (row.at - start) / 1e9, (until - start) / 1e9
        spans.append(Span(names[row.task], state, workers[row.worker], since, to, row.reason))
    return spans, [names[key] for key in lost], names


def _until(last: Row, end: int, last_seen: Mapping[Key, int]) -> int:
    """Return the time until which a task is known to be in its last state."""
    if last.task[0] != os.getpid():
        return last.at
    seen = last_seen.get(last.task, end)
    return seen if last.state is State.RUNNING and seen > last.at else max(end, last.at)


def _stretches(events: list[Row], end: int) -> Iterator[Stretch]:
    """Return each state of one task with the time until which it lasts; an event that changes nothing does not cut.

    What a task waits for is a change. Why it is READY may be told later than that it is.
    """
    current = events[0]
    for event in events[1:]:
        waits_for = event.reason if event.state is State.WAITING else current.reason
        if (event.state, event.worker, waits_for) == (current.state, current.worker, current.reason):
            current = current._replace(reason=current.reason or event.reason)
        else:
            yield current, event.at
            current = event
    yield current, end


def _lost_the_gil(row: Row) -> bool:
    """Return whether it ran, but not all the time, because it had lost the GIL: see `Worker._judge`."""
    return row.state is State.RUNNING and bool(row.reason)


def _give_way(stretches: list[Stretch]) -> Iterator[Stretch]:
    """Make READY what a stretch that lost the GIL shares with those that are seen to run in its process.

    Those that lost it for the shortest time come first: what they keep is seen to run. If one shares more than it was
    off its core, it ran beside them, without the GIL, and gives way to nobody. If it was off its core for longer than
    it shares, what is left has the reason "GIL".
    """
    sure: defaultdict[Process, list[Times]] = defaultdict(list)
    for row, until in sorted(stretches, key=lambda stretch: stretch[0].at):
        if row.state is State.RUNNING and not row.reason:
            sure[row.task[0]].append((row.at, until))
    yield from (stretch for stretch in stretches if not _lost_the_gil(stretch[0]))
    losers = [stretch for stretch in stretches if _lost_the_gil(stretch[0])]
    for row, until in sorted(losers, key=lambda stretch: int(stretch[0].reason)):
        running = sure[row.task[0]]
        others = _near(running, row.at, until)
        shared = sum(max(0, min(end, until) - max(start, row.at)) for start, end in others)
        off, left = int(row.reason) - shared, until - row.at - shared
        if off < -SLACK_NS:
            yield row._replace(reason=""), until
        else:
            missing = off > left // 10 or left < SLACK_NS
            pieces = list(_pieces(row._replace(reason="GIL" if missing else ""), until, others, State.READY))
            yield from pieces
            if not missing:
                for piece, end in pieces:
                    if piece.state is State.RUNNING:
                        insort(running, (piece.at, end))


def _take_turns(stretches: list[Stretch]) -> Iterator[Stretch]:
    """Leave the reason "GIL" where stretches that lost it overlap: they took turns, at moments that nobody saw."""
    change: defaultdict[Process, Counter[int]] = defaultdict(Counter)
    for row, until in stretches:
        if _lost_the_gil(row):
            change[row.task[0]].update({row.at: 1})
            change[row.task[0]].subtract({until: 1})
    crowded = {process: _crowded(edges) for process, edges in change.items()}
    for row, until in stretches:
        if _lost_the_gil(row):
            others = _near(crowded[row.task[0]], row.at, until)
            yield from _pieces(row._replace(reason=""), until, others, State.RUNNING)
        else:
            yield row, until


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


def _task_names(names: list[str]) -> list[str]:
    """Number the tasks that share a name, in order of their start; one without a name is a ``task``, always numbered.

    A number is passed over where it would make the name of another task.
    """
    shared = Counter(names)
    numbers: defaultdict[str, Iterator[int]] = defaultdict(count)
    result = []
    for name in names:
        if not name or shared[name] > 1:
            stem = name or "task"
            name = next(free for number in numbers[stem] if (free := f"{stem} {number}") not in shared)
        result.append(name)
    return result


def _worker_names(workers: Iterable[Thread]) -> dict[Thread, str]:
    """Call this process's threads ``main thread`` and ``thread 1``, its children's ``process 1`` and so on.

    The first thread of a sub-interpreter goes by its name, ``interpreter 1``: no other is its main thread.
    """
    names: dict[Thread, str] = {}
    homes: dict[Process, str] = {os.getpid(): ""}
    kinds: Counter[str] = Counter()
    numbers: Counter[Process] = Counter()
    for worker in workers:
        kind = "interpreter" if isinstance(worker.process, str) else "process"
        if is_new := worker.process not in homes:
            kinds[kind] += 1
            homes[worker.process] = f"{kind} {kinds[kind]}"
        where = homes[worker.process]
        if worker.thread == "main" or (is_new and kind == "interpreter"):
            names[worker] = where or "main thread"
        else:
            numbers[worker.process] += 1
            names[worker] = f"{where}, thread {numbers[worker.process]}".removeprefix(", ")
    return names
