"""Exercises of notebook 13, the programs of the first one, and the computing that its process pool does."""

from taketurns.course.checks import Exercise, quiz
from taketurns.course.door import as_it_stands, behind, closed, ends, fails, is_a_door, is_canceled, opened
from taketurns.course.mistakes import four_programs
from taketurns.course.rules import part, when
from taketurns.recording.marks import compute
from taketurns.recording.tasks import task
from taketurns.trace.spans import Span
from taketurns.trace.trace import Trace

__all__ = ["close_the_door", "closed", "crossword", "four_programs", "opened", "three_places", "waits"]
__all__ += ["what_is_there", "which_mistake"]


@task(name="crossword {number}")
def crossword(number: int) -> int:
    """Solve a crossword, which means to compute for 0.3 s; it stands here so that a child process can import it."""
    compute(0.3)
    return number


def waits(trace: Trace, name: str) -> list[Span]:
    """Return the spans in which a task waits, in order."""
    return [span for span in trace.only(state="WAITING").lanes.get(name, ()) if span.duration]


_BLOCKS = "blocks"
_LOOP = "awaits in the loop"
_STUBBORN = "not to be stopped"
_FORGOTTEN = "not awaited"

_NO_ORANGE = "If one blocked the loop, others would be ready without a turn. Is there any orange?"
_ALL_THERE = "A coroutine that nobody awaits has no lane. Are there three sites?"
_TOGETHER = "With an await in the loop, one site would begin where the last has ended. When do these begin?"
_NO_LIMIT = "Only program C has a limit that anybody could disregard."

which_mistake = quiz(
    "Which mistake is it?",
    {
        "A": {
            _BLOCKS: None,
            _LOOP: "The others are created at 0 s already: they are ready from there on. What keeps them?",
            _STUBBORN: _NO_LIMIT,
            _FORGOTTEN: _ALL_THERE,
        },
        "B": {_LOOP: None, _BLOCKS: _NO_ORANGE, _STUBBORN: _NO_LIMIT, _FORGOTTEN: _ALL_THERE},
        "C": {
            _STUBBORN: None,
            _BLOCKS: _NO_ORANGE,
            _LOOP: _TOGETHER,
            _FORGOTTEN: f"{_ALL_THERE} And what should the limit do to them?",
        },
        "D": {_FORGOTTEN: None, _BLOCKS: _NO_ORANGE, _LOOP: _TOGETHER, _STUBBORN: _NO_LIMIT},
    },
    solved="Orange, a staircase, a lane that goes on beyond its limit, and a missing lane.",
)


# Limits

_PICTURES = {"bridge": 2, "mayor": 1, "storm": 3, "goal": 1.25, "team": 2.5, "crowd": 0.75}


def _requests(trace: Trace) -> Trace:
    """Return the waits for a picture: requests are timers here, and the waits for a place are not."""
    spans = trace.only(state="WAITING", reason="timer").spans
    return Trace("requests", tuple(span for span in spans if span.task in _PICTURES and span.duration))


def _most(trace: Trace) -> int:
    """Return how many requests are answered at one instant, at most."""
    return _requests(trace).peak("WAITING")


three_places = Exercise(
    "Three places",
    start=when(lambda t: _most(t) == t.peak_concurrency - 1 == 6 and t.duration == 3).say(
        "As it stands, the archive has to serve six at once. Let in three. "
        "If you have a semaphore already: do all six share the same one, and does the request stand inside its block?"
    ),
    other_tasks=when(lambda t: set(_PICTURES) - set(t.tasks)).say(
        "There is to be a task for each of the six pictures, with the name of the picture."
    ),
    other_requests=when(lambda t: sorted(s.duration for s in _requests(t).spans) != sorted(_PICTURES.values())).say(
        "The requests are not those of before: one for each picture, which takes as long as `PICTURES` says."
    ),
    most=part(
        _most,
        {
            3: None,
            6: "All six are still asked for at once. If there is a semaphore: do all six share the same one, "
            "and does the request stand inside its block?",
            1: "They come one by one. A lock has one place, and so has `Semaphore()`. How many do you want?",
            2: "There are never three at once. How many places has the semaphore?",
            ...: "The archive has to serve more than three at once.",
        },
    ),
    gaps=when(lambda t: t.duration != 4.5).say(
        "There are three at once at times, but it takes {duration}. A place that is free is to be taken at once."
    ),
    solved="Six tasks in progress, and never more than three of them at the archive.",
)


# Time limits

what_is_there = Exercise(
    "What is there at 3.75 s",
    start=when(lambda t: t.duration == 4.5 and t.result and None not in t.result).say(
        "As it stands, it returns at 4.5 s, with all three. Set a limit. "
        "If you have: is there an `await` inside its block?"
    ),
    one_by_one=when(lambda t: t.duration >= 8).say(
        "One site after another takes {duration}. Let them be in progress at once."
    ),
    too_early=when(lambda t: t.duration < 3.75).say(
        "It ends after {duration}, which is too early: the news is there at 3.5 s, and the limit is 3.75 s."
    ),
    too_late=when(lambda t: t.duration != 3.75).say(
        "It ends after {duration}, not at 3.75 s. Is there a limit for the sports, and does it begin at 0 s?"
    ),
    result=part(
        "result",
        nothing=when(lambda result: result is None).say(
            "It ends in time, and returns nothing. A limit around all of them ends the list too: "
            "where does it have to stand to end only one?"
        ),
        no_list=when(lambda result: not isinstance(result, list) or len(result) != 3).say(
            "It is to return a list with an entry for each of the three sites, and returns something else."
        ),
        all_none=when(lambda result: result == [None] * 3).say(
            "All three are None, though two were there in time. A limit around all of them ends all that they return."
        ),
        error=when(lambda result: isinstance(result[2], BaseException)).say(
            "For the sports, the list holds an error. Catch the `TimeoutError` where the limit stands, and return None."
        ),
        other_list=when(lambda result: result != ["Bridge opens at last", "Rain until noon", None]).say(
            "The list is not right: it is to hold the news, the weather, and None for the sports, in this order."
        ),
    ),
    solved="The late site is lost, and only that one.",
)


# Clean-up

close_the_door = Exercise(
    "Close it in any case",
    of=object,
    start=when(lambda door: is_a_door(door) and as_it_stands(door)).say(
        "As it stands, the door is closed only if its block ends well. Close it in any case."
    ),
    no_door=when(lambda door: not is_a_door(door)).say(
        "It cannot be used with `async with`. Is it an `async def` with one `yield`, below `@asynccontextmanager`?"
    ),
    ends=part(
        behind(ends),
        raises=when(lambda tried: tried.end != "ended").say("With a block that simply ends, an error is raised."),
        not_whole=when(lambda tried: not tried.is_whole).say(
            "With a block that simply ends, it is to be opened at 0.5 s and closed at 1.75 s, once. "
            "Is everything awaited?"
        ),
    ),
    fails=part(
        behind(fails),
        error_lost=when(lambda tried: tried.end != "_BurstError").say(
            "The error of its block is lost: who uses the door never hears of it. Let it go on, after the closing."
        ),
        open_after_error=when(lambda tried: not tried.is_whole).say(
            "If its block fails, the door is not closed, or not in 0.25 s."
        ),
    ),
    canceled=part(
        behind(is_canceled),
        stays_open=when(lambda tried: not tried.notes[1:]).say(
            "If its block is canceled, the door stays open. `except Exception` does not see a CancelledError. "
            "What runs in any case?"
        ),
        swallowed=when(lambda tried: tried.end != "canceled").say(
            "It is closed, and then it swallows the CancelledError: the task goes on as if nobody had stopped it. "
            "Raise it again, or use what lets it go on by itself."
        ),
        open_after_cancel=when(lambda tried: not tried.is_whole).say(
            "If its block is canceled, the door is not closed 0.25 s later, once."
        ),
    ),
    solved="It closes when the block ends, when it fails, and when it is canceled, and it hides no error.",
)
