"""From events to spans: a task is in a state from the event that says so to its next event."""

import os
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from itertools import chain, count
from typing import cast

from taketurns.naming import places
from taketurns.naming.masks import printable
from taketurns.recording.bystanders import Sight
from taketurns.recording.rows import Key, Process, Row, Stretch, Thread
from taketurns.recording.turns import take_turns
from taketurns.trace.spans import ELSEWHERE, Span, State, Where

__all__ = ["assemble"]

#: From about so long on, a wait tells its place in the learner's code.
NAMED_NS = 5_000_000
MAIN = "main thread"


def assemble(
    rows: Iterable[Row],
    start: int,
    end: int,
    last_seen: Mapping[Key, int],
    sight: Sight | None = None,
    instants: bool = False,
) -> tuple[list[Span], dict[Key, str], dict[Key, str]]:
    """Return the spans of a recording from start to end (ns), the names of the tasks that are lost, and all names.

    What happened before the start, while the recording was put on, is taken to have happened at the start.
    A task of this process that has not ended is taken to be in its state until the recording ends, and a RUNNING one
    until it was last seen. A task of another process that has not ended is lost: it is in its last state until
    ``last_seen``. Spans without length are kept only where ``instants`` says so, in simulated time, and of a lost task
    that has no other.
    """
    tasks: dict[Key, list[Row]] = {}
    for row in sorted(rows, key=lambda row: row.at):
        tasks.setdefault(row.task, []).append(row if row.at >= start else row._replace(at=start))
    lost = [key for key, events in tasks.items() if events[-1].state is not None and key[0] != os.getpid()]
    lasting = [
        stretch
        for events in tasks.values()
        for stretch in _lasting(_stretches(events, _until(events[-1], end, last_seen)), instants)
    ]
    lasting = take_turns(lasting)
    if sight is not None:
        lasting = [stretch for stretch in sight.of(lasting) if stretch[0].at < stretch[1]]
    shown = {row.task for row, _ in lasting}
    lasting += [(tasks[key][0], tasks[key][0].at) for key in lost if key not in shown]  # dead at once
    lasting.sort(key=lambda stretch: stretch[0].at)
    named = {row.task: row.name for row, _ in lasting} | dict.fromkeys(lost, "")
    named |= {key: tasks[key][-1].name for key in tasks if key in named}
    begun = {key: number for number, key in enumerate(tasks)}
    keys = sorted(named, key=lambda key: begun.get(key, -1))
    names = dict(zip(keys, _task_names([printable(named[key]) for key in keys]), strict=True))
    workers = _worker_names(dict.fromkeys(row.worker for row, _ in lasting))
    spans = []
    woken: dict[Key, Key | None] = {}  # by task: who woke it before the last stretch, of which this one may be a part
    for row, until in lasting:
        state, since, to = cast(State, row.state), (row.at - start) / 1e9, (until - start) / 1e9
        place = row.place if until - row.at >= NAMED_NS else None
        where = place if place is None or isinstance(place, Where) else places.where(*place)
        waker = "" if row.waker is None or row.waker == woken.get(row.task) else names.get(row.waker, "")
        woken[row.task] = row.waker
        spans.append(Span(names[row.task], state, workers[row.worker], since, to, row.reason, where, waker))
    return spans, {key: names[key] for key in lost}, names


def _until(last: Row, end: int, last_seen: Mapping[Key, int]) -> int:
    """Return the time until which a task is known to be in its last state."""
    if last.task[0] != os.getpid():
        return max(last_seen.get(last.task, last.at), last.at)
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
            off = event.off if current.off is None else current.off
            current = current._replace(
                reason=current.reason or event.reason,
                place=current.place or event.place,
                off=off,
                waker=current.waker or event.waker,
            )
        else:
            yield current, event.at
            current = event
    yield current, end


def _lasting(stretches: Iterable[Stretch], instants: bool) -> Iterator[Stretch]:
    """Yield the stretches that are spans; who woke the task before one that is none woke it before the next."""
    waker: Key | None = None
    for row, until in stretches:
        waker = row.waker or waker
        if row.state is not None and (row.at < until or (instants and row.state is State.RUNNING)):
            yield row._replace(waker=waker), until
            waker = None


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
