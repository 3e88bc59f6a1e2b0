"""What is said of the tasks of child processes that have not ended when a block does."""

import multiprocessing
import os
import sys
import threading
import time

import pytest
from hanging import hanging, interrupt_when, stood, until

from taketurns import record
from taketurns.recording import lost, recorder
from taketurns.recording.reports import Reports
from taketurns.trace.spans import Span, State
from taketurns.trace.trace import Trace
from taketurns.watcher import calls

HERE = os.path.basename(__file__)
pytestmark = [
    pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning"),
    pytest.mark.skipif(sys.platform != "linux" or not calls.known(), reason="states come from the kernel on Linux"),
]
context = multiprocessing.get_context("spawn")
LONG = 60


def consume(pages):
    pages.get()


def sleep():
    time.sleep(LONG)


def hold(lock, held):
    with lock:
        held.set()
        time.sleep(LONG)


def want(lock):
    with lock:
        pass


def hold_for(lock, held, event, timeout):
    with lock:
        held.set()
        event.wait(timeout)


def work(go):
    a, b, both = threading.Lock(), threading.Lock(), threading.Barrier(2)

    def take(one, other):
        with one:
            both.wait()
            with other:
                pass

    threading.Thread(target=take, args=(a, b), name="first", daemon=True).start()
    threading.Thread(target=take, args=(b, a), name="second", daemon=True).start()
    go.wait()


def start(function, *arguments, name=None):
    process = context.Process(target=function, args=arguments, name=name, daemon=True)
    process.start()
    return process


def end(*processes):
    for process in processes:
        process.kill()
        process.join()


def stand(*lines):
    """Return whether children have told of so many threads that wait for long, on these lines."""
    places = [stand.where for stand in Reports(recorder.on.name).stands.values()]
    return sorted(where.line for where in places if where and where.file == HERE) == sorted(lines)


def line(function, number):
    return function.__code__.co_firstlineno + number


def beside(trace):
    """Return what the notes say of the end of the block."""
    return [note for note in trace.notes if note.startswith("When the block ended")]


# Who is alive


def test_a_child_that_waits_is_noted_as_a_thread_is():
    pages = context.Queue()
    with record() as trace:
        process = start(consume, pages, name="consumer")
        until(lambda: stand(line(consume, 1)))
    end(process)
    place = f"{HERE}, line {line(consume, 1)}"
    assert trace.cut_short == ""
    assert beside(trace) == [f"When the block ended, consumer still waited for a queue: pages.get() ({place})."]


def test_a_child_at_work_does_not_hide_a_deadlock_of_threads():
    a, b, both = threading.Lock(), threading.Lock(), threading.Barrier(2)

    def take(one, other):
        with one:
            both.wait()
            with other:  # hangs
                pass

    with hanging(a, b) as threads:
        with record() as trace:
            process = start(sleep)
            threads.start(first=lambda: take(a, b), second=lambda: take(b, a))
            threads.settle()
            until(lambda: stand(line(sleep, 1)))
        end(process)
    assert trace.cut_short.startswith("first holds one and wants other (second's one); second holds one")
    assert beside(trace) == ["When the block ended, sleep() was still at work in its process."]


def test_of_a_lock_of_processes_that_is_only_busy_nothing_is_said():
    lock, held = context.Lock(), context.Event()
    with record() as trace:
        processes = [start(hold, lock, held, name="holder")]
        held.wait()
        processes.append(start(want, lock, name="waiter"))
        until(lambda: stand(line(hold, 3), line(want, 1)))
    end(*processes)
    assert trace.cut_short == ""
    assert beside(trace) == ["When the block ended, holder was still at work in its process."]


@pytest.mark.parametrize("timeout", [None, LONG])
def test_the_holder_of_a_lock_of_processes_hangs_others_unless_its_wait_has_a_timeout(timeout):
    lock, held, event = context.Lock(), context.Event(), context.Event()
    with record() as trace:
        processes = [start(hold_for, lock, held, event, timeout, name="holder")]
        held.wait()
        processes.append(start(want, lock, name="waiter"))
        until(lambda: stand(line(hold_for, 3), line(want, 1)))
    end(*processes)
    place = f"{HERE}, line {line(hold_for, 3)}"
    if timeout is None:
        told = "waiter wants lock, which holder holds; holder waits for an event: event.wait(timeout)"
        assert (trace.cut_short, beside(trace)) == (f"{told} ({place})", [])
    else:
        note = f"When the block ended, holder still waited for an event: event.wait(timeout) ({place})."
        assert (trace.cut_short, beside(trace)) == ("", [note])


@pytest.mark.parametrize("timeout", [None, LONG])
def test_an_interrupt_while_the_block_joins_a_child_tells_what_that_waits_for(timeout):
    pages = context.Queue()
    with pytest.raises(KeyboardInterrupt), record() as trace:
        process = start(consume, pages, name="kid")
        rescue = interrupt_when(lambda: stand(line(consume, 1)) and stood(threading.main_thread()))
        process.join(timeout)
    rescue.join()
    end(process)
    told = "the block waits for kid; kid waits" if timeout is None else "kid still waits"
    place = f"{HERE}, line {line(consume, 1)}"
    assert trace.cut_short == f"KeyboardInterrupt; {told} for a queue: pages.get() ({place})"


# Who is dead


def test_a_deadlock_of_the_threads_of_a_child_is_told_of_when_it_has_ended():
    go = context.Event()
    with record() as trace:
        process = start(work, go)
        until(lambda: stand(line(work, 6), line(work, 6), line(work, 11)))
        go.set()
        process.join()
    assert process.exitcode == 0
    assert trace.cut_short == (
        "first holds one and wants other (second's one); second holds one and wants other (first's one)"
        f" ({HERE}, line {line(work, 6)})"
    )
    assert beside(trace) == []


# In words

ONE, TWO, OTHER = (7, 1), (7, 2), (8, 1)


def running(*tasks):
    return Trace("", tuple(Span(task, State.RUNNING, "process 1", 0, 1) for task in tasks))


@pytest.mark.parametrize(
    ("tasks", "said"),
    [
        ({}, ""),
        ({ONE: "f"}, "f was still at work in its process"),
        ({ONE: "f", TWO: "g"}, "f, g were still at work in their process"),
        ({ONE: "f", OTHER: "g"}, "f, g were still at work in their processes"),
    ],
)
def test_who_is_at_work_in_one_process_or_several(tasks, said):
    assert lost.at_work(running(*tasks.values()), tasks, gone=()) == said
    assert lost.at_work(running(*tasks.values()), tasks, gone=(7, 8)) == ""


@pytest.mark.parametrize(
    ("tasks", "said"),
    [
        ({}, ""),
        ({ONE: "f"}, "f did not end: its process died"),
        ({ONE: "f", TWO: "g"}, "f, g did not end: their process died"),
        ({ONE: "f", OTHER: "g"}, "f, g did not end: their processes died"),
    ],
)
def test_who_died_in_one_process_or_several(tasks, said):
    assert lost.died(tasks, gone=(7, 8), told=()) == said
    assert lost.died(tasks, gone=(7, 8), told=("f", "g")) == lost.died(tasks, gone=(), told=()) == ""
