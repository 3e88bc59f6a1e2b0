import asyncio
import contextlib
import contextvars
import gc
import inspect
import math
import multiprocessing
import os
import socket
import subprocess
import sys
import sysconfig
import threading
import time
import weakref
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from typing import Any

import pytest

import taketurns
from taketurns import State, compute, record, simulate, task, waiting
from taketurns.recording import of_asyncio, recorder

#: The folder of the library.
OURS = os.path.dirname(taketurns.__file__) + os.sep

RUNNING, READY, WAITING, _ = State
Loop = asyncio.BaseEventLoop


def state_on_loop(span):
    """The state of a span as the event loop has it: what the machine does in the middle of a step does not count."""
    is_marked = span.state is RUNNING or span.reason == "event loop" or (span.state is WAITING and span.reason)
    return span.state if is_marked else RUNNING


def states(trace, name):
    all_states = [state_on_loop(span) for span in trace.lane(name)]
    return [
        now for before, now in zip([None, *all_states], all_states, strict=False) if (before, now) != (RUNNING,) * 2
    ]


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
    waits = {span.reason for span in trace.lane("steps") if span.state is READY}
    assert waits - {"core"} == {"event loop"}  # a busy machine may have taken its core


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
    waiting, ready, _ = trace.lane("waiter(Event)")[-3:]
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
        assert trace.tasks == ("sleep(0, None)",)
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


# Nothing but its tasks is seen of a program: it runs as without a recording.


def test_coroutines_stay_coroutines():
    async def leaf():
        await asyncio.sleep(0.001)

    async def look():
        task = asyncio.create_task(leaf())
        await asyncio.sleep(0)
        coro = task.get_coro()
        seen = inspect.iscoroutine(coro), coro.cr_code.co_name, type(coro.cr_await), len(task.get_stack())
        await task
        return seen

    plain = asyncio.run(look())
    with record():
        assert asyncio.run(look()) == plain
    assert plain[0] is True


@pytest.mark.parametrize("factory", factories)
def test_debug_mode_names_the_line_of_the_program_that_created_something(factory):
    async def leaf():
        await asyncio.sleep(0.001)

    async def look():
        loop = asyncio.get_running_loop()
        loop.set_task_factory(factory)
        made = [
            loop.create_task(leaf()),
            loop.call_soon(int),
            loop.call_later(9, int),
            loop.create_future(),
        ]
        made[2].cancel()
        await made[0]
        return [[line.filename for line in one._source_traceback if line.filename != __file__] for one in made[:2]], [
            one._source_traceback[-1].filename for one in made[1:]
        ]

    plain = asyncio.run(look(), debug=True)
    with record():
        files, innermost = asyncio.run(look(), debug=True)
    assert not any(file.startswith(OURS) for stack in files for file in stack)
    assert innermost == plain[1]
    assert innermost[:2] == [__file__] * 2


@pytest.mark.parametrize("error", [KeyboardInterrupt, SystemExit])
@pytest.mark.parametrize("how", ["step", "callback", "timer"])
def test_an_error_that_leaves_the_loop_has_no_frame_of_ours(error, how):
    def fail():
        raise error

    async def main():
        loop = asyncio.get_running_loop()
        if how == "step":
            await asyncio.sleep(0)
            fail()
        loop.call_soon(fail) if how == "callback" else loop.call_later(0, fail)
        await asyncio.sleep(9)

    loop = asyncio.new_event_loop()
    with record(), contextlib.closing(loop):
        task = loop.create_task(main())
        with pytest.raises(error) as caught:
            loop.run_until_complete(task)
        if task.cancel():
            with pytest.raises(asyncio.CancelledError):
                loop.run_until_complete(task)
    files = [str(entry.path) for entry in caught.traceback]
    assert not [file for file in files if file.startswith(OURS)]
    assert files[-1] == __file__


def test_a_call_that_the_loop_refuses_shows_no_frame_of_ours():
    async def main():
        loop = asyncio.get_running_loop()
        with pytest.raises(TypeError, match="a callable object was expected") as caught:
            loop.call_soon("this")
        with pytest.raises(TypeError, match="a coroutine was expected") as refused:
            await loop.create_task(42)
        return [str(entry.path) for entry in (*caught.traceback, *refused.traceback)]

    with record():
        assert of_asyncio.__file__ not in asyncio.run(main(), debug=True)


def test_looking_at_tasks_runs_none_of_the_programs_code():
    ran = []

    class Watched(asyncio.tasks._PyTask):
        def __eq__(self, other):
            ran.append("eq")
            return self is other

        def __getattr__(self, name):
            ran.append(name)
            raise AttributeError(name)

        def get_coro(self):
            ran.append("get_coro")

        def done(self):
            ran.append("done")
            return super().done()

        __hash__ = asyncio.tasks._PyTask.__hash__

    class Awaitable:
        def __getattr__(self, name):
            ran.append(name)
            raise AttributeError(name)

        def __await__(self):
            yield from asyncio.sleep(0.001).__await__()

    class Callback:
        def __call__(self):
            pass

        def __getattr__(self, name):
            ran.append(name)
            raise AttributeError(name)

    async def child():
        await Awaitable()

    async def main():
        loop = asyncio.get_running_loop()
        task = Watched(child(), loop=loop)
        loop.call_soon(Callback())
        while task._state == "PENDING":
            await asyncio.sleep(0.001)

    asyncio.run(main())
    plain = sorted(ran)
    ran.clear()
    with record() as trace:
        asyncio.run(main())
    assert "child" in trace.tasks
    assert set(ran) == set(plain)


def test_what_a_task_held_is_free_when_it_is_done_while_the_recording_is_on():
    class Page:
        pass

    async def read(page):
        await asyncio.sleep(0.001)

    async def main():
        page = Page()
        gone = weakref.ref(page)
        task = asyncio.create_task(read(page))
        del page
        await task
        del task
        await asyncio.sleep(0)
        return gone()

    with record():
        assert asyncio.run(main()) is None


# What a task waits for, and where


async def for_lock(ready):
    lock = asyncio.Lock()
    await lock.acquire()
    ready(lock.release)
    async with lock:
        pass


async def for_semaphore(ready):
    semaphore = asyncio.Semaphore(0)
    ready(semaphore.release)
    async with semaphore:
        pass


async def for_event(ready):
    event = asyncio.Event()
    ready(event.set)
    await event.wait()


async def for_condition(ready):
    condition = asyncio.Condition()

    async def notify():
        async with condition:
            condition.notify()

    ready(lambda: ready.tasks.append(asyncio.create_task(notify(), name="other")))
    async with condition:
        await condition.wait()


async def for_queue(ready):
    queue = asyncio.Queue()
    ready(lambda: queue.put_nowait(1))
    await queue.get()


async def for_future(ready):
    future = asyncio.get_running_loop().create_future()
    ready(lambda: future.set_result(1))
    await future


async def for_timer(ready):
    await asyncio.sleep(0.001)


async def for_timer_in_another_class(ready):
    class Nap:
        def __await__(self):
            return asyncio.sleep(0.001).__await__()

    await Nap()


async def for_timer_in_a_generator(ready):
    async def naps():
        await asyncio.sleep(0.001)
        yield

    async for _ in naps():
        pass


def other():
    return asyncio.create_task(asyncio.sleep(0.001), name="other")


async def for_task(ready):
    await other()


async def for_gather(ready):
    await asyncio.gather(other(), other())


async def for_shield(ready):
    await asyncio.shield(other())


async def for_wait(ready):
    await asyncio.wait([other()])


async def for_as_completed(ready):
    for one in asyncio.as_completed([other()]):
        await one


async def for_group(ready):
    async with asyncio.TaskGroup() as group:
        group.create_task(asyncio.sleep(0.001), name="other")


async def for_thread(ready):
    gate = threading.Event()
    ready(gate.set)
    await asyncio.to_thread(gate.wait)


async def for_executor(ready):
    gate = threading.Event()
    ready(gate.set)
    await asyncio.get_running_loop().run_in_executor(None, gate.wait)


async def for_socket(ready):
    one, two = socket.socketpair()
    one.setblocking(False)
    with one, two:
        ready(lambda: two.send(b"x"))
        await asyncio.get_running_loop().sock_recv(one, 1)


async def for_stream(ready):
    one, two = socket.socketpair()
    with two:
        reader, writer = await asyncio.open_connection(sock=one)
        ready(lambda: two.send(b"x"))
        await reader.read(1)
        writer.close()


async def for_child(ready):
    child = await asyncio.create_subprocess_exec(sys.executable, "-c", "input()", stdin=subprocess.PIPE)
    ready(child.stdin.close)
    await child.wait()


KINDS = {
    for_lock: "lock",
    for_semaphore: "semaphore",
    for_event: "event",
    for_condition: "condition",
    for_queue: "queue",
    for_future: "future",
    for_timer: "timer",
    for_timer_in_another_class: "timer",
    for_timer_in_a_generator: "timer",
    for_task: "another task",
    for_gather: "another task",
    for_shield: "another task",
    for_wait: "another task",
    for_as_completed: "another task",
    for_group: "another task",
    for_thread: "thread",
    for_executor: "thread",
    for_socket: "socket",
    for_stream: "stream",
    for_child: "child process",
}


class WhenItWaits:
    """Calls something when the task that asks for it has come to its wait."""

    def __init__(self):
        self.tasks = []

    def __call__(self, function):
        asyncio.get_running_loop().call_later(0.002, function)


def waits(name, mine):
    """The waits of a task as its worker wrote them: for what, in which function and line."""
    numbers = {number for number, called in mine.names.items() if called.partition("(")[0] == name}
    events = sorted(
        (event for worker in mine.workers for event in worker.events), key=lambda event: event[4] or event[0]
    )
    return [
        (reason, place and place[0].co_name)
        for _, number, state, reason, _, place in (event[:6] for event in events)
        if number in numbers and state == WAITING
    ]


@pytest.mark.parametrize(("program", "kind"), KINDS.items(), ids=[program.__name__ for program in KINDS])
def test_a_wait_says_for_what_and_where(program, kind):
    with record():
        mine = recorder.on
        asyncio.run(program(WhenItWaits()))
    inner = "naps" if "generator" in program.__name__ else None  # what gives another's `__await__` has no frame
    assert (kind, inner or program.__name__) in waits(program.__name__, mine)


def test_a_call_in_a_child_process_is_not_taken_for_a_thread():
    async def main():
        with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as pool:
            await asyncio.get_running_loop().run_in_executor(pool, os.getpid)

    with record():
        mine = recorder.on
        asyncio.run(main())
    assert ("child process", "main") in waits("main", mine)


def test_a_timeout_that_is_due_makes_ready_whom_it_ends():
    async def main():
        asyncio.get_running_loop().call_later(0.001, time.sleep, 0.03)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(0.01):
                await asyncio.Event().wait()

    with record() as trace:
        asyncio.run(main())
    waiting, ready, _ = trace.lane("main")[-3:]
    assert (waiting.state, waiting.reason, ready.state) == (WAITING, "event", READY)
    assert waiting.end - waiting.start < 0.03 <= ready.end - waiting.start


def test_a_lane_inside_of_a_task_is_ready_when_its_timer_was_due():
    @task
    async def inner():
        await asyncio.sleep(0.01)

    async def main():
        asyncio.get_running_loop().call_later(0.001, time.sleep, 0.03)
        await inner()

    with record() as trace:
        asyncio.run(main())
    waiting, ready, _ = trace.lane("inner")[-3:]
    assert (waiting.state, waiting.reason, ready.state) == (WAITING, "timer", READY)
    assert waiting.end - waiting.start < 0.03 <= ready.end - waiting.start
    assert "another task" in {span.reason for span in trace.lane("main")}


# Which tasks there are


def test_a_task_that_another_thread_hands_over_is_recorded_on_the_thread_of_its_loop():
    async def handed():
        await asyncio.sleep(0.001)

    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()  # before the block: what is in it knows nothing of the recording
    try:
        with record() as trace, ThreadPoolExecutor(1) as pool:
            pool.submit(lambda: asyncio.run_coroutine_threadsafe(handed(), loop).result()).result()
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()
    assert "handed" in trace.tasks
    assert len({span.worker for span in trace.lane("handed")}) == 1
    assert "main thread" not in {span.worker for span in trace.lane("handed")}


def test_a_task_that_no_method_of_the_loop_created_is_recorded():
    async def child():
        await asyncio.sleep(0)

    async def main():
        await asyncio.Task(child(), loop=asyncio.get_running_loop(), name="by hand")

    with record() as trace:
        asyncio.run(main())
    assert states(trace, "by hand") == [READY, RUNNING, READY, RUNNING]


def test_to_cancel_a_task_from_a_callback_is_no_step_of_it():
    async def main():
        child = asyncio.create_task(asyncio.sleep(9), name="child")
        await asyncio.sleep(0)
        asyncio.get_running_loop().call_soon(child.cancel)
        await asyncio.wait([child])

    with record() as trace:
        asyncio.run(main())
    assert states(trace, "child") == [READY, RUNNING, WAITING, READY, RUNNING]


@pytest.mark.parametrize(
    ("package", "is_there"), [("ipykernel", False), ("tornado", False), ("distributed", False), ("pages", True)]
)
def test_the_tasks_of_a_notebooks_kernel_and_of_a_cluster_are_not_those_of_the_program(package, is_there):
    names = {"__name__": f"{package}.inside", "asyncio": asyncio}
    exec("async def serve():\n    while True:\n        await asyncio.sleep(0)", names)

    async def main():
        begun = asyncio.create_task(names["serve"](), name="serve")
        await asyncio.sleep(0)
        async with record() as trace:
            await asyncio.create_task(asyncio.sleep(0.001), name="inside")
        begun.cancel()
        return trace

    assert ("serve" in asyncio.run(main()).tasks) is is_there


def test_what_a_program_does_with_a_library_of_the_kernel_is_its_own():
    names = {"__name__": "tornado.inside", "asyncio": asyncio}
    exec("async def fetch():\n    await asyncio.sleep(0)", names)

    async def main():
        async with record() as trace:
            await asyncio.create_task(names["fetch"]())
        return trace

    assert asyncio.run(main()).tasks == ("fetch",)


def test_what_asyncio_does_by_itself_is_no_task():
    async def main():
        await asyncio.to_thread(int)
        child = await asyncio.create_subprocess_exec(sys.executable, "-c", "", stdout=subprocess.PIPE)
        await child.communicate()

    with record() as trace:
        asyncio.run(main())
    assert [name for name in trace.tasks if name.startswith(("_", "shutdown"))] == []


def test_a_task_that_is_dropped_in_the_middle_ends_there():
    async def forgotten():
        await asyncio.get_running_loop().create_future()

    async def main():
        asyncio.get_running_loop().set_exception_handler(lambda loop, context: None)  # "it is pending"
        kept = [asyncio.create_task(forgotten())]
        await asyncio.sleep(0)
        kept.clear()
        gc.collect()
        await asyncio.create_task(asyncio.sleep(0.001), name="later")

    with record() as trace:
        asyncio.run(main())
    assert trace.lane("forgotten")[-1].end < trace.lane("later")[-1].end


def test_the_recording_knows_which_tasks_are_steps_on_an_event_loop():
    @task
    def plain():
        pass

    async def main():
        await asyncio.create_task(asyncio.sleep(0), name="child")

    with record():
        mine = recorder.on
        asyncio.run(main())
        plain()
    assert {mine.names[number] for number in mine.on_loop} == {"main", "child"}


def test_a_name_may_be_given_late():
    async def child():
        asyncio.current_task().set_name("given late")

    async def main():
        await asyncio.create_task(child())

    with record() as trace:
        asyncio.run(main())
    assert trace.tasks == ("main", "given late")


# Tasks whose first step runs while they are created


def at_once(loop, coro, **options):
    return asyncio.Task(coro, loop=loop, eager_start=True, **options)


@pytest.mark.skipif(sys.version_info < (3, 12), reason="tasks are not eager before Python 3.12")
@pytest.mark.parametrize("own", [False, True])
def test_the_first_step_of_an_eager_task_is_its_own_and_its_creator_waits_meanwhile(own):
    kept, seen = [], []

    async def leaf():
        seen.append(("leaf", seconds()))

    async def child():
        seen.append(("child", seconds()))
        kept.append(asyncio.create_task(leaf()))
        seen.append(("child", seconds()))
        await asyncio.sleep(0)
        seen.append(("child", seconds()))

    async def main():
        asyncio.get_running_loop().set_task_factory(at_once if own else asyncio.eager_task_factory)
        seen.append(("main", seconds()))
        await asyncio.create_task(child())

    with record() as trace:
        asyncio.run(main())
    assert [name for name, _ in seen] == ["main", "child", "leaf", "child", "child"]
    for name, moment in seen:
        others = {"main", "child", "leaf"} - {name}
        assert name in running(trace, moment)
        assert not any(span.state is RUNNING for other in others for span in trace.lane(other) if within(span, moment))
    assert READY not in states(trace, "leaf")


def within(span, moment):
    return span.start <= moment < span.end


def running(trace, moment):
    return [span.task for span in trace.spans if state_on_loop(span) is RUNNING and within(span, moment)]


@pytest.mark.skipif(sys.version_info < (3, 14), reason="a single task is not eager before Python 3.14")
def test_a_single_task_may_be_eager():
    async def child():
        await asyncio.sleep(0.001)

    async def main():
        await asyncio.create_task(child(), eager_start=True)

    with record() as trace:
        asyncio.run(main())
    assert states(trace, "child") == [RUNNING, WAITING, READY, RUNNING]


def test_a_factory_of_tasks_that_are_not_eager_does_not_cut_the_step_that_creates_one():
    async def child():
        await asyncio.sleep(0)

    async def main():
        loop = asyncio.get_running_loop()
        loop.set_task_factory(lambda loop, coro, **options: asyncio.Task(coro, loop=loop, **options))
        await asyncio.create_task(child())

    with record() as trace:
        asyncio.run(main())
    assert states(trace, "main") == [READY, RUNNING, WAITING, READY, RUNNING]
    assert states(trace, "child") == [READY, RUNNING, READY, RUNNING]


async def naps_in_its_step():
    time.sleep(0.02)
    await asyncio.sleep(0)


async def waits_in_its_step():
    with waiting("a reply"):
        time.sleep(0.02)
    await asyncio.sleep(0)


async def computes():
    compute(0.02)


async def gives_way():
    for _ in range(500):
        await asyncio.sleep(0)


@pytest.mark.parametrize("step", [naps_in_its_step, waits_in_its_step, computes, gives_way])
def test_what_a_loop_does_while_the_block_is_suspended_is_not_the_blocks(step):
    async def main():
        async with record() as trace, asyncio.TaskGroup() as group:
            for _ in range(4):
                group.create_task(step())
        return trace

    assert "the block" not in asyncio.run(main()).tasks


def test_a_block_that_starts_many_tasks_is_no_task_for_that():
    async def main():
        async with record() as trace, asyncio.TaskGroup() as group:
            for _ in range(2000):
                group.create_task(asyncio.sleep(0))
        return trace

    assert "the block" not in asyncio.run(main()).tasks


def test_the_place_of_a_wait_is_in_the_learners_own_code_and_not_in_a_package() -> None:
    package: dict[str, Any] = {"asyncio": asyncio, "__name__": "client"}
    path = f"{sysconfig.get_path('purelib')}/client.py"
    exec(compile("async def get():\n    await asyncio.sleep(1)\n", path, "exec"), package)
    get = package["get"]

    async def fetch() -> None:
        await get()

    waits = [span for span in simulate(fetch()).spans if span.state is State.WAITING]
    assert [str(span.where and span.where.expression) for span in waits] == ["await get()"]
    assert [span.reason for span in waits] == ["timer"]
