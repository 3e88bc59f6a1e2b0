"""Exercises of notebook 07, and the lamp of the last one, which blinks forever."""

import inspect
from collections.abc import Generator
from types import FunctionType
from typing import Any, NamedTuple

from taketurns.course.checks import Exercise
from taketurns.course.deadline import LateError
from taketurns.course.rules import held_up, part, when
from taketurns.course.trial import Function, Steps, Tried, failed, tried
from taketurns.recording.marks import compute
from taketurns.suspend.generators import sleep, start, wait_for
from taketurns.suspend.loop import Task
from taketurns.trace.clock import SimulatedClock
from taketurns.trace.trace import Trace

__all__ = ["both_results", "hot_tea", "lamp", "stopped", "until_hot"]

_no_yield = when(lambda function: not inspect.isgeneratorfunction(function)).say(
    "There is no `yield` in it, so it is a plain function: it cannot stop in its middle, and it cannot run "
    "a generator that does."
)


# 1


def _heated(kettle: Function) -> Tried:
    def main() -> Steps:
        return (yield wait_for(start(kettle, "A", name="kettle")))

    return tried(main)


def _not_four(heats: list[float]) -> str | None:
    if heats == [1, 1, 1, 1]:
        return None
    return f"It returns 100, but it waited {len(heats)} times and not 4. Each second of heating is a wait."


until_hot = Exercise(
    "Until it is hot",
    of=FunctionType,
    start=when(lambda kettle: inspect.isgeneratorfunction(kettle) and _heated(kettle).result == 25).say(
        "As it stands, the water has 25 degrees. Heat until it is hot."
    ),
    late="It never gets hot. `heat(1)` returns by how many degrees the water got warmer in this one second. Add it.",
    no_yield=_no_yield,
    heated=part(
        _heated,
        failed=failed,
        result=part(
            "result",
            nothing=when(lambda result: result is None).say(
                "It returns nothing. `return degrees` at its end hands them to whoever waits for the kettle."
            ),
            generator=when(inspect.isgenerator).say(
                "It returns a generator that has not run. `yield from` runs it, and gives what it returns."
            ),
            not_100=when(lambda result: result != 100).say(
                "It returns {answer!r}, not 100. Heat again while the water has less than 100 degrees."
            ),
        ),
        heats=part(
            lambda tried: tried.lasted("kettle", "WAITING"),
            once=when(lambda heats: len(heats) == 1).say(
                "It heats once, for a time that was known before. Heat for one second, look, and heat again."
            ),
            not_four=_not_four,
        ),
    ),
    solved="Four calls of heat() in one plain loop, and each handed its result back.",
)

# 2


_HEATS = {"kettle A": 3, "kettle B": 2, "kettle C": 4}


def _waits(trace: Trace) -> dict[str, list[float]]:
    """Return how long each wait of each kettle was."""
    return {kettle: Tried(trace).lasted(kettle, "WAITING") for kettle in _HEATS}


def _cook_is_free(trace: Trace) -> bool:
    """Return whether each kettle keeps the cook for 2 s and no longer."""
    return all(round(trace.time_in("RUNNING", kettle), 9) == 2 for kettle in _HEATS)


hot_tea = Exercise(
    "Cold tea",
    start=when(
        lambda t: set(t.tasks) >= set(_HEATS) and all(w == [2] for w in _waits(t).values()) and _cook_is_free(t)
    ).say("As it stands, each lane waits once, for 2 s, and that is the steeping. Nobody waits for the heat."),
    no_kettles=when(lambda t: set(_HEATS) - set(t.tasks)).say(
        "Three kettles are asked for: `run(main, tea)` starts them."
    ),
    no_wait=when(lambda t: not any(_waits(t).values())).say(
        "No kettle waits in your recording. `sleep(seconds)` only makes a request. It takes a `yield` to hand it out."
    ),
    blocked=when(held_up).say(
        "`wait` blocks the thread: others are ready, and nobody runs. A request that is yielded lets them run."
    ),
    other_work=when(lambda t: not _cook_is_free(t)).say(
        "The cook is not busy for 2 s with each kettle: 1 s to fill it, 0.5 s to pour, 0.5 s to serve. "
        "`compute` keeps the cook there. To heat and to steep needs nobody."
    ),
    other_waits=when(lambda t: _waits(t) != {kettle: [seconds, 2] for kettle, seconds in _HEATS.items()}).say(
        "Each kettle is to wait twice: while it heats, for as long as KETTLES says, and then for 2 s."
    ),
    solved="Each waits twice. A request is handed to the loop by `yield`, and by nothing else.",
)

# 3


def _of_two(both: Function) -> Tried:
    def heat(seconds: float, result: str) -> Steps:
        yield sleep(seconds)
        return result

    def main() -> Steps:
        return (yield from both(start(heat, 3, "tea", name="kettle A"), start(heat, 2, "coffee", name="kettle B")))

    return tried(main)


def _no_result(tried: Tried) -> object:
    """Return what stands in the place of a result, if anything does."""
    return next((one for one in tried.result if isinstance(one, Task) or one is None or callable(one)), "no such")


both_results = Exercise(
    "Both results",
    of=FunctionType,
    start=when(lambda both: inspect.isgeneratorfunction(both) and _of_two(both).result == "tea").say(
        "As it stands, only the first result comes back."
    ),
    no_yield=_no_yield,
    tried=part(
        _of_two,
        failed=failed,
        nothing=when(lambda tried: tried.result is None).say(
            "It returns nothing. What `yield wait_for(a)` gives is the result of `a`."
        ),
        not_two=when(lambda tried: not isinstance(tried.result, tuple | list) or len(tried.result) != 2).say(
            "It returns {answer.shown}. Two results are asked for: `return first, second`."
        ),
        results=part(
            _no_result,
            tasks=when(lambda one: isinstance(one, Task)).say(
                "It returns the tasks. What they returned is what `yield wait_for(...)` gives."
            ),
            none=when(lambda one: one is None).say(
                "It returns None for a task that was not done yet. `task.result` does not wait; `wait_for` does."
            ),
            requests=when(callable).say("It returns requests. Without a `yield`, nobody has been asked for anything."),
        ),
        wrong_order=when(lambda tried: list(tried.result) == ["coffee", "tea"]).say(
            "Both are there, in the wrong order: the result of `a` comes first, whichever is done first."
        ),
        other_results=when(lambda tried: list(tried.result) != ["tea", "coffee"]).say(
            "It returns {answer.shown}. The tasks returned 'tea' and 'coffee'."
        ),
    ),
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
        raise LateError
    finally:
        generator.close()


class _Blinked(NamedTuple):
    """A lamp beside a kettle, and whether it was closed by the answer."""

    tried: Tried
    is_closed: bool

    @property
    def blinks(self) -> int:
        return len(self.tried.lasted("lamp", "RUNNING"))

    @property
    def late(self) -> float:
        """How long the lamp goes on after the kettle."""
        return self.tried.trace.only("lamp").duration - self.tried.trace.only("kettle").duration


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

    try:
        light_of = tried(main)
        return _Blinked(light_of, state == inspect.GEN_CLOSED)
    finally:
        with SimulatedClock().in_use():  # what its `finally` computes takes no time here
            light.close()


def _blinked_once(until: Function) -> bool:
    seen = _blinked(until)
    return not seen.tried.error and seen.blinks == 1 and not seen.is_closed


stopped = Exercise(
    "A lamp that blinks forever",
    of=FunctionType,
    start=when(lambda until: inspect.isgeneratorfunction(until) and _blinked_once(until)).say(
        "As it stands, the lamp blinks once, and nobody switches it off."
    ),
    late="The lamp blinks forever. It never ends by itself, so `yield from`, or a loop over it, does not either. "
    "Take one request at a time, with `next(lamp)`, yield it, and look at `kettle.done`.",
    no_yield=_no_yield,
    blinked=part(
        _blinked,
        failed=part("tried", failed),
        never=when(lambda seen: not seen.blinks).say(
            "The lamp never blinked. A generator does nothing before the first `next(lamp)`."
        ),
        still_on=when(lambda seen: not seen.is_closed).say(
            "The lamp is still on: it stands at its `yield`, and its `finally` has not run. `lamp.close()` runs it."
        ),
        too_early=when(lambda seen: seen.late < 0).say(
            "The lamp was switched off while the kettle was on. Go on while `kettle.done` is false."
        ),
        too_late=when(lambda seen: seen.late > 1.5).say(
            "The lamp went on blinking after the kettle was done. Look at `kettle.done` before each blink."
        ),
        no_waits=when(lambda seen: len(seen.tried.lasted("lamp", "WAITING")) < 3).say(
            "The lamp did not blink once a second. Yield each of its requests: they are its waits."
        ),
    ),
    solved="It blinked until the kettle was done, and its `finally` ran. Nobody has to let a generator run to its end.",
)
