"""anyio's programs on both of its backends, and what stands on it: an application such as those of FastAPI."""

import subprocess
import sys
import time

import pytest
from lanes import without_block

from taketurns import State, record, task, wait

anyio = pytest.importorskip("anyio")
BACKENDS = ["asyncio", "trio"]


@pytest.fixture(params=BACKENDS)
def backend(request):
    pytest.importorskip(request.param)
    return request.param


def waits(trace, name):
    return [span.reason for span in trace.lane(name) if span.state is State.WAITING and span.duration > 0.004]


async def job(number):
    await anyio.sleep(0.02)


async def three():
    async with anyio.create_task_group() as group:
        for number in range(3):
            group.start_soon(job, number)


def test_tasks_of_a_group_are_named_after_their_calls(backend):
    with record() as trace:
        anyio.run(three, backend=backend)
    trace = without_block(trace)
    assert set(trace.tasks) == {"three", "job(0)", "job(1)", "job(2)"}
    assert trace.peak_concurrency == 4
    assert trace.workers == ("main thread",)
    for name in trace.only("job").tasks:
        assert waits(trace, name) == ["timer"]
        [sleep] = [span for span in trace.lane(name) if span.reason == "timer"]
        assert (sleep.where.expression, sleep.where.file) == ("await anyio.sleep(0.02)", "test_of_anyio.py")
    assert waits(trace, "three") == ["another task"]


def test_the_program_names_its_tasks(backend):
    async def main():
        async with anyio.create_task_group() as group:
            for number in range(2):
                group.start_soon(job, number, name=f"client {number}")

    with record() as trace:
        anyio.run(main, backend=backend)
    assert set(without_block(trace).tasks) == {"main", "client 0", "client 1"}


def test_a_call_in_a_thread_is_a_task_and_the_pool_is_none(backend):
    async def main():
        async with anyio.create_task_group() as group:
            for seconds in 0.02, 0.03:
                group.start_soon(anyio.to_thread.run_sync, wait, seconds, name=f"client {seconds}")

    with record() as trace:
        anyio.run(main, backend=backend)
    trace = without_block(trace)
    assert set(trace.tasks) == {"main", "client 0.02", "client 0.03", "wait(0.02)", "wait(0.03)"}
    assert len({span.worker for span in trace.only("wait").spans}) == 2
    assert "thread" in {span.reason for span in trace.lane("client 0.03")}


def test_locks_events_and_streams(backend):
    async def main():
        lock, event = anyio.Lock(), anyio.Event()
        send, receive = anyio.create_memory_object_stream(0)

        async def first():
            async with lock:
                event.set()
                await anyio.sleep(0.02)
                await send.send("page")

        async def second():
            await event.wait()
            async with lock:
                pass

        async def third():
            await receive.receive()

        async with anyio.create_task_group() as group:
            for one in second, third, first:
                group.start_soon(one)
        send.close()
        receive.close()

    with record() as trace:
        anyio.run(main, backend=backend)
    reasons = {name: {s.reason for s in trace.lane(name) if s.state is State.WAITING} for name in trace.tasks}
    assert "queue" in reasons["third"]
    assert "timer" in reasons["first"]
    assert "lock" in reasons["second"]
    assert reasons["second"] <= {"event", "lock"}


def test_what_is_canceled_ends(backend):
    async def main():
        with anyio.move_on_after(0.02):
            await anyio.sleep_forever()
        async with anyio.create_task_group() as group:
            group.start_soon(anyio.sleep, 100, name="for ever")
            await anyio.sleep(0.02)
            group.cancel_scope.cancel()

    with record() as trace:
        anyio.run(main, backend=backend)
    assert trace.lane("for ever")[-1].end <= trace.lane("main")[-1].end
    assert waits(trace, "main") == ["cancellation", "timer"]


def test_an_application_with_plain_and_async_endpoints(backend):
    """As FastAPI has it: a plain function is called in a thread, an ``async def`` is awaited."""

    def plain(number):
        time.sleep(0.02)

    @task(name="async {number}")
    async def asynchronous(number):
        await anyio.sleep(0.02)

    async def application(number):
        if number % 2:
            await anyio.to_thread.run_sync(plain, number)
        else:
            await asynchronous(number)

    async def serve():
        async with anyio.create_task_group() as group:
            for number in range(4):
                group.start_soon(application, number, name=f"GET /{number}")

    with record() as trace:
        anyio.run(serve, backend=backend)
    trace = without_block(trace)
    expected = {"serve", *(f"GET /{number}" for number in range(4)), "async 0", "async 2", "plain(1)", "plain(3)"}
    assert set(trace.tasks) == expected
    for number in 1, 3:
        assert waits(trace, f"plain({number})") == ["sleep"]
        assert {span.worker for span in trace.lane(f"plain({number})")}.isdisjoint({"main thread"})
    for number in 0, 2:
        assert waits(trace, f"GET /{number}") == ["another task"]


def test_of_how_anyio_runs_a_child_process_nothing_is_a_task_but_who_waits_for_it(backend):
    async def main():
        await anyio.run_process([sys.executable, "-c", "print()"])

    with record() as trace:
        anyio.run(main, backend=backend)
    assert without_block(trace).tasks == ("main",)


def test_a_call_in_a_thread_has_its_name_also_where_all_is_imported_inside_of_the_block(backend):
    code = f"""
import asyncio, time
from taketurns import record
with record() as trace:
    import anyio
    async def main():
        await anyio.to_thread.run_sync(time.sleep, 0.01)
    anyio.run(main, backend={backend!r})
assert "sleep(0.01)" in trace.tasks, trace.tasks
assert not trace.only("call").tasks, trace.tasks
assert all(span.where is None for span in trace.lane("sleep(0.01)")), trace.lane("sleep(0.01)")
"""
    subprocess.run([sys.executable, "-W", "error", "-c", code], check=True)
