"""The whole of a recording, or a part: what its workers, its children and its watcher wrote, as one trace."""

import os
import threading
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from taketurns.machine import origin
from taketurns.recording import children, stands
from taketurns.recording.assembly import assemble
from taketurns.recording.bystanders import Sight
from taketurns.recording.fates import outcomes, parents
from taketurns.recording.reports import Reports
from taketurns.recording.rows import STATES, Key, Row, Thread, Times, row_of
from taketurns.recording.sight import union
from taketurns.recording.worker import CALLED, RUNNING, Log, Worker
from taketurns.trace.columns import Columns
from taketurns.trace.moments import Moments
from taketurns.trace.spans import State
from taketurns.trace.trace import Trace

__all__ = ["part", "seen", "whole"]

NOTHING = (
    "Nothing to draw: the block called no function of yours, and started no thread, process, pool, task or "
    "greenlet that did anything before it ended. Put the call that you want to see inside the block."
)


#: What is seen of a worker: its events, its current task, and when it was last seen.
Seen = tuple[list[Any], int | str | None, int]


def whole(mine: Log, label: str, cut_short: str, reports: Reports) -> Trace:
    """Return the trace of a recording that takes no more events, with what its children have reported."""
    for number in list(mine.awaits.tasks):
        mine.adopt_name(number)
    rows, columns, lost, names = _put_together(mine, [seen(worker) for worker in mine.workers], mine.ended, reports)
    said = stands.said(mine, Trace.of(columns), names, lost, cut_short, reports)
    cut_short = "; ".join(filter(None, (cut_short, said.cut_short)))
    moments = Moments(mine.moments, {number: name for (_, number), name in names.items()}) if mine.moments else ()
    if mine.watcher is not None:
        cut_short = cut_short or mine.watcher.cut_short
    return Trace.of(
        columns,
        label,
        origin=_origin(mine),
        cut_short=cut_short,
        notes=tuple(_notes(mine, names, said.beside)),
        moments=moments,
        outcomes=outcomes(mine, rows, names),
        parents=parents(mine, names),
        blocked=said.blocked,
    )


def part(mine: Log, label: str, events: Sequence[Seen], end: int, reports: Reports) -> Trace:
    """Return the trace of a recording up to a moment (ns), with what was seen of its workers; it may go on.

    The log is a copy. Nobody is said to hang: they may yet go on.
    """
    rows, columns, _, names = _put_together(mine, events, end, reports)
    notes = tuple(_notes(mine, names, "")) if names else ()
    told = outcomes(mine, rows, names), parents(mine, names)
    return Trace.of(columns, label, origin=_origin(mine), notes=notes, outcomes=told[0], parents=told[1])


class _Together(NamedTuple):
    """What a trace is made of: all events, the spans, and the names of the tasks that are lost, and of all."""

    rows: list[Row]
    columns: Columns
    lost: dict[Key, str]
    names: dict[Key, str]


def _put_together(mine: Log, events: Sequence[Seen], end: int, reports: Reports) -> _Together:
    """Return what workers, children and the watcher wrote up to a moment, as spans."""
    carriers = [_carrier(mine, number) for number in range(len(events))]
    rows = [row for carrier, worker in zip(carriers, events, strict=True) for row in _near_rows(mine, carrier, worker)]
    rows += reports.rows
    mine.far_parents |= reports.parents
    last_seen: dict[Key, int] = {
        (os.getpid(), current): last for _, current, last in events if isinstance(current, int)
    }
    last_seen |= _last_seen(mine, reports)
    sight = _sight(mine, end, reports, carriers) if mine.is_watched else None
    return _Together(rows, *assemble(rows, mine.start, end, last_seen, sight, instants=mine.clock is not None))


def _origin(mine: Log) -> dict[str, str]:
    return {**origin(), "clock": "real" if mine.clock is None else "simulated"}


def _notes(mine: Log, names: Mapping[Key, str], beside: str) -> Iterator[str]:
    """Yield what is to be said beneath a picture: what could not be seen, and why."""
    if not names:
        yield NOTHING
    if mine.watcher is not None and mine.watcher.why_not:
        yield f"What a thread does between marks could not be seen: {mine.watcher.why_not}."
    if mine.clock is None and (problem := children.folder().problem):
        yield f"Child processes could not take part: {problem[0].lower()}{problem[1:]}."
    yield from mine.unseen.values()
    merged = f"{mine.calls_merged[:1].upper()}{mine.calls_merged[1:]}."
    if mine.calls_merged and mine.block and (os.getpid(), mine.block[0]) in names:
        yield merged
    elif mine.calls_merged.startswith("after "):  # where some were told apart, others are missed; the block has no lane
        yield merged.replace("are one lane", "are not shown")
    if beside:
        yield beside


# What the workers wrote


def seen(worker: Worker) -> Seen:
    """Return a worker's events, its current task and when it was last seen, all of one moment, while it may go on.

    The begin of a stretch that is not written yet is one more event.
    """
    while True:
        count = len(worker.events)
        written, current, last = worker.written, worker.current, worker.last
        if len(worker.events) == count:
            break
    events = worker.events[:count]
    if current is not None and not written and (not events or events[-1][:2] != (last, current)):
        events.append((last, current, RUNNING, "", None, None))
    return events, current, last


def _carrier(mine: Log, number: int) -> Thread:
    """Return who carried what a worker of this process wrote."""
    worker = mine.workers[number]
    # Simulated time has one thread.
    is_main = worker.native == threading.main_thread().native_id or mine.clock is not None
    return Thread(worker.process, "main" if is_main else str(number), worker.name)


def _near_rows(mine: Log, carrier: Thread, written: Seen) -> list[Row]:
    """Return the events of a worker of this process."""
    rows: list[Row] = []
    process, before, last, is_single = os.getpid(), None, None, False
    keys: dict[int, tuple[Key, str]] = {}  # the same object for all events of a task, by which they are told apart
    for event in written[0]:
        off = None
        try:
            at, task, state, reason, until, place = event
        except ValueError:
            at, task, state, reason, until, place, off = event
        if task is not last or is_single:
            is_single = isinstance(task, str)  # each that is a single stretch is another task
            if is_single:
                key, name = (process, _number(mine, task, before)), task
            elif task in keys:
                key, name = keys[task]
            else:
                key, name = keys[task] = (process, task), mine.names[task]
            last = task
        waker = None
        if place is not None and isinstance(place, int):
            waker, place = (process, place), None
        if until is not None:
            rows.append(row_of((at, key, name, State.RUNNING, "", carrier, None, 0, None, None)))
            at = until
        rows.append(row_of((at, key, name, STATES[state], reason, carrier, place, 0, off, waker)))
        before = event
    return rows


def _number(mine: Log, task: str, before: Any) -> int:
    """Return the number of a task that is a single stretch. The event before it tells who called it."""
    number = mine.number("")
    if before is not None and before[3] == CALLED:
        mine.parents[number] = before[1]
    return number


# What the watcher saw


def _last_seen(mine: Log, reports: Reports) -> dict[Key, int]:
    """Return until when the watcher saw the threads that carried the children's tasks last."""
    found = {}
    for row in reports.rows:
        if looks := mine.looks.get(reports.natives.get(row.worker, 0)):
            found[row.task] = looks[-1].end
    return found


def _sight(mine: Log, end: int, reports: Reports, of_workers: list[Thread]) -> Sight:
    """Return what the watcher saw, by who carries the tasks."""
    carriers = {worker.native: carrier for worker, carrier in zip(mine.workers, of_workers, strict=False)}
    far = {native: carrier for native, carrier in reports.carriers.items() if carrier.process in reports.watched}
    exact: dict[Thread, list[Times]] = {**reports.computed}
    for worker in mine.workers:
        exact.setdefault(carriers[worker.native], []).extend(worker.computed)
    dealings: dict[Thread, list[Times]] = {}
    beside: list[tuple[Row, Times]] = []
    for native, number in _lanes_beside(mine):
        carrier = carriers.setdefault(native, _stranger(native))
        until = (mine.block_ended or end) if (number, native) == mine.block else end
        row = Row(mine.start, (os.getpid(), number), mine.names[number], State.RUNNING, "", carrier)
        beside.append((row, (mine.start, until)))
    for native, at, until in sorted(mine.dealings, key=lambda dealing: dealing[1]):
        if native in carriers:
            dealings.setdefault(carriers[native], []).append((at, until))
    return Sight(
        looks={carriers[native]: looks for native, looks in mine.looks.items() if native in carriers}
        | {carrier: mine.looks.get(native, ()) for native, carrier in far.items()},
        exact={thread: list(union(sorted(times))) for thread, times in exact.items() if times},
        dealings={thread: list(union(times)) for thread, times in dealings.items()},
        on_loop=_keys(mine.on_loop) | reports.on_loop,
        implied=_keys(mine.implied) | reports.implied,
        callers=_keys(mine.callers),
        beside=beside,
        were_there=_keys(set(mine.bystanders.values())),
        gil=mine.gil,
        block_on_loop=mine.block_on_loop,
        suspended=mine.suspended,
        block=(os.getpid(), mine.block[0]) if mine.block else None,
    )


def _keys(numbers: set[int]) -> set[Key]:
    return {(os.getpid(), number) for number in numbers}


def _lanes_beside(mine: Log) -> Iterator[tuple[int, int]]:
    """Yield the native threads, each with a task of its own, that have a lane without marks."""
    if mine.block:
        yield mine.block[1], mine.block[0]
    yield from mine.bystanders.items()


def _stranger(native: int) -> Thread:
    """Return who carries what a thread does that has no worker."""
    return Thread(os.getpid(), "main" if native == threading.main_thread().native_id else f"native {native}")
