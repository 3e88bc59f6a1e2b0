"""Programs that strangers brought, undecorated: what is recorded of them is what they do.

Nothing is asserted of a duration in real time but that it is at least half of what was slept or computed.
"""

import asyncio
import gc
import hashlib
import json
import math
import queue
import threading
import time
import weakref
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise

import pytest
from lanes import without_block

from taketurns import State, record, timeline, wait
from taketurns.recording import calls

numpy = pytest.importorskip("numpy")


@pytest.fixture(scope="module", autouse=True)
def kernels_view():
    """Skip where the kernel's view cannot be had, with what the trace says of that."""
    with record() as trace:
        wait(0)
    if unseen := [note for note in trace.notes if "could not be seen" in note]:
        pytest.skip(unseen[0])


def burn(seconds):
    """Be on a core for so long."""
    end = time.thread_time() + seconds
    while time.thread_time() < end:
        pass


def waits(trace, task, reason):
    """The long waits of a task for that reason."""
    return [
        span
        for span in trace.lane(task)
        if span.state is State.WAITING and span.reason == reason and span.duration > 0.005
    ]


def computed(spans):
    """Return for how long they may have run: what a busy machine's watcher did not see, it may have been."""
    return sum(span.duration for span in spans if span.state in (State.RUNNING, State.UNSEEN))


def is_whole(lane):
    """Whether a lane has no gap and no overlap."""
    return all(one.end == two.start for one, two in pairwise(lane))


# undecorated.py


def download(number):
    time.sleep(0.05)
    return number


def test_plain_threads_sleep_side_by_side():
    with record("plain threads") as trace, ThreadPoolExecutor(4) as pool:
        assert list(pool.map(download, range(8))) == [*range(8)]
    trace = without_block(trace)
    assert sorted(trace.tasks) == [f"download({number})" for number in range(8)]
    assert sorted(trace.workers) == ["thread 1", "thread 2", "thread 3", "thread 4"]
    assert trace.peak_concurrency == 4
    for task in trace.tasks:
        [sleep] = waits(trace, task, "sleep")
        assert sleep.duration >= 0.025
        assert str(sleep.where) == f"time.sleep(0.05)  (test_cases.py, line {download.__code__.co_firstlineno + 1})"
        assert is_whole(trace.lane(task))


def test_plain_functions_of_the_block_are_one_after_the_other(monkeypatch):
    monkeypatch.setattr(calls, "FREE_NS", 10**9)  # what it costs to tell calls apart is no matter here
    with record("one after another") as trace:
        [download(number) for number in range(3)]
    trace = without_block(trace)
    assert trace.tasks == ("download(0)", "download(1)", "download(2)")
    assert (trace.workers, trace.peak_concurrency) == (("main thread",), 1)
    assert [waits(trace, task, "sleep")[0].where.expression for task in trace.tasks] == ["time.sleep(0.05)"] * 3


# states.py


def parse_and_read():
    burn(0.02)
    time.sleep(0.05)
    burn(0.02)


def test_a_computes_sleeps_and_computes():
    with record("A 20 CPU, 50 sleep, 20 CPU") as trace:
        parse_and_read()
    lane = without_block(trace).lane("parse_and_read()")
    [sleep] = waits(trace, "parse_and_read()", "sleep")
    assert sleep.duration >= 0.025
    assert (sleep.where.expression, sleep.where.file) == ("time.sleep(0.05)", "test_cases.py")
    for part in ([s for s in lane if s.end <= sleep.start], [s for s in lane if s.start >= sleep.end]):
        assert computed(part) >= 0.01
        assert {span.state for span in part} <= {State.RUNNING, State.READY, State.UNSEEN}
    assert is_whole(lane)


def test_c_a_consumer_waits_for_its_queue():
    pages, got = queue.Queue(), threading.Semaphore(0)

    def consume():
        for _ in range(3):
            pages.get()
            burn(0.01)
            got.release()

    with record("C consumer") as trace:
        thread = threading.Thread(target=consume)
        thread.start()
        for page in range(3):
            time.sleep(0.03)
            pages.put(page)
            got.acquire()
        thread.join()
    lane = trace.lane("consume()")
    gets = waits(trace, "consume()", "queue")
    assert len(gets) == 3
    assert all(get.duration >= 0.015 for get in gets)
    assert {str(get.where) for get in gets} == {
        f"pages.get()  (test_cases.py, line {consume.__code__.co_firstlineno + 2})"
    }
    for get, until in zip(gets, [*(get.start for get in gets[1:]), lane[-1].end], strict=True):
        between = [span for span in lane if get.end <= span.start and span.end <= until]
        assert computed(between) >= 0.005
    sleeps = waits(trace, "the block", "sleep")
    assert sum(sleep.duration for sleep in sleeps) >= 0.045  # to wait for the semaphore and to join are for the task
    assert {span.reason for span in trace.lane("the block") if span.state is State.WAITING} == {"sleep"}


DATA = bytes(30_000_000)


def digest():
    return hashlib.sha256(DATA).digest()


def test_e_what_lets_go_of_the_gil_runs_side_by_side():
    with record("E sha256 in 2 threads") as trace, ThreadPoolExecutor(2) as pool:
        for _ in range(2):
            pool.submit(digest)
    trace = without_block(trace)
    assert trace.tasks == ("digest() 0", "digest() 1")
    assert {span.reason for span in trace.spans if span.state is State.WAITING and span.duration > 0.005} == set()
    assert_runs_or_wants_a_core(trace)


def test_f_numpy_computes_side_by_side():
    matrix = numpy.random.default_rng(1).random((500, 500))

    def multiply():
        for _ in range(3):
            matrix @ matrix

    multiply()
    with record("F numpy in 2 threads") as trace, ThreadPoolExecutor(2) as pool:
        for _ in range(2):
            pool.submit(multiply)
    trace = without_block(trace)
    assert trace.tasks == ("multiply() 0", "multiply() 1")
    assert all(computed(trace.lane(task)) > 0 for task in trace.tasks)


def assert_runs_or_wants_a_core(trace):
    """Nobody waits for the GIL for long who has let go of it."""
    gil = sum(span.duration for span in trace.spans if span.reason == "GIL")
    assert gil < computed(trace.spans)


def half():
    burn(0.03)
    time.sleep(0.03)


def test_g_two_threads_compute_in_turns_and_sleep_side_by_side():
    with record("G 30 CPU + 30 sleep, in two threads") as trace, ThreadPoolExecutor(2) as pool:
        for _ in range(2):
            pool.submit(half)
    trace = without_block(trace)
    assert trace.tasks == ("half() 0", "half() 1")
    for task in trace.tasks:
        [sleep] = waits(trace, task, "sleep")
        assert sleep.duration >= 0.015
        assert sleep.where.expression == "time.sleep(0.03)"
        assert computed(trace.lane(task)) >= 0.015
        assert trace.lane(task)[-1].start >= sleep.start
        assert is_whole(trace.lane(task))
    assert trace.peak_concurrency == 2


# names_threads.py


def load(name):
    time.sleep(0.01)
    return name


def test_the_names_that_a_program_gives_are_those_of_tasks_and_workers(tmp_path):
    with record("named threads") as trace:
        threads = [threading.Thread(target=load, args=["a"], name=f"downloader-{number}") for number in range(2)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        with ThreadPoolExecutor(1, thread_name_prefix="parser") as pool:
            pool.submit(load, "b").result()
    named = without_block(trace)
    assert named.tasks == ("downloader-0", "downloader-1", "load('b')")
    assert set(named.workers) == {"downloader-0", "downloader-1", "parser_0"}
    named.to_perfetto(tmp_path / "trace.json")
    written = json.loads((tmp_path / "trace.json").read_text())
    events = written["traceEvents"] if isinstance(written, dict) else written
    shown = {event["args"].get("name") for event in events if event["ph"] == "M"}
    assert shown >= {"downloader-0", "downloader-1", "load('b')"}


def test_many_threads_are_many_tasks():
    barrier = threading.Barrier(100, timeout=60)
    with record("100 threads") as trace, ThreadPoolExecutor(100) as pool:
        for _ in range(100):
            pool.submit(barrier.wait)
    trace = without_block(trace)
    assert len(trace.tasks) == len(trace.workers) == trace.peak_concurrency == 100


# timer_local_daemon.py

local = threading.local()


def tick():
    local.count = getattr(local, "count", 0) + 1
    return local.count


def test_timers_run_canceled_ones_do_not_and_threads_have_what_is_theirs():
    counts = []
    with record("timer") as trace:
        timer = threading.Timer(0.01, lambda: counts.append(tick()))
        canceled = threading.Timer(60, tick)
        canceled.start()
        canceled.cancel()
        timer.start()
        canceled.join()
        timer.join()
        counts.append(tick())
    del local.count
    assert counts == [1, 1]
    assert sorted(without_block(trace).tasks) == ["lambda()", "tick() 0", "tick() 1"]  # two of them are the timers
    assert {span.worker for span in trace.spans if span.task == "lambda()"} <= {"thread 1", "thread 2"}
    assert sum(span.duration for span in trace.lane("lambda()") if span.state is State.WAITING) >= 0.005


def test_a_daemon_that_outlives_its_block_is_in_the_next_recording_too():
    stop, rounds = threading.Event(), threading.Semaphore(0)

    def for_ever():
        while not stop.is_set():
            time.sleep(0.02)
            burn(0.005)
            rounds.release()

    thread = threading.Thread(target=for_ever, daemon=True)
    with record("first") as first:
        thread.start()
        rounds.acquire()
    with record("second") as second:
        while rounds.acquire(blocking=False):  # what came between the two recordings
            pass
        for _ in range(3):
            rounds.acquire()
    stop.set()
    thread.join()
    for trace in (first, second):
        assert trace.cut_short == ""
        assert without_block(trace).tasks == ("for_ever()",)
        assert waits(trace, "for_ever()", "sleep")
        assert trace.lane("for_ever()")[-1].end == trace.duration


# labels.py


@pytest.mark.parametrize("count", [10, 40])
def test_asyncio_tasks_are_called_what_the_program_calls_them(count):
    names = [f"client {number}" for number in range(count)]

    async def job():
        await asyncio.sleep(0.005)

    async def main():
        await asyncio.gather(*(asyncio.create_task(job(), name=name) for name in names))

    with record() as trace:
        asyncio.run(main())
    clients = trace.only("client")
    assert list(clients.tasks) == names
    assert clients.peak_concurrency == count
    labels = [label.get_text() for label in timeline(clients).get_yticklabels()]
    # Where there are too many rows for a label each, every second has one, or every fourth: its own.
    assert labels == names[:: names.index(labels[1])]


# sleep_for_ever.py


def test_a_sleep_without_an_end_can_time_out():
    async def for_ever():
        try:
            await asyncio.wait_for(asyncio.sleep(math.inf), 0.02)  # as anyio's sleep_forever does
        except TimeoutError:
            return "timed out"

    with record() as trace:
        assert asyncio.run(for_ever()) == "timed out"
    assert "for_ever" in trace.tasks
    assert trace.time_in(State.WAITING, "for_ever") >= 0.01


def test_a_loop_can_go_away_while_it_is_recorded():
    with record():
        loop = asyncio.new_event_loop()
        loop.run_until_complete(asyncio.sleep(0))
        loop.close()
        gone = weakref.ref(loop)
        del loop
        gc.collect()
        assert gone() is None
