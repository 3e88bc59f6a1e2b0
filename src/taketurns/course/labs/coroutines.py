"""Exercises of notebook 08."""

import asyncio
import inspect
from collections.abc import Callable, Generator
from typing import Any

from taketurns.course.checks import Exercise, quiz
from taketurns.course.rules import part, when
from taketurns.trace.trace import Trace

__all__ = ["gives_up_control", "make_way", "three_tasks", "whistle"]

three_tasks = Exercise(
    "Three tasks",
    start=when(lambda t: len(t.tasks) == 1 and t.duration == 13.5).say(
        "As it stands, each kettle is awaited before the next begins: 13.5 s. Make them tasks."
    ),
    nothing_runs=when(lambda t: len(t.tasks) == 1 and not t.time_in("RUNNING")).say(
        "No kettle was even filled. A call without `await` makes a coroutine, and nobody runs it."
    ),
    one_task=when(lambda t: len(t.tasks) == 1).say(
        "There is still one task, and it takes {duration}. `await` runs a coroutine here and now; "
        "`create_task` hands it to the loop and goes on."
    ),
    too_often=when(lambda t: t.time_in("RUNNING") > 4.5).say(
        "The cook worked for {running}, and three kettles take 4.5 s. Does every kettle go on the stove just once?"
    ),
    canceled=when(lambda t: t.time_in("RUNNING") < 4.5).say(
        "The cook worked for {running}, and three kettles take 4.5 s. When the main function returns, what is not done "
        "is canceled. Who waits for your tasks?"
    ),
    in_disguise=when(lambda t: t.duration == 13.5 and t.peak_concurrency <= 2).say(
        "It still takes {duration}. A task that is awaited as soon as it is created is a call in disguise: "
        "create all three first."
    ),
    blocked=when(lambda t: t.duration == 13.5).say(
        "It still takes {duration}, though all are in progress: something blocks. `await asyncio.sleep()` lets the "
        "others go on, `wait()` and `time.sleep()` do not."
    ),
    duration=when(lambda t: t.duration != 7.5).say(
        "It takes {duration}, not 7.5 s. Do all three heat at the same time?"
    ),
    solved="Three tasks, 7.5 s: the loop resumes each of them when it is hot.",
)

gives_up_control = quiz(
    "Which lines give up control?",
    {
        "await asyncio.sleep(3)": {
            "gives up": None,
            "keeps": "The kettles heated at the same time. At which line did they make way?",
        },
        "await asyncio.sleep(0)": {
            "gives up": None,
            "keeps": "It takes no time, but there is a bare `yield` in it: the others have a turn first.",
        },
        "await fill('A')": {
            "keeps": None,
            "gives up": "`await` alone stops nothing. Is there a `yield` anywhere below this one?",
        },
        "fill('A')": {
            "keeps": None,
            "gives up": "Without `await` it only makes a coroutine. Not even `fill` runs.",
        },
        "asyncio.create_task(fill('A'))": {
            "keeps": None,
            "gives up": "The new task is ready, but its turn comes when this one stops. The next line runs first.",
        },
        "time.sleep(3)": {
            "keeps": None,
            "gives up": "It waits, but it blocks the one thread, and the event loop with it.",
        },
    },
    todo='Nothing to check yet. Write "gives up" or "keeps" for each line.',
    solved="Control is given up only where an `await` has a `yield` at its bottom.",
)


# An awaitable, driven by hand


def _awaited(kind: Callable[[float], Any], seconds: float = 3) -> tuple[list[Any], object]:
    """Await one of a kind, and return what it asked for, and the value of the await."""
    asked: list[Any] = []

    async def probe() -> object:
        return await kind(seconds)

    coroutine = probe()
    try:
        while len(asked) < 10:
            asked.append(coroutine.send(None))
    except StopIteration as stop:
        return asked, stop.value
    finally:
        coroutine.close()
    return asked, None


def _how(kind: type) -> Callable[..., Any] | None:
    return getattr(kind, "__await__", None)


def _is_empty(kind: type) -> bool:
    """Return whether ``__await__`` is as the starter's, which gives nothing."""
    how = _how(kind) if isinstance(kind, type) else None
    is_plain = how and not inspect.iscoroutinefunction(how) and not inspect.isgeneratorfunction(how)
    return bool(how and is_plain and how(kind(3)) is None)


def _yields_a_future(kind: type) -> bool:
    """Return whether its request is one for asyncio, as a future's ``__await__`` makes it."""
    try:
        asked, _ = _awaited(kind)
    except RuntimeError:  # a future finds out when it is resumed by somebody else than asyncio
        return True
    return any(isinstance(one, asyncio.Future) for one in asked)


def _gives_an_iterator(kind: type) -> bool:
    how = _how(kind)
    assert how is not None
    return inspect.isgeneratorfunction(how) or isinstance(how(kind(3)), Generator) or hasattr(how(kind(3)), "__next__")


_EMPTY = "`__await__` is still empty. What has to reach the loop, and what the one who awaits?"

whistle = Exercise(
    "An awaitable of your own",
    of=object,
    todo=_EMPTY,
    start=when(_is_empty).say(_EMPTY),
    no_class=when(lambda kind: not isinstance(kind, type)).say(
        "Give the class itself to the check, and not an object made from it: the check makes its own."
    ),
    no_await=when(lambda kind: not _how(kind)).say("It has no `__await__`. That is the method that `await` calls."),
    coroutine=when(lambda kind: inspect.iscoroutinefunction(_how(kind))).say(
        "`__await__` is an `async def` here, so it gives a coroutine. It has to be a plain function with a `yield`: "
        "it is the place where awaiting ends."
    ),
    value=when(lambda kind: not _gives_an_iterator(kind)).say(
        "`__await__` returns a value here. It has to give an iterator, and a `yield` in it makes it do so."
    ),
    future=when(_yields_a_future).say(
        "It yields what `asyncio.sleep` yields, a future. The loop in ten lines takes seconds: yield the number."
    ),
    never_stops=when(lambda kind: not _awaited(kind)[0]).say(
        "It never stops: the loop is asked for nothing. What has to be yielded?"
    ),
    itself=when(lambda kind: any(isinstance(one, kind) or one is None for one in _awaited(kind)[0])).say(
        "The loop in ten lines takes seconds. Yield the number, and not the object, and not nothing."
    ),
    no_number=when(lambda kind: not all(isinstance(one, int | float) for one in _awaited(kind)[0])).say(
        "The loop in ten lines takes seconds, so yield a number. A text is what the `await` gives, when all is over."
    ),
    other_seconds=when(lambda kind: any(sum(_awaited(kind, seconds)[0]) != seconds for seconds in (3, 5))).say(
        "`await Whistle(3)` has to ask for 3 s, and `await Whistle(5)` for 5 s. The seconds are in `self.seconds`."
    ),
    result=part(
        lambda kind: _awaited(kind)[1],
        {
            "hot": None,
            None: 'The await gives nothing. After the `yield`, return "hot": that is the value of the `await`.',
            ...: 'The await does not give "hot".',
        },
    ),
    solved="What it yields goes to the loop, what it returns to the one who awaits.",
)


# Dishes and a kettle


def _keeps_control(trace: Trace) -> bool:
    """Return whether the dishes are done in one stretch, as in the starter cell."""
    stretches = trace.only("dishes", state="RUNNING").spans
    return set(trace.tasks) == {"kitchen", "kettle A", "dishes"} and [span.duration for span in stretches] == [8]


make_way = Exercise(
    "Make way",
    start=when(lambda t: _keeps_control(t) and t.only("kettle A").duration == 9.5).say(
        "As it stands, the dishes keep control for 8 s, and the kettle is poured at 9 s. Let them make way. "
        "If you have put in an `await` already: is there a `yield` at its bottom?"
    ),
    other_tasks=when(lambda t: {"kettle A", "dishes"} - set(t.tasks)).say(
        'Leave the two tasks and their names as they are: "kettle A" and "dishes".'
    ),
    other_work=when(lambda t: t.time_in("RUNNING", "dishes") != 8).say(
        "The task `dishes` has to do 8 s of work by itself. To sleep in its place, or to start other tasks for it, "
        "makes way, but is not asked for."
    ),
    not_poured=when(lambda t: t.time_in("RUNNING", "kettle A") != 1.5).say("The kettle is to be filled and poured."),
    too_late=when(lambda t: t.only("kettle A").duration >= 7).say(
        "The kettle is poured too late. One round of the loop makes its timer's future done, and only the next one "
        "resumes it: make way after each dish."
    ),
    sleeps=when(lambda t: t.duration >= 9.6).say(
        "It takes {duration}, and 9.5 s is enough. Making way needs no time: how long does your task sleep?"
    ),
    solved="It is poured before the dishes are done. Where you make way after each dish, that is at 6 s and not at "
    "5 s: one round of the loop makes the timer's future done, the next one resumes the kettle.",
)
