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
    ("exercise", "answer", "sign", "said"),
    [
        (lab.longest_first, partial(filled, "ABC"), "…", "As it stands, C is filled last"),
        (lab.longest_first, partial(filled, "C"), "✗", "Each of the kettles A, B and C"),
        (lab.longest_first, partial(filled, "CAB", {"A": 3, "B": 2, "C": 3}), "✗", "change the order only"),
        (lab.longest_first, partial(filled, "BAC"), "✗", "It takes 7.5 s. The kettle that heats for the shortest"),
        (lab.longest_first, partial(filled, "BCA"), "✗", "It takes 7 s. The kettle that heats for the shortest"),
        (lab.longest_first, partial(filled, "ACB"), "✗", "It takes 6.5 s, but the kettle that heats longest is not"),
        (lab.longest_first, partial(filled, "CAB"), "✓", "It takes 6.5 s. The longest wait began first"),
        (lab.longest_first, partial(filled, "CBA"), "✓", "It takes 6.5 s"),
        (lab.tea_in_time, lambda: recorded(teas(not_begun)), "…", "As it stands, both kettles heat"),
        (lab.tea_in_time, partial(filled, "ABC"), "✗", "are to be the green tea and the black tea"),
        (lab.tea_in_time, lambda: recorded(teas(blocks)), "✗", "the cook stood beside it. wait() keeps"),
        (lab.tea_in_time, lambda: recorded(teas(keeps_busy)), "✗", "compute() keeps the cook busy for 2 s"),
        (lab.tea_in_time, lambda: recorded(teas(pours_only)), "✗", "Nobody takes the leaves of the green tea out"),
        (lab.tea_in_time, lambda: recorded(teas(does_not_wait)), "✗", "sleep() comes back at once"),
        (lab.tea_in_time, lambda: recorded(teas(calls_it)), "✗", "Hand over the function: `take_out`."),
        (lab.tea_in_time, lambda: recorded(teas(one_cup)), "✗", "The black tea fills 2 cups"),
        (lab.tea_in_time, lambda: recorded(teas(three_cups)), "✗", "Yours took 1.5 s"),
        (lab.tea_in_time, lambda: recorded(teas(two_seconds)), "✗", "should draw for 4 s, as `draws` says, and yours"),
        (lab.tea_in_time, lambda: recorded(teas(twice)), "✗", "one step of 0.25 s"),
        (lab.tea_in_time, lambda: recorded(teas(right)), "✓", "Each function ends where it has to wait"),
        (lab.tea_in_time, lambda: recorded(teas(right_as_a_closure)), "✓", ""),
        (lab.after_another, chained, "…", "As it stands, there are three kettles"),
        (lab.after_another, partial(filled, "AB"), "✗", "One of the kettles A, B and C is missing"),
        (lab.after_another, lambda: chained(after_a(lambda: kettle("D", 2))), "✗", "goes on in the same task"),
        (lab.after_another, lambda: chained(after_a(partial(sleep, 0, kettle, "D", 2))), "✗", "in the same task"),
        (lab.after_another, lambda: chained(after_a(partial(start_d, name=""))), "✗", "There is no lane for kettle D"),
        (lab.after_another, lambda: chained(lambda name: start_d()), "✗", "There are more than four kettles"),
        (lab.after_another, lambda: chained(at_first=lambda: sleep(4.5, start_d)), "✗", "set a timer for it"),
        (lab.after_another, lambda: chained(at_first=start_d), "✗", "was started with the others, at 0 s"),
        (lab.after_another, lambda: chained(before=after_a(start_d)), "✗", "was started when A was filled"),
        (lab.after_another, before_the_pouring, "✗", "It comes after the pouring"),
        (lab.after_another, lambda: chained(after_a(partial(start_d, 3))), "✗", "heats for 2 s"),
        (lab.after_another, lambda: chained(after_a(start_d)), "✓", "All is done after 8.5 s"),
        (lab.after_another, waits_for_a, "✓", "nobody had to know the time"),
        (lab.who_blocked, lambda: {"task": ..., "callback": ...}, "…", "Look at the lanes"),
        (lab.who_blocked, lambda: {**MEAL, "callback": ...}, "…", "no answer yet for callback"),
        (lab.who_blocked, lambda: {**MEAL, "task": "bread"}, "✗", "task: Its pale bar is the longest"),
        (lab.who_blocked, lambda: {**MEAL, "task": "rice"}, "✗", "task: It is ready for long"),
        (lab.who_blocked, lambda: {**MEAL, "task": "soup"}, "✗", "It is held up. By whom?"),
        (lab.who_blocked, lambda: {**MEAL, "callback": 1}, "✗", "callback: Its first callback"),
        (lab.who_blocked, lambda: {**MEAL, "callback": 3}, "✗", "callback: Its last callback"),
        (lab.who_blocked, lambda: {**MEAL, "callback": 4}, "✗", "4 is none of the choices"),
        (lab.who_blocked, lambda: MEAL, "✓", "ready, and nobody runs"),
    ],
)
def test_an_answer_is_told_what_is_behind_it(exercise, answer, sign, said):
    verdict = exercise.verdict(answer())
    assert (verdict.sign, said in verdict.line) == (sign, True), verdict


def test_in_the_kitchen_one_callback_blocks_while_others_are_ready():
    trace = lab.kitchen()
    assert trace.tasks == ("soup", "bread", "tea", "rice")
    blocked = trace.lane("tea")[4]
    assert (blocked.state, blocked.start, blocked.end) == (State.WAITING, 5, 7.5)
    assert not [s for s in trace.spans if s.state is State.RUNNING and s.start < blocked.end and s.end > blocked.start]
    ready = {s.task for s in trace.spans if s.state is State.READY and s.start <= 5 and s.end >= 7.5}
    assert ready == {"soup", "rice"}
