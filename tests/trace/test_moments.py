import asyncio

import pytest

from taketurns import SimulatedClock, Trace, compute, record, simulate
from taketurns.suspend import coroutines, generators, greenlets

KETTLES = {"A": 3, "B": 2}


async def heat(seconds):
    await asyncio.sleep(seconds)


async def kettle(seconds):
    compute(1)
    await heat(seconds)
    compute(0.5)


async def main():
    async with asyncio.TaskGroup() as group:
        for name, seconds in KETTLES.items():
            group.create_task(kettle(seconds), name=name)


#: At each step: when, who runs, who is ready in which order, and who waits for a timer until when.
STEPS = [
    (0, "main", (), ()),
    (0, "A", ("B",), ()),
    (1, "B", (), (("A", 4),)),
    (4, "A", ("B",), ()),
    (4.5, "B", (), ()),
    (5, "main", (), ()),
]


def line_in(function, number):
    return function.__code__.co_filename, function.__code__.co_firstlineno + number


def test_the_moments_of_an_asyncio_program():
    moments = simulate(main()).moments
    assert [moment[:4] for moment in moments] == STEPS
    # A stands at its first line, and then where the innermost of its functions waits.
    assert moments[1].lines["A"] == line_in(kettle, 0)
    assert moments[3].lines["A"] == line_in(heat, 1)
    assert "A" not in moments[5].lines


def kettle_of_generators(seconds):
    compute(1)
    yield from (pause for pause in [generators.sleep(seconds)])
    compute(0.5)


async def kettle_of_coroutines(seconds):
    compute(1)
    await coroutines.sleep(seconds)
    compute(0.5)


def kettle_of_greenlets(seconds):
    compute(1)
    greenlets.sleep(seconds)
    compute(0.5)


@pytest.mark.parametrize(
    ("style", "function"),
    [(generators, kettle_of_generators), (coroutines, kettle_of_coroutines), (greenlets, kettle_of_greenlets)],
)
def test_the_moments_of_each_style(style, function):
    from taketurns import EventLoop

    with record("kettles", SimulatedClock()) as trace:
        loop = EventLoop()
        for name, seconds in KETTLES.items():
            style._begin(loop, name, *((function, (seconds,)) if style is greenlets else (function(seconds),)))
        loop.run()
    assert [moment[:4] for moment in trace.moments] == STEPS[1:5]
    assert trace.moments[2].lines["A"] == line_in(function, 2)


def test_two_tasks_of_one_name_are_told_apart():
    async def two():
        await asyncio.gather(kettle(1), kettle(1))

    assert {moment.running for moment in simulate(two()).moments} == {"two", "kettle(1) 0", "kettle(1) 1"}


def test_real_time_has_no_moments_and_they_do_not_travel():
    with record() as trace:
        asyncio.run(asyncio.sleep(0))
    assert trace.moments == ()
    simulated = simulate(main())
    assert Trace.from_json(simulated.to_json()).moments == ()
    assert Trace.from_json(simulated.to_json()) == simulated
