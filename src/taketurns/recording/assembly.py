"""From events to spans: a task is in a state from the event that says so to its next event."""

from __future__ import annotations

import os
from array import array
from bisect import bisect_left
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import chain, count, repeat
from operator import sub, truediv
from typing import Any, TypeVar

from taketurns.naming import places as naming_places
from taketurns.naming.masks import printable
from taketurns.recording.bystanders import Sight
from taketurns.recording.rows import (
    AT,
    OFF,
    PLACE,
    REASON,
    STATE,
    TASK,
    WAKER,
    WORKER,
    Key,
    Process,
    Row,
    Stretch,
    Thread,
    begin,
)
from taketurns.recording.turns import take_turns
from taketurns.trace.columns import Columns, Kind, encoded
from taketurns.trace.spans import ELSEWHERE, State, Where
from taketurns.watcher.looks import Place

__all__ = ["assemble"]

#: From about so long on, a wait tells its place in the learner's code.
NAMED_NS = 5_000_000
MAIN = "main thread"

T = TypeVar("T", Key, Thread)

#: The state after the last one.
_OVER: Any = object()


def assemble(
    rows: Iterable[Row],
    start: int,
    end: int,
    last_seen: Mapping[Key, int],
    sight: Sight | None = None,
    instants: bool = False,
) -> tuple[Columns, dict[Key, str], dict[Key, str]]:
    """Return the spans of a recording from start to end (ns), the names of the tasks that are lost, and all names.

    What happened before the start, while the recording was put on, is taken to have happened at the start.
    A task of this process that has not ended is taken to be in its state until the recording ends, and a RUNNING one
    until it was last seen. A task of another process that has not ended is lost: it is in its last state until
    ``last_seen``. Spans without length are kept only where ``instants`` says so, in simulated time, and of a lost task
    that has no other.
    """
    tasks: defaultdict[Key, list[Row]] = defaultdict(list)
    in_order = sorted(rows, key=AT)
    for number in range(bisect_left(in_order, start, key=AT)):
        in_order[number] = in_order[number]._replace(at=start)
    for task, row in zip(map(TASK, in_order), in_order, strict=True):
        tasks[task].append(row)
    lost = [key for key, events in tasks.items() if events[-1].state is not None and key[0] != os.getpid()]
    lasting = [
        stretch
        for events in tasks.values()
        for stretch in _stretches(events, _until(events[-1], end, last_seen), instants)
    ]
    if not {*map(OFF, in_order)} <= {None}:
        lasting = take_turns(lasting)
    named, gone = {}, set(lost)
    if sight is not None:
        lasting = sight.of(lasting)
        named = {row.task: row.name for row, _ in sight.beside}
    shown = {row.task for row, _ in lasting}
    lasting += [(tasks[key][0], tasks[key][0].at) for key in lost if key not in shown]  # dead at once
    lasting.sort(key=begin)
    named = {key: name for key, name in named.items() if key in shown}
    named |= {key: tasks[key][-1].name for key in tasks if key in shown or key in gone}
    begun = {key: number for number, key in enumerate(tasks)}
    keys = sorted(named, key=lambda key: begun.get(key, -1))
    names = dict(zip(keys, _task_names([printable(named[key]) for key in keys]), strict=True))
    return _columns(lasting, start, names), {key: names[key] for key in lost}, names


def _columns(stretches: Sequence[Stretch], start: int, names: Mapping[Key, str]) -> Columns:
    """Return stretches, in order of their begin, as columns."""
    if not stretches:
        return Columns.of(())
    rows, ends = zip(*stretches, strict=True)
    begins, threads, places, wakers = (list(map(each, rows)) for each in (AT, WORKER, PLACE, WAKER))
    workers, worker = _named(threads, _worker_names)
    tasks, task = _named(list(map(TASK, rows)), lambda _: names)
    wheres = map(_where, places, begins, ends) if any(places) else repeat(None)
    woken_by = _wakers(rows, names) if any(wakers) else repeat("")
    # Some of them have no end.
    kinds, kind = encoded(zip(map(STATE, rows), map(REASON, rows), wheres, woken_by, strict=False))
    since, until = (array("d", map(truediv, map(sub, at, repeat(start)), repeat(1e9))) for at in (begins, ends))
    return Columns(tasks, workers, tuple(map(Kind._make, kinds)), task, worker, kind, since, until)


def _named(
    things: Sequence[T], names_of: Callable[[Iterable[T]], Mapping[T, str]]
) -> tuple[tuple[str, ...], array[int]]:
    """Return the names of things that occur, and for each thing the number of its name.

    Most occur often. They are told apart by their identity, which is quicker than a hash.
    """
    known = dict(zip(map(id, things), things, strict=True))
    names = names_of(dict.fromkeys(known.values()))
    found, numbers = encoded([names[thing] for thing in known.values()])
    if len(known) == 1:
        return found, numbers * len(things)
    by_identity = dict(zip(known, numbers, strict=True))
    return found, array("L", map(by_identity.__getitem__, map(id, things)))


def _where(place: Place | Where, at: int, until: int) -> Where | None:
    """Return the place of a stretch, if it is a long one."""
    if until - at < NAMED_NS or place is None:
        return None
    return place if isinstance(place, Where) else naming_places.where(*place)


def _wakers(rows: Sequence[Row], names: Mapping[Key, str]) -> Iterator[str]:
    """Yield who ended the wait before each stretch. What was one stretch, and was divided, has one waker."""
    woken: dict[Key, Key | None] = {}  # by task: who woke it before the last stretch, of which this one may be a part
    for row in rows:
        yield "" if row.waker is None or row.waker == woken.get(row.task) else names.get(row.waker, "")
        woken[row.task] = row.waker


def _until(last: Row, end: int, last_seen: Mapping[Key, int]) -> int:
    """Return the time until which a task is known to be in its last state."""
    if last.task[0] != os.getpid():
        return max(last_seen.get(last.task, last.at), last.at)
    seen = last_seen.get(last.task, end)
    return seen if last.state is State.RUNNING and seen > last.at else max(end, last.at)


def _stretches(events: list[Row], end: int, instants: bool) -> Iterator[Stretch]:
    """Yield each state of one task with the time until which it lasts; an event that changes nothing does not cut.

    What a task waits for is a change. Why it is READY may be told later than that it is. A state without length is
    none, but where ``instants`` says so and the task ran; who woke it before one that is none woke it before the next.
    """
    current, woken_by = events[0], None
    state = current.state
    for event in (*events[1:], current._replace(at=end, state=_OVER)):
        if event.state is state and _is_same(current, event):
            current = _both(current, event)
            continue
        at, waker = event.at, current.waker
        woken_by = waker or woken_by
        if state is not None and (current.at < at or (instants and state is State.RUNNING)):
            yield (current if waker is woken_by else current._replace(waker=woken_by)), at
            woken_by = None
        current, state = event, event.state


def _is_same(first: Row, more: Row) -> bool:
    """Return whether an event changes nothing that has the same state."""
    return first.worker == more.worker and (first.state is not State.WAITING or first.reason == more.reason)


def _both(first: Row, more: Row) -> Row:
    """Return an event with what another one adds that changes nothing."""
    return first._replace(
        reason=first.reason or more.reason,
        place=first.place or more.place,
        off=more.off if first.off is None else first.off,
        waker=first.waker or more.waker,
    )


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

    A thread that the program named keeps its name, unless another worker has it; in a child, behind its process. A
    number is passed over where it would make the name that another one was given.

    The first thread of a sub-interpreter goes by its name, ``interpreter 1``: no other is its main thread.
    """
    every = list(workers)
    homes = _homes(every)
    given = {worker: _given(worker, homes[worker.process]) for worker in every}
    taken = set(given.values())
    names: dict[Thread, str] = {}
    used: set[str] = set()
    met: set[Process] = set()
    numbers: defaultdict[Process, Iterator[int]] = defaultdict(lambda: count(1))
    for worker in every:
        where = homes[worker.process]
        if given[worker] and given[worker] not in used:
            name = given[worker]
        elif worker.thread == "main" or (isinstance(worker.process, str) and worker.process not in met):
            name = where or MAIN
        else:
            free = (f"{where}, thread {number}".removeprefix(", ") for number in numbers[worker.process])
            name = next(name for name in free if name not in taken)
        names[worker] = name
        used.add(name)
        met.add(worker.process)
    return names


def _homes(workers: list[Thread]) -> dict[Process, str]:
    """Return what each process is called, ``process 1`` or by the name that it was given; this one has no name."""
    given = {worker.process: "" for worker in workers}
    for worker in workers:
        # What stands behind a comma is a thread.
        given[worker.process] = given[worker.process] or printable(worker.home).replace(", ", " ")
    homes: dict[Process, str] = {os.getpid(): ""}
    kinds: Counter[str] = Counter()
    for process in [each for each in given if each not in homes]:
        kind = "interpreter" if isinstance(process, str) else "process"
        kinds[kind] += 1
        numbered = (str(number) for number in count(kinds[kind]))
        free = chain([given[process]], (number for number in numbered if number not in given.values()))
        homes[process] = next(home for name in free if name and (home := f"{kind} {name}") not in homes.values())
    return homes


def _given(worker: Thread, where: str) -> str:
    """Return what a thread is called by the name that the program gave to it; empty where it gave none.

    No other thread is called as the main one, and a thread of this process not as those of a child.
    """
    name = printable(worker.name)
    if not where and name.startswith(ELSEWHERE):
        return f"thread {name}"
    return f"{where}, {name}".removeprefix(", ") if name and (where or name != MAIN or worker.thread == "main") else ""
