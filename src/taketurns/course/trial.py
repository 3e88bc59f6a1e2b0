"""How an answer is tried that is a generator function: it runs on our event loop, in simulated time, for a while."""

from collections.abc import Callable, Generator
from typing import Any, NamedTuple

from taketurns.course.deadline import LateError
from taketurns.recording.block import record
from taketurns.suspend.generators import run
from taketurns.suspend.loop import EventLoop
from taketurns.trace.clock import SimulatedClock
from taketurns.trace.text import describe
from taketurns.trace.trace import Trace

__all__ = ["Function", "Steps", "Tried", "failed", "tried"]

Steps = Generator[Any, Any, Any]
Function = Callable[..., Steps]


class _ShortLoop(EventLoop):
    """An event loop that gives up after so many turns."""

    turns = 1000

    def turn(self) -> None:
        self.turns -= 1
        if not self.turns:
            raise LateError
        super().turn()


class Tried(NamedTuple):
    """What became of a program: its recording, and its result or its error."""

    trace: Trace
    result: Any = None
    error: Exception | None = None

    @property
    def shown(self) -> str:
        """Its result in words: a plain value, or what it is."""
        is_plain = isinstance(self.result, str | int | float | tuple | list)
        return repr(self.result) if is_plain else f"a {type(self.result).__name__}"

    def lasted(self, task: str, state: str) -> list[float]:
        """Return how long each span of a task in a state lasted, without those that last no time."""
        spans = self.trace.only(state=state).lanes.get(task, ())
        return [round(span.duration, 9) for span in spans if span.duration]


def tried(main: Function) -> Tried:
    """Run a program in simulated time, for a while."""
    clock, result, error = SimulatedClock(), None, None
    with record("an answer", clock) as trace:
        try:
            result = run(main, loop=_ShortLoop(clock))
        except Exception as raised:  # noqa: BLE001 - it is told in words
            error = raised
    return Tried(trace, result, error)


#: What an error says when a request was made, or handed out, in the wrong way; and what is behind it.
MISTAKES = {
    "'generator' object is not callable": "`yield` hands the generator itself to the loop, which can do nothing with "
    "it. `yield from` runs it.",
    "'tuple' object is not callable": "One `yield` hands out one request. Two requests need a `yield` each.",
    "'Task' object is not callable": "A task is no request. `wait_for(task)` makes one of it.",
    "'NoneType' object is not callable": "There is a `yield` without a request after it.",
    "'function' object is not iterable": "A request is handed out with `yield`. `yield from` is for a generator.",
    "'Task' object is not iterable": "A task is no generator. `yield wait_for(task)` waits for it.",
    "and 'generator'": "Without `yield from`, the call makes a generator, and nothing of it runs.",
    "generator raised StopIteration": "A generator ends with `return`, and whoever raises StopIteration in it fails.",
}


def failed(seen: Tried) -> str | None:
    """Say what is behind an error, if it is one of those above."""
    if seen.error is None:
        return None
    error = _leaf(seen.error)
    text = str(error)
    behind = next((behind for mistake, behind in MISTAKES.items() if mistake in text), "")
    return f"It failed: {describe(error)}. {behind}".rstrip()


def _leaf(error: Exception) -> Exception:
    """Return the first error of a group."""
    while isinstance(error, ExceptionGroup):
        error = error.exceptions[0]
    return error
