import asyncio
import contextvars
import gc
import math
import os
import sys
import threading
import time
import weakref

import pytest

from taketurns import State, record, simulate, task
from taketurns.recording import recorder

RUNNING, READY, WAITING, _ = State
Loop = asyncio.BaseEventLoop


def states(trace, name):
    return [span.state for span in trace.lane(name)]


# A program that uses asyncio heavily. What it does must not depend on whether it is recorded.

who = contextvars.ContextVar("who", default="nobody")


async def everything():
    log = []

    async def numbers(n):
        try:
            for number in range(n):
                await asyncio.sleep(0)
                yield number
        finally:
            log.append("numbers closed")

    async def child(name, fail=None):
        who.set(name)
        try:
            for step in range(3):
                log.append((name, step, who.get(), asyncio.current_task().get_name()))
                await asyncio.sleep(0)
            if fail:
                raise fail
        except asyncio.CancelledError as error:
            log.append((name, "cancelled", str(error)))
            raise
        finally:
            log.append((name, "finally"))
        return name

    log.append(await asyncio.gather(child("a"), child("b"), child("c", ValueError("c")), return_exceptions=True))
    try:
        async with asyncio.TaskGroup() as group:
            group.create_task(child("d"), name="named")
            group.create_task(child("e", KeyError("e")))
            group.create_task(asyncio.Event().wait())
    except* KeyError as errors:
        log.append([repr(error) for error in errors.exceptions])
    try:
        async with asyncio.timeout(0):
            await asyncio.Event().wait()
    except TimeoutError:
        log.append("timeout")
    doomed = asyncio.create_task(child("f"))
    await asyncio.sleep(0)
    doomed.cancel("enough")
    try:
        await doomed
    except asyncio.CancelledError:
        log.append(("f", doomed.cancelled(), doomed.cancelling()))
    shielded = asyncio.create_task(child("g"))
    outer = asyncio.shield(shielded)
    outer.cancel()
    log.append(await shielded)
    async for number in numbers(5):
        if number == 2:
            break
        log.append(number)
    unfinished = numbers(3)
    log.append(await anext(unfinished))
    await unfinished.aclose()
    queue, lock = asyncio.Queue(1), asyncio.Lock()

    async def produce():
        for item in range(3):
            await queue.put(item)
            async with lock:
                log.append(("put", item))

    producer = asyncio.create_task(produce())
    for _ in range(3):
        log.append(("got", await queue.get()))
    await producer
    log.append(await asyncio.to_thread(lambda: who.get()))
    context = contextvars.copy_context()
    context.run(who.set, "elsewhere")
    log.append((await asyncio.create_task(child("h"), context=context), context[who], who.get()))
    own = asyncio.create_task(child("i"))
    log.append(
        (own.get_coro().__qualname__, own.get_coro().cr_frame.f_code.co_name, asyncio.iscoroutine(own.get_coro()))
    )
    log.append((own.get_stack()[0].f_code.co_name, repr(own).partition("running at")[0].partition("coro=")[2]))
    await own
    log.append(sorted(t.get_name() == "main" for t in asyncio.all_tasks()))
    return log


def run(program, factory=None):
    async def main():
        asyncio.current_task().set_name("main")
        if factory is not None:
            asyncio.get_running_loop().set_task_factory(factory)
        log = await program()
        assert asyncio.get_running_loop().get_task_factory() is factory
        return [
            tuple("Task" if str(x).startswith("Task-") else x for x in e) if isinstance(e, tuple) else e for e in log
        ]

    return asyncio.run(main())


factories = [None, lambda loop, coro, **options: asyncio.Task(coro, loop=loop, **options)]
if sys.version_info >= (3, 12):
    factories.append(asyncio.eager_task_factory)


@pytest.mark.parametrize("factory", factories)
def test_a_program_behaves_the_same_with_and_without_a_recording(factory):
    without = run(everything, factory)
    with record() as trace:
        recorded = run(everything, factory)
    assert str(recorded) == str(without)
    assert trace.cut_short == ""
    assert "named" in trace.tasks
    assert all(
        one.end <= two.start
        for name in trace.tasks
        for one, two in zip(trace.lane(name), trace.lane(name)[1:], strict=False)
    )
    if factory is None or "eager" not in factory.__name__:
        assert trace.peak_parallelism == 1


def test_the_methods_of_the_event_loop_are_put_back():
    def methods():
        return asyncio.Handle._run, Loop.create_task, Loop.call_soon

    before = methods()
    with record():
        assert all(now is not then for now, then in zip(methods(), before, strict=True))
    assert methods() == before
    with pytest.raises(ZeroDivisionError), record():
        raise ZeroDivisionError
    assert methods() == before


def test_each_step_is_one_running_span():
    async def steps():
        await asyncio.sleep(0)
        await asyncio.Event().wait()

    async def main():
        one = asyncio.create_task(steps())
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        one.cancel()

    with record() as trace:
        asyncio.run(main())
    assert states(trace, "steps") == [READY, RUNNING, READY, RUNNING, WAITING, READY, RUNNING]
    assert {span.reason for span in trace.lane("steps") if span.state is READY} == {"event loop"}


def seconds():
    """The time since the recording began, as in its spans."""
    return (time.perf_counter_ns() - recorder.on.start) / 1e9


def test_a_task_is_ready_from_the_moment_its_future_is_done():
    seen = []

    async def waiter(event):
        await event.wait()

    async def main():
        event = asyncio.Event()
        task = asyncio.create_task(waiter(event))
        await asyncio.sleep(0)
        seen.append(seconds())
        event.set()
        seen.append(seconds())
        await task

    with record() as trace:
        asyncio.run(main())
    waiting, ready, _ = trace.lane("waiter")[-3:]
    assert (waiting.state, ready.state) == (WAITING, READY)
    assert waiting.start < seen[0] < waiting.end == ready.start < seen[1] < ready.end


def test_a_task_is_ready_from_when_its_timer_was_due():
    seen = []

    async def sleeper():
        seen.append(seconds())
        await asyncio.sleep(0.02)

    async def main():
        task = asyncio.create_task(sleeper())
        await asyncio.sleep(0)
        while seconds() < seen[0] + 0.03:
            pass
        seen.append(seconds())
        await task

    with record() as trace:
        asyncio.run(main())
    waiting, ready, _ = trace.lane("sleeper")[-3:]
    assert (waiting.state, ready.state) == (WAITING, READY)
    assert seen[0] + 0.02 <= waiting.end == ready.start < seen[1] < ready.end


def test_tasks_have_the_name_they_were_given_or_that_of_their_coroutine():
    async def boil():
        pass

    async def main():
        async with asyncio.TaskGroup() as group:
            group.create_task(boil(), name="kettle")
            group.create_task(boil())
            group.create_task(boil())

    with record() as trace:
        asyncio.run(main())
    assert trace.tasks == ("main", "kettle", "boil 0", "boil 1")


def test_an_asyncio_task_made_of_a_decorated_coroutine_is_one_task():
    @task(name="fetch {url}")
    async def fetch(url):
        await asyncio.sleep(0)

    async def main():
        await asyncio.gather(fetch("a"), fetch("b"))
        await asyncio.create_task(fetch("c"), name="given")

    with record() as trace:
        asyncio.run(main())
    assert trace.tasks == ("main", "fetch a", "fetch b", "given")
    assert trace.peak_parallelism == 1


def test_awaiting_a_decorated_coroutine_is_waiting_for_a_second_task():
    @task
    async def inner():
        await asyncio.sleep(0)

    async def main():
        await inner()

    with record() as trace:
        asyncio.run(main())
    assert trace.tasks == ("main", "inner")
    assert trace.peak_concurrency == 2
    assert trace.peak_parallelism == 1


def test_what_was_begun_before_the_block_takes_part_from_where_it_is_seen_and_the_block_itself_does_not():
    async def ticks(stop):
        while not stop.is_set():
            await asyncio.create_task(asyncio.sleep(0), name="tick")

    async def main():
        stop = asyncio.Event()
        ticker = asyncio.create_task(ticks(stop), name="ticker")
        await asyncio.sleep(0)
        async with record() as trace:
            await asyncio.create_task(asyncio.sleep(0.001), name="inside")
            stop.set()
            await ticker
            await asyncio.create_task(asyncio.sleep(0.001), name="after")
        return trace

    trace = asyncio.run(main())
    assert {name.partition(" ")[0] for name in trace.tasks} == {"inside", "ticker", "tick", "after"}
    assert trace.lane("ticker")[0].state in (READY, RUNNING)
    assert trace.lane("ticker")[-1].state is RUNNING
    assert trace.lane("ticker")[-1].end < trace.duration


def test_loops_of_other_threads_that_begin_inside_are_recorded():
    async def there():
        await asyncio.sleep(0)

    with record() as trace:
        thread = threading.Thread(target=lambda: asyncio.run(there()))
        thread.start()
        thread.join()
    assert trace.tasks == ("there",)
    assert trace.workers == ("thread 1",)


def test_a_task_that_cannot_be_created_is_not_in_the_trace():
    def refuse(loop, coro, **options):
        coro.close()
        raise RuntimeError("no more tasks")

    async def main():
        asyncio.get_running_loop().set_task_factory(refuse)
        with pytest.raises(RuntimeError, match="no more tasks"):
            await asyncio.create_task(asyncio.sleep(0), name="refused")
        with pytest.raises(TypeError, match="a coroutine was expected"):
            asyncio.get_running_loop().set_task_factory(None)
            await asyncio.create_task(42)

    with record() as trace:
        asyncio.run(main())
    assert RUNNING not in [span.state for span in trace.spans if span.task == "refused"]


def test_a_task_that_nobody_keeps_is_garbage_as_without_a_recording():
    async def forgotten():
        await asyncio.get_running_loop().create_future()

    async def main():
        asyncio.get_running_loop().set_exception_handler(lambda loop, context: None)  # "it is pending"
        task = weakref.ref(asyncio.create_task(forgotten()))
        await asyncio.sleep(0)
        gc.collect()
        return task()

    with record() as trace:
        assert asyncio.run(main()) is None
    assert "forgotten" in trace.tasks


def test_a_task_that_outlives_the_recording_goes_on():
    async def main():
        event = asyncio.Event()
        async with record() as trace:
            task = asyncio.create_task(event.wait(), name="patient")
            await asyncio.sleep(0)
        event.set()
        return trace, await task

    trace, result = asyncio.run(main())
    assert result is True
    assert states(trace, "patient")[-1] is WAITING
    assert trace.lane("patient")[-1].end <= trace.duration


def test_a_task_says_whether_it_waits_for_a_timer_a_lock_or_another_task():
    async def main():
        lock = asyncio.Lock()

        async def holds():
            async with lock:
                await asyncio.sleep(1)

        async with asyncio.TaskGroup() as group:
            group.create_task(holds(), name="first")
            group.create_task(holds(), name="second")

    trace = simulate(main())
    waits = [(s.task, s.start, s.end, s.reason) for s in trace.spans if s.state is State.WAITING]
    assert waits == [
        ("main", 0, 2, "another task"),
        ("first", 0, 1, "timer"),
        ("second", 0, 1, "lock"),
        ("second", 1, 2, "timer"),
    ]


def test_what_somebody_else_put_there_before_is_called_and_put_back(monkeypatch):
    called = []

    def call_soon(loop, callback, *args, context=None):
        called.append("theirs")
        return plain(loop, callback, *args, context=context)

    plain = Loop.call_soon
    monkeypatch.setattr(Loop, "call_soon", call_soon)
    with record() as trace:
        asyncio.run(asyncio.sleep(0))
    assert called
    assert Loop.call_soon is call_soon
    assert trace.tasks


def test_what_somebody_else_puts_there_meanwhile_stays_and_the_next_recording_sees_each_task_once(monkeypatch):
    plain = Loop.create_task
    with record():
        ours = Loop.create_task
        theirs = lambda loop, coro, **options: ours(loop, coro, **options)  # noqa: E731
        Loop.create_task = theirs
    try:
        assert Loop.create_task is theirs
        asyncio.run(asyncio.sleep(0))
        with record() as trace:
            asyncio.run(asyncio.sleep(0))
        assert Loop.create_task is theirs
        assert trace.tasks == ("sleep",)
    finally:
        Loop.create_task = plain


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork on this platform")
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_a_fork_leaves_the_patches_of_others_alone(monkeypatch):
    theirs = Loop.call_soon

    def call_soon(loop, callback, *args, context=None):
        return theirs(loop, callback, *args, context=context)

    monkeypatch.setattr(Loop, "call_soon", call_soon)
    child = os.fork()
    if child == 0:
        os._exit(0 if Loop.call_soon is call_soon else 1)
    assert os.waitpid(child, 0)[1] == 0
    with record():
        child = os.fork()
        if child == 0:
            os._exit(0 if Loop.call_soon is call_soon else 1)
        assert os.waitpid(child, 0)[1] == 0


class BareTask(asyncio.Future):
    """A task of another kind, as in CPython's own tests: it does not tell its name."""

    def __init__(self, coro, loop):
        super().__init__(loop=loop)
        loop.call_soon(self.step, coro)

    def set_name(self, name):
        """Python 3.13.0 calls this without asking."""

    def step(self, coro):
        try:
            coro.send(None)
        except StopIteration as stop:
            self.set_result(stop.value)


def test_a_task_without_a_name_is_recorded_by_that_of_its_coroutine():
    async def seven():
        return 7

    async def main():
        loop = asyncio.get_running_loop()
        loop.set_task_factory(lambda loop, coro, **_: BareTask(coro, loop))
        return await loop.create_task(seven())

    with record() as trace:
        assert asyncio.run(main()) == 7
    assert trace.tasks == ("main", "seven")


@pytest.mark.parametrize("seconds", [math.inf, 10**12])
def test_a_task_may_sleep_for_ever(seconds):
    async def main():
        sleeper = asyncio.create_task(asyncio.sleep(seconds), name="sleeper")
        await asyncio.sleep(0)
        sleeper.cancel()
        await asyncio.wait([sleeper])

    with record() as trace:
        asyncio.run(main())
    assert states(trace, "sleeper") == [READY, RUNNING, WAITING, READY, RUNNING]


def test_an_event_loop_that_the_program_drops_is_garbage_while_the_recording_is_on():
    async def main():
        await asyncio.sleep(0.001)

    loop = asyncio.new_event_loop()
    with record():
        loop.run_until_complete(main())
        loop.close()
        dropped = weakref.ref(loop)
        del loop
        gc.collect()
        assert dropped() is None
