"""Helpers and exercises of notebook 12."""

from collections.abc import Sequence
from dataclasses import replace

from taketurns.course.checks import Exercise
from taketurns.course.exhibition import Exhibition, Played
from taketurns.course.rules import Asked, first, when
from taketurns.recording.marks import compute
from taketurns.suspend.loop import EventLoop
from taketurns.trace.spans import Span, State
from taketurns.trace.trace import Trace

__all__ = ["as_seen", "cured", "first_minutes", "formula", "how_long", "how_many", "small", "two_masters", "walk"]


def first_minutes(trace: Trace, minutes: float) -> Trace:
    """Return what happens in the first minutes."""
    end = 60 * minutes
    if trace.duration <= end:
        return trace
    spans = (replace(span, end=min(span.end, end)) for span in trace.spans if span.start < end)
    return Trace(f"{trace.label}: the first {minutes:g} minutes", tuple(spans), trace.origin)


def formula(exhibition: Exhibition, trace: Played) -> str:
    """Say how long an exhibition takes, by arithmetic and as it was simulated."""
    these, walk = exhibition, exhibition.boards * exhibition.master
    most, which = max((walk, "her walk"), (these.master + these.opponent, "a move and its reply"))
    waits = "she waits for the opponents" if these.boards < these.crossover else "the opponents wait for her"
    waits = "nobody waits for anybody" if these.boards == these.crossover else waits
    return (
        f"one game at a time  {these.boards} × {these.rounds} × ({these.master:g} + {these.opponent:g}) s"
        f" = {these.sequential:,.10g} s\n"
        f"from board to board {these.rounds - 1} × {most:g} + {walk:g} + {these.opponent:g} s"
        f" = {these.interleaved:,.10g} s; simulated: {trace.duration:,.10g} s\n"
        f"a round lasts as long as {which}, {most:g} s: {waits}\n"
        f"both need the same time at ({these.master:g} + {these.opponent:g}) / {these.master:g}"
        f" = {these.crossover:g} boards"
    )


def as_seen(trace: Trace, exhibition: Exhibition | None = None) -> Trace:
    """Return an exhibition in which she moves by a timer as somebody in the room sees it.

    To the program, her move is a wait like a reply. Here a wait for a timer that lasts as long as her move is RUNNING:
    she thinks. Any other timer is an opponent, WAITING; any other wait is that of a board for her, READY.
    """
    these = exhibition or Exhibition()
    spans = [_seen(span, these) for span in trace.spans if span.task.startswith("board ") and span.duration]
    return Trace(f"{trace.label}, as people see it", tuple(spans), trace.origin)


def _seen(span: Span, these: Exhibition) -> Span:
    if span.state is not State.WAITING:
        return span
    if span.reason != "timer":
        return replace(span, state=State.READY)
    return replace(span, state=State.RUNNING) if _lasts(span, these.master) else span


def _lasts(span: Span, seconds: float) -> bool:
    return abs(span.duration - seconds) < 1e-6


def walk(boards: Sequence[str]) -> None:
    """Play ten rounds at these boards, at 1:1000 in real time, in one thread: a child process can be given this."""
    loop = EventLoop()

    def move(rounds: int) -> None:
        if rounds:
            compute(0.005)
            loop.call_later(0.055, move, rounds - 1)

    for board in boards:
        loop.start(board, move, 10)
    loop.run()


# Exercises

#: What exercises 3 and 4 play.
small = Exhibition(boards=4, master=5, opponent=10, rounds=3)

_SHORT = "It would take that long if she waited for the opponents. A round of her walk is 10 × 6 s, and that is longer."

how_long = Exercise(
    "How long?",
    {
        1230: None,
        7200: "One game at a time takes that long. She walks.",
        1200: "Then she leaves the last board. Its opponent has not replied yet.",
        720: _SHORT,
        774: _SHORT,
        ...: "{answer} s is not it. How long does a walk from board to board take?",
    },
    of=float,
    solved="20 walks of 60 s, and the last reply.",
)

how_many = Exercise(
    "How many boards?",
    just_fits=when(lambda boards: boards == 14).say(
        "56 / 4 boards fit into the time of a reply. The one that she left is one, too."
    ),
    too_many=when(lambda boards: boards > 15).say("With {answer} boards her walk takes longer than 4 + 56 s."),
    too_few=when(lambda boards: boards < 15).say("She could take one board more, and be back before its reply."),
    of=float,
    solved="Her walk of 15 × 4 s takes as long as a move and its reply, 60 s.",
)


def _moves(trace: Trace) -> Trace:
    """Return her moves, wherever they were made: at a board, or in a task of her own."""
    made = (*trace.only(state="RUNNING").spans, *trace.only(state="WAITING", reason="timer").spans)
    moves = (replace(span, state=State.RUNNING) for span in made if _lasts(span, small.master))
    return Trace("her moves", tuple(moves))


def _at_once(trace: Trace) -> int:
    """Return at how many boards she moves at one instant."""
    return _moves(trace).peak_parallelism


def _has_boards(trace: Trace) -> bool:
    return {f"board {number}" for number in range(1, small.boards + 1)} <= set(trace.tasks)


def _rules(masters: int, seconds: float, slow: str) -> Asked:
    minutes = f"{seconds // 60:g} min " if seconds >= 60 else ""
    said = f"It takes {{duration}}, and should take {minutes}{seconds % 60:g} s."
    return first(
        other_tasks=when(lambda t: not _has_boards(t)).say(
            'Leave the four tasks and their names as they are: "board 1" to "board 4".'
        ),
        moves=when(lambda t: len(_moves(t).spans) != small.boards * small.rounds).say(
            "There are to be 12 moves of 5 s. If one is missing: is everything awaited?"
        ),
        slow=when(lambda t: t.duration >= small.sequential / masters).say(slow),
        too_few=when(lambda t: _at_once(t) < masters).say("Only one of them plays. How many may be inside at once?"),
        too_many=when(lambda t: _at_once(t) > masters).say(
            f"At some instant there are more than {masters} of her at the boards. "
            "How many may be inside at once, and do all boards share the same one?"
        ),
        too_early=when(lambda t: t.duration < seconds).say(
            f"{said} An opponent replies before she has moved. A board has to wait for its own move."
        ),
        too_long=when(lambda t: t.duration != seconds).say(
            f"{said} Some board waits longer than it has to: does it wait for its own move, or for all in the queue?"
        ),
    )


cured = Exercise(
    "One master",
    _rules(
        1,
        small.interleaved,
        "It takes as long as one game at a time. Does she stay at a board, or does all stand still, until the reply?",
    ),
    start=when(lambda t: _has_boards(t) and _at_once(t) == small.boards).say(
        "As it stands, she moves at four boards at once. There is to be one of her. "
        "If you have a lock already: do all four share the same one?"
    ),
    solved="She moves at one board at a time, and does not wait for replies.",
)

two_masters = Exercise(
    "Two masters",
    _rules(
        2, 50, "It takes as long as if each played one game at a time. Does somebody stay at a board until the reply?"
    ),
    start=when(lambda t: _has_boards(t) and _at_once(t) == 1).say(
        "As it stands, there is one master. Let there be two."
    ),
    solved="Two are at work at once, so each needs half of the walk.",
)
