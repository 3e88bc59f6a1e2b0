"""The ladder of notebook 10: what it costs to go somewhere else and come back, in ten ways.

Each rung goes there and back so many times, and returns the nanoseconds that all of it took.
"""

import asyncio
import os
import threading
from collections.abc import Awaitable, Callable, Generator
from concurrent.futures import ThreadPoolExecutor
from inspect import isawaitable
from itertools import repeat
from multiprocessing import get_context
from queue import SimpleQueue
from time import perf_counter_ns

from greenlet import getcurrent, greenlet

from taketurns.suspend.loop import EventLoop

__all__ = ["asyncio_task", "generator_step", "ladder"]


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
    """Measure every rung so many times; return the nanoseconds of one switch, there and back."""
    costs: dict[str, list[float]] = {name: [] for name in RUNGS}
    for _ in range(repeats):
        for name, (measure, count) in RUNGS.items():
            taken = measure(count)
            costs[name].append((await taken if isawaitable(taken) else taken) / count)
    return costs
