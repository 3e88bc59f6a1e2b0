from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import given
from hypothesis import strategies as st

from taketurns import SimulatedClock, State, WallClock, compute, record, wait
from taketurns.trace.clock import simulated

SECONDS = st.integers(0, 10**6).map(lambda thousandths: thousandths / 1000)


@given(st.lists(SECONDS))
def test_simulated_time_adds_up_exactly(spent):
    clock = SimulatedClock()
    for seconds in spent:
        clock.spend(seconds)
    assert clock.now_ns() == sum(round(seconds * 1000) for seconds in spent) * 10**6
    assert clock.now() == clock.now_ns() / 1e9


@given(st.lists(SECONDS))
def test_simulated_time_jumps_forward_only(times):
    clock = SimulatedClock()
    for at in times:
        clock.sleep_until(at)
    assert clock.now() == max(times, default=0)


def test_real_time_sleeps_until_then_and_not_where_that_has_passed(monkeypatch):
    slept = []
    monkeypatch.setattr("taketurns.trace.clock.time.sleep", slept.append)
    monkeypatch.setattr("taketurns.trace.clock.time.perf_counter_ns", lambda: 5_000_000_000)
    clock = WallClock()
    assert (clock.now(), clock.now_ns()) == (5, 5_000_000_000)
    clock.sleep_until(7)
    clock.sleep_until(3)
    assert slept == [2, 0]


def test_compute_and_wait_spend_simulated_time():
    clock = SimulatedClock()
    with record("a day", clock) as trace, clock.in_use():
        compute(3600)
        wait(82_800)
    assert [(span.state, span.start, span.end) for span in trace.spans] == [
        (State.RUNNING, 0, 3600),
        (State.WAITING, 3600, 86_400),
    ]
    assert trace.origin["clock"] == "simulated"
    assert trace.workers == ("main thread",)


def test_without_a_recording_it_is_spent_all_the_same():
    clock = SimulatedClock()
    with clock.in_use():
        compute(60)
        wait(60)
    assert clock.now() == 120
    assert simulated() is None


def test_simulated_time_belongs_to_one_thread_and_the_others_live_in_real_time():
    clock = SimulatedClock()
    with record("a day", clock) as trace, clock.in_use(), ThreadPoolExecutor(1) as pool:
        assert pool.submit(simulated).result() is None
        pool.submit(compute, 0.001).result()
        pool.submit(wait, 0.001).result()
        compute(1)
    assert clock.now() == 1
    assert [(span.worker, span.start, span.end) for span in trace.spans] == [("main thread", 0, 1)]


def test_one_clock_is_in_use_at_a_time():
    with SimulatedClock().in_use(), pytest.raises(RuntimeError, match="in use already"), SimulatedClock().in_use():
        pass


@pytest.mark.parametrize("clock", [WallClock(), "simulated", 5])
def test_record_takes_no_other_clock(clock):
    with pytest.raises(TypeError, match="takes a SimulatedClock"):
        record("a", clock)
