"""Exercises of notebook 07, and the lamp of the last one, which blinks forever."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Generator
from types import FunctionType
from typing import Any, NamedTuple

from taketurns.course.checks import Check, Exercise, held_up, rule
from taketurns.recording.block import record
from taketurns.recording.marks import compute
from taketurns.suspend.generators import run, sleep, start, wait_for
from taketurns.suspend.loop import EventLoop, Task
from taketurns.trace.clock import SimulatedClock
from taketurns.trace.spans import Span, State
from taketurns.trace.text import describe
from taketurns.trace.trace import Trace

__all__ = ["both_results", "hot_tea", "lamp", "stopped", "until_hot"]

Steps = Generator[Any, Any, Any]
Function = Callable[..., Steps]


# How an answer is tried that is a function


class _EndlessError(Exception):
    """What never ends by itself was ended here."""


class _ShortLoop(EventLoop):
    """An event loop that gives up after so many turns."""

    turns = 1000

    def turn(self) -> None:
        self.turns -= 1
        if not self.turns:
            raise _EndlessError
        super().turn()


class _Tried(NamedTuple):
    """What became of a program: its recording, and its result or its error."""

    trace: Trace
    result: Any = None
    error: Exception | None = None

    def lane(self, task: str, state: State) -> list[Span]:
        """Return the spans of a task in a state, without those that last no time."""
        spans = self.trace.lane(task) if task in self.trace.tasks else ()
        return [span for span in spans if span.state is state and span.duration]


def _tried(main: Function) -> _Tried:
    """Run a program in simulated time, for a while."""
    clock, result, error = SimulatedClock(), None, None
    with record("an answer", clock) as trace:
        try:
            result = run(main, loop=_ShortLoop(clock))
        except Exception as raised:  # noqa: BLE001 - it is told in words
            error = raised
    return _Tried(trace, result, error)


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


def _said(error: Exception) -> str:
    """Say what is behind an error, if it is one of those above."""
    error = _leaf(error)
    text = str(error)
    behind = next((behind for mistake, behind in MISTAKES.items() if mistake in text), "")
    return f"It failed: {describe(error)}. {behind}".rstrip()


def _leaf(error: Exception) -> Exception:
    """Return the first error of a group."""
    while isinstance(error, ExceptionGroup):
        error = error.exceptions[0]
    return error


def _is_endless(tried: _Tried) -> bool:
    return tried.error is not None and isinstance(_leaf(tried.error), _EndlessError)


def _stops(function: Callable[..., Any]) -> str | None:
    """It has a ``yield``."""
    if inspect.isgeneratorfunction(function):
        return None
    return (
        "There is no `yield` in it, so it is a plain function: it cannot stop in its middle, and it cannot run "
        "a generator that does."
    )


def _when(holds: Callable[[_Tried], object], of: Callable[[Function], _Tried], said: str) -> Check:
    """Return the rule that something does not hold of an answer that can be tried."""
    return lambda function: said if not _stops(function) and holds(of(function)) else None


# 1


def _heated(kettle: Function) -> _Tried:
    def main() -> Steps:
        return (yield wait_for(start(kettle, "A", name="kettle")))

    return _tried(main)


def _is_hot(kettle: Function) -> str | None:
    tried = _heated(kettle)
    heats = [span.duration for span in tried.lane("kettle", State.WAITING)]
    if _is_endless(tried):
        return (
            "It never gets hot. `heat(1)` returns by how many degrees the water got warmer in this one second. Add it."
        )
    if tried.error:
        return _said(tried.error)
    if tried.result is None:
        return "It returns nothing. `return degrees` at its end hands them to whoever waits for the kettle."
    if inspect.isgenerator(tried.result):
        return "It returns a generator that has not run. `yield from` runs it, and gives what it returns."
    if tried.result != 100:
        return f"It returns {tried.result!r}, not 100. Heat again while the water has less than 100 degrees."
    if len(heats) == 1:
        return "It heats once, for a time that was known before. Heat for one second, look, and heat again."
    if heats != [1, 1, 1, 1]:
        return f"It returns 100, but it waited {len(heats)} times and not 4. Each second of heating is a wait."
    return None


until_hot = Exercise(
    "Until it is hot",
    _stops,
    _is_hot,
    of=FunctionType,
    start=_when(
        lambda tried: tried.result == 25, _heated, "As it stands, the water has 25 degrees. Heat until it is hot."
    ),
    solved="Four calls of heat() in one plain loop, and each handed its result back.",
)

# 2


_HEATS = {"kettle A": 3, "kettle B": 2, "kettle C": 4}


def _waits(trace: Trace, kettle: str) -> list[float]:
    """Return how long each wait of a kettle was."""
    spans = trace.lane(kettle) if kettle in trace.tasks else ()
    return [round(span.duration, 9) for span in spans if span.state is State.WAITING and span.duration]


def _cook_is_free(trace: Trace) -> bool:
    """Return whether each kettle keeps the cook for 2 s and no longer."""
    return all(round(trace.time_in(State.RUNNING, kettle), 9) == 2 for kettle in _HEATS)


hot_tea = Exercise(
    "Cold tea",
    rule(lambda trace: set(trace.tasks) >= set(_HEATS), "Three kettles are asked for: `run(main, tea)` starts them."),
    rule(
        lambda trace: any(_waits(trace, kettle) for kettle in _HEATS),
        "No kettle waits in your recording. `sleep(seconds)` only makes a request. It takes a `yield` to hand it out.",
    ),
    rule(
        lambda trace: not held_up(trace),
        "`wait` blocks the thread: others are ready, and nobody runs. A request that is yielded lets them run.",
    ),
    rule(
        _cook_is_free,
        "The cook is not busy for 2 s with each kettle: 1 s to fill it, 0.5 s to pour, 0.5 s to serve. "
        "`compute` keeps the cook there. To heat and to steep needs nobody.",
    ),
    rule(
        lambda trace: all(_waits(trace, kettle) == [seconds, 2] for kettle, seconds in _HEATS.items()),
        "Each kettle is to wait twice: while it heats, for as long as KETTLES says, and then for 2 s.",
    ),
    start=rule(
        lambda trace: (
            not set(trace.tasks) >= set(_HEATS)
            or any(_waits(trace, kettle) != [2] for kettle in _HEATS)
            or not _cook_is_free(trace)
        ),
        "As it stands, each lane waits once, for 2 s, and that is the steeping. Nobody waits for the heat.",
    ),
    solved="Each waits twice. A request is handed to the loop by `yield`, and by nothing else.",
)

# 3


def _of_two(both: Function) -> _Tried:
    def heat(seconds: float, result: str) -> Steps:
        yield sleep(seconds)
        return result

    def main() -> Steps:
        return (yield from both(start(heat, 3, "tea", name="kettle A"), start(heat, 2, "coffee", name="kettle B")))

    return _tried(main)


def _are_both(both: Function) -> str | None:
    tried = _of_two(both)
    if tried.error:
        return _said(tried.error)
    if tried.result is None:
        return "It returns nothing. What `yield wait_for(a)` gives is the result of `a`."
    if not isinstance(tried.result, tuple | list) or len(tried.result) != 2:
        return f"It returns {_shown(tried.result)}. Two results are asked for: `return first, second`."
    if wrong := next((_wrong(part) for part in tried.result if _wrong(part)), None):
        return wrong
    if list(tried.result) == ["coffee", "tea"]:
        return "Both are there, in the wrong order: the result of `a` comes first, whichever is done first."
    if list(tried.result) != ["tea", "coffee"]:
        return f"It returns {_shown(tried.result)}. The tasks returned 'tea' and 'coffee'."
    return None


def _shown(result: object) -> str:
    return repr(result) if isinstance(result, str | int | float | tuple | list) else f"a {type(result).__name__}"


def _wrong(part: object) -> str | None:
    """Say what one of two results is instead of a result."""
    if isinstance(part, Task):
        return "It returns the tasks. What they returned is what `yield wait_for(...)` gives."
    if part is None:
        return "It returns None for a task that was not done yet. `task.result` does not wait; `wait_for` does."
    if callable(part):
        return "It returns requests. Without a `yield`, nobody has been asked for anything."
    return None


both_results = Exercise(
    "Both results",
    _stops,
    _are_both,
    of=FunctionType,
    start=_when(lambda tried: tried.result == "tea", _of_two, "As it stands, only the first result comes back."),
    solved="3 s and 2 s took 3 s. The kettles heat together, so it does not matter that you ask one after the other.",
)

# 4


def lamp() -> Generator[Any, Any, Any]:
    """Blink once a second, forever."""
    try:
        while True:
            compute(0.1)
            yield sleep(0.9)
    finally:
        compute(0.2)  # somebody switches it off


def _at_most(generator: Steps, count: int) -> Steps:
    """Pass on so many steps of a generator, and end it with this one."""
    try:
        for _ in range(count):
            yield next(generator)
        raise _EndlessError
    finally:
        generator.close()


class _Blinked(NamedTuple):
    """A lamp beside a kettle, and whether it was closed by the answer."""

    tried: _Tried
    began: bool
    closed: bool


def _blinked(until: Function) -> _Blinked:
    light = _at_most(lamp(), 20)
    state = inspect.GEN_CREATED

    def kettle() -> Steps:
        compute(1)
        yield sleep(3)
        compute(0.5)

    def main() -> Steps:
        nonlocal state
        one = start(kettle, name="kettle")
        yield wait_for(start(until, one, light, name="lamp"))
        state = inspect.getgeneratorstate(light)

    clock = SimulatedClock()
    tried = _tried(main)
    with clock.in_use():  # what its `finally` computes takes no time here
        light.close()
    blinks = tried.lane("lamp", State.RUNNING)
    return _Blinked(tried, bool(blinks), state == inspect.GEN_CLOSED)


def _is_stopped(until: Function) -> str | None:
    tried, began, closed = _blinked(until)
    if _is_endless(tried):
        return (
            "The lamp blinks forever. It never ends by itself, so `yield from`, or a loop over it, does not either. "
            "Take one request at a time, with `next(lamp)`, yield it, and look at `kettle.done`."
        )
    if tried.error:
        return _said(tried.error)
    if not began:
        return "The lamp never blinked. A generator does nothing before the first `next(lamp)`."
    if not closed:
        return "The lamp is still on: it stands at its `yield`, and its `finally` has not run. `lamp.close()` runs it."
    if tried.trace.lane("lamp")[-1].end < tried.trace.lane("kettle")[-1].end:
        return "The lamp was switched off while the kettle was on. Go on while `kettle.done` is false."
    if tried.trace.lane("lamp")[-1].end > tried.trace.lane("kettle")[-1].end + 1.5:
        return "The lamp went on blinking after the kettle was done. Look at `kettle.done` before each blink."
    if len(tried.lane("lamp", State.WAITING)) < 3:
        return "The lamp did not blink once a second. Yield each of its requests: they are its waits."
    return None


stopped = Exercise(
    "A lamp that blinks forever",
    _stops,
    _is_stopped,
    of=FunctionType,
    start=rule(
        lambda until: _stops(until) or not _blinked_once(until),
        "As it stands, the lamp blinks once, and nobody switches it off.",
    ),
    solved="It blinked until the kettle was done, and its `finally` ran. Nobody has to let a generator run to its end.",
)


def _blinked_once(until: Function) -> bool:
    tried, _, closed = _blinked(until)
    blinks = tried.lane("lamp", State.RUNNING)
    return not tried.error and len(blinks) == 1 and not closed
