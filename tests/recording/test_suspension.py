"""When the block itself is suspended on an event loop."""

import pytest

from taketurns import State
from taketurns.recording.suspension import Suspension
from taketurns.recording.worker import Log

RUNNING, READY, WAITING, _ = State


@pytest.fixture
def log():
    log = Log()
    log.block = log.number("the block"), 1
    log.at = 0
    log.now = lambda: log.at
    return log


def pieces(log):
    return [(one.at, one.until, one.state, one.reason) for one in log.suspended]


def slept(log, at, due):
    """Return how the block is suspended that sleeps from a time until one."""
    log.at = at
    suspension = Suspension(log)
    suspension.begin(lambda now: (WAITING, "timer", None, due))
    return suspension


def test_who_goes_on_when_its_time_has_come_was_ready_from_then_on(log):
    suspension = slept(log, 10, 50)
    log.at = 70
    suspension.end()
    assert pieces(log) == [(10, 50, WAITING, "timer"), (50, 70, READY, "event loop")]


def test_who_is_woken_is_ready_until_it_goes_on(log):
    suspension = slept(log, 10, None)
    log.at = 30
    suspension.ready()
    suspension.ready()
    log.at = 40
    suspension.end()
    suspension.end()
    assert pieces(log) == [(10, 30, WAITING, "timer"), (30, 40, READY, "event loop")]


def test_who_asks_for_its_next_step_before_it_is_suspended_only_takes_turns(log):
    log.at = 10
    suspension = Suspension(log)
    for _ in range(2):
        suspension.ready()
        suspension.begin(lambda now: (WAITING, "", None, None))
        log.at += 5
        suspension.end()
    suspension.begin(lambda now: (WAITING, "event", None, None))
    log.at = 30
    suspension.end()
    assert pieces(log) == [(10, 15, READY, "event loop"), (15, 20, READY, "event loop"), (20, 30, WAITING, "event")]


def test_where_time_is_simulated_the_block_has_no_lane(log):
    log.block = None
    slept(log, 10, 50).end()
    assert log.suspended == []
