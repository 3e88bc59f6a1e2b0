import pytest
from hypothesis import given
from hypothesis import strategies as st

from taketurns import EventLoop, SimulatedClock, State, WallClock, compute, record
from taketurns.suspend.loop import Instrument, instruments, running_loop

RUNNING, READY, WAITING, _ = State


@pytest.fixture
def loop():
    return EventLoop(SimulatedClock())


def spans(trace, task):
    return [(span.state, span.start, span.end, span.reason) for span in trace.lane(task)]


def test_what_is_ready_runs_first_in_first_out(loop):
    order = []
    for name in "abc":
        loop.call_soon(order.append, name)
    loop.run()
    assert order == ["a", "b", "c"]


@given(st.lists(st.integers(0, 3), max_size=8))
def test_timers_run_in_the_order_in_which_they_are_due_and_ties_as_they_were_asked_for(delays):
    loop, order = EventLoop(SimulatedClock()), []
    for number, delay in enumerate(delays):
        loop.call_later(delay, lambda number=number: order.append((loop.clock.now(), number)))
    loop.run()
    assert order == sorted((delay, number) for number, delay in enumerate(delays))


def test_what_is_ready_is_drained_before_time_moves(loop):
    order = []

    def busy(left):
        order.append((loop.clock.now(), left))
        if left:
            loop.call_soon(busy, left - 1)

    loop.call_later(1, order.append, "due")
    loop.call_soon(busy, 3)
    loop.run()
    assert order == [(0, 3), (0, 2), (0, 1), (0, 0), "due"]


def test_what_is_asked_for_in_a_turn_runs_in_the_next_behind_what_became_due(loop):
    # As asyncio does it: what was ready at the begin of a turn, then the timers that are due, then what is new.
    order = []

    def first():
        compute(5)
        loop.call_soon(order.append, "asked for in the turn")

    loop.call_later(1, order.append, "due meanwhile")
    loop.call_soon(first)
    loop.call_soon(lambda: order.append("ready before"))
    loop.run()
    assert order == ["ready before", "asked for in the turn", "due meanwhile"]


def test_in_real_time_it_waits_for_the_clock(monkeypatch):
    slept = []
    monkeypatch.setattr("taketurns.trace.clock.time.sleep", slept.append)
    now = iter(range(0, 10**12, 10**9))
    monkeypatch.setattr(WallClock, "now_ns", lambda self: next(now))
    loop = EventLoop(WallClock())
    loop.call_later(3, lambda: None)
    loop.run()
    assert slept[0] == 2  # it was asked at 0 s for 3 s, and looked at 1 s


def test_a_task_is_recorded_running_waiting_until_due_and_ready_until_resumed():
    def boil():
        compute(1)
        running_loop().call_later(3, pour)

    def pour():
        compute(0.5)

    with record("two kettles", SimulatedClock()) as trace:
        loop = EventLoop()
        loop.start("a", boil)
        loop.start("b", boil)
        loop.start("long", compute, 2.5)
        loop.run()
    assert spans(trace, "a") == [
        (RUNNING, 0, 1, ""),
        (WAITING, 1, 4, "timer"),
        (READY, 4, 4.5, "event loop"),
        (RUNNING, 4.5, 5, ""),
    ]
    assert spans(trace, "b") == [
        (READY, 0, 1, "event loop"),
        (RUNNING, 1, 2, ""),
        (WAITING, 2, 5, "timer"),
        (RUNNING, 5, 5.5, ""),
    ]
    assert trace.workers == ("main thread",)


def test_a_task_that_waits_for_another_says_for_which_and_is_ready_when_that_ends():
    with record("wait", SimulatedClock()) as trace:
        loop = EventLoop()
        kettle = loop.start("kettle", compute, 2)
        loop.start("guest", lambda: loop.running.wait_for(kettle, lambda: compute(1)))
        loop.start("cook", compute, 4)
        loop.run()
    assert spans(trace, "guest") == [
        (READY, 0, 2, "event loop"),
        (RUNNING, 2, 2, ""),
        (READY, 2, 6, "event loop"),
        (RUNNING, 6, 7, ""),
    ]


def test_an_error_names_its_task_and_the_others_go_on(loop):
    done = []
    loop.start("broken", lambda: 1 / 0)
    loop.start("whole", lambda: loop.call_later(1, done.append, "whole"))
    with pytest.raises(ExceptionGroup, match="1 of 2 tasks failed") as caught:
        loop.run()
    (error,) = caught.value.exceptions
    assert isinstance(error, ZeroDivisionError)
    assert error.__notes__ == ["in task 'broken'"]
    assert done == ["whole"]


def test_an_error_is_left_to_the_task_that_waits_for_it(loop):
    broken = loop.start("broken", lambda: 1 / 0)
    loop.start("guest", lambda: loop.running.wait_for(broken, lambda: None))
    loop.run()
    assert isinstance(broken.error, ZeroDivisionError)
    assert repr(broken) == "<Task 'broken', done>"


def test_a_task_may_wait_for_several_and_each_of_its_callbacks_may_fail():
    heard = []

    def hear(name):
        heard.append((name, loop.clock.now()))
        if name != "b":
            raise LookupError(name)

    def main():
        for name, seconds in {"a": 3, "b": 1, "c": 2}.items():
            one = loop.start(name, loop.call_later, seconds, lambda: None)
            loop.running.wait_for(one, lambda name=name: hear(name))

    with record("main", SimulatedClock()) as trace:
        loop = EventLoop()
        task = loop.start("main", main)
        with pytest.raises(ExceptionGroup, match="1 of 4 tasks failed, with nobody to hear of it") as caught:
            loop.run()
    assert heard == [("b", 1), ("c", 2), ("a", 3)]
    assert [str(error) for error in caught.value.exceptions] == ["c", "a"]
    assert task.error is task.errors[0]
    assert [(state, start, end, reason) for state, start, end, reason in spans(trace, "main") if state is WAITING] == [
        (WAITING, 0, 1, "a, b, c"),
        (WAITING, 1, 2, "a, c"),
        (WAITING, 2, 3, "a"),
    ]


def test_an_interrupt_ends_the_loop_and_leaves_it_usable(loop):
    def interrupt():
        raise KeyboardInterrupt

    loop.start("a", interrupt)
    with pytest.raises(KeyboardInterrupt):
        loop.run()
    with pytest.raises(RuntimeError, match="no event loop is running"):
        running_loop()
    assert loop.running is None


def test_tasks_that_wait_for_each_other_are_reported(loop):
    tasks = {}

    def wait(name, other):
        loop.running.wait_for(tasks[other], lambda: None)

    for name, other in ("ab", "ba"):
        tasks[name] = loop.start(name, wait, name, other)
    with pytest.raises(RuntimeError, match="can never go on: a waits for b, b waits for a"):
        loop.run()


@pytest.mark.parametrize("clock", [None, SimulatedClock()])
def test_a_loop_on_another_clock_than_the_recording_is_refused(loop, clock):
    with record("a", clock), pytest.raises(RuntimeError, match="have different clocks"):
        loop.run()


def test_a_thread_runs_one_loop(loop):
    loop.call_soon(lambda: EventLoop(SimulatedClock()).run())
    with pytest.raises(ExceptionGroup) as caught:
        loop.run()
    assert "in use already" in str(caught.value.exceptions[0])


@pytest.mark.parametrize("seconds", [-1, float("nan"), float("inf")])
def test_a_timer_takes_seconds_from_0_on(loop, seconds):
    loop.call_later(seconds, lambda: None)
    with pytest.raises(ExceptionGroup) as caught:
        loop.run()
    assert "a timer takes seconds from 0 on" in str(caught.value.exceptions[0])


class Seen(Instrument):
    """Writes down all that an event loop tells."""

    def __init__(self):
        self.events = []

    def task_scheduled(self, task, at):
        self.events.append(("scheduled", task.name, at))

    def before_task_step(self, task):
        self.events.append(("before", task.name))

    def after_task_step(self, task):
        self.events.append(("after", task.name, task.done))


@pytest.fixture
def look():
    """Put instruments in, and take them out again."""
    before = list(instruments)
    yield instruments.append
    instruments[:] = before


def test_an_instrument_sees_when_a_task_is_ready_and_each_of_its_steps(loop, look):
    look(seen := Seen())
    loop.start("kettle", loop.call_later, 3, lambda: None)
    loop.start("guest", lambda: loop.running.wait_for(loop.tasks[0], lambda: None))
    loop.run()
    assert seen.events == [
        ("scheduled", "kettle", 0),
        ("scheduled", "guest", 0),
        ("before", "kettle"),
        ("after", "kettle", False),
        ("before", "guest"),
        ("after", "guest", False),
        ("scheduled", "kettle", 3 * 10**9),
        ("before", "kettle"),
        ("scheduled", "guest", 3 * 10**9),
        ("after", "kettle", True),
        ("before", "guest"),
        ("after", "guest", True),
    ]


@pytest.mark.parametrize("method", ["task_scheduled", "before_task_step", "after_task_step"])
def test_an_instrument_that_fails_is_dropped_and_logged_and_the_loop_and_the_others_go_on(loop, look, caplog, method):
    def fail(*args):
        raise LookupError("no paper left")

    broken, seen = Seen(), Seen()
    setattr(broken, method, fail)
    look(broken)
    look(seen)
    done = []
    loop.start("a", done.append, 1)
    loop.start("b", done.append, 2)
    loop.run()
    assert done == [1, 2]
    assert broken not in instruments
    assert len(seen.events) == 6
    (record,) = caplog.records
    assert method in record.getMessage()
    assert record.exc_info[0] is LookupError


def test_a_step_that_is_interrupted_is_seen_to_its_end(loop, look):
    def interrupt():
        raise KeyboardInterrupt

    look(seen := Seen())
    loop.start("a", interrupt)
    with pytest.raises(KeyboardInterrupt):
        loop.run()
    assert seen.events == [("scheduled", "a", 0), ("before", "a"), ("after", "a", False)]


def test_a_loop_that_goes_on_in_a_second_recording_is_in_both():
    loop = EventLoop(clock := SimulatedClock())
    loop.start("a", loop.call_later, 1, lambda: loop.running.call_later(1, lambda: None))
    with record("first", clock) as first:
        loop.turn()
    with record("second", clock) as second:
        loop.run()
    assert (first.tasks, second.tasks) == (("a",), ("a",))


def test_a_step_in_which_one_recording_ends_and_another_begins_belongs_to_the_first():
    clock = SimulatedClock()
    loop, first, second = EventLoop(clock), record("first", clock), record("second", clock)
    traces = [first.__enter__()]

    def change():
        compute(1)
        first.__exit__(None, None, None)
        traces.append(second.__enter__())

    loop.start("a", change)
    loop.run()
    second.__exit__(None, None, None)
    assert traces[0].tasks == ("a",)
    assert not traces[1].is_on
