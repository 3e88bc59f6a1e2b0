"""Exercises of notebook 09, and a function that blocks because it was written before anybody thought of greenlets."""

from collections.abc import Mapping
from time import sleep
from typing import Any

from taketurns.course.checks import Exercise, quiz
from taketurns.course.rules import part, when
from taketurns.trace.spans import State
from taketurns.trace.trace import Trace

__all__ = ["give_way", "heat", "not_a_liter_lost", "sleep", "three_calls_down", "which_calls_suspend"]


def heat(seconds: float) -> None:
    """Wait, as a library does that knows nothing of greenlets."""
    sleep(seconds)


# 1

which_calls_suspend = quiz(
    "Which calls suspend?",
    {
        "compute(1)": {"no": None, "yes": "The cook is busy for a second, and nothing in it says switch."},
        "wait(1)": {
            "no": None,
            "yes": "It waits, but it does not switch. The thread is blocked, and the loop with it.",
        },
        "start(kettle, 'A', 3)": {
            "no": None,
            "yes": "It puts a new task into the queue of what is ready, and comes back at once.",
        },
        "wait_for(task)": {
            "yes": None,
            "no": "Who waits for a task lets it run: this call switches to the loop until the task is done.",
        },
        "max(KETTLES, key=temperature)": {
            "yes": None,
            "no": "max() calls temperature(), which calls sleep(). A switch may be any number of calls down.",
        },
    },
    solved="No call looks any different from the others: you have to know what it does, all the way down.",
)

# 2

_HEATS = {"kettle A": 3, "kettle B": 2, "kettle C": 4}


def _has_kettles(trace: Trace) -> bool:
    """Return whether all three are in it."""
    return set(trace.tasks) >= set(_HEATS)


def _in_state(trace: Trace, state: State) -> float:
    """Return the seconds that the kettles together spent in a state."""
    return trace.only(*_HEATS).time_in(state)


def _other_heat(trace: Trace) -> tuple[str, int, float] | None:
    """Return a kettle that does not wait for as long as it heats, how long that is, and how long it waits."""
    waits = ((name, seconds, trace.time_in("WAITING", name)) for name, seconds in _HEATS.items())
    return next((wait for wait in waits if abs(wait[2] - wait[1]) > 1e-6), None)


_ALL_THREE = when(lambda t: not _has_kettles(t)).say(
    "Kettles A, B and C are not all in your recording. main() starts them with their names.", "all three"
)

three_calls_down = Exercise(
    "Three calls down",
    _ALL_THREE,
    start=when(lambda t: _has_kettles(t) and abs(t.duration - 13.5) < 1e-6 and not _other_heat(t)).say(
        "As it stands, the kettles come one by one: something three calls down blocks. Change one word."
    ),
    nothing_ran=when(lambda t: not t.duration).say(
        "The kettles did nothing at all. A function with `yield` or `async` in it only gives an object when it is "
        "called, and nobody runs that object here. A greenlet needs neither word."
    ),
    no_wait=when(lambda t: not _in_state(t, State.WAITING)).say(
        "No kettle waits any more. Heating takes its time; only the cook is to be free meanwhile. "
        "(Neither a `yield` nor `asyncio.sleep` waits here: each only gives an object that nobody runs.)"
    ),
    other_heat=part(
        _other_heat, when(bool).say("The time that {answer[0]} waits is to be {answer[1]} s, and is {answer[2]:g} s.")
    ),
    one_by_one=when(lambda t: t.duration > _in_state(t, State.RUNNING) + _in_state(t, State.WAITING) - 1e-6).say(
        "They still come one by one. One of the calls below warm_up() blocks the thread, and it shows only there."
    ),
    duration=when(lambda t: abs(t.duration - 7.5) > 1e-6).say("They overlap, but take {duration}, not 7.5 s."),
    solved="One word changed, at the bottom. The functions above it are as they were.",
)

# 3


def _last_filled(trace: Trace) -> float:
    """Return the time at which the last kettle begins to run."""
    return max((lane[0].start for lane in trace.only(*_HEATS, state="RUNNING").lanes.values()), default=0)


def _reports(answer: Mapping[str, Any]) -> bool:
    """Return whether each kettle waits for its report as well."""
    return all(answer["trace"].time_in("WAITING", name) > seconds + 0.499 for name, seconds in _HEATS.items())


not_a_liter_lost = Exercise(
    "Not a liter lost",
    of=dict,
    start=when(lambda a: _has_kettles(a["trace"]) and a["liters"] == 2 and _reports(a)).say(
        "As it stands, three kettles took a liter each, and the can has 2 of 3 left. "
        "Who comes between the read and the write?"
    ),
    all_three=part("trace", _ALL_THREE),
    no_report=when(lambda a: not _reports(a)).say(
        "Not every kettle waits for report() and heats after that. Without the report nothing is lost, true; "
        "but it is to be made."
    ),
    idle=when(lambda a: a["liters"] == 0 and _last_filled(a["trace"]) > 2.001).say(
        "The count is right, but the cook stands idle while a report is under way: the last kettle could be filled "
        "from 2 s on. Does something block now? Only the read and the write have to stay together."
    ),
    lost=when(lambda a: a["liters"] != 0).say(
        "The can says {answer[liters]}, and three liters out of three leave 0. Between the line that reads `can` and "
        "the line that writes it, no call may suspend: does report() still stand between them?"
    ),
    solved="Nobody comes between the read and the write any more, and the kettles still overlap.",
)

# 4

give_way = Exercise(
    "Give way",
    of=list,
    start=when(lambda order: order == ["A1", "A2", "A3", "B1", "B2", "B3"]).say(
        "As it stands, A counts to three before B begins. "
        "Go to the end of `ready`, and then switch to the loop, which is your parent."
    ),
    nothing=when(lambda order: not order).say("Nobody has counted. Does the cell begin both tasks, and run the loop?"),
    never_back=when(lambda order: order == ["A1", "B1"]).say(
        "Both gave way, and nobody ever came back to them. Before you switch to the loop, leave word in `ready` how to "
        "resume you."
    ),
    not_six=when(lambda order: len(order) != 6).say(
        "The order is {answer}: six numbers were to come. Is each task put into `ready` once each time it gives way?"
    ),
    other_order=when(lambda order: order != ["A1", "B1", "A2", "B2", "A3", "B3"]).say(
        "The order is {answer}. Who gives way goes to the *end* of the queue."
    ),
    solved="Leave word how to resume you, and switch to your parent: that is all it takes. asyncio calls it sleep(0).",
)
