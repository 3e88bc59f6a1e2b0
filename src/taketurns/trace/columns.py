"""Columns: the spans of a trace, column by column. What many spans share is held once, and known by its number."""

from __future__ import annotations

from array import array
from collections import deque
from collections.abc import Hashable, Iterable, Iterator, Sequence
from itertools import compress
from typing import NamedTuple, TypeVar

from taketurns.trace.spans import Span, State, Where

__all__ = ["Columns", "Kind"]

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
    def put_in_order(
        cls,
        task: Sequence[str],
        worker: Sequence[str],
        kind: Sequence[Kind],
        start: Sequence[float],
        end: Sequence[float],
    ) -> Columns:
        """Return the columns of spans that come in any order."""
        order = sorted(range(len(start)), key=start.__getitem__)
        tasks, task_numbers = _numbered(map(task.__getitem__, order))
        workers, worker_numbers = _numbered(map(worker.__getitem__, order))
        kinds, kind_numbers = _numbered(map(kind.__getitem__, order))
        starts, ends = array("d", map(start.__getitem__, order)), array("d", map(end.__getitem__, order))
        return cls(tasks, workers, kinds, task_numbers, worker_numbers, kind_numbers, starts, ends)

    @classmethod
    def of(cls, spans: Iterable[Span]) -> Columns:
        """Return the columns of spans that come in any order."""
        rows = [(s.task, s.worker, Kind(s.state, s.reason, s.where, s.waker), s.start, s.end) for s in spans]
        return cls.put_in_order(*(zip(*rows, strict=True) if rows else ((),) * 5))

    def spans(self) -> tuple[Span, ...]:
        """Return the spans themselves."""
        found = tuple(map(object.__new__, [Span] * len(self.start)))
        for name, values in zip(Span.__slots__, self._values(), strict=True):
            # They are made many at once, past the checks of a single one: whoever made the columns made them right.
            deque(map(getattr(Span, name).__set__, found, values), maxlen=0)
        return found

    def _values(self) -> Iterator[Iterable[object]]:
        """Yield the values of each field of all spans, in the order of a span's fields."""
        states, reasons, places, wakers = zip(*self.kinds, strict=True) if self.kinds else ((),) * 4
        yield map(self.tasks.__getitem__, self.task)
        yield map(states.__getitem__, self.kind)
        yield map(self.workers.__getitem__, self.worker)
        yield from (self.start, self.end)
        yield from (map(each.__getitem__, self.kind) for each in (reasons, places, wakers))

    def times_of(self, kinds: Iterable[bool]) -> Iterator[tuple[float, float]]:
        """Yield start and end of the spans of some kinds: for each kind, whether it is one of them."""
        wanted = bytes(kinds)
        return compress(zip(self.start, self.end, strict=True), map(wanted.__getitem__, self.kind))


def _numbered(values: Iterable[T]) -> tuple[tuple[T, ...], array[int]]:
    """Return the values that occur, and the number of each in the place of it."""
    numbers: dict[T, int] = {}
    column = array("L", [numbers.setdefault(value, len(numbers)) for value in values])
    return tuple(numbers), column
