"""Exercises of notebook 11."""

from __future__ import annotations

from math import isclose

from taketurns.course.checks import Exercise, rule
from taketurns.trace.spans import State
from taketurns.trace.trace import Trace

__all__ = ["cured", "given_order", "gives_way", "in_order"]

EVENTS = ("A eats", "A orders", "B eats", "B orders", "C eats", "C orders", "main is done")


def _first(events: list[str], one: str, other: str) -> bool:
    return events.index(one) < events.index(other)


in_order = Exercise(
    "In which order?",
    rule(
        lambda events: sorted(map(str, events)) == list(EVENTS),
        "The list is to hold the seven events of the starter cell, each of them once.",
    ),
    rule(
        lambda events: events[0] != "A orders",
        "`create_task` only puts A at the end of the queue. Main keeps control, and goes on to its next line.",
    ),
    rule(
        lambda events: _first(events, "B eats", "main is done"),
        '`await guest("B")` is a call. Main goes on behind it when B has eaten.',
    ),
    rule(
        lambda events: events[0] == "B orders",
        'Only main runs at first, and its first `await` is `guest("B")`. What does that do before it stops?',
    ),
    rule(
        lambda events: events[1] == "A orders",
        "B stops at its `sleep(0)`. Who is in the queue by then, and was put there first?",
    ),
    rule(
        lambda events: _first(events, "B eats", "A eats"),
        "When A stops, the task that runs B has been in the queue for longer.",
    ),
    rule(
        lambda events: _first(events, "main is done", "A eats"),
        "When B has eaten, main still has control. There is no `await` between that and its last line.",
    ),
    rule(
        lambda events: _first(events, "main is done", "C orders"),
        "`create_task` only puts C at the end of the queue. Main goes on to its next line.",
    ),
    rule(
        lambda events: _first(events, "A eats", "C orders"),
        "A is in the queue since its `sleep(0)`, and C since later. First in, first out.",
    ),
    rule(lambda events: _first(events, "C orders", "C eats"), "C orders before it eats."),
    of=list,
    start=rule(
        lambda events: events != list(EVENTS),
        "As it stands, the events are in alphabetical order. Put them in the order in which they happen.",
    ),
    solved="A call runs at once, a task when it is its turn, and the queue is first in, first out.",
)


# Who has to wait for the event loop


def _late(trace: Trace) -> float:
    """For how long the heartbeat is ready, at most, without its turn."""
    return max((span.duration for span in trace.lane("heartbeat") if span.state is State.READY), default=0)


def _turns(trace: Trace, task: str) -> int:
    return sum(moment.running == task for moment in trace.moments)


def _end(trace: Trace, task: str) -> float:
    return trace.lane(task)[-1].end


def _blocks(trace: Trace) -> bool:
    """Return whether the soup waits once, and then blocks, as in the starter cell."""
    if not {"heartbeat", "soup"} <= set(trace.tasks):
        return False
    computed = trace.time_in(State.RUNNING, "soup")
    return not computed and _turns(trace, "soup") == 2 and _late(trace) == 1.75


cured = Exercise(
    "A heartbeat in time",
    rule(
        lambda trace: {"heartbeat", "soup"} <= set(trace.tasks),
        'Leave the two tasks and their names as they are: "heartbeat" and "soup".',
    ),
    rule(
        lambda trace: trace.time_in(State.RUNNING, "soup") == 0,
        "The soup computes now, and that keeps control as well. It is to simmer by itself.",
    ),
    rule(
        lambda trace: _end(trace, "soup") > 0.75,
        "The soup does not simmer any more. If you wrote `asyncio.sleep(2)`: is it awaited?",
    ),
    rule(
        lambda trace: _late(trace) == 0,
        "The heartbeat still comes late. Which call waits, and does not give up control?",
    ),
    rule(lambda trace: _end(trace, "soup") == 2.75, "The soup is to simmer for 2 s, from 0.75 s to 2.75 s."),
    rule(lambda trace: _turns(trace, "heartbeat") == 7, "The heartbeat is to beat six times."),
    start=rule(
        lambda trace: not _blocks(trace),
        "As it stands, one beat is 1.75 s late, because the soup blocks the loop. Let it wait without blocking.",
    ),
    solved="The soup simmers for as long as before, and every beat comes in time.",
)

gives_way = Exercise(
    "Give way",
    rule(
        lambda trace: {"heartbeat", "bill"} <= set(trace.tasks),
        'Leave the two tasks and their names as they are: "heartbeat" and "bill".',
    ),
    rule(
        lambda trace: isclose(trace.time_in(State.RUNNING), 4),
        "The bill takes 4 s of computing. To sleep in its place gives way, but it is not computed.",
    ),
    rule(lambda trace: _turns(trace, "heartbeat") == 7, "The heartbeat is to beat six times."),
    rule(
        lambda trace: _turns(trace, "bill") > 2 or len(trace.tasks) > 3,
        "The bill gives up control only before its first piece or behind its last one. It is to do so in between.",
    ),
    rule(
        lambda trace: _late(trace) <= 1,
        "The heartbeat is still ready for more than 1 s at a time. Let the bill give way more often.",
    ),
    rule(
        lambda trace: _end(trace, "bill") <= 4,
        "The bill is done only after more than 4 s. To give way needs no time: for how long does it sleep?",
    ),
    start=rule(
        lambda trace: (
            not ({"heartbeat", "bill"} <= set(trace.tasks) and _turns(trace, "bill") == 1 and _late(trace) == 3.5)
        ),
        "As it stands, the bill keeps control for 4 s. Let it give way between its pieces. "
        "If you have put in an `await` already: does it ever stop there?",
    ),
    solved="The bill is done as early as before, and no beat is more than 1 s late.",
)


def _order(trace: Trace) -> str:
    return " ".join(moment.running for moment in trace.moments if moment.running in ("A", "B"))


given_order = Exercise(
    "A given order",
    rule(lambda trace: trace.moments, "This recording has no steps. Use `simulate(...)`."),
    rule(lambda trace: {"A", "B"} <= set(trace.tasks), 'There are to be two tasks, with the names "A" and "B".'),
    rule(
        lambda trace: _order(trace).startswith("A"),
        "B has the first turn. The task that is created first is first in the queue.",
    ),
    rule(
        lambda trace: _order(trace) != "A B A B",
        "The order is A B A B: whoever gives up control first is first in the queue again. "
        "Let A wait for a timer that is due when B has had both of its turns.",
    ),
    rule(
        lambda trace: _order(trace).count("A") == 2,
        "A is to have two turns: it gives up control once. An `await` in which nothing stops does not.",
    ),
    rule(
        lambda trace: _order(trace).count("B") == 2,
        "B is to have two turns: it gives up control once. An `await` in which nothing stops does not.",
    ),
    rule(
        lambda trace: _order(trace) == "A B B A",
        "There are two turns for each, but not in the order A B B A. Who has to wait for longer?",
    ),
    start=rule(
        lambda trace: _order(trace) != "A B",
        "As it stands, the order is A B, one turn for each. It is to be A B B A.",
    ),
    solved="The loop decides by its queue, and you decide who comes into the queue, and when.",
)
