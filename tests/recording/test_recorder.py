import gc
import itertools
import threading
import time

import pytest
from lanes import without_block

from taketurns import SimulatedClock, State, compute, record, task, wait
from taketurns.recording import recorder
from taketurns.recording.current import current_worker


def test_a_second_recording_is_refused_and_the_first_goes_on():
    with record("first") as first:
        compute(0)
        with pytest.raises(
            RuntimeError, match=r"a recording is on already \('first'\).*let its `with record\(\)` block"
        ):
            with record("second"):
                pass
        compute(0.001)
    assert len(without_block(first).tasks) == 1
    with record("third") as third:
        compute(0.001)
    assert third.label == "third"


def test_a_recording_in_another_thread_is_a_second_one():
    caught = []

    def second():
        try:
            with record("second"):
                pass
        except RuntimeError as error:
            caught.append(str(error))

    with record("first"):
        thread = threading.Thread(target=second)
        thread.start()
        thread.join()
    assert "'first'" in caught[0]


@pytest.mark.parametrize("error", [KeyboardInterrupt(), ZeroDivisionError("division by zero"), SystemExit(3)])
def test_an_exception_leaves_the_trace_so_far(error):
    with pytest.raises(type(error)), record("cut") as trace:
        compute(0.001)
        raise error
    assert without_block(trace).tasks == ("task 0",)
    assert trace.cut_short == ": ".join(filter(None, (type(error).__name__, str(error))))
    assert recorder.on is None


def test_an_interrupt_inside_a_task_ends_it(monkeypatch):
    def interrupted(seconds):
        raise KeyboardInterrupt

    monkeypatch.setattr("taketurns.recording.marks.time.sleep", interrupted)
    with pytest.raises(KeyboardInterrupt), record() as trace:
        wait(10)
    assert [(span.state, span.reason) for span in trace.spans] == [(State.WAITING, "timer")]


def test_a_thread_that_is_still_at_work_is_in_the_trace_until_its_end():
    begun, over = threading.Event(), threading.Event()

    @task
    def patient():
        begun.set()
        over.wait()

    with record() as trace:
        thread = threading.Thread(target=patient)
        thread.start()
        begun.wait()
        compute(0.001)
    over.set()
    thread.join()
    assert without_block(trace).tasks == ("patient", "task 0")
    assert trace.lane("patient")[-1].end >= trace.lane("task 0")[-1].end
    assert without_block(trace).workers == ("thread 1", "main thread")


def test_what_goes_on_after_a_recording_is_in_neither_the_next_nor_the_last():
    begun, over = threading.Event(), threading.Event()

    @task
    def patient():
        begun.set()
        over.wait()
        compute(0.001)

    with record() as first:
        thread = threading.Thread(target=patient)
        thread.start()
        begun.wait()
    spans = first.spans
    with record() as second:
        over.set()
        thread.join()
        compute(0.001)
    assert first.spans == spans
    assert set(without_block(second).workers) <= {"main thread", "thread 1"}
    assert "patient" not in second.tasks


def test_without_a_recording_no_thread_has_a_worker():
    with record():
        assert current_worker() is not None
    assert current_worker() is None


def test_a_trace_says_where_it_was_made():
    with record() as trace:
        compute(0.001)
    assert trace.origin["clock"] == "real"
    assert {"python", "gil", "cores", "date"} <= set(trace.origin)


def test_times_count_from_the_begin_of_the_recording():
    before = time.perf_counter_ns()
    with record() as trace:
        compute(0.001)
    after = time.perf_counter_ns()
    assert all(0 <= one.start <= one.end <= (after - before) / 1e9 for one in trace.spans)
    assert all(one.end == two.start for one, two in itertools.pairwise(without_block(trace).spans))


def test_a_fault_of_ours_spoils_one_recording_and_not_all_that_come_after_it(monkeypatch):
    def broken(*_):
        raise ZeroDivisionError("of ours")

    with monkeypatch.context() as patch, pytest.raises(ZeroDivisionError):
        patch.setattr("taketurns.recording.whole.whole", broken)
        with record("first") as first:
            pass
    assert (first.spans, first.cut_short) == ((), "ZeroDivisionError: of ours")
    with record("second") as second:
        pass
    assert not second.is_on


# The garbage collector


@pytest.fixture(params=[True, False], ids=["on", "off"])
def collects(request):
    was_on = gc.isenabled()
    (gc.enable if request.param else gc.disable)()
    yield request.param
    (gc.enable if was_on else gc.disable)()


def test_a_recording_leaves_the_garbage_collector_as_it_was(collects):
    with record(clock=SimulatedClock()):
        pass
    assert gc.isenabled() is collects


def test_a_fault_at_its_end_does_so_too(collects, monkeypatch):
    def fault(*_):
        raise ZeroDivisionError

    monkeypatch.setattr("taketurns.recording.whole.whole", fault)
    with pytest.raises(ZeroDivisionError), record(clock=SimulatedClock()):
        pass
    assert gc.isenabled() is collects
