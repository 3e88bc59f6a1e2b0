import subprocess
import sys

import greenlet as library
import pytest
from greenlet import getcurrent, greenlet
from lanes import without_block

from taketurns import SimulatedClock, State, compute, record, task
from taketurns.suspend import greenlets

RUNNING, READY, WAITING, _ = State


@pytest.fixture
def clock():
    clock = SimulatedClock()
    with clock.in_use():
        yield clock


def spans(trace, task):
    return [(span.state, span.start, span.end) for span in trace.lane(task)]


def test_a_greenlet_runs_from_switch_to_switch(clock):
    def tea():
        compute(2)
        other.switch()
        compute(1)

    def soup():
        compute(3)
        one.switch()

    one, other = greenlet(tea), greenlet(soup)
    with record("two", clock) as trace:
        one.switch()
    assert spans(trace, "tea") == [(RUNNING, 0, 2), (WAITING, 2, 5), (RUNNING, 5, 6)]
    assert spans(trace, "soup") == [(RUNNING, 2, 5), (WAITING, 5, 6)]
    assert trace.peak_parallelism == 1


def test_a_task_that_switches_to_a_greenlet_waits_for_it(clock):
    @task
    def cook():
        compute(1)
        greenlet(lambda: compute(2)).switch()
        compute(3)

    with record("nested", clock) as trace:
        cook()
    assert spans(trace, "cook") == [(RUNNING, 0, 1), (WAITING, 1, 3), (RUNNING, 3, 6)]
    assert spans(trace, "task 0") == [(RUNNING, 1, 3)]


def test_a_task_inside_a_greenlet_is_suspended_with_it(clock):
    @task
    def stir():
        compute(1)
        getcurrent().parent.switch()
        compute(1)

    one = greenlet(stir)
    with record("inside", clock) as trace:
        one.switch()
        compute(5)
        one.switch()
    assert spans(trace, "stir") == [(RUNNING, 0, 1), (WAITING, 1, 6), (RUNNING, 6, 7)]


def test_an_error_ends_a_greenlet(clock):
    def broken():
        compute(1)
        raise LookupError

    with record("broken", clock) as trace:
        with pytest.raises(LookupError):
            greenlet(broken).switch()
        compute(1)
    assert spans(trace, "task 0") == [(RUNNING, 0, 1)]
    assert spans(trace, "task 1") == [(RUNNING, 1, 2)]


def test_on_an_event_loop_of_ours_its_tasks_are_what_is_recorded():
    with record("loop", SimulatedClock()) as trace:
        greenlets.run(greenlets.sleep, 2)
    assert without_block(trace).tasks == ("sleep",)


def test_who_else_traces_switches_goes_on_doing_so():
    seen = []
    library.settrace(lambda event, args: seen.append(event))
    try:
        with record():
            greenlet(lambda: None).switch()
        before = len(seen)
        greenlet(lambda: None).switch()
        assert (before, len(seen)) == (2, 4)
    finally:
        library.settrace(None)


def test_after_the_recording_nothing_is_traced():
    with record():
        pass
    assert library.gettrace() is None


def test_greenlet_is_not_imported_for_it():
    code = "import sys, taketurns\nwith taketurns.record(): pass\nassert 'greenlet' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True)
