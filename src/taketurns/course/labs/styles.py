"""Exercises of notebook 10."""

from collections.abc import Sequence

from taketurns.course.checks import Exercise
from taketurns.course.ladder import asyncio_task, generator_step, ladder
from taketurns.course.rules import held_up, when
from taketurns.recording.block import record
from taketurns.recording.marks import compute
from taketurns.suspend import callbacks, coroutines
from taketurns.trace.clock import SimulatedClock
from taketurns.trace.trace import Trace

__all__ = ["asyncio_task", "generator_step", "in_order", "ladder", "mystery", "ported", "pour", "serve", "tea"]
__all__ += ["teas", "which_style"]

# 1


def mystery() -> Trace:
    """Return a recording of two kettles, in one of the four styles."""

    async def kettle(seconds: float) -> None:
        compute(1)
        await coroutines.sleep(seconds)
        compute(0.5)

    async def main() -> None:
        for name, seconds in {"A": 3, "B": 2}.items():
            coroutines.start(kettle, seconds, name=f"kettle {name}")

    with record("somebody's kettles", SimulatedClock()) as trace:
        coroutines.run(main)
    return trace


_GUESS = "It could have been, and so could the other three. What in the picture would be different?"

which_style = Exercise(
    "Which style?",
    {
        "cannot be told": None,
        "callbacks": _GUESS,
        "generators": _GUESS,
        "coroutines": "It was, but you cannot know it. What in the picture would be different with another style?",
        "greenlets": _GUESS,
    },
    of=str,
    solved="A picture shows who ran and who waited. How a function stops in its middle is not in it.",
)

# 2

_ORDER = ["generator step", "asyncio task", "thread start", "process start"]
_DEARER = {
    ("asyncio task", "generator step"): "A task is a coroutine that a loop resumes, "
    "and to resume one is a generator step.",
    ("thread start", "asyncio task"): "A task is an object in a queue of your program. For a thread, "
    "the operating system is asked for a stack of its own, and then has to choose it to run.",
    ("process start", "thread start"): "A process begins with a thread of its own, and has to load Python before that.",
}


def _wrong_way_round(answer: Sequence[str]) -> str | None:
    """Say which two neighbors of the ladder stand the wrong way round."""
    for (dear, cheap), said in _DEARER.items():
        if answer.index(dear) < answer.index(cheap):
            return f"The {dear} stands before the {cheap}. {said}"
    return None


in_order = Exercise(
    "Rungs in order",
    of=list,
    start=when(lambda rungs: rungs == ["asyncio task", "process start", "generator step", "thread start"]).say(
        "As it stands, the list is shuffled. Begin with what costs least."
    ),
    other_rungs=when(lambda rungs: sorted(map(str, rungs)) != sorted(_ORDER)).say(
        f"Each of the four should be there once: {', '.join(_ORDER)}."
    ),
    from_the_top=when(lambda rungs: rungs == _ORDER[::-1]).say(
        "This is the ladder from the top down. Begin with what costs least."
    ),
    wrong_way_round=_wrong_way_round,
    solved="One thread, an event loop, the operating system: the further down something has to go, the more it costs.",
)

# 3


def tea(cups: int) -> None:
    """Make so many cups of tea, one after another."""
    if cups:
        compute(1)  # fill the kettle
        callbacks.sleep(3, pour, cups)


def pour(cups: int) -> None:
    """Pour one, and let it draw."""
    compute(0.5)
    callbacks.sleep(1, serve, cups)


def serve(cups: int) -> None:
    """Serve one, and go on to the next."""
    compute(0.25)
    tea(cups - 1)


def teas() -> None:
    """Begin two cups for each of two guests."""
    for guest in "AB":
        callbacks.start(tea, 2, name=f"guest {guest}")


_GUESTS = ("guest A", "guest B")


def _reference() -> Trace:
    with record("callbacks", SimulatedClock()) as trace:
        callbacks.run(teas)
    return trace.only(*_GUESTS)


def _waits(trace: Trace) -> list[list[float]]:
    """Return how long each wait of each guest's tea was."""
    waits = trace.only(state="WAITING").lanes
    return [[round(s.duration, 9) for s in waits.get(guest, ()) if s.duration] for guest in _GUESTS]


ported = Exercise(
    "From callbacks to a coroutine",
    start=when(lambda t: set(_GUESTS) <= set(t.tasks) and _waits(t) == [[3], [3]]).say(
        "As it stands, the water gets hot, and nobody pours it. What comes after the first wait?"
    ),
    no_guests=when(lambda t: set(_GUESTS) - set(t.tasks)).say("Two guests are asked for: `main_3` starts them."),
    no_wait=when(lambda t: not any(_waits(t))).say(
        "Nobody waits. `coroutines.sleep(3)` only makes a request. `await` hands it to the loop."
    ),
    blocked=when(held_up).say(
        "One guest's tea is ready and nobody runs: `wait` blocks the thread. "
        "`await coroutines.sleep(...)` lets others run."
    ),
    one_cup=when(lambda t: _waits(t) == [[3, 1]] * 2).say(
        "Each guest gets one cup. The callbacks come round again with `tea(cups - 1)`; in a coroutine this is a loop."
    ),
    other_waits=when(lambda t: _waits(t) != [[3, 1, 3, 1]] * 2).say(
        "For each cup there are two waits: 3 s while the water heats, then 1 s while the tea draws."
    ),
    other_schedule=when(lambda t: not t.only(*_GUESTS).same_schedule(_reference())).say(
        "The waits are right, and the schedule is another one. How long is each of the three calls of `compute`, "
        "and where does it stand?"
    ),
    solved="Three functions and a call in a circle became one function with a loop, and the schedule is the same.",
)
