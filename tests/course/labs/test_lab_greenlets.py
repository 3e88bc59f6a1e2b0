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
    ("exercise", "answer", "sign", "key"),
    [
        (greenlets.which_calls_suspend, dict.fromkeys(SUSPENDS, ...), "…", "todo"),
        (greenlets.which_calls_suspend, {**SUSPENDS, "compute(1)": "yes"}, "✗", "compute(1): yes"),
        (greenlets.which_calls_suspend, {**SUSPENDS, "wait(1)": "yes"}, "✗", "wait(1): yes"),
        (
            greenlets.which_calls_suspend,
            {**SUSPENDS, "start(kettle, 'A', 3)": "yes"},
            "✗",
            "start(kettle, 'A', 3): yes",
        ),
        (greenlets.which_calls_suspend, {**SUSPENDS, "wait_for(task)": "no"}, "✗", "wait_for(task): no"),
        (
            greenlets.which_calls_suspend,
            {**SUSPENDS, "max(KETTLES, key=temperature)": "no"},
            "✗",
            "max(KETTLES, key=temperature): no",
        ),
        (greenlets.which_calls_suspend, {**SUSPENDS, "wait(1)": True}, "✗", "wait(1): other"),
        (greenlets.which_calls_suspend, {**SUSPENDS, "wait(1)": "No "}, "✓", "right"),
        (greenlets.three_calls_down, kettles(ONE_BY_ONE), "…", "start"),
        (greenlets.three_calls_down, kettles((0, 1), names="AB"), "✗", "all three"),
        (greenlets.three_calls_down, NOTHING, "✗", "nothing_ran"),
        (greenlets.three_calls_down, kettles((0, 1.5, 3), waits=(0, 0, 0)), "✗", "no_wait"),
        (greenlets.three_calls_down, kettles((0, 1, 2), waits=(2, 2, 2)), "✗", "other_heat"),
        (greenlets.three_calls_down, kettles((0, 4, 7), busy=1), "✗", "one_by_one"),
        (greenlets.three_calls_down, kettles((0, 1, 4)), "✗", "duration"),
        (greenlets.three_calls_down, kettles((0, 1, 2)), "✓", "right"),
        (greenlets.not_a_liter_lost, can(kettles((0, 1, 2), REPORTED), 2), "…", "start"),
        (greenlets.not_a_liter_lost, can(NOTHING, 3), "✗", "no_report"),
        (greenlets.not_a_liter_lost, can(kettles((0, 1), names="AB"), 1), "✗", "all three"),
        (greenlets.not_a_liter_lost, can(kettles((0, 1, 2)), 0), "✗", "no_report"),
        (
            greenlets.not_a_liter_lost,
            can(kettles((0, 5, 9), REPORTED), 0),
            "✗",
            "idle",
        ),
        (greenlets.not_a_liter_lost, can(kettles((0, 1, 2), REPORTED), 1), "✗", "lost"),
        (greenlets.not_a_liter_lost, can(kettles((0, 1, 2), REPORTED), 3), "✗", "lost"),
        (greenlets.not_a_liter_lost, can(kettles((0, 1, 2), REPORTED), 0), "✓", "right"),
        (greenlets.not_a_liter_lost, can(kettles((0, 1, 2), (4, 3, 5)), 0), "✓", "right"),
        (greenlets.give_way, ["A1", "A2", "A3", "B1", "B2", "B3"], "…", "start"),
        (greenlets.give_way, [], "✗", "nothing"),
        (greenlets.give_way, ["A1", "B1"], "✗", "never_back"),
        (greenlets.give_way, ["A1", "B1", "A2"], "✗", "not_six"),
        (greenlets.give_way, ["B1", "A1", "B2", "A2", "B3", "A3"], "✗", "other_order"),
        (greenlets.give_way, ["A1", "B1", "A2", "B2", "A3", "B3"], "✓", "right"),
    ],
)
def test_an_answer_is_told_what_is_behind_it(exercise, answer, sign, key):
    verdict = exercise.verdict(answer)
    assert verdict[:2] == (sign, key), verdict


def test_heat_finds_its_sleep_by_name(monkeypatch):
    slept = []
    monkeypatch.setattr(greenlets, "sleep", slept.append)
    greenlets.heat(3)
    assert slept == [3]
