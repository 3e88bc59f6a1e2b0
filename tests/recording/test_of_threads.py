"""Threads, and the calls that a pool runs, are tasks without a decorator."""

import os
import threading
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from functools import partial
from multiprocessing.pool import Pool, ThreadPool

import pytest
from lanes import without_block

import taketurns
from taketurns import compute, record, task
from taketurns.recording import recorder

OURS = os.path.dirname(taketurns.__file__) + os.sep


def read(page="a", **more):
    return page


def broken(page):
    raise LookupError(page)


@task
def told(page):
    return page


def tells(page):
    return told(page)


def tasks(trace):
    """The tasks and who carried each; what the thread of the block does by itself is no matter here."""
    carriers = {name: dict.fromkeys(span.worker for span in trace.lane(name)) for name in trace.tasks}
    return [(name, *workers) for name, workers in carriers.items() if "main thread" not in workers]


def in_a_thread(**how):
    thread = threading.Thread(**how)
    thread.start()
    thread.join()


# Pools


def test_each_call_that_a_pool_runs_is_a_task_and_its_threads_are_none():
    with record() as trace, ThreadPoolExecutor(1) as pool:
        assert list(pool.map(read, "abc")) == ["a", "b", "c"]
        pool.submit(read, "d", size=3).result()
    assert tasks(trace) == [
        ("read('a')", "thread 1"),
        ("read('b')", "thread 1"),
        ("read('c')", "thread 1"),
        ("read('d', size=3)", "thread 1"),
    ]


def test_calls_that_run_at_once_are_in_progress_at_once():
    barrier = threading.Barrier(3, timeout=60)

    def meet(number):
        barrier.wait()
        return number

    with record() as trace, ThreadPoolExecutor(3) as pool:
        assert list(pool.map(meet, range(3))) == [0, 1, 2]
    trace = without_block(trace)
    assert sorted(trace.tasks) == ["meet(0)", "meet(1)", "meet(2)"]
    assert sorted(trace.workers) == ["thread 1", "thread 2", "thread 3"]
    assert trace.peak_concurrency == 3


def test_a_pool_from_before_takes_part_and_goes_on_after_it():
    with ThreadPoolExecutor(1) as pool:
        pool.submit(read, "before").result()
        with record() as trace:
            pool.submit(read, "inside").result()
        pool.submit(read, "after").result()
    assert tasks(trace) == [("read('inside')", "thread 1")]


def test_a_pool_names_its_threads():
    with record() as trace, ThreadPoolExecutor(1, "parser") as pool:
        pool.submit(read).result()
    assert tasks(trace) == [("read()", "parser_0")]


def test_a_call_that_raises_is_a_task_and_the_next_one_too():
    with record() as trace, ThreadPoolExecutor(1) as pool:
        with pytest.raises(LookupError, match="x"):
            pool.submit(broken, "x").result()
        pool.submit(read, "y").result()
    assert tasks(trace) == [("broken('x')", "thread 1"), ("read('y')", "thread 1")]


@pytest.mark.parametrize(
    ("call", "name"),
    [
        ((partial(read, "a"),), "read('a')"),
        ((partial(read, size=3), "a"), "read('a', size=3)"),
        ((copy_context().run, read, "a"), "read('a')"),
        ((partial(copy_context().run, read, "a", size=3),), "read('a', size=3)"),  # as `asyncio.to_thread` does
        ((copy_context().run, partial(read, size=3), "a"), "read('a', size=3)"),
        ((str.upper, "a"), "str.upper('a')"),
        ((told, "a"), "told"),
        ((partial(told, "a"),), "told"),
    ],
)
def test_a_call_is_named_after_what_it_calls_in_the_end(call, name):
    with record() as trace, ThreadPoolExecutor(1) as pool:
        pool.submit(*call).result()
    assert tasks(trace) == [(name, "thread 1")]


def test_without_arguments_none_is_in_a_name():
    with record(arguments=False) as trace, ThreadPoolExecutor(1) as pool:
        pool.submit(read, "a").result()
        in_a_thread(target=read, args=["b"])
    assert tasks(trace) == [("read 0", "thread 1"), ("read 1", "thread 2")]


@pytest.mark.parametrize(
    "calls",
    [
        lambda pool: pool.map(read, "ab"),
        lambda pool: list(pool.imap(read, "ab")),
        lambda pool: [pool.apply(read, page) for page in "ab"],
        lambda pool: [pool.apply_async(read, page).get() for page in "ab"],
        lambda pool: pool.starmap(read, ["a", "b"]),
    ],
    ids=["map", "imap", "apply", "apply_async", "starmap"],
)
def test_each_call_of_the_other_kind_of_pool_is_a_task(calls):
    with record() as trace, ThreadPool(1) as pool:
        calls(pool)
    assert tasks(trace) == [("read('a')", "thread 1"), ("read('b')", "thread 1")]


# Threads


class Reader(threading.Thread):
    def run(self):
        read()


def test_each_thread_is_a_task_named_after_its_call_or_as_the_program_says(monkeypatch):
    monkeypatch.setattr(threading, "excepthook", lambda _: None)
    with record() as trace:
        in_a_thread(target=read, args=("a",))
        in_a_thread(target=read, kwargs={"page": "b"})
        in_a_thread(target=read, name="downloader")
        for thread in (Reader(), threading.Timer(0, read, ["c"])):
            thread.start()
            thread.join()
        in_a_thread(target=broken, args=("d",))
    assert [name for name, *_ in tasks(trace)] == [
        *("read('a')", "read(page='b')", "downloader", "Reader", "read('c')", "broken('d')"),
    ]
    assert "downloader" in trace.workers


def test_a_thread_that_a_thread_starts_is_a_task_too():
    def outer():
        in_a_thread(target=read)

    with record() as trace:
        in_a_thread(target=outer)
    assert [name for name, *_ in tasks(trace)] == ["outer()", "read()"]


def test_what_is_a_task_by_itself_is_not_told_twice():
    with record() as trace:
        in_a_thread(target=told, args=["a"])
    assert tasks(trace) == [("told", "thread 1")]


def test_a_thread_that_only_calls_tasks_has_no_lane_beside_theirs():
    with record() as trace:
        in_a_thread(target=tells, args=["a"])
    assert tasks(trace) == [("told", "thread 1")]


def test_a_thread_from_before_is_a_task_if_it_does_more_than_wait():
    goes_on, over = threading.Event(), threading.Event()

    def work(page):
        goes_on.wait()
        compute(0.001)
        over.set()

    idle = threading.Event()
    threads = [threading.Thread(target=work, args=["a"]), threading.Thread(target=idle.wait)]
    for thread in threads:
        thread.start()
    with record() as trace:
        goes_on.set()
        over.wait()
    idle.set()
    for thread in threads:
        thread.join()
    assert [name for name, *_ in tasks(trace)] == ["work('a')"]


def test_the_kinds_of_thread_and_pool_are_as_before_when_it_has_ended():
    def methods():
        owners = (threading.Thread, ThreadPoolExecutor, Pool)
        return [(name, value) for owner in owners for name, value in vars(owner).items() if callable(value)]

    before = methods()
    with record():
        during = methods()
    assert methods() == before
    changed = {name for (name, plain), (_, ours) in zip(before, during, strict=True) if plain is not ours}
    assert changed >= {"start", "_bootstrap_inner", "submit", "apply_async", "_map_async"}


@pytest.mark.parametrize(("package", "is_there"), [("loky", False), ("distributed", False), ("pages", True)])
def test_the_threads_of_a_pool_or_a_cluster_are_its_own_affair(package, is_there):
    def serve():
        pass

    serve.__module__ = f"{package}.inside"
    with record() as trace:
        thread = threading.Thread(target=serve)
        thread.start()
        thread.join()
    assert ("serve()" in trace.tasks) is is_there


def test_to_ask_for_results_is_a_dealing_and_leaves_no_frame_of_ours_in_an_error():
    with record() as trace, ThreadPoolExecutor(1) as pool:
        mine = recorder.on
        asked = pool.submit(broken, "b")
        with pytest.raises(LookupError) as caught:
            asked.result()
    natives = {native for native, _, _ in mine.dealings}
    assert natives == {threading.get_native_id()}
    assert len(mine.dealings) >= 3  # the call that was handed over, the thread that was started, the result
    assert not [entry.name for entry in caught.traceback if str(entry.path).startswith(OURS)]
    assert trace.tasks
