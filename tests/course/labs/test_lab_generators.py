"""Exercises of notebook 07: the answer that the starter cell holds, typical wrong answers, and a right one."""

import pytest
from answers import READY, RUNNING, WAITING

from taketurns import Span, Trace, compute
from taketurns.course.labs import generators
from taketurns.suspend.generators import sleep, start, wait_for


def heat(seconds):
    yield sleep(seconds)
    return 25 * seconds


# 1


def heats_once(name):
    compute(1)
    degrees = yield from heat(1)
    compute(0.5)
    return degrees


def heats_until_hot(name):
    degrees = 0
    while degrees < 100:
        degrees += yield from heat(1)
    return degrees


def heats_in_one_go(name):
    return (yield from heat(4))


def does_not_add(name):
    degrees = 0
    while degrees < 100:
        degrees = yield from heat(1)
    return degrees


def calls_plainly(name):
    degrees = 0
    while degrees < 100:
        degrees += heat(1)
    return degrees


def calls_plainly_the_second_time(name):
    degrees = yield from heat(1)
    degrees += heat(1)
    return degrees


def yields_the_generator(name):
    return (yield heat(1))


def returns_a_generator(name):
    yield from heat(1)
    return heat(1)


def yields_from_a_request(name):
    yield from sleep(1)


def returns_nothing(name):
    yield from heats_until_hot(name)


def heats_too_long(name):
    return 25 + (yield from heats_until_hot(name))


def makes_it_up(name):
    yield sleep(1)
    yield sleep(3)
    return 100


# 2


def kettles(*lanes):
    """A recording with kettles A, B and C, made of one list of (state, start, end) each."""
    spans = [
        Span(f"kettle {name}", state, "main thread", begin, end)
        for name, lane in zip("ABC", lanes, strict=False)
        for state, begin, end in lane
    ]
    return Trace("teas", tuple(spans))


def tea(begin, *waits, busy=(1, 0.5, 0.5)):
    """The lane of a tea that nobody disturbs: it is busy, waits, is busy again."""
    lane, at = [], begin
    for number, work in enumerate(busy):
        lane.append((RUNNING, at, at + work))
        at += work
        if number < len(waits):
            lane.append((WAITING, at, at + waits[number]))
            at += waits[number]
    return lane


cold = kettles(*[tea(begin, 2, busy=(1.5, 0.5)) for begin in (0, 10, 20)])
hot = kettles(tea(0, 3, 2), tea(10, 2, 2), tea(20, 4, 2))
without_waits = kettles(tea(0), tea(10), tea(20))
heated_by_the_cook = kettles(*[tea(begin, 2, busy=(4.5, 0.5)) for begin in (0, 10, 20)])
heated_by_some_cooks = kettles(tea(0, 3, 2), tea(10, 2, busy=(3.5, 0.5)), tea(20, 4, 2))
blocked = kettles(tea(0, 3, 2), [(READY, 0, 10), *tea(10, 2, 2)], [(READY, 0, 20), *tea(20, 4, 2)])
one_number = kettles(tea(0, 3, 2), tea(10, 3, 2), tea(20, 3, 2))
two_kettles = kettles(tea(0, 3, 2), tea(10, 2, 2))


# 3


def only_the_first(a, b):
    first = yield wait_for(a)
    return first


def both(a, b):
    first = yield wait_for(a)
    second = yield wait_for(b)
    return first, second


def both_backwards(a, b):
    second = yield wait_for(b)
    first = yield wait_for(a)
    return [first, second]


def in_one_yield(a, b):
    first, second = yield wait_for(a), wait_for(b)
    return first, second


def without_yield(a, b):
    return wait_for(a), wait_for(b)


def requests(a, b):
    yield sleep(0)
    return wait_for(a), wait_for(b)


def bare_tasks(a, b):
    return (yield a), (yield b)


def the_tasks(a, b):
    yield wait_for(a)
    yield wait_for(b)
    return a, b


def without_waiting(a, b):
    yield sleep(0)
    return a.result, b.result


def returns_no_results(a, b):
    yield wait_for(a)
    yield wait_for(b)


def swapped(a, b):
    first, second = yield from both(a, b)
    return second, first


def the_second(a, b):
    yield wait_for(a)
    return (yield wait_for(b))


def twice_the_first(a, b):
    first = yield wait_for(a)
    return first, first


def from_a_task(a, b):
    yield from a


def with_another_task(a, b):
    one = start(both, a, b)
    return (yield wait_for(one))


# 4


def blinks_once(kettle, lamp):
    yield next(lamp)


def until(kettle, lamp):
    while not kettle.done:
        yield next(lamp)
    lamp.close()


def twelve_times(kettle, lamp):
    for _ in range(12):
        yield next(lamp)
    lamp.close()


def until_in_a_for_loop(kettle, lamp):
    for request in lamp:
        yield request
        if kettle.done:
            lamp.close()


def without_close(kettle, lamp):
    while not kettle.done:
        yield next(lamp)


def for_ever(kettle, lamp):
    yield from lamp


def without_its_requests(kettle, lamp):
    yield sleep(0)
    while not kettle.done:
        next(lamp)
    lamp.close()


def never_blinks(kettle, lamp):
    yield wait_for(kettle)
    lamp.close()


def too_early(kettle, lamp):
    yield next(lamp)
    yield next(lamp)
    lamp.close()


def blinks_fast(kettle, lamp):
    next(lamp)
    next(lamp)
    yield next(lamp)
    yield wait_for(kettle)
    lamp.close()


def yields_the_lamp(kettle, lamp):
    yield lamp


def raises(kettle, lamp):
    yield next(lamp)
    raise StopIteration


@pytest.mark.parametrize(
    ("exercise", "answer", "sign", "key"),
    [
        (generators.until_hot, None, "…", "todo"),
        (generators.until_hot, heats_once, "…", "start"),
        (generators.until_hot, heats_once("A"), "✗", "kind"),
        (generators.until_hot, heats_in_one_go, "✗", "once"),
        (generators.until_hot, does_not_add, "✗", "late"),
        (generators.until_hot, calls_plainly, "✗", "no_yield"),
        (generators.until_hot, calls_plainly_the_second_time, "✗", "failed"),
        (generators.until_hot, yields_the_generator, "✗", "failed"),
        (generators.until_hot, returns_a_generator, "✗", "generator"),
        (generators.until_hot, yields_from_a_request, "✗", "failed"),
        (generators.until_hot, returns_nothing, "✗", "nothing"),
        (generators.until_hot, heats_too_long, "✗", "not_100"),
        (generators.until_hot, makes_it_up, "✗", "not_four"),
        (generators.until_hot, heats_until_hot, "✓", "right"),
        (generators.hot_tea, cold, "…", "start"),
        (generators.hot_tea, two_kettles, "✗", "no_kettles"),
        (generators.hot_tea, without_waits, "✗", "no_wait"),
        (generators.hot_tea, blocked, "✗", "blocked"),
        (generators.hot_tea, heated_by_the_cook, "✗", "other_work"),
        (generators.hot_tea, heated_by_some_cooks, "✗", "other_work"),
        (generators.hot_tea, one_number, "✗", "other_waits"),
        (generators.hot_tea, hot, "✓", "right"),
        (generators.both_results, only_the_first, "…", "start"),
        (generators.both_results, in_one_yield, "✗", "failed"),
        (generators.both_results, without_yield, "✗", "no_yield"),
        (generators.both_results, requests, "✗", "requests"),
        (generators.both_results, bare_tasks, "✗", "failed"),
        (generators.both_results, from_a_task, "✗", "failed"),
        (generators.both_results, the_tasks, "✗", "tasks"),
        (generators.both_results, without_waiting, "✗", "none"),
        (generators.both_results, returns_no_results, "✗", "nothing"),
        (generators.both_results, swapped, "✗", "wrong_order"),
        (generators.both_results, the_second, "✗", "not_two"),
        (generators.both_results, twice_the_first, "✗", "other_results"),
        (generators.both_results, both, "✓", "right"),
        (generators.both_results, both_backwards, "✓", "right"),
        (generators.both_results, with_another_task, "✓", "right"),
        (generators.stopped, blinks_once, "…", "start"),
        (generators.stopped, without_close, "✗", "still_on"),
        (generators.stopped, for_ever, "✗", "late"),
        (generators.stopped, without_its_requests, "✗", "late"),
        (generators.stopped, never_blinks, "✗", "never"),
        (generators.stopped, too_early, "✗", "too_early"),
        (generators.stopped, blinks_fast, "✗", "no_waits"),
        (generators.stopped, yields_the_lamp, "✗", "failed"),
        (generators.stopped, raises, "✗", "failed"),
        (generators.stopped, twelve_times, "✗", "too_late"),
        (generators.stopped, until, "✓", "right"),
        (generators.stopped, until_in_a_for_loop, "✓", "right"),
    ],
)
def test_an_answer_is_told_what_is_behind_it(exercise, answer, sign, key):
    verdict = exercise.verdict(answer)
    assert verdict[:2] == (sign, key), verdict


def test_what_never_ends_is_ended():
    def for_ever(name):
        while True:
            yield sleep(0)

    assert generators.until_hot.verdict(for_ever).key == "late"
