"""The chess exhibition: one master plays many opponents, in every style of this library, in simulated or in real time.

Each game is a task, and her move is what a core does: while she thinks at one board, she can think at no other. What an
opponent does is waiting, for her and for the program.
"""

from __future__ import annotations

import math
from collections.abc import Sequence, Set
from contextlib import nullcontext
from dataclasses import dataclass, fields, replace
from itertools import compress, pairwise
from numbers import Integral, Real
from operator import gt

from taketurns.course.styles import HER, STYLES, Style, task_group
from taketurns.recording.block import record
from taketurns.simulation import simulate
from taketurns.trace.clock import SimulatedClock
from taketurns.trace.columns import Columns
from taketurns.trace.spans import Span, State
from taketurns.trace.trace import Trace

__all__ = ["STYLES", "Exhibition", "Played", "play"]

#: Real seconds for a simulated one, where there is no simulated time.
SCALE = 0.001


@dataclass(frozen=True)
class Exhibition:
    """The numbers of an exhibition: boards, rounds, and the seconds that the master and an opponent need for a move.

    In a round she makes a move at each board, and each opponent replies. A team of ``masters`` shares the boards out,
    as evenly as it can; then each plays her own. What follows from these by arithmetic is an attribute too, in seconds.
    ``ValueError`` where a number is not positive or a count is not whole, ``TypeError`` where it is no number.
    """

    boards: int = 24
    master: float = 5
    opponent: float = 55
    rounds: int = 30
    masters: int = 1

    def __post_init__(self) -> None:
        for field in fields(self):
            value, whole = getattr(self, field.name), field.name in ("boards", "rounds", "masters")
            kind = "a whole number from 1 on" if whole else "a number of seconds above 0"
            wrong = f"{field.name} is {kind}, such as {field.default}; it was given {value!r}"
            if not isinstance(value, Real) or isinstance(value, bool):
                raise TypeError(wrong)
            if not 0 < float(value) < math.inf or (whole and not isinstance(value, Integral)):
                raise ValueError(wrong)
        if self.masters > self.boards:
            raise ValueError(f"{self.masters} masters need a board each, and there are {self.boards} boards")

    @property
    def game(self) -> float:
        """How long one game takes, if nobody has to wait for the master."""
        return self.rounds * (self.master + self.opponent)

    @property
    def crossover(self) -> float:
        """With how many boards a walk takes as long as a move and its reply: with more, opponents wait for her."""
        return (self.master + self.opponent) / self.master

    @property
    def sequential(self) -> float:
        """How long it takes one game after another, up to the last reply."""
        return self._most * self.game

    @property
    def interleaved(self) -> float:
        """How long it takes when she walks from board to board, up to the last reply."""
        return self.master_done + self.opponent

    @property
    def master_done(self) -> float:
        """When her last move ends, when she walks from board to board."""
        walk = self._most * self.master
        one_round = max(walk, self.master + self.opponent)
        return (self.rounds - 1) * one_round + walk

    @property
    def _most(self) -> int:
        """How many boards the master has who has the most."""
        return math.ceil(self.boards / self.masters)

    def _shares(self) -> list[Sequence[str]]:
        """Return the names of the boards of each master, which are those of the tasks."""
        share, more = divmod(self.boards, self.masters)
        ends = [number * share + min(number, more) for number in range(self.masters + 1)]
        return [[f"board {board + 1}" for board in range(first, end)] for first, end in pairwise(ends)]


class Played(Trace):
    """The trace of an exhibition: a lane for each board, up to its last reply. A master who moves there is RUNNING."""

    @property
    def master_done(self) -> float:
        """When the last move of a master ends, in seconds."""
        return max(span.end for span in self.spans if span.state is State.RUNNING)


def play(exhibition: Exhibition, style: str, scale: float | None = None) -> Played:
    """Return the trace of an exhibition, which is played in one of the ``STYLES``.

    With ``scale`` it is played in real time, of which a second of the exhibition takes so many: 0.001 makes an hour
    3.6 s. Without, time is simulated; only threads, which live in real time, then have a scale of 0.001.
    ``TypeError`` for what is not an exhibition, ``ValueError`` for a style that there is not, a scale that is not
    positive, or a team of masters in real time.
    """
    if not isinstance(exhibition, Exhibition):
        raise TypeError(f"play() plays an Exhibition, such as Exhibition(boards=24); it was given {exhibition!r}")
    if style not in STYLES:
        raise ValueError(f"{style!r} is no style of play; there are {', '.join(STYLES)}")
    scale = SCALE if scale is None and style == "threads" else scale
    label = f"{exhibition.boards} boards, {style}"
    if scale is None:
        traces = [_simulated(exhibition, STYLES[style], boards, label) for boards in exhibition._shares()]
        return _put_together(exhibition, label, traces)
    if not isinstance(scale, Real) or not 0 < float(scale) < math.inf:
        raise ValueError(f"scale is how many real seconds a simulated one takes, such as 0.001, not {scale!r}")
    if exhibition.masters > 1:
        raise ValueError("a team of masters plays in simulated time only: leave out the scale, or take another style")
    quick = replace(exhibition, master=exhibition.master * scale, opponent=exhibition.opponent * scale)
    with record(f"{label}, 1:{1 / scale:g}") as trace:
        STYLES[style](quick, quick._shares()[0])
    return _put_together(exhibition, trace.label, [trace])


def _simulated(exhibition: Exhibition, style: Style, boards: Sequence[str], label: str) -> Trace:
    if style is STYLES["asyncio"]:
        return simulate(task_group(exhibition, boards), label)
    clock = SimulatedClock()  # an event loop puts it in use; the one style that has none cannot
    with record(label, clock) as trace, clock.in_use() if style is STYLES["sequential"] else nullcontext():
        style(exhibition, boards)
    return trace


def _put_together(exhibition: Exhibition, label: str, traces: Sequence[Trace]) -> Played:
    """Return the boards of all masters as one trace, in which only they are RUNNING."""
    where = {**traces[0].origin, "masters": str(exhibition.masters)}
    boards = {board for share in exhibition._shares() for board in share}
    games = [_until_the_last_reply(trace.columns, boards) for trace in traces]
    if exhibition.masters == 1 and HER not in {kind.reason for kind in games[0].kinds}:
        return Played.of(games[0], label, origin=where, moments=traces[0].moments)
    team, spans = exhibition.masters > 1, list[Span]()
    for number, columns in enumerate(games, 1):
        lanes = Trace.of(columns).lanes.values()
        theirs = [span for lane in lanes for span in _asking(lane)]
        spans += [replace(span, worker=f"master {number}") for span in theirs] if team else theirs
    return Played(label, tuple(spans), where, moments=() if team else traces[0].moments)


def _until_the_last_reply(columns: Columns, boards: Set[str]) -> Columns:
    """Return the games at some boards. Each ends with its last reply, whoever hears of it."""
    replies = columns.which(
        [name in boards for name in columns.tasks],
        [kind.state is State.WAITING and kind.reason == "timer" for kind in columns.kinds],
    )
    over = dict.fromkeys(range(len(columns.tasks)), 0.0)
    over.update(compress(zip(columns.task, columns.end, strict=True), replies))  # the last one of each counts
    return columns.only(map(gt, map(over.__getitem__, columns.task), columns.start))


def _asking(lane: Sequence[Span]) -> list[Span]:
    """Return a game in a thread, which waits for her from when it asks for her."""
    game = list(lane)
    hers = [n for n, span in enumerate(game) if n and span.reason == HER and game[n - 1].state is not State.WAITING]
    for number in reversed(hers):
        game[number - 1 : number + 1] = [replace(game[number], start=game[number - 1].start)]
    return game
