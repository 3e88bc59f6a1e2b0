"""Exercises of notebook 11: the answer that the starter cell holds, typical wrong answers, and a right one."""

import asyncio

import pytest
from answers import trace as built

from taketurns import compute, simulate, wait
from taketurns.course.labs import event_loop as lab

START = ["A eats", "A orders", "B eats", "B orders", "C eats", "C orders", "main is done"]
RIGHT = ["B orders", "A orders", "B eats", "main is done", "A eats", "C orders", "C eats"]


async def heartbeat(beats=6, every=0.5):
    for _ in range(beats):
        await asyncio.sleep(every)


def run(**bodies):
    """Record tasks, in simulated time; exact, whatever the machine does."""

    async def kitchen():
        async with asyncio.TaskGroup() as group:
            for name, body in bodies.items():
                group.create_task(body(), name=name)

    return simulate(kitchen(), "an answer")


def steps(*actions):
    """Return a coroutine function that computes a number, sleeps in a list, or blocks in a tuple."""

    async def body():
        for action in actions:
            if isinstance(action, list):
                await asyncio.sleep(*action)
            elif isinstance(action, tuple):
                wait(*action)
            else:
                compute(action)

    return body


async def real_order():
    """The program of the first exercise."""
    events = []

    async def guest(name):
        events.append(f"{name} orders")
        await asyncio.sleep(0)
        events.append(f"{name} eats")

    async with asyncio.TaskGroup() as group:
        group.create_task(guest("A"))
        await guest("B")
        group.create_task(guest("C"))
        events.append("main is done")
    return events


def test_the_order_that_is_asked_for_is_the_real_one():
    assert simulate(real_order()).result == RIGHT


def soup(*actions):
    return run(heartbeat=heartbeat, soup=steps(*actions))


def bill(*actions):
    return run(heartbeat=heartbeat, bill=steps(*actions))


def two(a, b):
    return run(A=steps(*a), B=steps(*b))


ANSWERS = [
    (lab.in_order, lambda: [...], "…", "todo"),
    (lab.in_order, lambda: START, "…", "start"),
    (lab.in_order, lambda: RIGHT[:-1], "✗", "other_events"),
    (lab.in_order, lambda: "B orders", "✗", "kind"),
    (lab.in_order, lambda: ["A orders", "A eats", *RIGHT[:1], *RIGHT[2:4], *RIGHT[5:]], "✗", "a_at_once"),
    (lab.in_order, lambda: ["main is done", *RIGHT[:3], *RIGHT[4:]], "✗", "main_before_b"),
    (lab.in_order, lambda: ["C orders", *RIGHT[:5], "C eats"], "✗", "b_is_not_first"),
    (lab.in_order, lambda: ["B orders", "B eats", "A orders", *RIGHT[3:]], "✗", "a_is_not_second"),
    (lab.in_order, lambda: [*RIGHT[:2], "A eats", "B eats", "main is done", *RIGHT[5:]], "✗", "a_before_b"),
    (lab.in_order, lambda: [*RIGHT[:3], "A eats", "main is done", *RIGHT[5:]], "✗", "a_before_main"),
    (lab.in_order, lambda: [*RIGHT[:3], "C orders", "main is done", "A eats", "C eats"], "✗", "c_before_main"),
    (lab.in_order, lambda: [*RIGHT[:4], "C orders", "A eats", "C eats"], "✗", "c_before_a"),
    (lab.in_order, lambda: [*RIGHT[:5], "C eats", "C orders"], "✗", "eats_first"),
    (lab.in_order, lambda: RIGHT, "✓", "right"),
    (lab.cured, lambda: soup([0.75], (2,)), "…", "start"),
    (lab.cured, lambda: run(heartbeat=heartbeat), "✗", "other_tasks"),
    (lab.cured, lambda: soup([0.75], 2), "✗", "computes"),
    (lab.cured, lambda: soup([0.75]), "✗", "not_awaited"),
    (lab.cured, lambda: soup([0.75], [0], (2,), [0]), "✗", "held_up"),
    (lab.cured, lambda: soup([0.75], (1,), [1]), "✗", "held_up"),
    (lab.cured, lambda: soup([0.75], [1]), "✗", "soup"),
    (lab.cured, lambda: run(heartbeat=lambda: heartbeat(2), soup=steps([0.75], [2])), "✗", "beats"),
    (lab.cured, lambda: soup([0.75], [2]), "✓", "right"),
    (lab.gives_way, lambda: bill(*[0.25] * 16), "…", "start"),
    (lab.gives_way, lambda: run(bill=steps(4)), "✗", "other_tasks"),
    (lab.gives_way, lambda: bill(*[[0.25]] * 16), "✗", "not_computed"),
    (lab.gives_way, lambda: run(heartbeat=lambda: heartbeat(2), bill=steps(2, [0], 2)), "✗", "beats"),
    (lab.gives_way, lambda: bill(*[0.25] * 16, [0]), "✗", "not_between"),
    (lab.gives_way, lambda: bill(*[1, [0]] * 4), "✗", "too_rarely"),
    (lab.gives_way, lambda: bill(*[0.25, [0.25]] * 16), "✗", "sleeps"),
    (lab.gives_way, lambda: bill(*[0.25, [0.1]] * 16), "✗", "sleeps"),
    (lab.gives_way, lambda: bill(*[0.25, [0]] * 16), "✓", "right"),
    (lab.given_order, lambda: two([1], [1]), "…", "start"),
    (lab.given_order, lambda: built([("RUNNING", 0, 1)]), "✗", "no_steps"),
    (lab.given_order, lambda: run(A=steps(1), C=steps(1)), "✗", "other_tasks"),
    (lab.given_order, lambda: run(B=steps(1, [1], 1), A=steps(1)), "✗", "b_first"),
    (lab.given_order, lambda: two([1, [0], 1], [1, [0], 1]), "✗", "abab"),
    (lab.given_order, lambda: two([1], [1, [0], 1]), "✗", "turns_of_a"),
    (lab.given_order, lambda: two([1, [5], 1], [1]), "✗", "turns_of_b"),
    (lab.given_order, lambda: two([1, [0], 1], [1, [9], 1]), "✗", "abab"),
    (lab.given_order, lambda: two([1, [5], 1], [1, [0], 1]), "✓", "right"),
]


@pytest.mark.parametrize(("exercise", "answer", "sign", "key"), ANSWERS)
def test_an_answer_is_told_what_is_behind_it(exercise, answer, sign, key):
    verdict = exercise.verdict(answer())
    assert verdict[:2] == (sign, key), verdict


def test_two_turns_each_in_another_order_is_wrong():
    odd = two([1, [0], 1], [1, [0], 1])
    moments = [moment for moment in odd.moments if moment.running in "AB"]
    turned = [moments[0], moments[2], moments[1], moments[3]]
    object.__setattr__(odd, "moments", tuple(turned))
    assert "not in the order A B B A" in lab.given_order.verdict(odd).line
