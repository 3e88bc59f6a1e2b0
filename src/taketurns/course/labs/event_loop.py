"""Exercises of notebook 11."""

from math import isclose

from taketurns.course.checks import Exercise
from taketurns.course.rules import part, when
from taketurns.trace.trace import Trace

__all__ = ["cured", "given_order", "gives_way", "in_order"]

EVENTS = ["A eats", "A orders", "B eats", "B orders", "C eats", "C orders", "main is done"]


def _first(events: list[str], one: str, other: str) -> bool:
    return events.index(one) < events.index(other)


in_order = Exercise(
    "In which order?",
    of=list,
    start=when(lambda events: events == EVENTS).say(
        "As it stands, the events are in alphabetical order. Put them in the order in which they happen."
    ),
    other_events=when(lambda events: sorted(map(str, events)) != EVENTS).say(
        "The list is to hold the seven events of the starter cell, each of them once."
    ),
    a_at_once=when(lambda events: events[0] == "A orders").say(
        "`create_task` only puts A at the end of the queue. Main keeps control, and goes on to its next line."
    ),
    main_before_b=when(lambda events: _first(events, "main is done", "B eats")).say(
        '`await guest("B")` is a call. Main goes on behind it when B has eaten.'
    ),
    b_is_not_first=when(lambda events: events[0] != "B orders").say(
        'Only main runs at first, and its first `await` is `guest("B")`. What does that do before it stops?'
    ),
    a_is_not_second=when(lambda events: events[1] != "A orders").say(
        "B stops at its `sleep(0)`. Who is in the queue by then, and was put there first?"
    ),
    a_before_b=when(lambda events: _first(events, "A eats", "B eats")).say(
        "When A stops, the task that runs B has been in the queue for longer."
    ),
    a_before_main=when(lambda events: _first(events, "A eats", "main is done")).say(
        "When B has eaten, main still has control. There is no `await` between that and its last line."
    ),
    c_before_main=when(lambda events: _first(events, "C orders", "main is done")).say(
        "`create_task` only puts C at the end of the queue. Main goes on to its next line."
    ),
    c_before_a=when(lambda events: _first(events, "C orders", "A eats")).say(
        "A is in the queue since its `sleep(0)`, and C since later. First in, first out."
    ),
    eats_first=when(lambda events: _first(events, "C eats", "C orders")).say("C orders before it eats."),
    solved="A call runs at once, a task when it is its turn, and the queue is first in, first out.",
)


# Who has to wait for the event loop


def _late(trace: Trace) -> float:
    """For how long the heartbeat is ready, at most, without its turn."""
    return max((span.duration for span in trace.only("heartbeat", state="READY").spans), default=0)


def _turns(trace: Trace, task: str) -> int:
    return sum(moment.running == task for moment in trace.moments)


_SIX = when(lambda t: _turns(t, "heartbeat") != 7).say("The heartbeat is to beat six times.")

cured = Exercise(
    "A heartbeat in time",
    start=when(
        lambda t: (
            {"heartbeat", "soup"} <= set(t.tasks)
            and not t.time_in("RUNNING", "soup")
            and (_turns(t, "soup"), _late(t)) == (2, 1.75)
        )
    ).say("As it stands, one beat is 1.75 s late, because the soup blocks the loop. Let it wait without blocking."),
    other_tasks=when(lambda t: {"heartbeat", "soup"} - set(t.tasks)).say(
        'Leave the two tasks and their names as they are: "heartbeat" and "soup".'
    ),
    computes=when(lambda t: t.time_in("RUNNING", "soup")).say(
        "The soup computes now, and that keeps control as well. It is to simmer by itself."
    ),
    not_awaited=when(lambda t: t.only("soup").duration <= 0.75).say(
        "The soup does not simmer any more. If you wrote `asyncio.sleep(2)`: is it awaited?"
    ),
    held_up=when(_late).say("The heartbeat still comes late. Which call waits, and does not give up control?"),
    soup=when(lambda t: t.only("soup").duration != 2.75).say("The soup is to simmer for 2 s, from 0.75 s to 2.75 s."),
    beats=_SIX,
    solved="The soup simmers for as long as before, and every beat comes in time.",
)

gives_way = Exercise(
    "Give way",
    start=when(lambda t: {"heartbeat", "bill"} <= set(t.tasks) and (_turns(t, "bill"), _late(t)) == (1, 3.5)).say(
        "As it stands, the bill keeps control for 4 s. Let it give way between its pieces. "
        "If you have put in an `await` already: does it ever stop there?"
    ),
    other_tasks=when(lambda t: {"heartbeat", "bill"} - set(t.tasks)).say(
        'Leave the two tasks and their names as they are: "heartbeat" and "bill".'
    ),
    not_computed=when(lambda t: not isclose(t.time_in("RUNNING"), 4)).say(
        "The bill takes 4 s of computing. To sleep in its place gives way, but it is not computed."
    ),
    beats=_SIX,
    not_between=when(lambda t: _turns(t, "bill") <= 2 and len(t.tasks) <= 3).say(
        "The bill gives up control only before its first piece or behind its last one. It is to do so in between."
    ),
    too_rarely=when(lambda t: _late(t) > 1).say(
        "The heartbeat is still ready for more than 1 s at a time. Let the bill give way more often."
    ),
    sleeps=when(lambda t: t.only("bill").duration > 4).say(
        "The bill is done only after more than 4 s. To give way needs no time: for how long does it sleep?"
    ),
    solved="The bill is done as early as before, and no beat is more than 1 s late.",
)


def _order(trace: Trace) -> str:
    return " ".join(moment.running for moment in trace.moments if moment.running in ("A", "B"))


_TWO = "{0} is to have two turns: it gives up control once. An `await` in which nothing stops does not."

given_order = Exercise(
    "A given order",
    start=when(lambda t: _order(t) == "A B").say(
        "As it stands, the order is A B, one turn for each. It is to be A B B A."
    ),
    no_steps=when(lambda t: not t.moments).say("This recording has no steps. Use `simulate(...)`."),
    other_tasks=when(lambda t: {"A", "B"} - set(t.tasks)).say('There are to be two tasks, with the names "A" and "B".'),
    order=part(
        _order,
        b_first=when(lambda order: not order.startswith("A")).say(
            "B has the first turn. The task that is created first is first in the queue."
        ),
        abab=when(lambda order: order == "A B A B").say(
            "The order is A B A B: whoever gives up control first is first in the queue again. "
            "Let A wait for a timer that is due when B has had both of its turns."
        ),
        turns_of_a=when(lambda order: order.count("A") != 2).say(_TWO.format("A")),
        turns_of_b=when(lambda order: order.count("B") != 2).say(_TWO.format("B")),
        other_order=when(lambda order: order != "A B B A").say(
            "There are two turns for each, but not in the order A B B A. Who has to wait for longer?"
        ),
    ),
    solved="The loop decides by its queue, and you decide who comes into the queue, and when.",
)
