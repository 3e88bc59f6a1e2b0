"""Exercises of notebook 00."""

from taketurns.course.checks import Exercise, quiz
from taketurns.course.rules import overlap, overlapped, tasks, when
from taketurns.trace.trace import Trace

__all__ = ["both_at_once", "two_numbers", "waits_at_once"]

waits_at_once = Exercise(
    "Two waits at once",
    start=when(lambda t: len(t.tasks) == 2 and t.peak_concurrency == 1 and t.workers == ("main thread",)).say(
        "As it stands, the second wait begins when the first has ended. Change the code so that they overlap."
    ),
    tasks=tasks(2, "Call wait() twice inside the `with` block, and nothing else."),
    runs=when(lambda t: t.peak("RUNNING")).say(
        "One of your tasks runs for {running}. compute() needs a core; this exercise is about wait(), which needs none."
    ),
    overlap=overlapped(
        2, "A pool of one thread carries one wait at a time, and `.result()` right after a call waits for its end."
    ),
    solved="Two tasks in progress at one instant, none of them running: waiting needs no core.",
)

two_numbers = quiz(
    "Read the two numbers",
    {
        "concurrency": {
            3: None,
            1: "Concurrency counts tasks in progress: running, ready or waiting. How many lanes cross one instant?",
            2: "You left out a state. A task that runs is in progress, and so is one that waits.",
        },
        "parallelism": {
            1: None,
            3: "Those are the tasks in progress. Parallelism counts the dark blue, tall bars at one instant.",
            2: "Two of the tasks wait. Waiting is not running: count the dark blue, tall bars at one instant.",
            0: "One of the tasks does run: look for the dark blue, tall bar.",
        },
    },
    solved="Three tasks were in progress, and only one of them ever needed a core.",
)


def _one_runs_while_another_waits(trace: Trace) -> bool:
    runs, waits = trace.only(state="RUNNING"), trace.only(state="WAITING")
    return any(
        overlap(runs.lane(one), waits.lane(other)) for one in runs.tasks for other in waits.tasks if one != other
    )


both_at_once = Exercise(
    "One runs while another waits",
    one_task=when(lambda t: len(t.tasks) < 2).say("There is only one task in your recording, and it takes two."),
    no_wait=when(lambda t: not t.peak("WAITING")).say(
        "None of your tasks waits. wait() and `with waiting(...)` are what does."
    ),
    nothing_runs=when(lambda t: not t.peak("RUNNING")).say(
        "None of your tasks runs. A task that waits needs no core; compute() is what keeps one busy."
    ),
    not_at_once=when(lambda t: not _one_runs_while_another_waits(t)).say(
        "You have a task that runs and one that waits, but not at one instant: at most {concurrency} in progress. "
        "Start the wait in a thread, with pool.submit(wait, 0.2), and compute while it is in progress."
    ),
    solved="{concurrency} tasks in progress and {parallelism} running: this is what good use of one core looks like.",
)
