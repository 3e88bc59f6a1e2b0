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


@pytest.mark.parametrize(
    ("exercise", "answer", "sign", "said"),
    [
        (styles.which_style, ..., "…", "Nothing to check yet"),
        (styles.which_style, "callbacks", "✗", "so could the other three"),
        (styles.which_style, "generators", "✗", "so could the other three"),
        (styles.which_style, "coroutines", "✗", "you cannot know it"),
        (styles.which_style, "Greenlets", "✗", "so could the other three"),
        (styles.which_style, "threads", "✗", "none of the choices"),
        (styles.which_style, 3, "✗", "not a text"),
        (styles.which_style, "Cannot be told", "✓", "is not in it"),
        (styles.in_order, ["asyncio task", "process start", "generator step", "thread start"], "…", "the list is shuffled"),
        (styles.in_order, [], "✗", "Each of the four"),
        (styles.in_order, ["asyncio task"] * 4, "✗", "Each of the four"),
        (styles.in_order, styles._ORDER[::-1], "✗", "from the top down"),
        (
            styles.in_order,
            ["asyncio task", "generator step", "thread start", "process start"],
            "✗",
            "a coroutine that a loop resumes",
        ),
        (
            styles.in_order,
            ["generator step", "thread start", "asyncio task", "process start"],
            "✗",
            "the operating system is asked",
        ),
        (
            styles.in_order,
            ["generator step", "asyncio task", "process start", "thread start"],
            "✗",
            "a thread of its own",
        ),
        (styles.in_order, list(styles._ORDER), "✓", "the more it costs"),
        (styles.ported, of_guests(as_it_stands), "…", "nobody pours it"),
        (styles.ported, of_guests(right, "A"), "✗", "Two guests are asked for"),
        (styles.ported, of_guests(without_await), "✗", "Nobody waits"),
        (styles.ported, of_guests(blocking), "✗", "`wait` blocks the thread"),
        (styles.ported, of_guests(blocking_once), "✗", "`wait` blocks the thread"),
        (styles.ported, of_guests(one_cup), "✗", "Each guest gets one cup"),
        (styles.ported, of_guests(three_cups), "✗", "For each cup there are two waits"),
        (styles.ported, of_guests(one_wait), "✗", "For each cup there are two waits"),
        (styles.ported, of_guests(in_another_order), "✗", "the schedule is another one"),
        (styles.ported, right, "✗", "not a recording"),
        (styles.ported, of_guests(right), "✓", "the schedule is the same"),
        (styles.ported, of_guests(right_by_recursion), "✓", "the schedule is the same"),
        (styles.ported, in_callbacks(), "✓", "the schedule is the same"),
    ],
)
def test_an_answer_is_told_what_is_behind_it(exercise, answer, sign, said):
    verdict = exercise.verdict(answer)
    assert (verdict.sign, said in verdict.line) == (sign, True), verdict


def test_nobody_can_tell_the_style_of_the_mystery():
    trace = styles.mystery()
    assert (trace.duration, set(trace.tasks)) == (5, {"main", "kettle A", "kettle B"})


def test_every_rung_of_the_ladder_is_measured_as_often_as_asked():
    costs = asyncio.run(styles.ladder(1))
    assert list(costs) == list(RUNGS)
    assert all(len(times) == 1 and times[0] > 0 for times in costs.values())
