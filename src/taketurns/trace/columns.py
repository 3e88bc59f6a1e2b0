"""Columns: the spans of a trace, column by column. What many spans share is held once, and known by its number."""

from __future__ import annotations

import gc
from array import array
from collections import defaultdict, deque
from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from itertools import compress, count
from operator import and_, itemgetter
from typing import NamedTuple, TypeVar

from taketurns.trace.spans import Span, State, Where

__all__ = ["Columns", "Kind", "encoded"]

T = TypeVar("T", bound=Hashable)


class Kind(NamedTuple):
    """What many spans share: a state, its reason, its place, and who ended the wait before it."""

    state: State
    reason: str = ""
    where: Where | None = None
    waker: str = ""

    @property
    def in_turns(self) -> bool:
        """Whether it ran for a part of its time only, in turns with others like it, at moments that nobody saw."""
        return self.state is State.RUNNING and self.reason == "GIL"


class Columns(NamedTuple):
    """The spans of a trace in order of their start: the i-th is made of the i-th element of each column.

    ``task``, ``worker`` and ``kind`` hold numbers, of what stands in ``tasks``, ``workers`` and ``kinds``, each in the
    order in which it first occurs; ``start`` and ``end`` hold seconds.
    """

    tasks: tuple[str, ...]
    workers: tuple[str, ...]
    kinds: tuple[Kind, ...]
    task: array[int]
    worker: array[int]
    kind: array[int]
    start: array[float]
    end: array[float]

    @classmethod
    def made(
        cls,
        task: Iterable[str],
        worker: Iterable[str],
        kind: Iterable[tuple[State, str, Where | None, str]],
        start: Iterable[float],
        end: Iterable[float],
    ) -> Columns:
        """Return the columns of spans in order of their start, by all that belongs to each."""
        tasks, task_numbers = encoded(task)
        workers, worker_numbers = encoded(worker)
        kinds, kind_numbers = encoded(kind)
        numbers = task_numbers, worker_numbers, kind_numbers
        return cls(tasks, workers, tuple(map(Kind._make, kinds)), *numbers, array("d", start), array("d", end))

    @classmethod
    def of(cls, spans: Sequence[Span]) -> Columns:
        """Return the columns of spans in order of their start."""
        return cls.made(
            (span.task for span in spans),
            (span.worker for span in spans),
            ((span.state, span.reason, span.where, span.waker) for span in spans),
            (span.start for span in spans),
            (span.end for span in spans),
        )

    def spans(self) -> tuple[Span, ...]:
        """Return the spans themselves.

        They are made many at once, past the checks of a single one: whoever made the columns made them right.
        """
        with _uncollected():
            found = tuple(map(object.__new__, [Span] * len(self.start)))
            for name, values in zip(Span.__slots__, self._values(), strict=True):
                deque(map(getattr(Span, name).__set__, found, values), maxlen=0)
        return found

    def _values(self) -> Iterator[Iterable[object]]:
        """Yield the values of each field of all spans, in the order of a span's fields."""
        states, reasons, places, wakers = zip(*self.kinds, strict=True) if self.kinds else ((),) * 4
        task, kind, worker = map(_picker, (self.task, self.kind, self.worker))
        yield from (task(self.tasks), kind(states), worker(self.workers), self.start, self.end)
        yield from (kind(reasons), kind(places), kind(wakers))

    def only(self, which: Iterable[object]) -> Columns:
        """Return the columns with those spans only for which something true is given."""
        left = list(which)
        start, end = (array("d", compress(column, left)) for column in (self.start, self.end))
        tasks, task = _kept(self.tasks, self.task, left)
        workers, worker = _kept(self.workers, self.worker, left)
        kinds, kind = _kept(self.kinds, self.kind, left)
        return Columns(tasks, workers, kinds, task, worker, kind, start, end)

    def which(self, tasks: Iterable[bool], kinds: Iterable[bool]) -> Iterator[int]:
        """Yield for each span whether its task and its kind are among those for which that is said."""
        wanted, fit = bytes(tasks), bytes(kinds)
        return map(and_, map(wanted.__getitem__, self.task), map(fit.__getitem__, self.kind))


@contextmanager
def _uncollected() -> Iterator[None]:
    """Let the garbage collector rest while very much is made that stays."""
    was_on = gc.isenabled()
    try:
        gc.disable()
        yield
    finally:
        if was_on:
            gc.enable()


def _kept(names: Sequence[T], numbers: Iterable[int], left: Iterable[object]) -> tuple[tuple[T, ...], array[int]]:
    """Return those of a column's numbers for which something true is given, counted anew, and the names of them."""
    used, column = encoded(compress(numbers, left))
    return tuple(map(names.__getitem__, used)), column


def _picker(numbers: Sequence[int]) -> Callable[[Sequence[object]], Sequence[object]]:
    """Return what picks from a sequence what has these numbers."""
    if len(numbers) < 2:  # of one, `itemgetter` gives no tuple
        return lambda values: [values[number] for number in numbers]
    return itemgetter(*numbers)


def encoded(values: Iterable[T]) -> tuple[tuple[T, ...], array[int]]:
    """Return the values that occur, and the number of each in the place of it: they are dictionary-encoded."""
    numbers: defaultdict[T, int] = defaultdict(count().__next__)
    column = array("L", map(numbers.__getitem__, values))
    return tuple(numbers), column
