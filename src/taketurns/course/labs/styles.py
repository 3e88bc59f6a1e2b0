"""Exercises of notebook 10, and the ladder of switch costs."""

from __future__ import annotations

import asyncio
import os
import threading
from collections.abc import Awaitable, Callable, Generator, Sequence
from concurrent.futures import ThreadPoolExecutor
from inspect import isawaitable
from itertools import repeat
from multiprocessing import get_context
from queue import SimpleQueue
from time import perf_counter_ns

from greenlet import getcurrent, greenlet

from taketurns.course.checks import Exercise, choice, held_up, rule
from taketurns.recording.block import record
from taketurns.recording.marks import compute
from taketurns.suspend import callbacks, coroutines
from taketurns.suspend.loop import EventLoop
from taketurns.trace.clock import SimulatedClock
from taketurns.trace.spans import State
from taketurns.trace.trace import Trace

__all__ = ["in_order", "ladder", "mystery", "ported", "pour", "serve", "tea", "teas", "which_style"]


# The ladder: each rung goes somewhere else and comes back so many times, and gives the nanoseconds that all of it took.


def nothing() -> None:
    """Do nothing."""


async def nothing_async() -> None:
    """Do nothing, in a coroutine."""


def plain_call(count: int) -> int:
    """Call a function."""
    begin = perf_counter_ns()
    for _ in repeat(None, count):
        nothing()
    return perf_counter_ns() - begin


def generator_step(count: int) -> int:
    """Resume a generator, up to its next ``yield``."""

    def steps() -> Generator[None]:
        while True:
            yield

    generator = steps()
    begin = perf_counter_ns()
    for _ in repeat(None, count):
        next(generator)
    return perf_counter_ns() - begin


async def await_coroutine(count: int) -> int:
    """Await a coroutine that does not suspend."""
    begin = perf_counter_ns()
    for _ in repeat(None, count):
        await nothing_async()
    return perf_counter_ns() - begin


def greenlet_switch(count: int) -> int:
    """Switch to a greenlet, which switches back."""
    here = getcurrent()

    def steps() -> None:
        while True:
            here.switch()

    there = greenlet(steps)
    begin = perf_counter_ns()
    for _ in repeat(None, count):
        there.switch()
    taken = perf_counter_ns() - begin
    there.throw()
    return taken


def callback(count: int) -> int:
    """Ask our event loop for a callback, and be called."""
    loop, left = EventLoop(), count

    def again() -> None:
        nonlocal left
        left -= 1
        if left:
            loop.call_soon(again)

    loop.call_soon(again)
    begin = perf_counter_ns()
    loop.run()
    return perf_counter_ns() - begin


async def sleep_0(count: int) -> int:
    """Let everybody else on asyncio's loop have a turn."""
    begin = perf_counter_ns()
    for _ in repeat(None, count):
        await asyncio.sleep(0)
    return perf_counter_ns() - begin


async def asyncio_task(count: int) -> int:
    """Make an asyncio task and wait for it."""
    begin = perf_counter_ns()
    for _ in repeat(None, count):
        await asyncio.create_task(nothing_async())
    return perf_counter_ns() - begin


def thread_handoff(count: int) -> int:
    """Hand something to another thread, which hands it back."""
    there: SimpleQueue[bool] = SimpleQueue()
    back: SimpleQueue[bool] = SimpleQueue()

    def echo() -> None:
        while there.get():
            back.put(True)

    with ThreadPoolExecutor(1) as pool:
        pool.submit(echo)
        begin = perf_counter_ns()
        try:
            for _ in repeat(None, count):
                there.put(True)
                back.get()
            return perf_counter_ns() - begin
        finally:
            there.put(False)  # or the pool would wait for it, and never end


def thread_start(count: int) -> int:
    """Start a thread and wait for its end."""
    begin = perf_counter_ns()
    for _ in repeat(None, count):
        thread = threading.Thread(target=nothing)
        thread.start()
        thread.join()
    return perf_counter_ns() - begin


def process_start(count: int) -> int:
    """Start a process and wait for its end."""
    context = get_context("spawn")
    begin = perf_counter_ns()
    for _ in repeat(None, count):
        process = context.Process(target=os.getpid)
        process.start()
        process.join()
        process.close()
    return perf_counter_ns() - begin


Measure = Callable[[int], int | Awaitable[int]]

#: How each rung is measured, and how many times it is climbed for one figure.
RUNGS: dict[str, tuple[Measure, int]] = {
    "plain call": (plain_call, 20_000),
    "generator step": (generator_step, 20_000),
    "await a coroutine": (await_coroutine, 20_000),
    "greenlet switch": (greenlet_switch, 10_000),
    "callback, our loop": (callback, 1_000),
    "asyncio.sleep(0)": (sleep_0, 500),
    "asyncio task": (asyncio_task, 500),
    "thread hand-off": (thread_handoff, 100),
    "thread start": (thread_start, 20),
    "process start": (process_start, 1),
}


async def ladder(repeats: int = 5) -> dict[str, list[float]]:
    """Measure every rung so many times; give the nanoseconds of one switch, there and back."""
    costs: dict[str, list[float]] = {name: [] for name in RUNGS}
    for _ in range(repeats):
        for name, (measure, count) in RUNGS.items():
            taken = measure(count)
            costs[name].append((await taken if isawaitable(taken) else taken) / count)
    return costs


# 1


def mystery() -> Trace:
    """Return a recording of two kettles, in one of the four styles."""

    async def kettle(seconds: float) -> None:
        compute(1)
        await coroutines.sleep(seconds)
        compute(0.5)

    async def main() -> None:
        for name, seconds in {"A": 3, "B": 2}.items():
            coroutines.start(kettle, seconds, name=f"kettle {name}")

    with record("somebody's kettles", SimulatedClock()) as trace:
        coroutines.run(main)
    return trace


_GUESS = "It could have been, and so could the other three. What in the picture would be different?"

which_style = Exercise(
    "Which style?",
    choice(
        "cannot be told",
        {
            "callbacks": _GUESS,
            "generators": _GUESS,
            "coroutines": "It was, but you cannot know it. What in the picture would be different with another style?",
            "greenlets": _GUESS,
        },
    ),
    of=str,
    solved="A picture shows who ran and who waited. How a function stops in its middle is not in it.",
)

# 2

_STARTER = ["asyncio task", "process start", "generator step", "thread start"]
_ORDER = ["generator step", "asyncio task", "thread start", "process start"]
_DEARER = {
    ("asyncio task", "generator step"): "A task is a coroutine that a loop resumes, "
    "and to resume one is a generator step.",
    ("thread start", "asyncio task"): "A task is an object in a queue of your program. For a thread, "
    "the operating system is asked for a stack of its own, and then has to choose it to run.",
    ("process start", "thread start"): "A process begins with a thread of its own, and has to load Python before that.",
}


def _in_order(answer: Sequence[object]) -> str | None:
    """Say which two neighbors of the ladder stand the wrong way round."""
    if sorted(map(str, answer)) != sorted(_ORDER):
        return f"Each of the four should be there once: {', '.join(_ORDER)}."
    places = {name: list(answer).index(name) for name in _ORDER}
    if [*answer] == _ORDER[::-1]:
        return "This is the ladder from the top down. Begin with what costs least."
    for (dear, cheap), said in _DEARER.items():
        if places[dear] < places[cheap]:
            return f"The {dear} stands before the {cheap}. {said}"
    return None


in_order = Exercise(
    "Rungs in order",
    _in_order,
    of=list,
    start=rule(lambda answer: answer != _STARTER, "As it stands, the list is shuffled. Begin with what costs least."),
    solved="One thread, an event loop, the operating system: the further down something has to go, the more it costs.",
)

# 3


def tea(cups: int) -> None:
    """Make so many cups of tea, one after another."""
    if cups:
        compute(1)  # fill the kettle
        callbacks.sleep(3, pour, cups)


def pour(cups: int) -> None:
    """Pour one, and let it draw."""
    compute(0.5)
    callbacks.sleep(1, serve, cups)


def serve(cups: int) -> None:
    """Serve one, and go on to the next."""
    compute(0.25)
    tea(cups - 1)


def teas() -> None:
    """Begin two cups for each of two guests."""
    for guest in "AB":
        callbacks.start(tea, 2, name=f"guest {guest}")


_GUESTS = ("guest A", "guest B")


def _of_guests(trace: Trace) -> Trace:
    """Return a recording without the task that starts the others."""
    return Trace("guests", tuple(span for span in trace.spans if span.task in _GUESTS))


def _reference() -> Trace:
    with record("callbacks", SimulatedClock()) as trace:
        callbacks.run(teas)
    return _of_guests(trace)


def _waits(trace: Trace) -> list[list[float]]:
    """Return how long each wait of each guest's tea was."""
    return [
        [round(s.duration, 9) for s in trace.spans if s.task == guest and s.state is State.WAITING and s.duration]
        for guest in _GUESTS
    ]


ported = Exercise(
    "From callbacks to a coroutine",
    rule(lambda trace: set(_GUESTS) <= set(trace.tasks), "Two guests are asked for: `main_3` starts them."),
    rule(
        lambda trace: any(_waits(trace)),
        "Nobody waits. `coroutines.sleep(3)` only makes a request. `await` hands it to the loop.",
    ),
    rule(
        lambda trace: not held_up(trace),
        "One guest's tea is ready and nobody runs: `wait` blocks the thread. "
        "`await coroutines.sleep(...)` lets others run.",
    ),
    rule(
        lambda trace: _waits(trace) != [[3, 1]] * 2,
        "Each guest gets one cup. The callbacks come round again with `tea(cups - 1)`; in a coroutine this is a loop.",
    ),
    rule(
        lambda trace: _waits(trace) == [[3, 1, 3, 1]] * 2,
        "For each cup there are two waits: 3 s while the water heats, then 1 s while the tea draws.",
    ),
    rule(
        lambda trace: _of_guests(trace).same_schedule(_reference()),
        "The waits are right, and the schedule is another one. How long is each of the three calls of `compute`, "
        "and where does it stand?",
    ),
    start=rule(
        lambda trace: not set(_GUESTS) <= set(trace.tasks) or _waits(trace) != [[3], [3]],
        "As it stands, the water gets hot, and nobody pours it. What comes after the first wait?",
    ),
    solved="Three functions and a call in a circle became one function with a loop, and the schedule is the same.",
)
