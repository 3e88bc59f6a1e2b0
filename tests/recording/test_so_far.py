"""What is recorded so far is a trace while the recording goes on, and to look at it changes nothing in that."""

import threading
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context

from lanes import without_block

from taketurns import SimulatedClock, Span, State, Trace, compute, record, task
from taketurns.recording import recorder, so_far
from taketurns.trace.outcomes import Ending


@task(name="step {number}")
def step(number):
    pass


def test_to_look_changes_nothing_in_what_is_recorded():
    def run(look):
        with record("steps", SimulatedClock()) as trace:
            for number in (1, 1, 2):
                step(number)
                for _ in range(look):
                    so_far.so_far(trace)
        return trace

    assert run(3) == run(0)


def test_tasks_in_other_threads_are_seen_before_they_end():
    begun, over = threading.Event(), threading.Event()

    def patient():
        begun.set()
        over.wait()

    with record() as trace:
        thread = threading.Thread(target=patient, name="patient")
        thread.start()
        begun.wait()
        while "patient" not in (seen := so_far.so_far(trace)).tasks:  # the watcher tells of it a moment later
            pass
        over.set()
        thread.join()
    assert without_block(seen).tasks == ("patient",)
    assert seen.outcome("patient").ending is Ending.NOT_ENDED
    assert trace.outcome("patient").ending is Ending.RETURNED


def test_tasks_of_child_processes_are_seen_before_the_end():
    with record() as trace, ProcessPoolExecutor(1, get_context("spawn")) as pool:
        pool.submit(compute, 0.001).result()
        seen = so_far.so_far(trace)
    assert [name for name in seen.tasks if name.startswith("compute")] == ["compute(0.001)"]
    assert seen.lane("compute(0.001)")[0].process == trace.lane("compute(0.001)")[0].process


def test_a_task_that_runs_is_running_until_now():
    with record("one", SimulatedClock()) as trace:
        worker = recorder.claimed().new_worker()
        outer = worker.enter("long")
        recorder.claimed().clock.sleep_until(2)
        seen = so_far.so_far(trace)
        worker.leave(outer)
    assert seen.spans == trace.spans == (Span("long", State.RUNNING, "main thread", 0, 2),)


def test_the_thread_that_follows_is_no_task_and_ends_with_the_recording(monkeypatch):
    shown = threading.Semaphore(0)
    monkeypatch.setattr(so_far, "PAUSE", 0)
    with record("watched") as trace:
        follower = so_far.follow(trace, lambda _: shown.release())
        follower.start()
        for _ in range(3):
            shown.acquire()
        thread = follower.thread
    assert not thread.is_alive()
    assert without_block(trace).tasks == ()
    assert recorder.claimed() is None


def test_nobody_follows_a_recording_that_was_left_without_a_word(monkeypatch):
    monkeypatch.setattr(so_far, "PAUSE", 0)
    with record("left") as trace:
        follower = so_far.follow(trace, lambda _: None)
        recorder.claimed().is_given_up = lambda: True
        follower.start()
        follower.thread.join()


def test_what_cannot_be_shown_is_no_matter_of_the_program():
    def fail(_):
        raise OSError("no connection")

    with record("shown") as trace:
        so_far.follow(trace, fail).refresh()
    assert not trace.is_on


def test_while_its_end_is_made_nothing_is_read():
    with record("ending") as trace:
        mine = recorder.claimed()
        mine.ended = mine.now()
        assert so_far.so_far(trace) == Trace("ending", ())
        follower = so_far.follow(trace, lambda shown: seen.append(shown))
        seen = []
        follower.refresh()
        assert seen == []
    assert seen == [trace]


def test_the_end_waits_for_who_is_reading_and_no_longer_than_it_takes(monkeypatch):
    with record("read") as trace:
        recorder.claimed().reading.acquire()
        monkeypatch.setattr(recorder, "PATIENCE", 0.01)  # nobody gives it back, as after an interrupt
    assert not trace.is_on


def test_a_trace_is_itself_once_it_is_whole():
    whole = Trace("whole", (Span("a", State.RUNNING, "main thread", 0, 1),))
    assert so_far.so_far(whole) is whole
