"""What happens at the tables of a hall: the moves, the states and the way of the master, read from a trace."""

from bisect import bisect_right
from collections import Counter
from dataclasses import dataclass
from typing import Any

from taketurns.trace.spans import Span, State
from taketurns.trace.trace import Trace

__all__ = ["STATES", "Tables", "clock", "tables"]

NOT_BEGUN, HER_MOVE, YOUR_MOVE, THINKS, WAITS, IDLE, FINISHED = range(7)
#: What a table is said to be in. Where spans overlap, the one further to the front counts.
STATES = ("not begun", "her move", "your move", "thinks", "waits", "idle", "finished")

Numbers = tuple[float, ...]
Changes = tuple[Numbers, tuple[int, ...]]
Lane = list[tuple[float, float, int]]


@dataclass(frozen=True)
class Tables:
    """The tables of a hall: what can be asked about each of them, and about the master, at any time."""

    label: str
    names: tuple[str, ...]
    end: float
    last: str  #: what is said when all is over
    moves: tuple[Numbers, ...]  #: for each table, when its half-moves were made
    changes: tuple[Changes, ...]  #: for each table, when its state changed, and into which
    walk: Changes  #: when the master came to a table, and to which
    team: bool = False  #: whether there are several masters, each of whom is a worker

    def made(self, table: int, time: float) -> int:
        """Return how many half-moves were made at a table by then."""
        return bisect_right(self.moves[table], time)

    def state(self, table: int, time: float) -> int:
        """Return the state of a table, as its number in ``STATES``."""
        return _at(self.changes[table], time)

    def at_move(self, time: float) -> list[int]:
        """Return the tables at which the master is about to move: one, or none, unless there are several of her."""
        return [table for table in range(len(self.names)) if self.state(table, time) == HER_MOVE]

    def standing(self, time: float) -> list[int]:
        """Return the tables where a master stands; when none is about to move, she stands where she was last."""
        return self.at_move(time) or [_at(self.walk, time)]

    def counts(self, time: float) -> tuple[str, str]:
        """Return in words how many moves were made by then, and at how many boards the first of them."""
        made = [self.made(table, time) for table in range(len(self.names))]
        moves = f"moves: {sum(made)} of {sum(map(len, self.moves))}"
        return moves, f"boards that have moved on: {sum(map(bool, made))} of {len(made)}"

    def sentence(self, time: float) -> str:
        """Return in words where the master is."""
        here = self.at_move(time)
        states = {self.state(table, time) for table in range(len(self.names))}
        if time >= self.end:
            return self.last
        if len(here) > 1 and self.team:
            return f"{len(here)} masters are at the boards."
        if len(here) > 1:
            return f"She is at {len(here)} boards at once: there are {len(here)} of her."
        if here:
            return f"She is at {self.names[here[0]]}."
        return "She waits for a reply." if THINKS in states and YOUR_MOVE not in states else "She is at no board."

    def summary(self, time: float) -> str:
        """Return in a few sentences what is to be seen."""
        states = Counter(self.state(table, time) for table in range(len(self.names)))
        told = ", ".join(f"{STATES[state]}: {states[state]}" for state in sorted(states))
        words = f"{self.sentence(time)} {'; '.join(self.counts(time))}. Boards by state: {told}."
        return f"{self.label or 'The hall'} at {clock(time)} of simulated time. {words}"

    @property
    def plan(self) -> dict[str, Any]:
        """All of this for the script that moves the picture."""
        fields = ("label", "names", "end", "last", "moves", "changes", "walk", "team")
        return {field: getattr(self, field) for field in fields}


def tables(trace: Trace) -> Tables:
    """Return what happens at the tables of a trace; those of `play` say in their origin how many masters there are.

    A half-move is made when she has moved, a RUNNING span, or an opponent has: a WAITING span with the reason "timer".
    Spans without length are steps of a program, and nothing on a board.
    """
    lanes = [_lane(trace, task) for task in trace.tasks]
    end = _exact(trace.duration)
    came = sorted((start, table) for table, lane in enumerate(lanes) for start, _, code in lane if code == HER_MOVE)
    if not came or came[0][0] > 0:
        came.insert(0, (0.0, came[0][1] if came else 0))
    return Tables(
        trace.label,
        trace.tasks,
        end,
        _last(end, {code for lane in lanes for _, until, code in lane if until == end}),
        tuple(tuple(sorted(until for _, until, code in lane if code in (HER_MOVE, THINKS))) for lane in lanes),
        tuple(map(_changes, lanes)),
        (tuple(at for at, _ in came), tuple(table for _, table in came)),
        trace.origin.get("masters", "1") != "1",
    )


def _lane(trace: Trace, task: str) -> Lane:
    """Return the spans of a task that have a length, each as start, end and state."""
    spans = [(_exact(span.start), _exact(span.end), _code(span)) for span in trace.lane(task)]
    return [span for span in spans if span[0] < span[1]]


def _code(span: Span) -> int:
    if span.state is State.RUNNING:
        return HER_MOVE
    if span.state is State.READY:
        return YOUR_MOVE
    return THINKS if span.reason == "timer" else WAITS


def _changes(lane: Lane) -> Changes:
    """Return when the state changes, and into which."""
    change: dict[float, Counter[int]] = {0.0: Counter()}
    for start, end, code in lane:
        change.setdefault(start, Counter())[code] += 1
        change.setdefault(end, Counter())[code] -= 1
    now: Counter[int] = Counter()
    changes: list[tuple[float, int]] = []
    for at in sorted(change):
        now.update(change[at])
        nothing = NOT_BEGUN if not changes else FINISHED if at == max(change) else IDLE
        code = min((code for code in now if now[code]), default=nothing)
        if not changes or changes[-1][1] != code:
            changes.append((at, code))
    return tuple(at for at, _ in changes), tuple(code for _, code in changes)


def _at(changes: Changes, time: float) -> int:
    times, values = changes
    return values[max(bisect_right(times, time) - 1, 0)]


def _last(end: float, codes: set[int]) -> str:
    if THINKS in codes:
        return f"The last reply came at {clock(end)}."
    return f"Her last move was made at {clock(end)}." if HER_MOVE in codes else f"All is over at {clock(end)}."


def _exact(seconds: float) -> float:
    """Return a time in whole ns: what ends at a minute has ended by that minute, however its times were added up."""
    return round(seconds, 9)


def clock(seconds: float) -> str:
    """Return a time as a clock shows it: ``1:00:55``."""
    minutes, rest = divmod(int(seconds + 1e-9), 60)
    return f"{minutes // 60}:{minutes % 60:02}:{rest:02}"
