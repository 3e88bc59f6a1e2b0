"""Tasks on event loops that are not made of asyncio's own: uvloop's, and others that nobody has heard of."""

import asyncio
import threading
import time
import traceback
from itertools import pairwise

import pytest
from lanes import course, without_block

from taketurns import State, compute, record, task

uvloop = pytest.importorskip("uvloop")

RUNNING, READY, WAITING, _ = State
IN_TURN = (READY, "event loop")


async def job(number):
    await asyncio.sleep(0.02)
    return number


async def three():
    return await asyncio.gather(*(job(number) for number in range(3)))


@task(name="order {number}")
async def order(number):
    await asyncio.sleep(0.02)
    compute(0.005)


def test_each_task_is_a_lane_that_is_ready_runs_and_waits():
    with record() as trace:
        assert uvloop.run(three()) == [0, 1, 2]
    trace = without_block(trace)
    assert trace.tasks == ("three", "job(0)", "job(1)", "job(2)")
    assert (trace.workers, trace.peak_concurrency, trace.peak_parallelism) == (("main thread",), 4, 1)
    for name in trace.only("job").tasks:
        assert course(trace, name) == [IN_TURN, (RUNNING, ""), (WAITING, "timer"), IN_TURN, (RUNNING, "")]
        [sleep] = [span for span in trace.lane(name) if span.state is WAITING]
        assert sleep.where.expression == "await asyncio.sleep(0.02)"
        assert sleep.duration >= 0.01
        assert all(one.end == two.start for one, two in pairwise(trace.lane(name)))


def test_decorated_calls_are_their_tasks_and_who_is_due_is_ready():
    async def main():
        await asyncio.gather(*(order(number) for number in range(3)))

    with record() as trace:
        uvloop.run(main())
    trace = without_block(trace)
    assert trace.tasks == ("main", "order 0", "order 1", "order 2")
    ran = {name: [span for span in trace.lane(name) if span.state is RUNNING][-1] for name in trace.only("order").tasks}
    for before, after in pairwise(sorted(ran, key=lambda name: ran[name].start)):
        due = next(span.end for span in trace.lane(after) if span.state is WAITING)
        assert due <= ran[before].end
        assert course(trace, after)[-2:] == [IN_TURN, (RUNNING, "")]


@pytest.mark.parametrize("run", [uvloop.run, lambda main: asyncio.Runner(loop_factory=uvloop.new_event_loop).run(main)])
def test_however_the_loop_is_run(run):
    with record() as trace:
        assert run(three()) == [0, 1, 2]
    assert {"three", "job(0)"} <= set(trace.tasks)


def test_a_loop_that_the_program_makes_itself():
    loop = uvloop.new_event_loop()
    with record() as trace:
        assert loop.run_until_complete(three()) == [0, 1, 2]
    loop.close()
    assert without_block(trace).tasks == ("three", "job(0)", "job(1)", "job(2)")


def test_a_loop_in_another_thread():
    with record() as trace:
        thread = threading.Thread(target=uvloop.run, args=(three(),))
        thread.start()
        thread.join()
    assert {span.worker for span in trace.only("job").spans} == {"thread 1"}


def test_errors_and_cancellations_stay_what_they_are():
    async def fails():
        await asyncio.sleep(0.001)
        raise LookupError("no such page")

    async def main():
        task = asyncio.create_task(job(5))
        await asyncio.sleep(0.001)
        task.cancel()
        assert isinstance((await asyncio.gather(task, return_exceptions=True))[0], asyncio.CancelledError)
        await fails()

    with record() as trace:
        with pytest.raises(LookupError, match="no such page") as raised:
            uvloop.run(main())
    assert not any("taketurns/src" in line.filename for line in traceback.extract_tb(raised.tb))
    assert {"main", "job(5)"} <= set(trace.tasks)


def test_sockets_and_threads():
    async def serve(reader, writer):
        writer.write(await reader.readline())
        writer.close()

    async def main():
        server = await asyncio.start_server(serve, "127.0.0.1", 0)
        reader, writer = await asyncio.open_connection(*server.sockets[0].getsockname()[:2])
        writer.write(b"tea\n")
        assert await reader.readline() == b"tea\n"
        writer.close()
        server.close()
        await asyncio.to_thread(time.sleep, 0.02)

    with record() as trace:
        uvloop.run(main())
    assert {"main", "serve(StreamReader, StreamWriter)", "sleep(0.02)"} <= set(trace.tasks)
    assert "thread" in {span.reason for span in trace.lane("main")}


def test_timers_and_callbacks_of_the_program_are_called_with_their_arguments():
    called = []

    async def main():
        loop = asyncio.get_running_loop()
        loop.call_soon(called.append, 1)
        loop.call_later(0.001, called.append, 2)
        loop.call_at(loop.time() + 0.002, called.append, 3)
        loop.call_later(60, called.append, 4).cancel()
        with pytest.raises(TypeError):
            loop.call_later("soon", called.append, 5)
        await asyncio.sleep(0.02)

    with record():
        uvloop.run(main())
    assert sorted(called) == [1, 2, 3]


def test_the_block_in_a_task():
    async def main():
        with record() as trace:
            await three()
        return trace

    trace = uvloop.run(main())
    assert without_block(trace).tasks == ("job(0)", "job(1)", "job(2)")


def test_afterwards_the_loop_is_as_it_was():
    before = dict(vars(uvloop.Loop))
    with record():
        uvloop.run(three())
    assert dict(vars(uvloop.Loop)) == before


def test_a_loop_that_cannot_be_seen_is_named():
    from taketurns.recording import of_uvloop

    class Sealed(type):
        def __setattr__(cls, name, value):
            raise TypeError(f"cannot set {name!r} attribute of immutable type")

    class Loop(metaclass=Sealed):
        __module__ = "swiftloop.core"
        call_soon = call_later = call_at = create_task = None

    with record() as trace:
        from taketurns.recording import recorder

        of_uvloop._meet(recorder.on, Loop)
        of_uvloop._meet(recorder.on, Loop)
    assert [note for note in trace.notes if "swiftloop" in note] == [
        "The tasks of swiftloop are not shown: it runs them out of our sight. "
        "Run the program on asyncio's own loop to see them."
    ]


def test_by_what_uvloop_ends_its_pool_is_no_task():
    async def main():
        await asyncio.to_thread(time.sleep, 0.001)

    with record() as trace:
        uvloop.run(main())
    assert set(without_block(trace).tasks) == {"main", "sleep(0.001)"}
