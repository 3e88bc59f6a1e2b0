"""What the watcher saw beside the tasks, and what of a task is its own.

The block itself, and threads that were at work before it began, have no marks: their lane is what the watcher saw of
the thread while it carried no task. And what somebody does for the tasks that they started is not their own: to start
them, to hand out calls, to wait for other threads of this program. So a block that only waits for its tasks has no
lane.
"""

import os
from collections.abc import Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, field
from itertools import chain

from taketurns.recording.law import obeyed
from taketurns.recording.rows import Key, Row, Stretch, Thread, Times, begin, row_of
from taketurns.recording.sight import between, by_task, cut_out, joined, looks_in, off_cores, seen, union
from taketurns.recording.suspension import Suspended
from taketurns.recording.worker import CALLED, EVENT_LOOP
from taketurns.trace import reasons
from taketurns.trace.spans import State
from taketurns.watcher.looks import Look

__all__ = ["Sight", "own"]

#: Waits that nothing but another thread of this program, or its event loop, ends.
FOR_OTHERS = {*reasons.FOR_OTHERS, "event loop", CALLED}
#: For less, a block that also has tasks gets no lane: so long it runs to start them.
LEAST_RUN_NS, LEAST_WAIT_NS = 5_000_000, 5_000_000
LEAST_ALONE_NS = 1_000_000
#: Nor for less than this part of the whole: a twentieth.
LEAST_SHARE = 20

#: Why a block waits that awaits something, and no task of its own.
AWAITS = "await"
#: Waits for tasks, whoever waits.
FOR_TASKS = {"future", "thread", "event loop"}


@dataclass
class Sight:
    """What the watcher saw of each thread, and which tasks it concerns in which way."""

    looks: Mapping[Thread, Sequence[Look]]
    exact: Mapping[Thread, Sequence[Times]] = field(default_factory=dict)  #: when `compute` marked the clock
    dealings: Mapping[Thread, Sequence[Times]] = field(default_factory=dict)  #: with tasks; sorted, not overlapping
    on_loop: Set[Key] = frozenset()  #: tasks that are steps on an event loop
    implied: Set[Key] = frozenset()  #: tasks that nobody decorated: threads, and calls that a pool runs
    callers: Set[Key] = frozenset()  #: calls that the block makes itself
    #: Lanes of threads that carry no task, each by a row, and from when to when.
    beside: Sequence[tuple[Row, Times]] = ()
    block: Key | None = None  #: the task of those that stands for the block
    were_there: Set[Key] = frozenset()  #: tasks that are threads from before the block
    block_on_loop: bool = False  #: whether the block is a step on an event loop, which others run on too
    suspended: Sequence[Suspended] = ()  #: when the block was, outside of its calls; sorted, not overlapping
    gil: bool = True
    for_others: Set[str] = frozenset(FOR_OTHERS)  #: reasons of waits for tasks

    def of(self, stretches: Sequence[Stretch]) -> list[Stretch]:
        """Return the stretches as they were seen, and the lanes beside them."""
        marked = by_task(stretches)
        if {process for process, _ in marked} - {os.getpid()}:
            self.for_others = FOR_OTHERS | {"child process"}  # which have tasks of this recording
        off = off_cores(self.looks)
        found = {key: list(seen(lane, self.looks, self.exact, self.on_loop, off)) for key, lane in marked.items()}
        beside: list[Stretch] = []
        for row, whole in self.beside:
            carried = self._carried(row.worker, marked, with_loop=row.task == self.block and not self.block_on_loop)
            if row.task == self.block:
                carried = self._not_of_block(carried, stretches)
                beside += [(self._suspended(row, each), each.until) for each in self.suspended if each.at < each.until]
            beside += self._beside(row, whole, carried)
        for key, lane in by_task(beside).items():
            found[key] = found.get(key, []) + lane
        lanes = self._obeyed(found)
        block = lanes.pop(self.block, []) if self.block else []
        if self.block_on_loop:
            block = list(self._awaits(block, lanes))
        own_lanes = [self._own(key, _joined(lane, marked.get(key))) for key, lane in lanes.items()]
        block = self._own_of_block(list(joined(block)), [lane for lane in own_lanes if lane])
        return [*chain.from_iterable(own_lanes), *block]

    def _obeyed(self, lanes: dict[Key, list[Stretch]]) -> dict[Key, list[Stretch]]:
        """Return lanes that obey the law of the GIL, where there is one."""
        if not self.gil:
            return lanes
        stretches = list(chain.from_iterable(lanes.values()))
        lawful = obeyed(stretches, self.exact, self.looks)
        return lanes if lawful is stretches else by_task(lawful)

    def _own(self, key: Key, lane: list[Stretch]) -> list[Stretch]:
        """Return what of the lane of a task is its own."""
        if key not in self.were_there and key not in self.implied and key not in self.callers:
            return lane
        calls = any(row.reason == CALLED for row, _ in lane)
        if key in self.were_there and all(row.state is State.WAITING for row, _ in lane):
            return []  # what only waits takes no part
        if key in self.implied and calls:
            return own(lane, (), {CALLED})
        if key in self.callers and (calls or self._deals(lane)):
            return own(lane, self.dealings.get(lane[0][0].worker, ()), self.for_others)
        return lane

    def _awaits(self, block: Sequence[Stretch], lanes: Mapping[Key, Sequence[Stretch]]) -> Iterator[Stretch]:
        """Yield the block's lane: where its loop waits while no task is in progress, it is the block that awaits."""
        tasks = [stretch for key, lane in lanes.items() if key in self.on_loop for stretch in lane]
        busy = list(union(sorted((row.at, until) for row, until in tasks))) if tasks else []
        exact = {each.at for each in self.suspended}
        for row, until in block:
            if row.state is not State.WAITING or row.reason != EVENT_LOOP:
                yield row, until
            elif exact and row.at not in exact:  # it was seen late that the block went on
                yield row._replace(state=State.RUNNING, reason="", place=None), until
            elif not between(busy, row.at, until):
                yield row._replace(reason=AWAITS, place=None), until
            else:
                yield row, until

    def _not_of_block(self, carried: Sequence[Times], stretches: Sequence[Stretch]) -> list[Times]:
        """Return when the block's thread does not tell of the block: also while that was suspended, or made a call."""
        times = [*carried, *((each.at, each.until) for each in self.suspended)]
        if self.callers:
            times += [(row.at, until) for row, until in stretches if row.task in self.callers]
        return list(union(sorted(times))) if times else []

    def _suspended(self, row: Row, how: Suspended) -> Row:
        """Return the block's row of when it was suspended; what it waits for that others may end, its loop knows."""
        is_own = how.state is not State.WAITING or (how.reason and how.reason not in self.for_others)
        reason = how.reason if is_own else EVENT_LOOP
        return row._replace(at=how.at, state=how.state, reason=reason, place=how.place)

    def _own_of_block(self, lane: list[Stretch], others: Sequence[Sequence[Stretch]]) -> list[Stretch]:
        """Return what of the block's lane is its own, beside the lanes of others.

        Where there is no task at all, what it waits for is none of its tasks: a process from before, say.
        """
        least = LEAST_ALONE_NS
        if others:
            whole = max(other[-1][1] for other in others) - min(other[0][0].at for other in others)
            least = max(LEAST_RUN_NS, whole // LEAST_SHARE)
        if not lane:
            return []
        dealings = self.dealings.get(lane[0][0].worker, ())
        if others:
            return own(lane, dealings, self.for_others, least)
        waits = [(row.at, until) for row, until in lane if row.state is State.WAITING]
        busy = [part for dealing in dealings for part in cut_out(dealing, between(waits, *dealing))]
        return own(lane, busy, set(), least)

    def _deals(self, lane: list[Stretch]) -> bool:
        dealings = self.dealings.get(lane[0][0].worker, ())
        waits = any(row.state is State.WAITING and row.reason in FOR_TASKS for row, _ in lane)
        return waits or bool(between(dealings, lane[0][0].at, lane[-1][1]))

    def _carried(self, worker: Thread, lanes: Mapping[Key, Sequence[Stretch]], with_loop: bool) -> list[Times]:
        """Return when a thread carried tasks, or also when it ran their event loop, which it does for them.

        What waits on an event loop, or for it, is not carried meanwhile.
        """
        times: list[Times] = []
        for key, lane in lanes.items():
            in_steps = key in self.on_loop and not with_loop
            times += _in_steps(worker, lane) if in_steps else _whole(worker, lane)
        return list(union(sorted(times))) if times else []

    def _beside(self, row: Row, whole: Times, carried: Sequence[Times]) -> Iterator[Stretch]:
        """Yield what a thread did in a time while it carried no task."""
        for at, until in cut_out(whole, between(carried, *whole)):
            for look, start, end in looks_in(self.looks.get(row.worker, ()), at, until):
                fields = start, row.task, row.name, look.state, look.reason, row.worker, look.place, look.blur
                yield row_of((*fields, row.off, row.waker)), end


def _joined(lane: list[Stretch], marked: list[Stretch] | None) -> list[Stretch]:
    """Return the lane of a task with what is alike as one; where it is as it was marked, that is so."""
    return lane if lane == marked else list(joined(lane))


def _whole(worker: Thread, lane: Sequence[Stretch]) -> Iterator[Times]:
    """Yield when a thread carried a task; its stretches come in order."""
    since = last = -1
    for row, until in lane:
        if row.worker is worker or row.worker == worker:
            if row.at != last:
                if since >= 0:
                    yield since, last
                since = row.at
            last = until
    if since >= 0:
        yield since, last


def _in_steps(worker: Thread, lane: Sequence[Stretch]) -> Iterator[Times]:
    """Yield when a task of an event loop was in the middle of its steps, whatever kept its thread there.

    A step that waits, or loses its core, goes on by itself. What is suspended is READY for the loop before it goes on.
    """
    goes_on = -1
    here = [stretch for stretch in lane if stretch[0].worker == worker]
    for row, until in sorted(here, key=begin, reverse=True):
        of_loop = row.state is State.READY and row.reason == EVENT_LOOP
        if row.state is State.RUNNING or (until == goes_on and not of_loop):
            yield row.at, until
            goes_on = row.at


def own(
    stretches: Sequence[Stretch], dealings: Sequence[Times], for_others: Set[str], least: int = LEAST_RUN_NS
) -> list[Stretch]:
    """Return what of a lane is its own: whole episodes between its dealings with tasks, if they are long enough.

    An episode is long enough if it ran for so many ns, or waited for 5 ms for something that is no thread of this
    program.
    """
    return [
        stretch
        for episode in _episodes(stretches, dealings, for_others)
        if _counts(episode, least)
        for stretch in episode
    ]


def _episodes(stretches: Sequence[Stretch], dealings: Sequence[Times], for_others: Set[str]) -> Iterator[list[Stretch]]:
    episode: list[Stretch] = []
    for row, until in stretches:
        if row.state is State.WAITING and row.reason in for_others:
            yield episode
            episode = []
            continue
        at = row.at
        for start, end in between(dealings, at, until) if dealings else ():
            if at < start:
                episode.append((row._replace(at=at), start))
            yield episode
            episode, at = [], end
        if at < until:
            episode.append((row if at == row.at else row._replace(at=at), until))
    yield episode


def _counts(episode: Sequence[Stretch], least: int) -> bool:
    ran = sum(until - row.at for row, until in episode if row.state is State.RUNNING)
    waited = max((until - row.at for row, until in episode if row.state is State.WAITING), default=0)
    return ran >= least or waited >= LEAST_WAIT_NS
