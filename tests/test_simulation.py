import asyncio
import contextlib
import gc
import itertools
import socket
import sys
import threading

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lanes import contained, without_block

from taketurns import State, compute, record, simulate, simulation, wait
from taketurns.recording import block, recorder

RUNNING, READY, WAITING, _ = State


async def nap(seconds):
    await asyncio.sleep(seconds)
    return seconds


# Time


def test_twelve_hours_are_exact():
    async def day():
        for _ in range(24):
            await asyncio.sleep(1800)
        return asyncio.get_running_loop().time()

    trace = simulate(day())
    assert (trace.duration, trace.result) == (43_200, 43_200)
    assert trace.origin["clock"] == "simulated"
    assert trace.label == "day"


@given(st.lists(st.lists(st.integers(1, 5000).map(lambda n: n / 1000), max_size=5), min_size=1, max_size=5))
def test_the_duration_is_the_arithmetic_one(program):
    async def perform(sleeps):
        for seconds in sleeps:
            await asyncio.sleep(seconds)

    async def main():
        async with asyncio.TaskGroup() as group:
            for sleeps in program:
                group.create_task(perform(sleeps))

    longest = max(sum(round(seconds * 1e9) for seconds in sleeps) for sleeps in program)
    assert round(simulate(main()).duration * 1e9) == longest


@given(st.lists(st.integers(1, 5), min_size=1, max_size=5))
def test_who_computes_lets_nobody_else_run(times):
    async def work(seconds):
        compute(seconds)

    async def main():
        async with asyncio.TaskGroup() as group:
            for seconds in times:
                group.create_task(work(seconds))

    trace = simulate(main())
    assert trace.duration == sum(times)
    assert trace.peak_parallelism == 1


def test_a_blocking_wait_keeps_the_loop_and_a_sleep_does_not():
    async def block():
        wait(3)

    async def main():
        async with asyncio.TaskGroup() as group:
            group.create_task(nap(1), name="nap")
            group.create_task(block(), name="block")

    trace = simulate(main())
    assert [(span.state, span.start, span.end) for span in trace.lane("nap")] == [
        (RUNNING, 0, 0),
        (WAITING, 0, 1),
        (READY, 1, 3),
        (RUNNING, 3, 3),
    ]


def test_a_timeout_comes_in_time():
    async def main():
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(2.5):
                await asyncio.sleep(3600)
        return asyncio.get_running_loop().time()

    assert simulate(main()).result == 2.5


# Order: programs of turns, a queue and a lock run the same on a loop that lives in real time.

verbs = st.sampled_from(["turn", "put", "get", "lock"])
programs = st.lists(st.lists(verbs, max_size=5), min_size=1, max_size=4)


async def perform(program, events):
    """Run a program, with a task that puts an item for everybody who gets one."""
    queue, lock = asyncio.Queue(), asyncio.Lock()

    async def one(name, steps):
        for number, verb in enumerate(steps):
            if verb == "turn":
                await asyncio.sleep(0)
            elif verb == "put":
                await queue.put((name, number))
            elif verb == "get":
                events.append(("got", name, await queue.get()))
            else:
                async with lock:
                    events.append(("in", name))
                    await asyncio.sleep(0)
                    await asyncio.sleep(0)
            events.append((name, number, verb))

    tasks = [asyncio.create_task(one(name, steps)) for name, steps in enumerate(program)]

    async def supply():
        for number in range(sum(steps.count("get") for steps in program)):
            await queue.put(("supply", number))
            await asyncio.sleep(0)

    await asyncio.gather(*tasks, supply())


@given(programs)
def test_the_order_of_events_is_that_of_the_real_loop(program):
    simulated, real = [], []
    simulate(perform(program, simulated))
    with asyncio.Runner() as runner:
        runner.run(perform(program, real))
    assert simulated == real


# What cannot be


def test_a_program_that_can_never_go_on_is_told_who_waits_where():
    async def consumer(queue):
        await queue.get()

    async def main():
        async with asyncio.TaskGroup() as group:
            group.create_task(consumer(asyncio.Queue()))
            group.create_task(asyncio.Event().wait(), name="gate")

    said = r"nobody can go on: consumer waits in Queue.get, gate waits in Event.wait, main waits in TaskGroup\._+aexit"
    with pytest.raises(RuntimeError, match=said) as caught:
        simulate(main())
    assert "consumer(Queue)" in caught.value.trace.tasks


async def thread():
    await asyncio.to_thread(print)


async def connection():
    await asyncio.open_connection("127.0.0.1", 9)


async def process():
    await asyncio.create_subprocess_exec("true")


async def reader():
    asyncio.get_running_loop().add_reader(0, print)


async def name():
    await asyncio.get_running_loop().getaddrinfo("localhost", 80)


async def plain_socket():
    with socket.socket() as one:
        await asyncio.get_running_loop().sock_recv(one, 1)


@pytest.mark.parametrize("program", [thread, connection, process, reader, name, plain_socket])
def test_what_lives_in_real_time_is_refused(program):
    with pytest.raises(RuntimeError, match="which live in real time, and here time is simulated"):
        simulate(program())
    assert simulate(nap(1)).result == 1


def test_an_error_is_raised_with_the_trace_so_far():
    async def main():
        await asyncio.sleep(2)
        raise LookupError("no such page")

    with pytest.raises(LookupError, match="no such page") as caught:
        simulate(main())
    assert caught.value.trace.duration == 2
    assert caught.value.trace.cut_short == "LookupError: no such page"


@pytest.mark.parametrize("given_value", [nap, 5, None])
def test_it_takes_a_coroutine(given_value):
    with pytest.raises(TypeError, match=r"simulate\(\) runs a coroutine"):
        simulate(given_value)


def test_a_function_that_was_not_called_is_told_so():
    with pytest.raises(TypeError, match=r"call it: simulate\(nap\(\)\)"):
        simulate(nap)


def test_inside_a_recording_it_is_refused_and_the_coroutine_is_closed():
    with record(), pytest.raises(RuntimeError, match="a recording is on already"):
        simulate(nap(1))


# Where an event loop is running, as in a notebook


def test_it_works_where_an_event_loop_is_running():
    async def cell():
        return simulate(nap(3600)), threading.active_count()

    before = threading.active_count()
    trace, threads = asyncio.run(cell())
    assert (trace.result, trace.duration, threads) == (3600, 3600, before)
    assert trace.workers == ("main thread",)


async def naps_for_ever(begun, ended):
    try:
        while True:
            begun.set()
            await asyncio.sleep(1)
    finally:
        ended.set()


async def never_gives_up_control(begun, ended):
    try:
        while True:
            begun.set()
    finally:
        ended.set()


async def has_such_a_child(begun, ended):
    async with asyncio.TaskGroup() as group:
        group.create_task(never_gives_up_control(begun, ended))


@pytest.mark.parametrize("program", [naps_for_ever, never_gives_up_control, has_such_a_child])
def test_an_interrupt_reaches_it_there(program, monkeypatch, caplog):
    begun, ended = threading.Event(), threading.Event()

    join, interrupts = threading.Thread.join, iter([KeyboardInterrupt()])

    def interrupted_once(thread, timeout=None):
        if thread.name == "simulated time":
            for interrupt in interrupts:
                begun.wait()
                raise interrupt
        join(thread, timeout)

    monkeypatch.setattr(threading.Thread, "join", interrupted_once)

    async def cell():
        simulate(program(begun, ended))

    with pytest.raises(KeyboardInterrupt) as caught:
        asyncio.run(cell())
    assert ended.is_set()
    assert caught.value.trace.tasks
    assert caught.value.trace.cut_short == "KeyboardInterrupt"
    gc.collect()
    assert caplog.messages == []
    assert simulate(nap(1)).result == 1


def interrupted_at(line, program):
    """Simulate a program, interrupted after so many lines of ours; return the interrupt, and whether it came.

    Not in those that make the simulation, and that hand its error on: Python looks for an interrupt at calls and loops.
    """
    files, left = (simulation.__file__, block.__file__, recorder.__file__), [None] * line

    def trace(frame, event, _):
        if event == "line" and not left:
            sys.settrace(None)
            raise KeyboardInterrupt
        if event == "line":
            left.pop()
        code = frame.f_code
        return trace if code.co_filename in files and code.co_name not in ("simulate", "__init__") else None

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        simulate(program())
    except KeyboardInterrupt as error:
        return error, True
    finally:
        sys.settrace(before)
    return None, not left


def test_an_interrupt_at_any_line_leaves_a_trace_and_the_next_recording_begins(monkeypatch):
    monkeypatch.setattr(sys, "unraisablehook", lambda _: None)  # what asyncio could not close

    async def program():
        async with asyncio.TaskGroup() as group:
            group.create_task(nap(1))

    simulate(program())
    for line in itertools.count(0, 5):  # each of the next recordings starts a helper, which takes long
        error, came = contained(interrupted_at, line, program)
        with record("next") as trace:
            pass
        assert without_block(trace).spans == ()
        if error:
            assert (error.trace.label, error.trace.is_on) == ("program", False)
        if not came:
            break
    error = None
    gc.collect()
    assert line > 200
