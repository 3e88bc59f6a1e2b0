import multiprocessing
import os
import pickle
import signal
import subprocess
import sys
import threading
import time
import traceback
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from functools import partial
from multiprocessing.pool import Pool, ThreadPool

import pytest
from hanging import until
from lanes import without_block

from taketurns import compute, record, task, wait
from taketurns.recording import recorder
from taketurns.recording.of_processes import Call
from taketurns.recording.reports import Reports
from taketurns.trace.spans import State
from taketurns.watcher import calls

METHODS = multiprocessing.get_all_start_methods()
every_method = pytest.mark.parametrize("method", METHODS)
where_it_is_seen = pytest.mark.skipif(
    sys.platform != "linux" or not calls.known(), reason="states come from the kernel on Linux"
)
pytestmark = pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning")


def fetch(page):
    time.sleep(0.02)
    return page


def read(path):
    with open(path) as file:
        return file.read()


def add(first, second):
    return first + second


def fail(page):
    raise ValueError(f"no page {page}")


def leave(status):
    os._exit(status)


def become_another_program():
    os.execv(sys.executable, [sys.executable, "-c", "import time; time.sleep(0.03)"])


def hand_on(method):
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context(method)) as pool:
        return pool.submit(fetch, "inside").result()


def start_thread():
    thread = threading.Thread(target=fetch, args=("thread",))
    thread.start()
    thread.join()


def wait_for(event, begun):
    begun.set()
    event.wait()


def take_both(one, other, barrier):
    with one:
        barrier.wait()
        with other:
            pass


def give(queue):
    queue.put(b"x" * 1_000_000)


class Reads:
    def run(self):
        fetch("all")


class Reader(Reads, multiprocessing.context.SpawnProcess):
    pass


READERS = {"spawn": Reader}
if "fork" in METHODS:

    class ForkedReader(Reads, multiprocessing.context.ForkProcess):
        pass

    class ServedReader(Reads, multiprocessing.context.ForkServerProcess):
        pass

    READERS |= {"fork": ForkedReader, "forkserver": ServedReader}


def pool_of(method, workers=1):
    return ProcessPoolExecutor(workers, mp_context=multiprocessing.get_context(method))


def seen(trace):
    return sorted(without_block(trace).tasks)


# Pools that are executors


@every_method
def test_each_call_of_a_pool_of_processes_is_a_task(method):
    with record() as trace, pool_of(method, 2) as pool:
        assert list(pool.map(fetch, "abcd", chunksize=2)) == ["a", "b", "c", "d"]
        assert pool.submit(add, 1, second=2).result() == 3
    assert seen(trace) == ["add(1, second=2)", *(f"fetch('{page}')" for page in "abcd")]
    assert set(without_block(trace).workers) <= {"process 1", "process 2"}
    assert (trace.cut_short, trace.notes) == ("", ())


@every_method
def test_a_pool_from_before_the_block_takes_part(method):
    with pool_of(method) as pool:
        pool.submit(add, 1, 2).result()
        with record() as first:
            pool.submit(fetch, "first").result()
        pool.submit(fetch, "between").result()
        with record() as second:
            pool.submit(fetch, "second").result()
    assert (seen(first), seen(second)) == (["fetch('first')"], ["fetch('second')"])


@where_it_is_seen
@every_method
def test_a_call_in_a_child_is_seen_to_wait_and_says_for_what_and_where(method, tmp_path):
    os.mkfifo(tmp_path / "pages")
    with record() as trace, pool_of(method) as pool:
        future = pool.submit(read, str(tmp_path / "pages"))
        until(waits_for_long)
        (tmp_path / "pages").write_text("home")
        assert future.result() == "home"
    waits = [span for span in trace.spans if span.state is State.WAITING and span.task.startswith("read(")]
    wait = max(waits, key=lambda span: span.duration)
    assert wait.reason == "file"
    assert str(wait.where).startswith("open(path)  (test_of_processes.py, line ")


def waits_for_long():
    """Whether a thread of a child has been seen to wait for long, and has said where."""
    reports, looks = Reports(recorder.on.name), recorder.on.watcher.looks()
    natives = {naming.thread for naming in reports.namings} & reports.carriers.keys()
    seen = [look for native in natives for look in looks.get(native, ()) if look.state is State.WAITING]
    return any(look.end - look.start > 20_000_000 for look in seen)


def test_an_error_of_a_call_is_what_it_was_with_its_traceback():
    with record() as trace, pool_of(METHODS[0]) as pool:
        error = pool.submit(fail, 7).exception()
    assert repr(error) == "ValueError('no page 7')"
    text = "".join(traceback.format_exception(error))
    assert "in fail" in text
    assert "taketurns" not in text.replace(os.getcwd(), "")
    assert seen(trace) == ["fail(7)"]


def test_what_cannot_be_pickled_fails_as_before():
    with pool_of(METHODS[0]) as pool:
        plain = pool.submit(lambda: None).exception()
    with record(), pool_of(METHODS[0]) as pool:
        recorded = pool.submit(lambda: None).exception()
    assert (type(recorded), str(recorded).partition(" at 0x")[0]) == (type(plain), str(plain).partition(" at 0x")[0])


def test_a_pool_that_is_handed_nothing_fails_as_before():
    with record(), pool_of(METHODS[0]) as pool, pytest.raises(TypeError, match="fn"):
        pool.submit()


@every_method
def test_a_child_of_a_child_takes_part(method):
    with record() as trace, pool_of(method) as pool:
        pool.submit(hand_on, method).result()
    assert seen(trace) == ["fetch('inside')", f"hand_on('{method}')"]


@every_method
def test_a_thread_in_a_child_takes_part(method):
    with record() as trace, pool_of(method) as pool:
        pool.submit(start_thread).result()
    assert seen(trace) == ["fetch('thread')", "start_thread()"]
    assert trace.lane("fetch('thread')")[0].worker == "process 1, thread 1"


def test_decorated_calls_and_stand_ins_are_one_lane_each():
    named = task(name="page {page}")(fetch)
    fetch.__module__ = __name__
    globals()["named"] = named
    named.__qualname__ = "named"
    with record() as trace, pool_of("fork" if "fork" in METHODS else METHODS[0]) as pool:
        pool.submit(named, 1).result()
        pool.submit(compute, 0.001).result()
        pool.submit(wait, 0.001).result()
    assert seen(trace) == ["compute(0.001)", "page 1", "wait(0.001)"]


@every_method
def test_a_call_whose_process_dies_is_there_to_its_end(method):
    with record() as trace, pool_of(method) as pool:
        error = pool.submit(leave, 3).exception()
    assert type(error) is BrokenProcessPool
    assert seen(trace) == ["leave(3)"]
    assert trace.cut_short == "leave(3) did not end: its process died"


# Pools of multiprocessing


@every_method
def test_all_calls_of_a_pool_are_tasks(method):
    with record() as trace, multiprocessing.get_context(method).Pool(1) as pool:
        assert pool.map(fetch, ["map"]) == ["map"]
        assert pool.starmap(add, [(1, 1)]) == [2]
        assert pool.apply(fetch, ("apply",)) == "apply"
        assert pool.apply_async(fetch, kwds={"page": "async"}).get() == "async"
        assert list(pool.imap(fetch, ["imap"])) == ["imap"]
        assert list(pool.imap_unordered(fetch, ["unordered"], 2)) == ["unordered"]
        assert pool.map_async(fetch, ["map_async"]).get() == ["map_async"]
        assert pool.starmap_async(add, [(2, 2)]).get() == [4]
    pages = ["'apply'", "'imap'", "'map'", "'map_async'", "'unordered'", "page='async'"]
    assert seen(trace) == ["add(1, 1)", "add(2, 2)", *(f"fetch({page})" for page in pages)]


def test_calls_of_a_pool_of_threads_are_tasks_of_this_process():
    with record() as trace, ThreadPool(1) as pool:
        assert pool.map(fetch, ["home"]) == ["home"]
    assert seen(trace) == ["fetch('home')"]
    assert set(without_block(trace).workers) == {"thread 1"}


def test_a_pool_whose_processes_serve_one_call_each_takes_part():
    with record() as trace, multiprocessing.Pool(1, maxtasksperchild=1) as pool:
        pool.map(fetch, "ab", chunksize=1)
    assert seen(trace) == ["fetch('a')", "fetch('b')"]
    assert without_block(trace).workers == ("process 1", "process 2")


def test_a_module_that_is_imported_in_the_block_is_recorded_too():
    code = """
from taketurns import record
with record() as trace:
    from multiprocessing.pool import Pool
    with Pool(1) as pool:
        pool.map(abs, [-1])
print(trace.only("abs").tasks, Pool.__module__, Pool.__init__.__module__)
"""
    done = subprocess.run([sys.executable, "-W", "ignore", "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "('abs(-1)',) multiprocessing.pool multiprocessing.pool"


# Processes


@every_method
def test_a_process_is_a_task_named_after_its_call_or_by_the_program(method):
    context = multiprocessing.get_context(method)
    with record() as trace:
        processes = [context.Process(target=fetch, args=("home",)), context.Process(target=fetch, name="encoder")]
        processes[1]._args = ("b",)
        for process in processes:
            process.start()
            assert "_bootstrap" not in vars(process)
        for process in processes:
            process.join()
    assert [process.exitcode for process in processes] == [0, 0]
    assert seen(trace) == ["encoder", "fetch('home')"]
    assert trace.lane("encoder")[0].worker == "process encoder"


@every_method
def test_a_process_of_a_class_of_its_own_is_a_task(method):
    with record() as trace:
        process = READERS[method]()
        process.start()
        process.join()
    assert seen(trace) == [READERS[method].__name__]


@where_it_is_seen
@every_method
def test_a_process_that_is_terminated_in_its_first_wait_is_seen_to_wait(method):
    context = multiprocessing.get_context(method)
    event, begun = context.Event(), context.Event()
    with record() as trace:
        process = context.Process(target=wait_for, args=(event, begun), name="waiter")
        process.start()
        begun.wait()
        until(waits_for_long)
        process.terminate()
        process.join()
    assert "event" in {span.reason for span in trace.lane("waiter") if span.state is State.WAITING}
    assert trace.cut_short == "waiter did not end: its process died"


@where_it_is_seen
def test_what_a_process_does_after_an_exec_is_seen():
    with record() as trace:
        process = multiprocessing.get_context("fork").Process(target=become_another_program)
        process.start()
        process.join()
    assert process.exitcode == 0
    lane = trace.lane("become_another_program()")
    assert any(span.reason == "sleep" for span in lane)


def test_the_processes_of_a_pool_and_of_a_manager_are_no_tasks():
    with record() as trace, multiprocessing.Manager() as manager, Pool(1) as pool:
        assert list(manager.list([1])) == [1]
        pool.apply(fetch, ("home",))
    assert seen(trace) == ["fetch('home')"]


def test_a_process_that_fails_prints_what_it_printed():
    code = "def fail(): raise ValueError('no')\nimport multiprocessing, taketurns\nif __name__ == '__main__':\n"
    run = "    p = multiprocessing.get_context('fork').Process(target=fail, name='p'); p.start(); p.join(); {}\n"
    plain = subprocess.run([sys.executable, "-c", code + run.format("")], capture_output=True, text=True, check=True)
    block = code + "    with taketurns.record():\n    " + run.format("")
    recorded = subprocess.run([sys.executable, "-c", block], capture_output=True, text=True, check=True)
    assert "ValueError: no" in plain.stderr
    assert recorded.stderr == plain.stderr


# What hangs


@where_it_is_seen
@every_method
def test_two_processes_that_want_what_the_other_holds_are_told_of(method):
    context = multiprocessing.get_context(method)
    a, b, barrier = context.Lock(), context.Lock(), context.Barrier(2)
    processes = [context.Process(target=take_both, args=(a, b, barrier), name="first")]
    processes += [context.Process(target=take_both, args=(b, a, barrier), name="second")]
    try:
        with record() as trace:
            for process in processes:
                process.start()
            until(lambda: len(hanging()) == 2)
    finally:
        for process in processes:
            process.terminate()
            process.join()
    circle = "first holds one and wants other (second's one); second holds one and wants other (first's one)"
    assert trace.cut_short.partition(" (test_of")[0] == circle
    assert [trace.lane(name)[-1].state for name in ("first", "second")] == [State.WAITING, State.WAITING]
    assert [str(trace.outcome(name)) for name in ("first", "second")] == ["not ended", "not ended"]


def hanging():
    """The threads of children that have said by now what they want."""
    return [stand for stand in Reports(recorder.on.name).stands.values() if stand.wants]


@where_it_is_seen
def test_a_process_that_is_joined_before_its_queue_is_read_is_seen_to_wait_for_that():
    context = multiprocessing.get_context("fork")
    queue = context.Queue()
    process = context.Process(target=give, args=(queue,), name="giver")
    with record() as trace:
        process.start()
        until(hanging)
    queue.get()
    process.join()
    assert trace.lane("giver")[-1].reason == "queue"
    assert "giver still waited for a queue" in " ".join(trace.notes)


# How they end


@every_method
def test_each_says_how_it_ended_and_who_started_it(method):
    context = multiprocessing.get_context(method)
    with record() as trace:
        with pool_of(method) as pool:
            pool.submit(fail, 7).exception()
            pool.submit(hand_on, method).result()
        process = context.Process(target=leave, args=(3,))
        process.start()
        process.join()
    assert process.exitcode == 3
    handed_on = f"hand_on('{method}')"
    ends = {"fail(7)": "raised ValueError: no page 7", handed_on: "returned", "leave(3)": "died"}
    ends["fetch('inside')"] = "returned"
    assert {task: str(trace.outcome(task)) for task in ends} == ends
    assert trace.parent("fetch('inside')") == handed_on


def test_an_error_that_ends_a_process_is_its_outcome():
    code = """
from multiprocessing import get_context
from taketurns import record
def fail(): raise ValueError("no")
with record() as trace:
    process = get_context("fork").Process(target=fail)
    process.start()
    process.join()
print(trace.outcome("fail()"), process.exitcode)
"""
    done = subprocess.run([sys.executable, "-W", "ignore", "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "raised ValueError: no 1"


# What travels


def test_a_call_travels_as_its_function_does():
    with record():
        ticket = recorder.on.ticket
    back = pickle.loads(pickle.dumps(Call(add, ticket)))
    assert (back.function, back.ticket) == (add, ticket)
    assert back(1, second=2) == 3  # the recording is over


def test_a_partial_is_named_after_its_function():
    with record() as trace, ThreadPoolExecutor(1), pool_of(METHODS[0]) as pool:
        pool.submit(partial(add, 1), 2).result()
    assert seen(trace) == ["add(1, 2)"]


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="there is no SIGKILL on this platform")
def test_a_child_that_is_killed_leaves_what_it_did():
    with record() as trace, pool_of(METHODS[0]) as pool:
        pool.submit(fetch, "first").result()
        with pytest.raises(BrokenProcessPool):
            pool.submit(kill).result()
    assert seen(trace) == ["fetch('first')", "kill()"]


def kill():
    os.kill(os.getpid(), signal.SIGKILL)


# loky and joblib


def test_each_call_of_loky_is_a_task():
    loky = pytest.importorskip("loky")
    with record() as trace, loky.ProcessPoolExecutor(1) as pool:
        assert list(pool.map(fetch, "ab")) == ["a", "b"]
        assert pool.submit(lambda page: page, 1).result() == 1
    assert seen(trace) == ["fetch('a')", "fetch('b')", "lambda(1)"]


@pytest.mark.parametrize("backend", ["loky", "multiprocessing", "threading"])
def test_each_call_of_joblib_is_a_task(backend):
    joblib = pytest.importorskip("joblib")
    with record() as trace:
        work = (joblib.delayed(fetch)(page) for page in "abc")
        assert joblib.Parallel(2, backend=backend, batch_size=2)(work) == ["a", "b", "c"]
    assert seen(trace) == ["fetch('a')", "fetch('b')", "fetch('c')"]
