"""Exercises of notebook 09: the answer that the starter cell holds, typical wrong answers, and a right one."""

import pytest
from answers import RUNNING, WAITING

from taketurns import Span, Trace
from taketurns.course.labs import greenlets

SUSPENDS = {
    "compute(1)": "no",
    "wait(1)": "no",
    "start(kettle, 'A', 3)": "no",
    "wait_for(task)": "yes",
    "max(KETTLES, key=temperature)": "yes",
}


def kettles(begins, waits=(3, 2, 4), busy=1.5, names="ABC"):
    """A trace of kettles that begin at these times, run for the first part of being busy, wait, and run on."""
    spans = []
    for name, begin, wait in zip(names, begins, waits, strict=False):
        hot = begin + busy - 0.5 + wait if busy else begin
        spans.append(Span(f"kettle {name}", RUNNING, "main thread", begin, hot - wait))
        spans.append(Span(f"kettle {name}", WAITING, "main thread", hot - wait, hot, "timer"))
        spans.append(Span(f"kettle {name}", RUNNING, "main thread", hot, hot + (0.5 if busy else 0)))
    return Trace("an answer", tuple(spans))


ONE_BY_ONE = (0, 4.5, 8)
NOTHING = kettles((0, 0, 0), waits=(0, 0, 0), busy=0)


def can(trace, liters):
    return {"trace": trace, "liters": liters}


REPORTED = (3.5, 2.5, 4.5)


@pytest.mark.parametrize(
    ("exercise", "answer", "sign", "said"),
    [
        (greenlets.which_calls_suspend, dict.fromkeys(SUSPENDS, ...), "…", "Nothing to check yet"),
        (greenlets.which_calls_suspend, {**SUSPENDS, "compute(1)": "yes"}, "✗", "nothing in it says switch"),
        (greenlets.which_calls_suspend, {**SUSPENDS, "wait(1)": "yes"}, "✗", "It waits, but it does not switch"),
        (greenlets.which_calls_suspend, {**SUSPENDS, "start(kettle, 'A', 3)": "yes"}, "✗", "comes back at once"),
        (greenlets.which_calls_suspend, {**SUSPENDS, "wait_for(task)": "no"}, "✗", "lets it run"),
        (
            greenlets.which_calls_suspend,
            {**SUSPENDS, "max(KETTLES, key=temperature)": "no"},
            "✗",
            "any number of calls down",
        ),
        (greenlets.which_calls_suspend, {**SUSPENDS, "wait(1)": True}, "✗", "which are no, yes"),
        (greenlets.which_calls_suspend, {**SUSPENDS, "wait(1)": "No "}, "✓", "you have to know what it does"),
        (greenlets.three_calls_down, kettles(ONE_BY_ONE), "…", "something three calls down blocks"),
        (greenlets.three_calls_down, kettles((0, 1), names="AB"), "✗", "not all in your recording"),
        (greenlets.three_calls_down, NOTHING, "✗", "A greenlet needs neither word"),
        (greenlets.three_calls_down, kettles((0, 1.5, 3), waits=(0, 0, 0)), "✗", "No kettle waits any more"),
        (greenlets.three_calls_down, kettles((0, 1, 2), waits=(2, 2, 2)), "✗", "kettle A waits is to be 3 s, and is 2"),
        (greenlets.three_calls_down, kettles((0, 4, 7), busy=1), "✗", "They still come one by one"),
        (greenlets.three_calls_down, kettles((0, 1, 4)), "✗", "They overlap, but take 9.5 s, not 7.5 s"),
        (greenlets.three_calls_down, kettles((0, 1, 2)), "✓", "The functions above it are as they were"),
        (greenlets.not_a_liter_lost, can(kettles((0, 1, 2), REPORTED), 2), "…", "the can has 2 of 3 left"),
        (greenlets.not_a_liter_lost, can(NOTHING, 3), "✗", "Not every kettle waits for report()"),
        (greenlets.not_a_liter_lost, can(kettles((0, 1), names="AB"), 1), "✗", "not all in your recording"),
        (greenlets.not_a_liter_lost, can(kettles((0, 1, 2)), 0), "✗", "Without the report nothing is lost"),
        (
            greenlets.not_a_liter_lost,
            can(kettles((0, 5, 9), REPORTED), 0),
            "✗",
            "the cook stands idle while a report is under way",
        ),
        (greenlets.not_a_liter_lost, can(kettles((0, 1, 2), REPORTED), 1), "✗", "The can says 1"),
        (greenlets.not_a_liter_lost, can(kettles((0, 1, 2), REPORTED), 3), "✗", "does report() still stand between"),
        (greenlets.not_a_liter_lost, can(kettles((0, 1, 2), REPORTED), 0), "✓", "Nobody comes between the read"),
        (greenlets.not_a_liter_lost, can(kettles((0, 1, 2), (4, 3, 5)), 0), "✓", "Nobody comes between the read"),
        (greenlets.give_way, ["A1", "A2", "A3", "B1", "B2", "B3"], "…", "Go to the end of `ready`"),
        (greenlets.give_way, [], "✗", "Nobody has counted"),
        (greenlets.give_way, ["A1", "B1"], "✗", "leave word in `ready` how to resume you"),
        (greenlets.give_way, ["A1", "B1", "A2"], "✗", "six numbers were to come"),
        (greenlets.give_way, ["B1", "A1", "B2", "A2", "B3", "A3"], "✗", "the *end* of the queue"),
        (greenlets.give_way, ["A1", "B1", "A2", "B2", "A3", "B3"], "✓", "asyncio calls it sleep(0)"),
    ],
)
def test_an_answer_is_told_what_is_behind_it(exercise, answer, sign, said):
    verdict = exercise.verdict(answer)
    assert (verdict.sign, said in verdict.line) == (sign, True), verdict


def test_heat_finds_its_sleep_by_name(monkeypatch):
    slept = []
    monkeypatch.setattr(greenlets, "sleep", slept.append)
    greenlets.heat(3)
    assert slept == [3]
