"""Who hangs when a recording ends: the tasks that have not ended, what they hold and want, and what is said of that."""

import os
import threading
from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from time import perf_counter_ns as now
from typing import NamedTuple

from taketurns.naming import places
from taketurns.recording.chains import LOOP, chains
from taketurns.recording.fates import is_gone
from taketurns.recording.hanging import LEAST, LONG, Waiter, blocked, deadlocks, hangs, idles
from taketurns.recording.lost import at_work, died, far_waiters
from taketurns.recording.reports import Reports
from taketurns.recording.rows import Key
from taketurns.recording.worker import Log
from taketurns.trace.outcomes import Blocked
from taketurns.trace.reasons import FOR_OTHERS, HOLDS_THE_LOOP
from taketurns.trace.spans import State
from taketurns.trace.trace import Trace
from taketurns.watcher.locks import Named, Standing, numbered
from taketurns.watcher.looks import Look
from taketurns.watcher.originals import get_ident

__all__ = ["Said", "look", "said"]

#: An interrupt ends a block so soon after the wait that it came in, in ns.
_SOON = 1_000_000_000

BLOCK = "the block"


def look(mine: Log) -> list[tuple[int | str, Standing]]:
    """Return what each task that has not ended holds and wants, by its number; a thread without a task by its name."""
    found: list[tuple[int | str, Standing]] = []
    here = get_ident()
    carried = {worker.thread: worker.current for worker in mine.workers if worker.current is not None}
    carried.pop(here, None)
    if mine.clock is None and (carried or mine.bystanders):
        threads = dict(threading._active)  # type: ignore[attr-defined]  # as the namer does
        for each in _standings(threads):
            thread = threads[each.thread]
            task = BLOCK if each.thread == here else carried.get(each.thread)
            if task is None:
                task = mine.bystanders.get(thread._native_id, str(thread._name))
            found.append((task, _with_loop(mine, task, each)))
    if mine.awaits.tasks:
        found += chains(mine.awaits, now())
    return found


def _standings(threads: Mapping[int, object]) -> list[Standing]:
    """Return what threads hold and want, also where the kernel shows nothing; none where their frames cannot be had."""
    try:
        from taketurns.watcher import stacks, standing  # `ctypes` is slow to import, and not everywhere
    except (ImportError, OSError, TypeError, AttributeError):
        return []
    return standing.standings(stacks.frames_of_threads, list(threads))


def _with_loop(mine: Log, task: int | str | None, standing: Standing) -> Standing:
    """Return what a task holds with the event loop, where it is a step on one."""
    if task not in mine.on_loop:
        return standing
    return standing._replace(holds=(*standing.holds, Named(numbered(LOOP, standing.thread), f"the {LOOP}")))


class Said(NamedTuple):
    """What is said of who hangs, or died: with what cut the recording short, and beside it; and who is in circles."""

    cut_short: str
    beside: str
    blocked: tuple[Blocked, ...]


def said(
    mine: Log, trace: Trace, names: Mapping[Key, str], lost: Mapping[Key, str], error: str, reports: Reports
) -> Said:
    """Return what is said of who hangs, or died.

    ``lost`` are the tasks of children that have not ended. ``error`` is what ended the block, empty where it ended by
    itself.
    """
    waiters = list(_at_end(mine, trace, names))
    block = _block(mine, names) if error else None
    if block is not None:
        waiters = _when_interrupted(mine, waiters, block, names)
    there = {waiter.task for waiter in waiters}
    suspended = _waiters(mine, mine.at_interrupt if error else (), trace, names)
    waiters += [waiter for waiter in suspended if waiter.task not in there]
    gone = {process for process, _ in lost if is_gone(process)}
    far = list(far_waiters(mine, trace, names, reports, gone))
    waiters += far
    hanging = deadlocks(waiters) or hangs(waiters, ended={BLOCK} if not error else ())
    cut_short, beside = [hanging], [at_work(trace, lost, gone)]
    if not error:
        cut_short.append(died(lost, gone, [waiter.task for waiter in far if waiter.wants] if hanging else ()))
    idle = [waiter for waiter in waiters if waiter is not block]
    if not hanging and error.startswith("KeyboardInterrupt"):
        cut_short += [idles([block] if block is not None else [], "waited"), idles(idle, "still waits")]
    elif not hanging:
        beside.insert(0, idles(idle, "still waited"))
    notes = "; ".join(filter(None, beside))
    beside_it = f"When the block ended, {notes}." if notes else ""
    return Said("; ".join(filter(None, cut_short)), beside_it, blocked(waiters))


def _at_end(mine: Log, trace: Trace, names: Mapping[Key, str]) -> Iterator[Waiter]:
    """Yield who has not ended; who has no lane, or does not wait at the end, may still hold something."""
    theirs = {_name(mine, task, names) for task, _ in mine.at_end}
    # Children are seen a little longer.
    end = max((trace.lanes[task][-1].end for task in theirs if task in trace.lanes), default=0.0)
    waits = {waiter.task: waiter for waiter in _waiters(mine, mine.at_end, trace, names, end)}
    for task, standing in mine.at_end:
        name = _name(mine, task, names)
        yield waits.get(name) or Waiter(name, (), standing.holds)


def _waiters(
    mine: Log,
    standings: Sequence[tuple[int | str, Standing]],
    trace: Trace,
    names: Mapping[Key, str],
    end: float | None = None,
) -> Iterator[Waiter]:
    """Yield who waits at a moment, in seconds, or else when it was looked at, with the reason that its lane gives."""
    for task, standing in standings:
        name = _name(mine, task, names)
        at = (standing.at - mine.start) / 1e9 if end is None else end - 1e-6
        its = next((each for each in trace.lanes.get(name, ()) if each.start <= at <= each.end), None)
        if name == BLOCK or its is None:
            continue
        reason = its.reason.removesuffix(HOLDS_THE_LOOP)
        waits = its.state is State.WAITING and reason in FOR_OTHERS
        is_told = waits and its.duration >= (LONG if reason == "lock" else LEAST)
        where = places.where(*standing.place) if standing.place is not None else its.where
        is_long, has_timeout = waits and its.duration >= LONG, standing.has_timeout
        yield Waiter(name, standing.wants, standing.holds, reason * is_told, where, is_long, has_timeout)


def _name(mine: Log, task: int | str, names: Mapping[Key, str]) -> str:
    if isinstance(task, str):
        return task
    return names.get((os.getpid(), task)) or mine.names.get(task, "")


# What an interrupt ended


def _block(mine: Log, names: Mapping[Key, str]) -> Waiter | None:
    """Return what the block waited for when it was interrupted."""
    standing = mine.watcher.standings.get(mine.thread) if mine.watcher is not None else None
    if standing is None or mine.block is None:
        return None
    look = _look(mine.looks.get(mine.block[1], ()), standing.at)
    if look is None or mine.ended - look.end > _SOON:
        return None
    return _waiter(mine, standing, look, names)


def _when_interrupted(mine: Log, waiters: list[Waiter], block: Waiter, names: Mapping[Key, str]) -> list[Waiter]:
    """Return who waited when the block was: it may be the block that they waited for, and then they do no more."""
    assert mine.watcher is not None
    assert mine.block is not None
    standing = mine.watcher.standings[mine.thread]
    until = _look(mine.looks[mine.block[1]], standing.at)
    found = {block.task: block}
    natives = {worker.thread: worker.native for worker in mine.workers}
    for thread, each in mine.watcher.standings.items():
        look = _look(mine.looks.get(natives.get(thread, 0), ()), each.at)
        if look is not None and until is not None and look.end >= until.end - _EDGE:
            waiter = _waiter(mine, each, look, names)
            found.setdefault(waiter.task, waiter)
    for waiter in waiters:
        if waiter.task != BLOCK:
            found.setdefault(waiter.task, waiter)
    return list(found.values())


#: So well is it known when a wait ended, in ns.
_EDGE = 50_000_000


def _look(looks: Sequence[Look], at: int) -> Look | None:
    """Return the look at a thread that waited when it was asked at a moment, which was 0.1 s after its wait began.

    Its wait may have ended right after the moment, and the end is known less well than that.
    """
    index = bisect_right(looks, at - _EDGE, key=lambda look: look.start) - 1
    if index < 0 or looks[index].state is not State.WAITING:
        return None
    return looks[index]._replace(end=max(looks[index].end, at))


def _waiter(mine: Log, standing: Standing, look: Look, names: Mapping[Key, str]) -> Waiter:
    task = _carried(mine, standing.thread, standing.at)
    name = "" if task is None else _name(mine, task, names)
    if task is not None:
        standing = _with_loop(mine, task, standing)
    where = places.where(*standing.place) if standing.place is not None else None
    waits_for = look.reason if look.reason in FOR_OTHERS else ""
    return Waiter(name or BLOCK, standing.wants, standing.holds, waits_for, where, has_timeout=standing.has_timeout)


def _carried(mine: Log, thread: int, at: int) -> int | None:
    """Return the task that a thread carried at a moment; the begin of its present stretch may not be written yet."""
    for worker in mine.workers:
        if worker.thread != thread:
            continue
        current, last, written = worker.current, worker.last, worker.written
        if isinstance(current, int) and not written and last <= at:
            return current
        before = next((event for event in reversed(list(worker.events)) if event[0] <= at), None)
        if before is not None and (before[2] is not None or (before[4] is not None and at < before[4])):
            return before[1] if isinstance(before[1], int) else None
    return None
