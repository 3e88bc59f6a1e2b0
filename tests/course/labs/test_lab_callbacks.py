"""Exercises of notebook 06: the answer that the starter cell holds, typical wrong answers, and a right one.

The answers are programs, as a learner writes them. They run in simulated time, which is exact.
"""

from contextlib import suppress
from functools import partial

import pytest

from taketurns import SimulatedClock, State, compute, record, wait
from taketurns.course.labs import callbacks as lab
from taketurns.suspend.callbacks import run, sleep, start, wait_for

KETTLES = {"A": 3, "B": 2, "C": 4}


def recorded(main):
    """Record a program; where it fails, what was recorded until then."""
    with suppress(ExceptionGroup), record("an answer", SimulatedClock()) as trace:
        run(main)
    return trace


def kettle(name, seconds, then=lambda name: None):
    compute(1)
    sleep(seconds, pour, name, then)


def pour(name, then):
    compute(0.5)
    then(name)


# 1


def filled(order, heats=KETTLES):
    def main_1():
        for name in order:
            start(kettle, name, heats[name], name=f"kettle {name}")

    return recorded(main_1)


# 2


def teas(pour_tea):
    def two_teas():
        for name, draws, cups in [("green tea", 2, 1), ("black tea", 4, 2)]:
            start(make_tea, draws, cups, pour_tea, name=name)

    return two_teas


def make_tea(draws, cups, pour_tea):
    compute(1)
    sleep(3, pour_tea, draws, cups)


def take_out():
    compute(0.25)


def not_begun(draws, cups):
    pass


def pours_only(draws, cups):
    compute(0.5 * cups)


def blocks(draws, cups):
    compute(0.5 * cups)
    wait(draws)
    take_out()


def keeps_busy(draws, cups):
    compute(0.5 * cups)
    compute(draws)
    take_out()


def does_not_wait(draws, cups):
    compute(0.5 * cups)
    sleep(draws, int)
    take_out()


def calls_it(draws, cups):
    compute(0.5 * cups)
    sleep(draws, take_out())


def one_cup(draws, cups):
    compute(0.5)
    sleep(draws, take_out)


def three_cups(draws, cups):
    compute(0.5 * cups + 1)
    sleep(draws, take_out)


def two_seconds(draws, cups):
    compute(0.5 * cups)
    sleep(2, take_out)


def twice(draws, cups):
    compute(0.5 * cups)
    sleep(draws, compute, 0.5)


def right(draws, cups):
    compute(0.5 * cups)
    sleep(draws, take_out)


def right_as_a_closure(draws, cups):
    def later():
        compute(0.25)

    compute(0.5 * cups)
    sleep(draws, later)


# 3


def chained(then=lambda name: None, at_first=lambda: None, before=lambda name: None):
    """A recording of three kettles; what is to be done when one is poured, at the start, and when one is filled."""

    def kettle_3(name, seconds):
        compute(1)
        sleep(seconds, pour_3, name)
        before(name)

    def pour_3(name):
        compute(0.5)
        then(name)

    def main_3():
        for name, seconds in KETTLES.items():
            start(kettle_3, name, seconds, name=f"kettle {name}")
        at_first()

    return recorded(main_3)


def start_d(seconds=2, name="kettle D"):
    start(kettle, "D", seconds, name=name)


def after_a(action):
    return lambda name: action() if name == "A" else None


def before_the_pouring():
    def pour_3(name):
        if name == "A":
            start_d()
        compute(0.5)

    def main_3():
        for name, seconds in KETTLES.items():
            start(kettle_3, name, seconds, name=f"kettle {name}")

    def kettle_3(name, seconds):
        compute(1)
        sleep(seconds, pour_3, name)

    return recorded(main_3)


def waits_for_a():
    def main_3():
        tasks = [start(kettle, name, seconds, name=f"kettle {name}") for name, seconds in KETTLES.items()]
        wait_for(tasks[0], start_d)

    return recorded(main_3)


# 4

MEAL = {"task": "tea", "callback": 2}


@pytest.mark.parametrize(
    ("exercise", "answer", "sign", "key"),
    [
        (lab.longest_first, partial(filled, "ABC"), "…", "start"),
        (lab.longest_first, partial(filled, "C"), "✗", "other_kettles"),
        (lab.longest_first, partial(filled, "CAB", {"A": 3, "B": 2, "C": 3}), "✗", "other_heats"),
        (lab.longest_first, partial(filled, "BAC"), "✗", "shortest_first"),
        (lab.longest_first, partial(filled, "BCA"), "✗", "shortest_first"),
        (lab.longest_first, partial(filled, "ACB"), "✗", "longest_later"),
        (lab.longest_first, partial(filled, "CAB"), "✓", "right"),
        (lab.longest_first, partial(filled, "CBA"), "✓", "right"),
        (lab.tea_in_time, lambda: recorded(teas(not_begun)), "…", "start"),
        (lab.tea_in_time, partial(filled, "ABC"), "✗", "other_tasks"),
        (lab.tea_in_time, lambda: recorded(teas(blocks)), "✗", "blocked"),
        (lab.tea_in_time, lambda: recorded(teas(keeps_busy)), "✗", "green"),
        (lab.tea_in_time, lambda: recorded(teas(pours_only)), "✗", "green"),
        (lab.tea_in_time, lambda: recorded(teas(does_not_wait)), "✗", "green"),
        (lab.tea_in_time, lambda: recorded(teas(calls_it)), "✗", "green"),
        (lab.tea_in_time, lambda: recorded(teas(one_cup)), "✗", "black"),
        (lab.tea_in_time, lambda: recorded(teas(three_cups)), "✗", "green"),
        (lab.tea_in_time, lambda: recorded(teas(two_seconds)), "✗", "black"),
        (lab.tea_in_time, lambda: recorded(teas(twice)), "✗", "green"),
        (lab.tea_in_time, lambda: recorded(teas(right)), "✓", "right"),
        (lab.tea_in_time, lambda: recorded(teas(right_as_a_closure)), "✓", "right"),
        (lab.after_another, chained, "…", "start"),
        (lab.after_another, partial(filled, "AB"), "✗", "missing"),
        (lab.after_another, lambda: chained(after_a(lambda: kettle("D", 2))), "✗", "inside"),
        (lab.after_another, lambda: chained(after_a(partial(sleep, 0, kettle, "D", 2))), "✗", "inside"),
        (lab.after_another, lambda: chained(after_a(partial(start_d, name=""))), "✗", "no_lane"),
        (lab.after_another, lambda: chained(lambda name: start_d()), "✗", "too_many"),
        (lab.after_another, lambda: chained(at_first=lambda: sleep(4.5, start_d)), "✗", "guessed"),
        (lab.after_another, lambda: chained(at_first=start_d), "✗", "with_the_others"),
        (lab.after_another, lambda: chained(before=after_a(start_d)), "✗", "when_filled"),
        (lab.after_another, before_the_pouring, "✗", "while_poured"),
        (lab.after_another, lambda: chained(after_a(partial(start_d, 3))), "✗", "other_steps"),
        (lab.after_another, lambda: chained(after_a(start_d)), "✓", "right"),
        (lab.after_another, waits_for_a, "✓", "right"),
        (lab.who_blocked, lambda: {"task": ..., "callback": ...}, "…", "todo"),
        (lab.who_blocked, lambda: {**MEAL, "callback": ...}, "…", "blanks"),
        (lab.who_blocked, lambda: {**MEAL, "task": "bread"}, "✗", "task: bread"),
        (lab.who_blocked, lambda: {**MEAL, "task": "rice"}, "✗", "task: rice"),
        (lab.who_blocked, lambda: {**MEAL, "task": "soup"}, "✗", "task: soup"),
        (lab.who_blocked, lambda: {**MEAL, "callback": 1}, "✗", "callback: 1"),
        (lab.who_blocked, lambda: {**MEAL, "callback": 3}, "✗", "callback: 3"),
        (lab.who_blocked, lambda: {**MEAL, "callback": 4}, "✗", "callback: other"),
        (lab.who_blocked, lambda: MEAL, "✓", "right"),
    ],
)
def test_an_answer_is_told_what_is_behind_it(exercise, answer, sign, key):
    verdict = exercise.verdict(answer())
    assert verdict[:2] == (sign, key), verdict


def test_in_the_kitchen_one_callback_blocks_while_others_are_ready():
    trace = lab.kitchen()
    assert trace.tasks == ("soup", "bread", "tea", "rice")
    blocked = trace.lane("tea")[4]
    assert (blocked.state, blocked.start, blocked.end) == (State.WAITING, 5, 7.5)
    assert not [s for s in trace.spans if s.state is State.RUNNING and s.start < blocked.end and s.end > blocked.start]
    ready = {s.task for s in trace.spans if s.state is State.READY and s.start <= 5 and s.end >= 7.5}
    assert ready == {"soup", "rice"}
