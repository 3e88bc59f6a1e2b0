"""A moment of asyncio that is made of changes is the one that a look at all its tasks gives."""

import asyncio
import contextlib
import gc

import pytest
from hypothesis import given
from hypothesis import strategies as st

from taketurns import compute, simulate
from taketurns.recording import recorder, simulated
from taketurns.trace.moments import Moment, line_of


def number_of(handle):
    """Return the number of the task whose step a call is."""
    callback = handle._callback
    is_step = getattr(callback, "__name__", "") not in dir(asyncio.Task)
    return recorder.on.awaits.number_of(getattr(callback, "__self__", None)) if is_step else None


def whole(loop, running):
    """Look at all that a loop holds, as a recording once did at each step."""
    ready = tuple(other for handle in loop._ready if (other := number_of(handle)) is not None)
    pairs = ((recorder.on.awaits.number_of(task), task) for task in asyncio.all_tasks(loop))
    known = sorted((pair for pair in pairs if pair[0] is not None), key=lambda pair: pair[0])
    timers = [
        (timer.when(), other)
        for timer in loop._scheduled
        if timer._args
        for other, task in known
        if task._fut_waiter is not None and task._fut_waiter is timer._args[0]
    ]
    lines = {other: line for other, task in known if (line := line_of(task.get_coro()))}
    return Moment(loop.time(), running, ready, tuple((other, due) for due, other in sorted(timers)), lines)


@contextlib.contextmanager
def looking():
    """Give the list of all moments, as the reference sees them."""
    seen, plain = [], simulated.Call._run

    def run(call):
        if (number := number_of(call)) is not None:
            seen.append(whole(call._loop, number))
        plain(call)

    simulated.Call._run = run
    try:
        yield seen
    finally:
        simulated.Call._run = plain


def named(moment, names):
    """Return a moment of the reference with the names of tasks; those that were not recorded are left out."""
    timers = tuple((names[task], due) for task, due in moment.timers if task in names)
    lines = {names[task]: line for task, line in moment.lines.items() if task in names}
    ready = tuple(names[task] for task in moment.ready if task in names)
    return moment._replace(running=names.get(moment.running, ""), ready=ready, timers=timers, lines=lines)


def ordered(moments, numbers):
    """Return moments in which timers that are due at the same time stand in the order of their tasks."""
    return [m._replace(timers=tuple(sorted(m.timers, key=lambda t: (t[1], numbers[t[0]])))) for m in moments]


def compared(program):
    """Simulate a program, and return its moments and those of the reference."""
    with looking() as seen:
        trace = simulate(program)
    names = trace.moments._names
    numbers = {name: number for number, name in names.items()}
    return ordered(trace.moments, numbers), [named(moment, names) for moment in seen]


VERBS = ["turn", "sleep", "sleep", "compute", "lock", "timeout", "cancel", "wait", "start", "later", "drop", "release"]
STEPS = st.lists(st.tuples(st.sampled_from(VERBS), st.integers(0, 3)), max_size=6)


async def perform(steps, tasks, lock):
    loop = asyncio.get_running_loop()
    for verb, number in steps:
        if verb == "turn":
            await asyncio.sleep(0)
        elif verb == "sleep":
            await asyncio.sleep(number)
        elif verb == "compute":
            compute(number)
        elif verb == "lock":
            async with lock:
                await asyncio.sleep(number)
        elif verb == "timeout":
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(asyncio.sleep(2), number)
        elif verb == "cancel":
            tasks[number % len(tasks)].cancel()
        elif verb == "wait":
            await asyncio.wait([asyncio.create_task(asyncio.sleep(number))], timeout=1)
        elif verb == "start":
            rest = [step for step in steps[:number] if step[0] != "start"]
            tasks.append(asyncio.Task(perform(rest, tasks, lock), loop=loop))
        elif verb == "later":
            loop.call_later(number, tasks[number % len(tasks)].cancel)
            loop.call_later(number, len, ())
        elif verb == "drop":
            await asyncio.shield(asyncio.sleep(number))
        else:
            future = loop.create_future()
            loop.call_later(number, future.set_result, None)
            await future


async def all_of(programs):
    tasks, lock = [], asyncio.Lock()
    tasks += [asyncio.create_task(perform(steps, tasks, lock)) for steps in programs]
    while pending := [task for task in tasks if not task.done()]:
        await asyncio.wait(pending)


@given(st.lists(STEPS, min_size=1, max_size=4))
def test_each_moment_is_that_of_a_look_at_all_tasks(programs):
    made, reference = compared(all_of(programs))
    assert made == reference


def test_one_whose_timer_is_set_by_another_waits_for_it():
    async def main():
        loop = asyncio.get_running_loop()
        future = loop.create_future()
        waits = asyncio.create_task(wait(future), name="waits")
        await asyncio.sleep(1)
        timer = loop.call_later(5, lambda future: None, future)
        await asyncio.sleep(1)
        timer.cancel()
        await asyncio.sleep(1)
        future.set_result(None)
        await waits

    async def wait(future):
        await future

    made, reference = compared(main())
    assert made == reference
    assert [("waits", 6) in moment.timers for moment in made] == [False, False, False, True, False, False, False]


def test_a_task_that_the_program_lets_go_of_stands_nowhere():
    async def lost():
        await asyncio.get_running_loop().create_future()

    async def main():
        asyncio.get_running_loop().set_exception_handler(lambda *_: None)  # it is destroyed, and asyncio says so
        asyncio.create_task(lost(), name="lost")  # noqa: RUF006 - nobody holds it
        await asyncio.sleep(1)
        gc.collect()
        await asyncio.sleep(1)

    made, reference = compared(main())
    assert made == reference
    assert ["lost" in moment.lines for moment in made] == [False, True, True, False]


@pytest.mark.skipif(not hasattr(asyncio, "eager_task_factory"), reason="tasks begin at once since Python 3.12")
def test_a_task_that_begins_at_once_stands_where_it_waits():
    async def child():
        await asyncio.sleep(1)

    async def main():
        asyncio.get_running_loop().set_task_factory(asyncio.eager_task_factory)
        await asyncio.gather(child(), child())

    made, reference = compared(main())
    assert made == reference
