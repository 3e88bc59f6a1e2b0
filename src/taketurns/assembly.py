"""From events to spans: a task is in a state from the event that says so to its next event."""

from __future__ import annotations

import os
from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from itertools import pairwise
from typing import NamedTuple

from taketurns.spans import Span, State

__all__ = ["Row", "Thread", "assemble"]

Key = tuple[int, int]


class Thread(NamedTuple):
    """A thread of a process: its identifier, or ``"main"``."""

    process: int
    thread: str


class Row(NamedTuple):
    """One event: from ``at`` (ns) on a task, known by its process and number, is in a state, or has ended (None)."""

    at: int
    task: Key
    name: str
    state: State | None
    reason: str
    worker: Thread


def assemble(
    rows: Iterable[Row], start: int, end: int, last_seen: Mapping[Key, int], instants: bool = False
) -> tuple[list[Span], list[str]]:
    """Make the spans of a recording that lasted from start to end (ns); give them and the names of tasks that were lost.

    A task of this process that has not ended is taken to be in its state until the recording ends, and a RUNNING one
    until it was last seen. What a task of another process did after its last event nobody knows: it is lost.
    Spans without length are kept only where ``instants`` says so, in simulated time.
    """
    tasks: dict[Key, list[Row]] = {}
    for row in sorted(rows, key=lambda row: row.at):
        tasks.setdefault(row.task, []).append(row)
    open_far = [key for key, events in tasks.items() if events[-1].state is not None and key[0] != os.getpid()]
    stretches = {key: list(_stretches(events, _until(events[-1], end, last_seen))) for key, events in tasks.items()}
    lasting = {
        key: [(row, until) for row, until in pairs if row.at < until or (instants and row.state is State.RUNNING)]
        for key, pairs in stretches.items()
    }
    for process in {key[0] for key in tasks}:
        _give_way([pairs for key, pairs in lasting.items() if key[0] == process])
    seen = [key for key in tasks if lasting[key] or key in open_far]
    names = dict(zip(seen, _task_names([tasks[key][-1].name for key in seen]), strict=True))
    workers = _worker_names(dict.fromkeys(row.worker for events in tasks.values() for row in events))
    spans = [
        Span(names[key], row.state, workers[row.worker], (row.at - start) / 1e9, (until - start) / 1e9, row.reason)
        for key in seen
        for row, until in lasting[key]
        if row.state is not None
    ]
    return spans, [names[key] for key in open_far]


def _until(last: Row, end: int, last_seen: Mapping[Key, int]) -> int:
    """Give the time until which a task is known to be in its last state."""
    if last.task[0] != os.getpid():
        return last.at
    seen = last_seen.get(last.task, end)
    return seen if last.state is State.RUNNING and seen > last.at else end


def _stretches(events: list[Row], end: int) -> Iterator[tuple[Row, int]]:
    """Give each state of one task with the time until which it lasts; an event that changes nothing does not cut."""
    current = events[0]
    for before, event in pairwise(events):
        if event.state is before.state and event.worker == before.worker:
            current = current._replace(reason=current.reason or event.reason)
        else:
            yield current, event.at
            current = event
    yield current, end


def _give_way(lanes: list[list[tuple[Row, int]]]) -> None:
    """Make READY what a RUNNING stretch that lost the GIL shares with those that are seen to run in its process."""
    running = [(row, until) for pairs in lanes for row, until in pairs if row.state is State.RUNNING]
    sure = sorted((row.at, until) for row, until in running if not row.reason)
    starts = [at for at, _ in sure]
    for pairs in lanes:
        for row, until in [pair for pair in pairs if pair[0].state is State.RUNNING and pair[0].reason]:
            here = pairs.index((row, until))
            others = sure[max(bisect_right(starts, row.at) - 1, 0) : bisect_left(starts, until)]
            pairs[here : here + 1] = _pieces(row._replace(reason=""), until, others)


def _pieces(row: Row, until: int, others: Iterable[tuple[int, int]]) -> Iterator[tuple[Row, int]]:
    """Cut a RUNNING stretch into what it has for itself and, READY, what the others take of it."""
    at = row.at
    for start, end in others:
        start, end = max(start, at), min(end, until)
        if start < end:
            if at < start:
                yield row._replace(at=at), start
            yield row._replace(at=start, state=State.READY, reason="GIL"), end
            at = end
    if at < until:
        yield row._replace(at=at), until


def _task_names(names: list[str]) -> list[str]:
    """Number the tasks that share a name, in order of their start; a task without one is ``task 0``, ``task 1``, …"""
    shared = Counter(names)
    taken = set(names)
    numbers = Counter[str]()
    result = []
    for name in names:
        final = name
        while not final or shared[name] > 1 and final in taken:
            final = f"{name or 'task'} {numbers[name]}"
            numbers[name] += 1
        taken.add(final)
        result.append(final)
    return result


def _worker_names(workers: Iterable[Thread]) -> dict[Thread, str]:
    """Call this process's threads ``main thread`` and ``thread 1``, its children's ``process 1`` and so on."""
    names: dict[Thread, str] = {}
    processes: dict[int, str] = {os.getpid(): ""}
    numbers: Counter[int] = Counter()
    for worker in workers:
        where = processes.setdefault(worker.process, f"process {len(processes)}")
        if worker.thread == "main":
            names[worker] = where or "main thread"
        else:
            numbers[worker.process] += 1
            names[worker] = f"{where}, thread {numbers[worker.process]}".removeprefix(", ")
    return names
