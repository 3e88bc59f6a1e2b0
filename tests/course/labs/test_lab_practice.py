"""Exercises of notebook 13: the answer that the starter cell holds, typical wrong answers, and a right one."""

import asyncio
from contextlib import asynccontextmanager, suppress

import pytest
from answers import computes

from taketurns import compute, record, simulate
from taketurns.course.labs import practice as lab

MISTAKES = {"A": "blocks", "B": "awaits in the loop", "C": "not to be stopped", "D": "not awaited"}
PICTURES = {"bridge": 2, "mayor": 1, "storm": 3, "goal": 1.25, "team": 2.5, "crowd": 0.75}
SITES = {"news": (3, "Bridge opens at last"), "weather": (1, "Rain until noon"), "sports": (4, "Home team wins")}


# Which mistake is it?


def mistakes(**said):
    return {**MISTAKES, **said}


def test_each_program_shows_its_mistake():
    blocks, loop, stubborn, forgotten = lab.four_programs()
    assert {span.state for span in blocks.lane("weather")} == {"READY", "RUNNING", "WAITING"}
    assert (loop.peak_concurrency, loop.duration) == (2, 9.5)
    assert stubborn.lane("sports")[-1].end == 6.5
    assert forgotten.tasks == ("main", "news", "weather")


# Three places


def pictures(places, names=PICTURES, seconds=None):
    """Fetch the pictures with what ``places()`` gives, in simulated time; exact, whatever the machine does."""

    async def main():
        shared = places()

        async def picture(name):
            async with shared:
                await asyncio.sleep(PICTURES[name] if seconds is None else seconds)

        async with asyncio.TaskGroup() as group:
            for name in names:
                group.create_task(picture(name), name=name)

    return simulate(main(), "an answer")


class Nothing:
    async def __aenter__(self): ...

    async def __aexit__(self, *exception): ...


def one_semaphore_each():
    async def main():
        async def picture(name):
            async with asyncio.Semaphore(3):
                await asyncio.sleep(PICTURES[name])

        async with asyncio.TaskGroup() as group:
            for name in PICTURES:
                group.create_task(picture(name), name=name)

    return simulate(main(), "an answer")


def two_groups_of_three():
    async def main():
        names = list(PICTURES)
        for three in (names[:3], names[3:]):
            async with asyncio.TaskGroup() as group:
                for name in three:
                    group.create_task(asyncio.sleep(PICTURES[name]), name=name)

    return simulate(main(), "an answer")


def places(number):
    return lambda: asyncio.Semaphore(number)


# What is there at 3.75 s


async def fetch(site):
    seconds, headline = SITES[site]
    await asyncio.sleep(seconds)
    compute(0.5)
    return headline


async def in_time(site, seconds, late=None):
    try:
        async with asyncio.timeout(seconds):
            return await fetch(site)
    except TimeoutError:
        return late


def page(seconds, late=None, sites=SITES):
    async def main():
        return await asyncio.gather(*[in_time(site, seconds, late) for site in sites])

    return simulate(main(), "an answer")


def page_one_by_one():
    async def main():
        return [await in_time(site, 3.75) for site in SITES]

    return simulate(main(), "an answer")


def page_or_nothing():
    async def main():
        with suppress(TimeoutError):
            async with asyncio.timeout(3.75):
                return await asyncio.gather(*map(fetch, SITES))

    return simulate(main(), "an answer")


def page_of_nones():
    async def main():
        try:
            async with asyncio.timeout(3.75):
                return await asyncio.gather(*map(fetch, SITES))
        except TimeoutError:
            return [None, None, None]

    return simulate(main(), "an answer")


def page_with_errors():
    async def main():
        limited = [asyncio.wait_for(fetch(site), 3.75) for site in SITES]
        return await asyncio.gather(*limited, return_exceptions=True)

    return simulate(main(), "an answer")


def page_by_wait():
    async def main():
        tasks = [asyncio.create_task(fetch(site)) for site in SITES]
        done, _ = await asyncio.wait(tasks, timeout=3.75)
        return [task.result() if task in done else None for task in tasks]

    return simulate(main(), "an answer")


# Close it in any case


@asynccontextmanager
async def starter():
    await asyncio.sleep(0.5)
    lab.opened()
    yield
    await asyncio.sleep(0.25)
    lab.closed()


@asynccontextmanager
async def opens_at_once():
    lab.opened()
    try:
        yield
    finally:
        await asyncio.sleep(0.25)
        lab.closed()


@asynccontextmanager
async def swallows_all():
    await asyncio.sleep(0.5)
    lab.opened()
    with suppress(BaseException):
        yield
    await asyncio.sleep(0.25)
    lab.closed()


@asynccontextmanager
async def sees_only_exceptions():
    await asyncio.sleep(0.5)
    lab.opened()
    try:
        yield
    except Exception:
        await asyncio.sleep(0.25)
        lab.closed()
        raise
    await asyncio.sleep(0.25)
    lab.closed()


@asynccontextmanager
async def swallows_the_cancel():
    await asyncio.sleep(0.5)
    lab.opened()
    try:
        with suppress(asyncio.CancelledError):
            yield
    finally:
        await asyncio.sleep(0.25)
        lab.closed()


@asynccontextmanager
async def closes_at_once():
    await asyncio.sleep(0.5)
    lab.opened()
    try:
        yield
        await asyncio.sleep(0.25)
    finally:
        lab.closed()


@asynccontextmanager
async def fails_itself():
    await asyncio.sleep(0.5)
    lab.opened()
    yield
    raise ValueError


@asynccontextmanager
async def right():
    await asyncio.sleep(0.5)
    lab.opened()
    try:
        yield
    finally:
        await asyncio.sleep(0.25)
        lab.closed()


class Right:
    async def __aenter__(self):
        await asyncio.sleep(0.5)
        lab.opened()

    async def __aexit__(self, *exception):
        await asyncio.sleep(0.25)
        lab.closed()


async def no_context_manager():
    await asyncio.sleep(0.5)


async def no_decorator():
    yield


ANSWERS = [
    (lab.which_mistake, lambda: dict.fromkeys("ABCD", ...), "…", "todo"),
    (lab.which_mistake, lambda: mistakes(B=...), "…", "blanks"),
    (lab.which_mistake, lambda: mistakes(A="awaits in the loop"), "✗", "A: awaits in the loop"),
    (lab.which_mistake, lambda: mistakes(A="not to be stopped"), "✗", "A: not to be stopped"),
    (lab.which_mistake, lambda: mistakes(B="blocks"), "✗", "B: blocks"),
    (lab.which_mistake, lambda: mistakes(C="not awaited"), "✗", "C: not awaited"),
    (lab.which_mistake, lambda: mistakes(C="awaits in the loop"), "✗", "C: awaits in the loop"),
    (lab.which_mistake, lambda: mistakes(D="awaits in the loop"), "✗", "D: awaits in the loop"),
    (lab.which_mistake, lambda: mistakes(D="slow"), "✗", "D: other"),
    (lab.which_mistake, lambda: MISTAKES, "✓", "right"),
    (lab.three_places, lambda: pictures(Nothing), "…", "start"),
    (lab.three_places, one_semaphore_each, "…", "start"),
    (lab.three_places, lambda: computes((0, 1)), "✗", "other_tasks"),
    (lab.three_places, lambda: pictures(places(3), names=["bridge", "mayor"]), "✗", "other_tasks"),
    (lab.three_places, lambda: pictures(places(3), seconds=1), "✗", "other_requests"),
    (lab.three_places, lambda: pictures(asyncio.Lock), "✗", "1"),
    (lab.three_places, lambda: pictures(places(2)), "✗", "2"),
    (lab.three_places, lambda: pictures(places(4)), "✗", "other"),
    (lab.three_places, two_groups_of_three, "✗", "gaps"),
    (lab.three_places, lambda: pictures(places(3)), "✓", "right"),
    (lab.what_is_there, lambda: page(9), "…", "start"),
    (lab.what_is_there, page_one_by_one, "✗", "one_by_one"),
    (lab.what_is_there, lambda: page(2), "✗", "too_early"),
    (lab.what_is_there, lambda: page(4), "✗", "too_late"),
    (lab.what_is_there, page_or_nothing, "✗", "nothing"),
    (lab.what_is_there, lambda: page(3.75, sites=["news", "sports"]), "✗", "no_list"),
    (lab.what_is_there, page_of_nones, "✗", "all_none"),
    (lab.what_is_there, page_with_errors, "✗", "error"),
    (lab.what_is_there, lambda: page(3.75, late="late"), "✗", "other_list"),
    (lab.what_is_there, lambda: page(3.75), "✓", "right"),
    (lab.what_is_there, page_by_wait, "✓", "right"),
    (lab.close_the_door, lambda: starter, "…", "start"),
    (lab.close_the_door, lambda: no_context_manager, "✗", "no_door"),
    (lab.close_the_door, lambda: no_decorator, "✗", "no_door"),
    (lab.close_the_door, lambda: "a door", "✗", "no_door"),
    (lab.close_the_door, lambda: opens_at_once, "✗", "not_whole"),
    (lab.close_the_door, lambda: fails_itself, "✗", "raises"),
    (lab.close_the_door, lambda: swallows_all, "✗", "error_lost"),
    (lab.close_the_door, lambda: sees_only_exceptions, "✗", "stays_open"),
    (lab.close_the_door, lambda: swallows_the_cancel, "✗", "swallowed"),
    (lab.close_the_door, lambda: closes_at_once, "✗", "open_after_error"),
    (lab.close_the_door, lambda: right, "✓", "right"),
    (lab.close_the_door, lambda: Right, "✓", "right"),
]


@pytest.mark.parametrize(("exercise", "answer", "sign", "key"), ANSWERS)
def test_an_answer_is_told_what_is_behind_it(exercise, answer, sign, key):
    verdict = exercise.verdict(answer())
    assert verdict[:2] == (sign, key), verdict


def test_a_crossword_is_a_task_with_its_number():
    with record("a crossword") as trace:
        assert lab.crossword(1) == 1
    assert trace.tasks == ("crossword 1",)
    assert lab.waits(trace, "crossword 1") == []
