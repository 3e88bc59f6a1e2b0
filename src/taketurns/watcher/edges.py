"""When a thread began to run, and when it was blocked: edges between two looks, refined by the ns that it ran."""

from dataclasses import dataclass
from typing import NamedTuple

__all__ = ["GIL", "GONE", "Call", "Edge", "Edges", "Row"]

#: The number of a system call and its first two arguments; `GIL` in the place of that which waits for the GIL.
Call = tuple[int, int, int]

_RUNS, _IS_GONE, GIL = -2, -3, -4
GONE: Call = (_IS_GONE, 0, 0)
#: See `states`.
_GAP, _HIDDEN = 3_000_000, 200_000
#: A run so short, in ns, between two waits for the GIL is its waiter's look at the clock (every 5 ms).
_NO_TURN = 60_000
#: A run so short, in ns, is not worth a long stretch "not seen" around it.
_HARDLY = 300_000


class Row(NamedTuple):
    """What the helper saw of a thread at two looks, one after the other, between which something changed.

    Times are in ns; ``ran`` and ``queued`` are the ns on a core and queued for one, ``turns`` how often it got one,
    each since the thread began. ``number`` is the system call's, −2 where it runs, −3 where it is gone, and −4 where it
    waits for the GIL. Of a thread that is new all counts of ``before`` are 0.
    """

    thread: int
    before: int
    ran_before: int
    queued_before: int
    turns_before: int
    now: int
    ran: int
    queued: int
    turns: int
    number: int
    first: int
    second: int

    @property
    def call(self) -> Call | None:
        """What it is blocked in; ``None`` where it runs."""
        return None if self.number == _RUNS else (self.number, self.first, self.second)

    @property
    def lived(self) -> int:
        """How long it ran or was queued for a core since it began, in ns: exact where it is blocked."""
        return self.ran + self.queued

    @property
    def gap(self) -> int:
        """How long nobody looked, in ns."""
        return self.now - self.before

    @property
    def middle(self) -> int:
        """The moment between the two looks, in ns."""
        return (self.before + self.now) // 2

    @property
    def newly_queued(self) -> int:
        """How long it was queued for a core between the two looks, in ns: known when it got one."""
        return self.queued - self.queued_before


@dataclass(slots=True)
class Edge:
    """The moment at which a thread was blocked in a call, or began to run: between two times, in ns.

    ``gap`` is how long nobody looked before it was seen; even one that was reckoned may be off by that.
    """

    early: int
    late: int
    call: Call | None
    gap: int = 0


class Doubt(NamedTuple):
    """A time in which nobody looked at a thread that ran before and after: it may have been queued at its end.

    ``missing`` is how long it neither ran nor was known to be queued, in ns; ``counts`` as the edges had them.
    """

    row: Row
    missing: int
    counts: tuple[int, int] | None


class Edges:
    """The edges of one thread, row by row."""

    def __init__(self) -> None:
        self.edges: list[Edge] = []
        self._queued: list[tuple[int, int]] = []
        #: What it had run and been queued when it was blocked last: only then its counts are exact. `None`: not known.
        self._counts: tuple[int, int] | None = None
        self._doubt: Doubt | None = None  # whether it was queued when it was seen last
        self._gap = 0  # before the row that is taken now
        self._woken = 0  # for how long it was queued when it was woken last

    def queued(self) -> list[tuple[int, int]]:
        """Return when it was queued for a core, in ns and in order; what is short is left out."""
        waits = sorted(self._queued)
        last = self.edges[-1] if self.edges else None
        if self._woken > _HIDDEN and last is not None and last.call is None:
            waits.append((last.late, last.late + self._woken))
        return waits

    def add(self, row: Row) -> None:
        """Take one row more."""
        self._gap = row.gap
        last = self.edges[-1].call if self.edges else GONE
        call = row.call
        doubt, self._doubt = self._doubt, None
        if call == GONE:
            self._edge(row.before, row.now, GONE)
            self._counts = None
        elif last == GONE:
            self._first(row)
        elif call is None:
            if doubt is not None and self._was_queued(row, doubt):
                return
            self._runs(row, last)
        elif last is not None:
            self._ran_unseen(row, last, call)
        elif self._counts is None:
            self._edge(row.before, row.now, call)
        else:
            self._was_running(row, call, row.lived - sum(self._counts))
        if call is not None:
            self._woken = 0

    def _edge(self, early: int, late: int, call: Call | None) -> None:
        self.edges.append(Edge(early, max(early, late), call, self._gap))

    def _queue(self, begin: int, length: int) -> None:
        if length > _HIDDEN:
            self._queued.append((begin, begin + length))

    def _first(self, row: Row) -> None:
        """A thread that is seen for the first time: one that has begun since the last look, or was there before."""
        if row.lived > row.gap:
            self._edge(row.now, row.now, row.call)
            self._counts = None
        elif row.call is None:
            self._edge(row.before, row.now, None)
            self._counts = 0, 0
        else:  # all its life lies between the two looks
            self._edge(row.now - row.lived, row.now - row.lived, None)
            self._edge(row.now, row.now, row.call)

    def _runs(self, row: Row, last: Call | None) -> None:
        waited = row.newly_queued
        if last is not None:  # it looked blocked until it ran: its counts did not change while it was queued
            begin = self.edges[-1].early
            self._edge(max(row.before - waited, begin), max(row.now - waited, begin), None)
            self._woken, self._counts = waited, (row.ran_before, row.queued_before)
        elif row.gap > _GAP and row.ran - row.ran_before + waited < row.gap * 9 // 10:
            self._edge(row.before, row.now, None)  # what it did in so long a time is not known
            self._doubt = Doubt(row, row.gap - (row.ran - row.ran_before) - waited, self._counts)
            self._counts, self._woken = None, 0
        else:
            self._queue(row.middle - waited, waited)

    def _was_queued(self, row: Row, doubt: Doubt) -> bool:
        """It has got a core, and so is known to have been queued for so long: if that began before, nothing is missing.

        The kernel counts a wait for a core when it ends.
        """
        began_before = row.newly_queued - (row.gap - (row.ran - row.ran_before))
        if began_before < doubt.missing * 9 // 10:
            return False
        self.edges.pop()
        self._counts = doubt.counts
        self._queue(doubt.row.before, doubt.row.newly_queued)
        self._queue(row.middle - row.newly_queued, row.newly_queued)
        return True

    def _was_running(self, row: Row, call: Call, length: int) -> None:
        """It was seen running, and is blocked: its run, with what it was queued, was so long, in ns."""
        begin = self.edges[-1]
        early, late = max(begin.early, row.before - length), min(begin.late, row.now - length)
        if early > late:  # more than one run: the error is shared by both edges
            middle = (begin.early + begin.late) // 2
            error = (length - (row.middle - middle)) // 2
            early = late = min(max(middle - error, begin.early), begin.late)
            end = min(max(early + length, row.before), row.now)
            begin.early = begin.late = early
            self._edge(end, end, call)
        elif late - early > _GAP:  # one run, nobody knows when
            begin.early, begin.late = early, late + length
            self._edge(late + length, late + length, call)
        else:
            begin.early = begin.late = (early + late) // 2
            self._edge(begin.late + length, begin.late + length, call)
        self._queue(row.middle - row.newly_queued, row.newly_queued)
        self._queue(begin.late, self._woken)

    def _ran_unseen(self, row: Row, last: Call, call: Call) -> None:
        """It was blocked at both looks, and ran in between."""
        length = row.lived - row.ran_before - row.queued_before
        if last[0] == call[0] == GIL and length < _NO_TURN:
            return
        if row.gap > _GAP and row.gap - length > _GAP:
            if length > max(_HARDLY, row.gap // 10) or call != last:
                self._edge(row.before, row.now, call)
            return
        waited = row.newly_queued
        end = min(row.now, row.middle + (length - waited) // 2)
        begin = max(end - length, self.edges[-1].early)
        self._edge(begin, begin, None)
        self._edge(end, end, call)
        self._queue(begin, waited)
