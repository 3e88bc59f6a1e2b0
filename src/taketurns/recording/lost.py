"""The tasks of child processes that have not ended: who waits for whom, who is at work, and whose process died."""

from collections.abc import Collection, Iterator, Mapping, Sequence

from taketurns.recording.hanging import LEAST, LONG, Waiter
from taketurns.recording.reports import Reports, Stand
from taketurns.recording.rows import Key
from taketurns.recording.worker import Log
from taketurns.trace.reasons import FOR_OTHERS
from taketurns.trace.spans import Span, State
from taketurns.trace.trace import Trace
from taketurns.watcher.locks import Named

__all__ = ["at_work", "died", "far_waiters"]

#: Waits of a child that are told of, and hang nobody: what they are for can come from elsewhere.
_FROM_OUTSIDE = {"pipe", "socket"}
_TOLD = FOR_OTHERS | _FROM_OUTSIDE | {"child process"}


def far_waiters(
    mine: Log, trace: Trace, names: Mapping[Key, str], reports: Reports, gone: Collection[int]
) -> Iterator[Waiter]:
    """Yield who waits in child processes; who is at work for a process has it, for those who wait for its end.

    ``gone`` are the processes that are dead: who died there can have been in a circle, and waits for nobody any more.
    """
    ends = {row.task: row for row in reports.rows}
    for key, row in ends.items():
        native = reports.natives.get(row.worker, 0)
        if row.state is not None and (lane := trace.lanes.get(names.get(key, ""))):
            stand = reports.stands.get(native, Stand(0, (), (), None))
            if native == key[0]:
                stand = stand._replace(holds=(*stand.holds, Named(("process", native), "")))
            last = _last_wait(lane) if key[0] in gone else lane[-1]
            is_now = last.state is State.WAITING and (stand.at - mine.start) / 1e9 >= last.start
            yield _dead(last, stand, is_now) if key[0] in gone else _alive(last, stand, is_now)


def _last_wait(lane: Sequence[Span]) -> Span:
    """Return the wait in which a task died: it wakes to die."""
    return next((span for span in reversed(lane) if span.state is State.WAITING), lane[-1])


def _dead(last: Span, stand: Stand, is_now: bool) -> Waiter:
    _, wants, holds, where, has_timeout = stand if is_now else Stand(0, (), (), None)
    return Waiter(last.task, wants, holds, "", where, False, has_timeout)


def _alive(last: Span, stand: Stand, is_now: bool) -> Waiter:
    wants = stand.wants if is_now else ()
    where = (stand.where if is_now else None) or last.where
    told = last.reason if _waits(last) and last.duration >= (LONG if last.reason == "lock" else LEAST) else ""
    is_long = last.duration >= LONG and last.reason not in _FROM_OUTSIDE
    # Whether it has a timeout is not known where nobody has looked at it: then nobody is to say that it hangs.
    return Waiter(last.task, wants, stand.holds, told, where, is_long, stand.has_timeout or not is_now)


def _waits(last: Span) -> bool:
    return last.state is State.WAITING and last.reason in _TOLD


def at_work(trace: Trace, lost: Mapping[Key, str], gone: Collection[int]) -> str:
    """Return which tasks of children that are alive do not wait for anybody; empty where there are none."""
    busy = {key: name for key, name in lost.items() if key[0] not in gone and not _waits(trace.lanes[name][-1])}
    were = "were" if len(busy) > 1 else "was"
    return f"{', '.join(busy.values())} {were} still at work in {_processes(busy)}" if busy else ""


def died(lost: Mapping[Key, str], gone: Collection[int], told: Collection[str]) -> str:
    """Return which tasks of children did not end, and why, but those of which it is ``told`` already."""
    dead = {key: name for key, name in lost.items() if key[0] in gone and name not in told}
    return f"{', '.join(dead.values())} did not end: {_processes(dead)} died" if dead else ""


def _processes(tasks: Collection[Key]) -> str:
    if len({process for process, _ in tasks}) > 1:
        return "their processes"
    return "their process" if len(tasks) > 1 else "its process"
