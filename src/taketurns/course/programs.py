"""Six small programs, in every model of execution: what notebook 15 lets the learner decide about."""

import asyncio
import contextlib
import time
from collections.abc import Callable, Coroutine, Iterable, Mapping
from concurrent.futures import Executor, ProcessPoolExecutor, ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, NamedTuple

from taketurns.machine import cores_at_once
from taketurns.recording.block import record
from taketurns.recording.marks import compute, wait, waiting
from taketurns.recording.tasks import task
from taketurns.trace.trace import Trace

__all__ = ["CHOICES", "PROGRAMS", "Program", "bill", "run", "thumbnail", "ticks"]


@task(name="page {number}")
def _page(number: int) -> None:
    with waiting("the site"):
        time.sleep(0.15)


@task(name="photo {number}")
def thumbnail(number: int) -> tuple[int, int]:
    """Return the size of a photo that Pillow has made and shrunk: C code, which lets go of the GIL."""
    from PIL import Image

    photo = Image.radial_gradient("L").rotate(number).resize((2800, 2100)).convert("RGB")
    return photo.resize((320, 240), Image.Resampling.LANCZOS).size


@task(name="guest {number}")
def _guest(number: int) -> None:
    wait(0.2)


@task(name="part {number}")
def _part(number: int) -> None:
    compute(0.12)


@task(name="report {number}")
def _report(number: int) -> None:
    with waiting("the database"):
        time.sleep(0.3)


@task(name="order {number}")
def _order(number: int) -> None:
    wait(0.2)
    compute(0.1)


@task(name="bill {number}")
def bill(number: int) -> int:
    """Return the number of a bill, once it is computed, which takes 0.1 s."""
    compute(0.1)
    return number


@dataclass(frozen=True)
class Program:
    """One of the six. ``awaits`` is for how long an async library waits, where there is one; ``rest`` comes after."""

    unit: str  #: what its tasks are called, each with a number
    whole: Callable[[int], object]
    count: int
    right: tuple[str, ...]
    wrong: Mapping[str, str]
    awaits: float = 0.0
    rest: Callable[[int], object] | None = None
    pure: bool = False  # computes in pure Python: without a GIL, threads do it too
    has_a_loop: bool = False
    few: int = 0  # instead of ``count``, where each takes a process, or waits for the one before


class Model(NamedTuple):
    """A model of execution: whether there is an event loop, and what carries what blocks it."""

    loop: bool
    pool: Callable[[int], Executor] | None


MODELS = {
    "one after another": Model(False, None),
    "threads": Model(False, ThreadPoolExecutor),
    "processes": Model(False, ProcessPoolExecutor),
    "asyncio": Model(True, None),
    "asyncio + threads": Model(True, ThreadPoolExecutor),
    "asyncio + processes": Model(True, ProcessPoolExecutor),
}
CHOICES = tuple(MODELS)
_NOT_NEEDED = "It does it, with more than it takes:"
_BLOCKED = "{redraws} redraws while it waited for the database: the call blocks, and the loop is in the same thread."

PROGRAMS = {
    "scraper": Program(
        "page",
        _page,
        5,
        ("threads",),
        {
            "one after another": "at most {concurrency} page was in progress, and nothing ever ran. All its time is "
            "spent on waiting for one page before the next is asked for.",
            "processes": f"{_NOT_NEEDED} {{workers}} processes for waits in which none of them ever needs a core.",
            "asyncio": "at most {concurrency} page was in progress. This library blocks, so the loop asks for a page "
            "and stands still until it is there.",
            "asyncio + threads": f"{_NOT_NEEDED} the waits are carried by threads, and the loop adds nothing to them.",
            "asyncio + processes": f"{_NOT_NEEDED} a process for each wait, and a loop that adds nothing.",
        },
    ),
    "thumbnails": Program(
        "photo",
        thumbnail,
        2,
        ("threads", "processes"),
        {
            "one after another": "at most {concurrency} photo was in progress, and so only one core was of use.",
            "asyncio": "the photos came one by one: there is nothing to await, and the loop has one thread.",
            "asyncio + threads": f"{_NOT_NEEDED} the work is done by threads, and there is nothing to await.",
            "asyncio + processes": f"{_NOT_NEEDED} the work is done by processes, and there is nothing to await.",
        },
    ),
    "chat server": Program(
        "guest",
        _guest,
        60,
        ("asyncio",),
        {
            "one after another": "{concurrency} guest was served at a time. The others could not say a word.",
            "threads": "{concurrency} guests kept {workers} threads, each with a stack of its own, and hardly anything "
            "ever ran. There are to be 20,000 guests.",
            "processes": "{concurrency} guests kept {workers} processes, and none of them ever needs a core. "
            "There are to be 20,000 guests.",
            "asyncio + threads": f"{_NOT_NEEDED} the library is async, so there is nothing left to do for threads.",
            "asyncio + processes": f"{_NOT_NEEDED} nobody computes, so there is nothing to do for processes.",
        },
        awaits=0.2,
        few=4,
    ),
    "numeric loop": Program(
        "part",
        _part,
        4,
        ("processes",),
        {
            "one after another": "at most {parallelism} ran at one instant. One core worked, and any other had "
            "nothing to do.",
            "threads": "{concurrency} parts were in progress and at most {parallelism} ran: they were ready for "
            "{ready} in all, without a turn. Threads share one GIL.",
            "asyncio": "one part after the other: there is nothing to await, so nobody ever gives way.",
            "asyncio + threads": "at most {parallelism} ran at one instant. The threads share one GIL, with or "
            "without a loop.",
            "asyncio + processes": f"{_NOT_NEEDED} the work is done by processes, and there is nothing to await.",
        },
        pure=True,
    ),
    "window": Program(
        "report",
        _report,
        1,
        ("asyncio + threads", "threads"),
        {
            "one after another": _BLOCKED,
            "asyncio": f"{_BLOCKED} An `async def` does not change that.",
            "processes": f"{_NOT_NEEDED} a process, for a wait that a thread of this one can carry.",
            "asyncio + processes": f"{_NOT_NEEDED} a process, for a wait that a thread of this one can carry.",
        },
        has_a_loop=True,
    ),
    "nightly batch": Program(
        "order",
        _order,
        4,
        ("asyncio + processes",),
        {
            "one after another": "at most {concurrency} order was in progress: no wait overlaps, and one core works.",
            "threads": "the waits overlap, and at most {parallelism} ran at one instant. The computing takes turns.",
            "asyncio": "the waits overlap, and at most {parallelism} ran at one instant. The loop has one thread.",
            "asyncio + threads": "the waits overlap, and at most {parallelism} ran at one instant: the computing "
            "is in threads, and they share one GIL.",
            "processes": "{workers} processes for {concurrency} orders. It is quick, and most of the time they wait. "
            "With hundreds in progress it takes hundreds of them: what can carry the waits for less?",
        },
        awaits=0.2,
        rest=bill,
        pure=True,
    ),
}


def run(name: str, choice: str, count: int = 0) -> Trace:
    """Return the recording of a program in one model, with so many tasks or its own number. Processes are warm."""
    program, model = PROGRAMS[name], MODELS[choice]
    loop = model.loop or program.has_a_loop  # whatever is chosen runs beside the loop, or in it
    processes = model.pool is ProcessPoolExecutor
    numbers = range(count or (program.few if processes or not (loop or model.pool) else 0) or program.count)
    with contextlib.ExitStack() as stack:
        pool: Executor | None = None
        if model.pool:
            # One for each task; processes where the waits are elsewhere, one for each core.
            spare = processes and loop and program.rest
            size = min(len(numbers), cores_at_once()) if spare else len(numbers)
            pool = stack.enter_context(model.pool(size))
            if processes:
                list(pool.map(wait, [0.2] * size))
        with record(f"{name}: {choice}") as trace:
            if loop:
                _in_a_loop(_all(program, numbers, pool))
            else:
                list((pool.map if pool else map)(program.whole, numbers))
    return trace.only(program.unit, "bill", "redraw")


def _in_a_loop(main: Coroutine[Any, Any, None]) -> None:
    """Run a coroutine in another thread, since this one may have a loop that is running."""
    with ThreadPoolExecutor(1) as thread:
        thread.submit(asyncio.run, main).result()


async def _all(program: Program, numbers: Iterable[int], pool: Executor | None) -> None:
    """Do all tasks of a program in one event loop; what blocks or computes goes to the pool, if there is one."""
    redraws = asyncio.create_task(ticks(), name="redraw") if program.has_a_loop else None
    blocks = program.rest if program.awaits else program.whole
    await asyncio.sleep(0.05 if redraws else 0)

    async def one(number: int) -> None:
        if program.awaits:
            await asyncio.sleep(program.awaits)
        if blocks and pool:
            await asyncio.get_running_loop().run_in_executor(pool, blocks, number)
        elif blocks:
            blocks(number)

    unit = program.unit if program.awaits else "job"  # which is left out: what it hands over stays
    async with asyncio.TaskGroup() as group:
        for number in numbers:
            group.create_task(one(number), name=f"{unit} {number}")
    if redraws:
        redraws.cancel()


async def ticks() -> None:
    """Want a turn of the event loop every 0.03 s, until it is canceled."""
    while True:
        await asyncio.sleep(0.03)
