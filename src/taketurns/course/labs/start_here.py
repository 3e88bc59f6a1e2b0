"""Exercises of notebook 00."""

from __future__ import annotations

from taketurns.course.checks import Exercise, choice, each, overlapped, rule, tasks
from taketurns.trace.spans import Span, State
from taketurns.trace.trace import Trace

__all__ = ["both_at_once", "two_numbers", "waits_at_once"]


def _in_state(trace: Trace, state: State) -> list[Span]:
    return [span for span in trace.spans if span.state is state]


def _runs_while_another_waits(trace: Trace) -> bool:
    """Return whether at some instant one task is running and another is waiting."""
    return any(
        one.task != other.task and max(one.start, other.start) < min(one.end, other.end)
        for one in _in_state(trace, State.RUNNING)
        for other in _in_state(trace, State.WAITING)
    )


waits_at_once = Exercise(
    "Two waits at once",
    tasks(2, "Call wait() twice inside the `with` block, and nothing else."),
    rule(
        lambda trace: not _in_state(trace, State.RUNNING),
        "One of your tasks runs for {running}. "
        "compute() needs a core; this exercise is about wait(), which needs none.",
    ),
    overlapped(
        2, "A pool of one thread carries one wait at a time, and `.result()` right after a call waits for its end."
    ),
    start=rule(
        lambda trace: len(trace.tasks) != 2 or trace.peak_concurrency > 1 or set(trace.workers) != {"main thread"},
        "As it stands, the second wait begins when the first has ended. Change the code so that they overlap.",
    ),
    solved="Two tasks in progress at one instant, none of them running: waiting needs no core.",
)

two_numbers = Exercise(
    "Read the two numbers",
    each(
        {
            "concurrency": choice(
                3,
                {
                    1: "Concurrency counts tasks in progress: running, ready or waiting. "
                    "How many lanes cross one instant?",
                    2: "You left out a state. A task that runs is in progress, and so is one that waits.",
                },
            ),
            "parallelism": choice(
                1,
                {
                    3: "Those are the tasks in progress. Parallelism counts the dark blue, tall bars at one instant.",
                    2: "Two of the tasks wait. Waiting is not running: count the dark blue, tall bars at one instant.",
                    0: "One of the tasks does run: look for the dark blue, tall bar.",
                },
            ),
        }
    ),
    of=dict,
    solved="Three tasks were in progress, and only one of them ever needed a core.",
)

both_at_once = Exercise(
    "One runs while another waits",
    rule(lambda trace: len(trace.tasks) > 1, "There is only one task in your recording, and it takes two."),
    rule(
        lambda trace: _in_state(trace, State.WAITING),
        "None of your tasks waits. wait() and `with waiting(...)` are what does.",
    ),
    rule(
        lambda trace: _in_state(trace, State.RUNNING),
        "None of your tasks runs. A task that waits needs no core; compute() is what keeps one busy.",
    ),
    rule(
        _runs_while_another_waits,
        "You have a task that runs and one that waits, but not at one instant: at most {concurrency} in progress. "
        "Start the wait in a thread, with pool.submit(wait, 0.2), and compute while it is in progress.",
    ),
    solved="{concurrency} tasks in progress and {parallelism} running: this is what good use of one core looks like.",
)
