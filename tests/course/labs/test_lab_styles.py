"""Exercises of notebook 10: the answer that the starter cell holds, typical wrong answers, and a right one."""

import asyncio

import pytest

from taketurns import SimulatedClock, compute, record, wait
from taketurns.course.labs import styles
from taketurns.course.ladder import RUNGS
from taketurns.suspend import callbacks, coroutines

# 3


def of_guests(tea, guests="AB"):
    async def main():
        for guest in guests:
            coroutines.start(tea, 2, name=f"guest {guest}")

    with record("an answer", SimulatedClock()) as trace:
        coroutines.run(main)
    return trace


async def as_it_stands(cups):
    compute(1)
    await coroutines.sleep(3)


async def one_cup(cups):
    compute(1)
    await coroutines.sleep(3)
    compute(0.5)
    await coroutines.sleep(1)
    compute(0.25)


async def right(cups):
    for _ in range(cups):
        await one_cup(cups)


async def right_by_recursion(cups):
    if cups:
        await one_cup(cups)
        await right_by_recursion(cups - 1)


async def three_cups(cups):
    await right(cups + 1)


async def without_await(cups):
    for _ in range(cups):
        compute(1)
        coroutines.sleep(3)
        compute(0.5)
        coroutines.sleep(1)
        compute(0.25)


async def blocking(cups):
    for _ in range(cups):
        compute(1)
        wait(3)
        compute(0.5)
        wait(1)
        compute(0.25)


async def blocking_once(cups):
    for _ in range(cups):
        compute(1)
        await coroutines.sleep(3)
        compute(0.5)
        wait(1)
        compute(0.25)


async def one_wait(cups):
    for _ in range(cups):
        compute(1)
        await coroutines.sleep(4)
        compute(0.75)


async def in_another_order(cups):
    for _ in range(cups):
        compute(1)
        await coroutines.sleep(3)
        compute(0.25)
        await coroutines.sleep(1)
        compute(0.5)


def in_callbacks():
    with record("callbacks", SimulatedClock()) as trace:
        callbacks.run(styles.teas)
    return trace


SHUFFLED = ["asyncio task", "process start", "generator step", "thread start"]


@pytest.mark.parametrize(
    ("exercise", "answer", "sign", "key"),
    [
        (styles.which_style, ..., "…", "todo"),
        (styles.which_style, "callbacks", "✗", "callbacks"),
        (styles.which_style, "generators", "✗", "generators"),
        (styles.which_style, "coroutines", "✗", "coroutines"),
        (styles.which_style, "Greenlets", "✗", "greenlets"),
        (styles.which_style, "threads", "✗", "other"),
        (styles.which_style, 3, "✗", "kind"),
        (styles.which_style, "Cannot be told", "✓", "right"),
        (
            styles.in_order,
            SHUFFLED,
            "…",
            "start",
        ),
        (styles.in_order, [], "✗", "other_rungs"),
        (styles.in_order, ["asyncio task"] * 4, "✗", "other_rungs"),
        (styles.in_order, styles._ORDER[::-1], "✗", "from_the_top"),
        (
            styles.in_order,
            ["asyncio task", "generator step", "thread start", "process start"],
            "✗",
            "wrong_way_round",
        ),
        (
            styles.in_order,
            ["generator step", "thread start", "asyncio task", "process start"],
            "✗",
            "wrong_way_round",
        ),
        (
            styles.in_order,
            ["generator step", "asyncio task", "process start", "thread start"],
            "✗",
            "wrong_way_round",
        ),
        (styles.in_order, list(styles._ORDER), "✓", "right"),
        (styles.ported, of_guests(as_it_stands), "…", "start"),
        (styles.ported, of_guests(right, "A"), "✗", "no_guests"),
        (styles.ported, of_guests(without_await), "✗", "no_wait"),
        (styles.ported, of_guests(blocking), "✗", "blocked"),
        (styles.ported, of_guests(blocking_once), "✗", "blocked"),
        (styles.ported, of_guests(one_cup), "✗", "one_cup"),
        (styles.ported, of_guests(three_cups), "✗", "other_waits"),
        (styles.ported, of_guests(one_wait), "✗", "other_waits"),
        (styles.ported, of_guests(in_another_order), "✗", "other_schedule"),
        (styles.ported, right, "✗", "kind"),
        (styles.ported, of_guests(right), "✓", "right"),
        (styles.ported, of_guests(right_by_recursion), "✓", "right"),
        (styles.ported, in_callbacks(), "✓", "right"),
    ],
)
def test_an_answer_is_told_what_is_behind_it(exercise, answer, sign, key):
    verdict = exercise.verdict(answer)
    assert verdict[:2] == (sign, key), verdict


def test_nobody_can_tell_the_style_of_the_mystery():
    trace = styles.mystery()
    assert (trace.duration, set(trace.tasks)) == (5, {"main", "kettle A", "kettle B"})


def test_every_rung_of_the_ladder_is_measured_as_often_as_asked():
    costs = asyncio.run(styles.ladder(1))
    assert list(costs) == list(RUNGS)
    assert all(len(times) == 1 and times[0] > 0 for times in costs.values())
