import asyncio
import threading
from concurrent.futures import ThreadPoolExecutor
from multiprocessing.pool import ThreadPool

import pytest

from taketurns import State, compute, record, wait
from taketurns.recording.current import current_worker
from taketurns.recording.of_threads import as_task


def in_a_pool(function, seconds):
    with ThreadPoolExecutor(1) as pool:
        pool.submit(function, seconds).result()


def in_a_pool_of_threads(function, seconds):
    with ThreadPool(1) as pool:
        pool.map(function, [seconds])


def in_a_thread(function, seconds):
    thread = threading.Thread(target=function, args=[seconds])
    thread.start()
    thread.join()


def in_a_loops_thread(function, seconds):
    async def main():
        await asyncio.to_thread(function, seconds)

    asyncio.run(main())


WAYS = [in_a_pool, in_a_pool_of_threads, in_a_thread, in_a_loops_thread]


@pytest.mark.parametrize("way", WAYS)
def test_a_wait_that_a_thread_calls_is_the_wait_only(way):
    with record() as trace:
        way(wait, 0.001)
    lane = trace.lane("wait(0.001)")
    assert {span.state for span in lane} <= {State.WAITING, State.READY}
    assert lane[0].state is State.WAITING


@pytest.mark.parametrize("way", WAYS)
def test_what_a_thread_computes_is_named_after_the_call(way):
    with record() as trace:
        way(compute, 0.001)
    lane = trace.lane("compute(0.001)")
    assert {span.state for span in lane} <= {State.RUNNING, State.READY}


def test_a_name_dies_with_the_call_that_it_was_for():
    with record() as trace:
        worker = current_worker()
        as_task(worker, wait, "wait('soon')", lambda: "")
        wait(0.001)
    assert trace.tasks == ("task 0",)
