"""Recordings as a learner hands them in, for the tests of the exercises."""

from taketurns import Span, State, Trace

RUNNING, READY, WAITING, _ = State


def trace(*lanes, worker="thread {}"):
    """A trace with a lane for each list of (state, start, end) or (state, start, end, reason)."""
    spans = [
        Span(f"task {number}", state, worker.format(number), start, end, *reason)
        for number, lane in enumerate(lanes)
        for state, start, end, *reason in lane
    ]
    return Trace("an answer", tuple(spans))


def waits(*times):
    return trace(*[[(WAITING, start, end)] for start, end in times])


def computes(*times):
    return trace(*[[(RUNNING, start, end)] for start, end in times])


one_by_one = [(0, 1), (1, 2), (2, 3), (3, 4)]
at_once = [(0, 1)] * 4
