"""Tasks of trio are lanes: by an instrument, in runs that the program itself begins.

Trio takes those that are ready in an order that it throws dice for. So nothing here depends on that.
"""

import math
import subprocess
import sys
import threading
import time
from itertools import pairwise

import pytest
from lanes import course, without_block

from taketurns import State, record, task, wait

trio = pytest.importorskip("trio")

from trio.testing import MockClock  # noqa: E402

RUNNING, READY, WAITING, _ = State
IN_TURN = (READY, "event loop")


async def job(number):
    await trio.sleep(1)
    return number


async def three():
    async with trio.open_nursery() as nursery:
        for number in range(3):
            nursery.start_soon(job, number)


def recorded(main, *args, **options):
    """Record a program in trio's own simulated time: it jumps where all wait."""
    with record() as trace:
        trio.run(main, *args, clock=MockClock(autojump_threshold=0), **options)
    return without_block(trace)


def waits(trace, task):
    """Return for what a task waits."""
    return [reason for state, reason in course(trace, task) if state is WAITING]


def test_each_task_is_a_lane_that_is_ready_runs_and_waits():
    trace = recorded(three)
    assert sorted(trace.tasks) == ["job(0)", "job(1)", "job(2)", "three"]
    assert trace.workers == ("main thread",)
    assert trace.peak_parallelism == 1
    assert trace.peak_concurrency == 4
    for name in trace.only("job").tasks:
        assert course(trace, name) == [IN_TURN, (RUNNING, ""), (WAITING, "timer"), IN_TURN, (RUNNING, "")]
        assert all(one.end == two.start for one, two in pairwise(trace.lane(name)))
    assert course(trace, "three") == [IN_TURN, (RUNNING, ""), (WAITING, "another task"), IN_TURN, (RUNNING, "")]


def test_a_nursery_ends_after_its_tasks():
    trace = recorded(three)
    assert trace.lane("three")[-1].start >= max(trace.lane(name)[-1].end for name in trace.only("job").tasks)


def test_a_wait_has_its_place_in_real_time():
    async def sleeper():
        await trio.sleep(0.02)

    with record() as trace:
        trio.run(sleeper)
    [sleep] = [span for span in trace.lane("sleeper") if span.state is WAITING]
    assert (sleep.reason, str(sleep.where.expression)) == ("timer", "await trio.sleep(0.02)")
    assert sleep.where.line == sleeper.__code__.co_firstlineno + 1
    assert sleep.duration >= 0.01


def test_who_is_due_while_another_runs_is_ready():
    started = trio.Event()

    async def sleeper():
        started.set()
        await trio.sleep(0.02)

    async def busy():
        await started.wait()
        time.sleep(0.06)

    async def main():
        async with trio.open_nursery() as nursery:
            nursery.start_soon(sleeper)
            nursery.start_soon(busy)

    with record() as trace:
        trio.run(main)
    [slept] = [span for span in trace.lane("sleeper") if span.reason == "timer"]
    ready = trace.lane("sleeper")[trace.lane("sleeper").index(slept) + 1]
    assert (ready.state, ready.reason) == IN_TURN
    assert slept.start < slept.end < ready.end
    assert slept.end <= trace.lane("busy")[-1].end <= ready.end  # busy for three times as long as it slept


def test_the_program_names_its_tasks():
    async def main():
        async with trio.open_nursery() as nursery:
            nursery.start_soon(job, 1, name="the first")
            nursery.start_soon(job, 2, name="nul\0 and\nline")

    assert {"the first", "nul and line", "main"} == set(recorded(main).tasks)


def test_a_decorated_call_is_one_task():
    @task(name="order {number}")
    async def order(number):
        await trio.sleep(1)
        await nested(number)

    @task(name="dish {number}")
    async def nested(number):
        await trio.sleep(1)

    async def main():
        async with trio.open_nursery() as nursery:
            for number in range(2):
                nursery.start_soon(order, number)

    trace = recorded(main)
    assert set(trace.tasks) == {"main", "order 0", "order 1", "dish 0", "dish 1"}
    assert trace.peak_concurrency == 5


def test_a_channel_is_a_queue():
    async def produce(channel):
        async with channel:
            for number in range(3):
                await trio.sleep(1)
                await channel.send(number)

    async def consume(channel):
        async with channel:
            async for _ in channel:
                await trio.sleep(2)

    async def main():
        send, receive = trio.open_memory_channel(0)
        async with trio.open_nursery() as nursery:
            nursery.start_soon(produce, send, name="produce")
            nursery.start_soon(consume, receive, name="consume")

    trace = recorded(main)
    # In which order both are woken at the same time, trio throws dice for.
    assert waits(trace, "produce")[0] == "timer"
    assert waits(trace, "consume")[:2] == ["queue", "timer"]
    assert set(waits(trace, "produce") + waits(trace, "consume")) == {"queue", "timer"}


@pytest.mark.parametrize(
    ("make", "reason"),
    [
        (trio.Lock, "lock"),
        (lambda: trio.Semaphore(1), "semaphore"),
        (lambda: trio.CapacityLimiter(1), "semaphore"),
        (trio.StrictFIFOLock, "lock"),
    ],
)
def test_who_waits_for_what_another_has_says_so(make, reason):
    async def main():
        shared, held = make(), trio.Event()

        async def first():
            async with shared:
                held.set()
                await trio.sleep(1)

        async def second():
            await held.wait()
            async with shared:
                pass

        async with trio.open_nursery() as nursery:
            nursery.start_soon(first)
            nursery.start_soon(second)

    trace = recorded(main)
    assert waits(trace, "second")[-1] == reason
    assert "timer" in waits(trace, "first")


def test_who_waits_for_an_event_or_a_condition_says_so():
    async def main():
        event, condition = trio.Event(), trio.Condition()

        async def of_event():
            await event.wait()

        async def of_condition():
            async with condition:
                await condition.wait()

        async with trio.open_nursery() as nursery:
            nursery.start_soon(of_event)
            nursery.start_soon(of_condition)
            await trio.sleep(1)
            event.set()
            async with condition:
                condition.notify_all()

    trace = recorded(main)
    assert waits(trace, "of_event") == ["event"]
    assert waits(trace, "of_condition")[0] == "condition"


def test_what_is_canceled_ends_then():
    async def main():
        with trio.move_on_after(1):
            await trio.sleep_forever()
        async with trio.open_nursery() as nursery:
            nursery.start_soon(trio.sleep, math.inf, name="for ever")
            nursery.start_soon(job, 1)
            await trio.sleep(2)
            nursery.cancel_scope.cancel()

    trace = recorded(main)
    assert waits(trace, "main") == ["cancellation", "timer", "another task"]
    assert waits(trace, "for ever") == ["timer"]
    assert trace.lane("job(1)")[-1].end <= trace.lane("for ever")[-1].end
    assert trace.lane("for ever")[-1].end <= trace.lane("main")[-1].end


def test_a_child_that_fails_ends_its_siblings_and_the_error_stays_what_it_is():
    async def fails():
        await trio.sleep(1)
        raise LookupError("no such page")

    async def main():
        async with trio.open_nursery() as nursery:
            nursery.start_soon(fails)
            nursery.start_soon(trio.sleep_forever, name="for ever")

    with record() as trace:
        with pytest.raises(ExceptionGroup) as raised:
            trio.run(main, clock=MockClock(autojump_threshold=0))
    assert raised.group_contains(LookupError, match="no such page")
    trace = without_block(trace)
    assert set(trace.tasks) == {"main", "fails", "for ever"}
    assert trace.lane("fails")[-1].end <= trace.lane("for ever")[-1].end


def test_how_a_task_ended_and_who_started_it():
    async def fails():
        raise LookupError("no such page")

    async def main():
        with trio.CancelScope() as scope:
            async with trio.open_nursery() as nursery:
                nursery.start_soon(trio.sleep_forever)
                nursery.start_soon(job, 1)
                await trio.sleep(2)
                scope.cancel()
        async with trio.open_nursery() as nursery:
            nursery.start_soon(fails)

    with record() as trace:
        with pytest.raises(ExceptionGroup):
            trio.run(main, clock=MockClock(autojump_threshold=0))
    outcomes = {name: str(trace.outcome(name)) for name in without_block(trace).tasks}
    assert outcomes.pop("main").startswith("raised ExceptionGroup")
    assert outcomes == {
        "sleep_forever": "canceled",
        "job(1)": "returned",
        "fails": "raised LookupError: no such page",
    }
    assert trace.parent("job(1)") == trace.parent("fails") == "main"


def test_a_call_in_a_thread_is_a_task_and_who_made_it_waits_for_a_thread():
    async def main():
        async with trio.open_nursery() as nursery:
            for seconds in 0.02, 0.03:
                nursery.start_soon(call, seconds)

    async def call(seconds):
        await trio.to_thread.run_sync(wait, seconds)

    with record() as trace:
        trio.run(main)
    trace = without_block(trace)
    assert set(trace.tasks) == {"main", "call(0.02)", "call(0.03)", "wait(0.02)", "wait(0.03)"}
    assert len({span.worker for span in trace.only("wait").spans} - {"main thread"}) == 2
    assert waits(trace, "call(0.02)")[-1] == "thread"


def test_from_a_thread_back_into_the_loop():
    async def main():
        assert await trio.to_thread.run_sync(trio.from_thread.run, job, 5) == 5

    with record() as trace:
        trio.run(main)
    assert "main" in trace.tasks
    assert any(name.startswith("run(") for name in trace.tasks)


def test_the_block_in_a_task_has_no_lane_where_it_waits_for_its_tasks():
    traces = []

    async def main():
        with record() as trace:
            async with trio.open_nursery() as nursery:
                nursery.start_soon(trio.sleep, 0.02)
        async with record() as second:
            await trio.sleep(0.02)
        traces.extend([trace, second])

    trio.run(main)
    trace, second = traces
    assert without_block(trace).tasks == ("sleep(0.02)",)
    if not any("could not be seen" in note for note in second.notes):
        assert second.tasks == ("the block",)
        assert waits(second, "the block") == ["timer"]


@pytest.fixture
def ticking():
    """Return what records an await beside a task that never rests."""

    async def tick():
        while True:
            await trio.sleep(0.003)

    async def main(awaited):
        async with trio.open_nursery() as nursery:
            nursery.start_soon(tick)
            await trio.sleep(0.01)
            with record() as trace:
                await awaited()
            nursery.cancel_scope.cancel()
        return trace

    def recorded(awaited):
        trace = trio.run(main, awaited)
        if any("could not be seen" in note for note in trace.notes):
            pytest.skip("the block has a lane only where it is seen")
        return trace

    return recorded


def test_the_blocks_own_await_is_one_wait_with_its_place_whatever_else_runs(ticking):
    async def inner():
        await trio.sleep(0.03)

    trace = ticking(inner)
    waits = [span for span in trace.lane("the block") if span.state is WAITING]
    sleep = max(waits, key=lambda span: span.duration)
    assert (sleep.reason, str(sleep.where.expression)) == ("timer", "await trio.sleep(0.03)")
    assert [one.end for one in trace.lane("the block")[:-1]] == [one.start for one in trace.lane("the block")[1:]]


def test_where_the_block_waits_for_what_its_tasks_do_it_has_no_lane_beside_them(ticking):
    async def inner():
        event = trio.Event()
        async with trio.open_nursery() as nursery:
            nursery.start_soon(setter, event)
            await event.wait()

    async def setter(event):
        await trio.sleep(0.03)
        event.set()

    block = ticking(inner).lanes.get("the block", ())
    assert [span for span in block if span.state is WAITING and span.reason in ("await", "event", "timer")] == []


def test_of_how_trio_runs_a_child_process_nothing_is_a_task_but_who_waits_for_it():
    async def main():
        await trio.run_process([sys.executable, "-c", "input()"], stdin=b"page", capture_stdout=True)

    with record() as trace:
        trio.run(main)
    assert without_block(trace).tasks == ("main",)


def test_who_begins_a_child_process_in_a_thread_itself_sees_that():
    async def main():
        process = await trio.to_thread.run_sync(subprocess.Popen, [sys.executable, "-c", ""])
        process.wait()

    with record() as trace:
        trio.run(main)
    assert len(trace.only("Popen").tasks) == 1


def test_a_loop_in_another_thread_is_recorded_too():
    with record() as trace:
        thread = threading.Thread(target=trio.run, args=(three,), kwargs={"clock": MockClock(autojump_threshold=0)})
        thread.start()
        thread.join()
    assert {"three", "job(0)", "job(1)", "job(2)"} <= set(trace.tasks)
    assert {span.worker for span in trace.only("job").spans} == {"thread 1"}


def test_a_loop_that_runs_in_another_thread_already_is_named():
    begun, token = threading.Event(), []

    async def main():
        done = trio.Event()
        token.append((trio.lowlevel.current_trio_token(), done))
        begun.set()
        await done.wait()

    thread = threading.Thread(target=trio.run, args=(main,))
    thread.start()
    begun.wait()
    with record() as trace:
        pass
    [(of_loop, done)] = token
    of_loop.run_sync_soon(done.set)
    thread.join()
    assert [note for note in trace.notes if "trio" in note] == [
        "Tasks of trio that were running in another thread before are not shown: begin the recording first."
    ]


def test_a_guest_run_is_recorded_too():
    import asyncio

    async def host():
        done = asyncio.get_running_loop().create_future()
        trio.lowlevel.start_guest_run(
            three,
            run_sync_soon_threadsafe=asyncio.get_running_loop().call_soon_threadsafe,
            done_callback=lambda outcome: done.set_result(outcome.unwrap()),
            clock=MockClock(autojump_threshold=0),
        )
        await done

    with record() as trace:
        asyncio.run(host())
    assert {"host", "three", "job(0)", "job(1)", "job(2)"} <= set(trace.tasks)


def test_other_instruments_and_arguments_of_run_stay():
    seen = []

    class Mine(trio.abc.Instrument):
        def task_spawned(self, task):
            seen.append(task.name)

    assert recorded(job, 7, instruments=[Mine()]).tasks == ("job(7)",)
    assert any(name.endswith("job") for name in seen)


def test_afterwards_trio_is_as_it_was():
    from trio._core import _run

    plain = _run.setup_runner, _run.Runner.task_exited
    recorded(three)
    assert (_run.setup_runner, _run.Runner.task_exited) == plain


def test_a_loop_that_outlives_its_recording_goes_on():
    async def main():
        async with trio.open_nursery() as nursery:
            nursery.start_soon(job, 0)
            with record() as trace:
                await trio.sleep(0.001)
            nursery.start_soon(job, 1)
            with record() as second:
                nursery.start_soon(job, 2)
                await trio.sleep(2)
        return trace, second

    first, second = trio.run(main, clock=MockClock(autojump_threshold=0))
    assert "job(2)" not in first.tasks
    assert "job(0)" in first.tasks
    assert set(without_block(second).tasks) == {"job", "job(1)", "job(2)"}  # one had begun: its arguments are gone


def test_what_imports_trio_only_inside_of_its_block_is_recorded():
    code = """
from taketurns import record
async def job():
    await trio.sleep(0.001)
with record() as trace:
    import trio
    trio.run(job)
assert "job" in trace.tasks, trace
"""
    subprocess.run([sys.executable, "-W", "error", "-c", code], check=True)


def test_trio_is_not_imported_for_it():
    code = (
        "import sys, taketurns\nwith taketurns.record(): pass\nassert not {'trio', 'uvloop', 'gevent'} & {*sys.modules}"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
