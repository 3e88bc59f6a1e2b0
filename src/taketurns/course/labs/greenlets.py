"""Exercises of notebook 09, and a function that blocks because it was written before anybody thought of greenlets."""

from __future__ import annotations

from collections.abc import Mapping
from time import sleep
from typing import Any

from taketurns.course.checks import Check, Exercise, choice, each, rule
from taketurns.trace.spans import State
from taketurns.trace.trace import Trace

__all__ = ["give_way", "heat", "not_a_liter_lost", "sleep", "three_calls_down", "which_calls_suspend"]


def heat(seconds: float) -> None:
    """Wait, as a library does that knows nothing of greenlets."""
    sleep(seconds)


# 1

_YES, _NO = "yes", "no"

which_calls_suspend = Exercise(
    "Which calls suspend?",
    each(
        {
            "compute(1)": choice(_NO, {_YES: "The cook is busy for a second, and nothing in it says switch."}),
            "wait(1)": choice(
                _NO, {_YES: "It waits, but it does not switch. The thread is blocked, and the loop with it."}
            ),
            "start(kettle, 'A', 3)": choice(
                _NO, {_YES: "It puts a new task into the queue of what is ready, and comes back at once."}
            ),
            "wait_for(task)": choice(
                _YES, {_NO: "Who waits for a task lets it run: this call switches to the loop until the task is done."}
            ),
            "max(KETTLES, key=temperature)": choice(
                _YES,
                {_NO: "max() calls temperature(), which calls sleep(). A switch may be any number of calls down."},
            ),
        }
    ),
    of=dict,
    solved="No call looks any different from the others: you have to know what it does, all the way down.",
)

# 2

_HEATS = {"kettle A": 3, "kettle B": 2, "kettle C": 4}


def _has_kettles(trace: Trace) -> bool:
    """Return whether all three are in it."""
    return set(trace.tasks) >= set(_HEATS)


def _in_state(trace: Trace, state: State) -> float:
    """Return the seconds that the kettles together spent in a state."""
    return sum(trace.time_in(state, name) for name in _HEATS)


def _heats(trace: Trace) -> str | None:
    """Each kettle waits for as long as it heats."""
    for name, seconds in _HEATS.items():
        waited = trace.time_in(State.WAITING, name)
        if abs(waited - seconds) > 1e-6:
            return f"The time that {name} waits is to be {seconds} s, and is {waited:g} s."
    return None


def _reports(answer: Mapping[str, Any]) -> bool:
    """Return whether each kettle waits for its report as well."""
    return all(answer["trace"].time_in(State.WAITING, name) > seconds + 0.499 for name, seconds in _HEATS.items())


def _one_by_one(trace: Trace) -> bool:
    """Return whether nothing ever overlaps: it takes as long as all running and waiting together."""
    return trace.duration > _in_state(trace, State.RUNNING) + _in_state(trace, State.WAITING) - 1e-6


_ALL_THREE = rule(
    _has_kettles, "Kettles A, B and C are not all in your recording. main() starts them with their names."
)

three_calls_down = Exercise(
    "Three calls down",
    _ALL_THREE,
    rule(
        lambda trace: trace.duration > 0,
        "The kettles did nothing at all. A function with `yield` or `async` in it only gives an object when it is "
        "called, and nobody runs that object here. A greenlet needs neither word.",
    ),
    rule(
        lambda trace: _in_state(trace, State.WAITING) > 0,
        "No kettle waits any more. Heating takes its time; only the cook is to be free meanwhile. "
        "(Neither a `yield` nor `asyncio.sleep` waits here: each only gives an object that nobody runs.)",
    ),
    _heats,
    rule(
        lambda trace: not _one_by_one(trace),
        "They still come one by one. One of the calls below warm_up() blocks the thread, and it shows only there.",
    ),
    rule(lambda trace: abs(trace.duration - 7.5) < 1e-6, "They overlap, but take {duration}, not 7.5 s."),
    start=rule(
        lambda trace: not (_has_kettles(trace) and abs(trace.duration - 13.5) < 1e-6 and not _heats(trace)),
        "As it stands, the kettles come one by one: something three calls down blocks. Change one word.",
    ),
    solved="One word changed, at the bottom. The functions above it are as they were.",
)

# 3


def _last_filled(trace: Trace) -> float:
    """Return the time at which the last kettle begins to run."""
    runs = [[span.start for span in trace.lane(name) if span.state is State.RUNNING] for name in _HEATS]
    return max(min(starts, default=0) for starts in runs)


def _can(check: Check) -> Check:
    """Return the rule that the trace in an answer keeps a rule."""
    return lambda answer: check(answer["trace"])


not_a_liter_lost = Exercise(
    "Not a liter lost",
    _can(_ALL_THREE),
    rule(
        _reports,
        "Not every kettle waits for report() and heats after that. Without the report nothing is lost, true; "
        "but it is to be made.",
    ),
    rule(
        lambda answer: not (answer["liters"] == 0 and _last_filled(answer["trace"]) > 2.001),
        "The count is right, but the cook stands idle while a report is under way: the last kettle could be filled "
        "from 2 s on. Does something block now? Only the read and the write have to stay together.",
    ),
    rule(
        lambda answer: answer["liters"] == 0,
        "The can says {answer[liters]}, and three liters out of three leave 0. Between the line that reads `can` and "
        "the line that writes it, no call may suspend: does report() still stand between them?",
    ),
    of=dict,
    start=rule(
        lambda answer: not (_has_kettles(answer["trace"]) and answer["liters"] == 2 and _reports(answer)),
        "As it stands, three kettles took a liter each, and the can has 2 of 3 left. "
        "Who comes between the read and the write?",
    ),
    solved="Nobody comes between the read and the write any more, and the kettles still overlap.",
)

# 4

_TURNS = ["A1", "B1", "A2", "B2", "A3", "B3"]
_ALONE = ["A1", "A2", "A3", "B1", "B2", "B3"]

give_way = Exercise(
    "Give way",
    rule(lambda order: order, "Nobody has counted. Does the cell begin both tasks, and run the loop?"),
    rule(
        lambda order: order != ["A1", "B1"],
        "Both gave way, and nobody ever came back to them. Before you switch to the loop, leave word in `ready` how to "
        "resume you.",
    ),
    rule(
        lambda order: len(order) == len(_TURNS),
        "The order is {answer}: six numbers were to come. Is each task put into `ready` once each time it gives way?",
    ),
    rule(lambda order: order == _TURNS, "The order is {answer}. Who gives way goes to the *end* of the queue."),
    of=list,
    start=rule(
        lambda order: order != _ALONE,
        "As it stands, A counts to three before B begins. "
        "Go to the end of `ready`, and then switch to the loop, which is your parent.",
    ),
    solved="Leave word how to resume you, and switch to your parent: that is all it takes. asyncio calls it sleep(0).",
)
