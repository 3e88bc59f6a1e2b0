"""Exercises of notebook 01."""

from taketurns.course.checks import Exercise, quiz
from taketurns.course.rules import overlapped, part, tasks, when

__all__ = ["no_gil_in_the_way", "two_at_a_time", "waits_on_one_thread", "which_model"]

_THREADS = "one GIL lets its threads run one at a time, so their bars would take turns."
_ALONE = "each lane would start where the one above it ends."

which_model = quiz(
    "Which model made it?",
    {
        "A": {
            "processes": None,
            "threads": f"Look for bars that stand above each other. With threads, {_THREADS}",
            "one after another": f"Look at where the lanes begin. One after another, {_ALONE}",
            "threads or asyncio": "Which of the two could make two tasks run at one instant?",
        },
        "B": {
            "one after another": None,
            "threads": "How many lanes cross one instant? With threads, more than one task is in progress.",
            "processes": "How many lanes cross one instant? With processes, more than one task is in progress.",
            "threads or asyncio": "Both would let waits overlap. Here, each begins when the last has ended.",
        },
        "C": {
            "threads": None,
            "processes": "No two bars stand above each other: what do threads share that processes do not?",
            "one after another": f"The tasks take turns, again and again. One after another, {_ALONE}",
            "threads or asyncio": "asyncio takes a task off the core only where it says `await`. "
            "These are taken off in the middle of their work.",
        },
        "D": {
            "threads or asyncio": None,
            "threads": None,  # who misses the thin lines of asyncio
            "asyncio": "asyncio could have made it. Could anything else have made the same picture?",
            "processes": "Processes could, but nothing here needs a core. Which cheaper models could as well?",
            "one after another": f"All four are in progress at one instant. One after another, {_ALONE}",
        },
    },
    solved="Computing shows who has cores of its own. Waiting looks the same in every model that overlaps it.",
)

two_at_a_time = Exercise(
    "Two at a time",
    tasks(4),
    part(
        "peak_concurrency",
        {
            2: None,
            4: "All four were in progress at once. A pool has as many tasks in progress as it has workers, at most.",
            1: "They came one by one. One worker is a queue with a single counter; this exercise opens two.",
            ...: "Tasks in progress at one instant: {answer}, not 2.",
        },
    ),
    start=when(lambda t: t.peak_concurrency == len(t.tasks) == 4).say(
        "As it stands, all four waits are in progress at once. Change one number."
    ),
    solved="The size of the pool is the concurrency: two in progress, two in the queue.",
)

waits_on_one_thread = Exercise(
    "Three waits on one thread",
    start=when(lambda t: len(t.tasks) == 3 and t.peak_concurrency == 1).say(
        "As it stands, each call has ended before the next begins. "
        "Start all three in one TaskGroup, and await none of them yourself."
    ),
    tasks=tasks(3, "Each call of brew() is one task; the exercise asks for three."),
    workers=when(lambda t: len(t.workers) > 1).say(
        "{workers} workers carried your tasks. This exercise is about asyncio, where one thread carries all of them."
    ),
    one_by_one=when(lambda t: t.peak_concurrency == 1).say(
        "They came one by one. `await brew()` waits until that one call has ended. "
        "A TaskGroup starts tasks and goes on."
    ),
    nobody_waits=when(lambda t: not t.only(state="WAITING").spans).say(
        "The recording ended before any of your tasks came to its wait. Who waits for them? "
        "A TaskGroup does, at the end of its block."
    ),
    blocked=when(lambda t: t.peak("WAITING") < 3).say(
        "All three were in progress, but they did not wait together. A call that blocks, such as time.sleep() "
        "or wait(), keeps the one thread. `await asyncio.sleep()` gives it back."
    ),
    solved="Three tasks in progress on one worker: this is concurrency without a second thread.",
)

no_gil_in_the_way = Exercise(
    "No GIL in the way",
    tasks(4),
    overlapped(2),
    gil=when(lambda t: t.only(reason="GIL").spans).say(
        "Your tasks were ready for {ready} in all, because they had to wait for the GIL. "
        "Threads share one. What has its own?"
    ),
    start=when(lambda t: t.peak_concurrency == 1 and len(t.tasks) == 4).say(
        "As it stands, the four calls come one after another. Let several be in progress, and none wait for the GIL."
    ),
    solved="Several tasks in progress, and nobody waited for a GIL.",
)
