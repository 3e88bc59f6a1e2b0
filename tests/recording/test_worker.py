import pytest

from taketurns import State
from taketurns.recording import worker as module
from taketurns.recording.recorder import Recorder


class Ticking:
    """A clock that goes on by one microsecond at every look, or jumps."""

    at = 0

    def __call__(self):
        self.at += 1_000
        return self.at


@pytest.fixture
def worker(monkeypatch):
    """A worker of a recording that is not on, on a clock of its own, of a thread that always has its core.

    Nobody counts its switches.
    """
    clock = Ticking()
    monkeypatch.setattr(module.time, "thread_time_ns", lambda: clock.at)
    monkeypatch.setattr(module, "switched", lambda: None)
    recorder = Recorder()
    monkeypatch.setattr(recorder, "now", clock)
    worker = module.Worker(recorder)
    clock.at = 1_000
    return worker


def test_a_stretch_in_which_nothing_else_happens_is_one_event(worker):
    outer = worker.enter("boil")
    worker.leave(outer)
    assert worker.events == [(2_000, "boil", None, "", 3_000, None)]


def test_events_hold_nothing_that_the_garbage_collector_must_look_at(worker):
    worker.leave(worker.enter(7), State.WAITING)
    worker.enter(7)
    worker.change(State.WAITING, "a reply")
    atoms = {int, str, State, type(None)}
    assert {type(part) for event in worker.events for part in event} <= atoms


def test_a_task_that_calls_another_waits_for_it(worker):
    first = worker.enter(1)
    second = worker.enter(2)
    worker.leave(second)
    worker.leave(first)
    assert worker.events == [
        (2_000, 1, State.RUNNING, "", None, None),
        (3_000, 1, State.WAITING, "another task", None, None),
        (3_000, 2, None, "", 4_000, None),
        (4_000, 1, State.RUNNING, "", None, None),
        (5_000, 1, None, "", None, None),
    ]


def test_a_task_goes_back_to_the_state_in_which_it_called_another(worker):
    outer = worker.enter(1)
    worker.change(State.WAITING, "a lock")
    worker.leave(worker.enter(2))
    assert worker.state is State.WAITING
    worker.leave(outer)
    assert worker.events[-2:] == [(5_000, 1, State.WAITING, "", None, None), (6_000, 1, None, "", None, None)]


def test_a_long_stretch_without_a_core_was_waiting(worker, monkeypatch):
    outer = worker.enter(1)
    monkeypatch.setattr(module.time, "thread_time_ns", lambda: 2_000)
    worker.now.at = 50_000_000
    worker.leave(outer)
    assert worker.events == [
        (2_000, 1, State.RUNNING, "", None, None),
        (2_000, 1, State.WAITING, "", None, None),
        (50_001_000, 1, None, "", None, None),
    ]


def counted(worker, monkeypatch, waited, taken):
    """Let the system count so many switches of the worker's thread from now on."""
    worker.switched = 5, 5
    monkeypatch.setattr(module, "switched", lambda: (5 + waited, 5 + taken))


@pytest.mark.parametrize(
    ("waited", "taken", "state", "reason"),
    [(0, 1, State.READY, "core"), (1, 0, State.WAITING, ""), (1, 1, State.WAITING, ""), (0, 0, State.WAITING, "")],
)
def test_a_long_stretch_without_a_core_was_ready_if_the_system_only_took_it(
    worker, monkeypatch, waited, taken, state, reason
):
    outer = worker.enter(1)
    monkeypatch.setattr(module.time, "thread_time_ns", lambda: 2_000)
    counted(worker, monkeypatch, waited, taken)
    worker.now.at = 50_000_000
    worker.leave(outer)
    assert worker.events == [
        (2_000, 1, State.RUNNING, "", None, None),
        (2_000, 1, state, reason, None, None),
        (50_001_000, 1, None, "", None, None),
    ]


def test_a_long_stretch_on_a_core_was_running(worker):
    outer = worker.enter(1)
    worker.now.at = 50_000_000
    worker.leave(outer)
    assert worker.events == [(2_000, 1, None, "", 50_001_000, None)]


@pytest.mark.parametrize("gil", [True, False])
def test_a_stretch_in_which_another_thread_marked_the_clock_gives_way_where_there_is_a_gil(worker, gil):
    worker.recorder.gil = gil
    outer = worker.enter(1)
    worker.recorder.holder = None
    worker.leave(outer)
    expected = [(2_000, 1, None, "", 3_000, None)]
    if gil:
        expected = [
            (2_000, 1, State.RUNNING, "", None, None),
            (2_000, 1, State.RUNNING, "", None, None, 0),
            (3_000, 1, None, "", None, None),
        ]
    assert worker.events == expected


def test_a_task_that_lost_the_gil_before_it_called_another_gives_way_too(worker):
    worker.recorder.gil = True
    worker.enter(1)
    worker.recorder.holder = None
    worker.enter(2)
    expected = [
        (2_000, 1, State.RUNNING, "", None, None),
        (2_000, 1, State.RUNNING, "", None, None, 0),
        (3_000, 1, State.WAITING, "another task", None, None),
    ]
    assert worker.events == expected


def test_a_stretch_that_lost_the_gil_tells_how_long_it_was_off_its_core(worker, monkeypatch):
    worker.recorder.gil = True
    outer = worker.enter(1)
    worker.recorder.holder = None
    monkeypatch.setattr(module.time, "thread_time_ns", lambda: 30_001_000)
    worker.now.at = 50_001_000
    worker.leave(outer)
    assert worker.events[1] == (2_000, 1, State.RUNNING, "", None, None, 20000000)


@pytest.mark.parametrize(
    ("waited", "length", "used", "loses"),
    [
        (1, 2_000, 2_000, True),
        (0, 2_000, 2_000, False),
        (0, 2_000, 1_000, True),  # its core was taken at the moment when it let go of the GIL
        (0, 40_000_000, 30_000_000, True),
        (0, 60_000_000, 30_000_000, False),
        (1, 60_000_000, 30_000_000, True),
    ],
)
def test_who_never_waited_did_not_lose_the_gil_for_long(worker, monkeypatch, waited, length, used, loses):
    worker.recorder.gil = True
    outer = worker.enter(1)
    counted(worker, monkeypatch, waited, 3)
    monkeypatch.setattr(module.time, "thread_time_ns", lambda: worker.cpu + used)
    worker.recorder.holder = None
    worker.now.at = worker.last + length - 1_000
    worker.leave(outer)
    assert ([length - used] in [list(event[6:]) for event in worker.events]) == loses


@pytest.mark.parametrize(("used", "loses"), [(44_000_000, True), (46_000_000, False)])
def test_who_was_off_its_core_may_have_lost_the_gil_to_one_that_did_not_mark_the_clock(
    worker, monkeypatch, used, loses
):
    worker.recorder.gil = True
    outer = worker.enter(1)
    monkeypatch.setattr(module.time, "thread_time_ns", lambda: 1_000 + used)
    worker.now.at = 50_001_000
    worker.leave(outer)
    assert len(worker.events) == (3 if loses else 1)
