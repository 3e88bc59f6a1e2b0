"""What several tests ask of a trace."""

from dataclasses import replace

from taketurns.trace.spans import State
from taketurns.trace.trace import Trace

BLOCK = "the block"


def contained(function, *args):
    """Call a function in a generator, which has handled exceptions of its own, and return what it returns.

    Where a tracer raises inside of an ``except``, Python 3.11 may take that exception for the one that is being handled
    for ever after, and then it is the context of all that are raised later.
    """

    def call():
        yield function(*args)

    return next(call())


def without_block(trace: Trace) -> Trace:
    """Return a trace without the lane of its block, which it has only where a busy machine made the block slow."""
    return replace(trace, spans=tuple(span for span in trace.spans if span.task != BLOCK))


def course(trace: Trace, task: str) -> list[tuple[State, str]]:
    """Return the states of a task with their reasons, one after the other.

    What a busy machine adds is left out: that a task that runs lost its core or the GIL, or was not seen.
    """
    found: list[tuple[State, str]] = []
    for span in trace.lane(task):
        busy = span.state is State.UNSEEN or span.reason in ("GIL", "core")
        state = (State.RUNNING, "") if busy else (span.state, span.reason)
        if not found or found[-1] != state:
            found.append(state)
    return found
