"""Exercises of notebook 05, with what counts turns of the GIL."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from itertools import groupby

from taketurns.course.checks import Exercise, choice, each, overlapped, parallel, rule, tasks
from taketurns.recording.block import record
from taketurns.recording.marks import compute
from taketurns.recording.tasks import task
from taketurns.recording.worker import switched
from taketurns.trace.spans import Span, State
from taketurns.trace.trace import Trace

__all__ = [
    "count_switches",
    "fewer_handovers",
    "hidden_in_c",
    "replies_on_time",
    "share_held",
    "spans_of_turns",
    "two_cores_one_gil",
]

MOST_HANDOVERS = 40


def spans_of_turns(trace: Trace) -> list[list[Span]]:
    """Return the turns of a trace in order of time: the spans in which one task runs before another does."""
    running = [span for span in trace.spans if span.state is State.RUNNING]
    return [list(spans) for _, spans in groupby(running, key=lambda span: span.task)]


def share_held(call: Callable[[], object]) -> float:
    """Run a call beside a thread that computes; give the part of the call for which that thread waited for the GIL."""
    called, computing = task(call, name="call"), task(compute, name="beside")
    with record() as trace, ThreadPoolExecutor(2) as pool:
        pool.submit(computing, 0.3)
        pool.submit(called).result()
    start, end = trace.lane("call")[0].start, trace.lane("call")[-1].end
    waits = [span for span in trace.lane("beside") if span.state is State.READY and span.reason == "GIL"]
    return sum(max(0, min(span.end, end) - max(span.start, start)) for span in waits) / (end - start)


def count_switches(seconds: float) -> tuple[int, int] | None:
    """Compute, and count this thread's switches meanwhile: voluntary, involuntary; ``None`` where nobody counts them.

    Voluntary: it had to wait for something. Involuntary: the system took its core. Source: getrusage(2).
    """
    before = switched()
    compute(seconds)
    after = switched()
    if before is None or after is None:
        return None
    return after[0] - before[0], after[1] - before[1]


def _handovers(trace: Trace) -> int:
    return len(spans_of_turns(trace)) - 1


def _held_up(trace: Trace) -> bool:
    """Return whether the replies were ready and had to wait for the GIL."""
    return any(span.task == "replies" and span.reason == "GIL" for span in trace.spans)


fewer_handovers = Exercise(
    "Fewer handovers",
    tasks(2),
    rule(lambda trace: len(trace.workers) == 2, "One thread carried both. Keep the pool of two."),
    overlapped(
        2,
        "Your interval is longer than the whole work: the first task had ended before the other asked. "
        "Choose one in between.",
    ),
    start=rule(
        lambda trace: len(trace.tasks) != 2 or trace.peak_concurrency < 2 or _handovers(trace) <= MOST_HANDOVERS,
        f"As it stands, the GIL is handed over more than {MOST_HANDOVERS} times. The interval is how long a thread "
        "that waits lets the other go on before it asks. Which way does it have to go?",
    ),
    solved="A longer interval, fewer handovers, and each task waits longer for its turn.",
)

replies_on_time = Exercise(
    "Replies on time",
    rule(
        lambda trace: "replies" in trace.tasks,
        "There is no task `replies` in your recording. Keep it, and move only the other one.",
    ),
    tasks(2, "One is `replies`, the other computes for half a second."),
    rule(lambda trace: trace.peak_concurrency == 2, "Both have to be in progress at once, and they came one by one."),
    rule(
        lambda trace: not _held_up(trace),
        "Replies were there and had to wait for the GIL. As long as both threads live in one process, they share it.",
    ),
    rule(
        lambda trace: all(
            trace.time_in(State.RUNNING, task) + trace.time_in(State.READY, task) > trace.time_in(State.WAITING, task)
            for task in set(trace.tasks) - {"replies"}
        ),
        "Nothing computes any more. Keep compute(0.5), and let it run elsewhere.",
    ),
    start=rule(
        lambda trace: len(trace.workers) != 2 or not _held_up(trace) or any(span.process for span in trace.spans),
        "As it stands, replies wait for the GIL that the computing thread holds. Where could it compute instead?",
    ),
    solved="The computing has a GIL of its own now, and every reply is handled at once.",
)

_PYTHON = "It hands over when it is asked, every 5 ms, and takes the GIL again. Each step of this loop is Python."

hidden_in_c = Exercise(
    "What lets go?",
    each(
        {
            "time.sleep(1)": choice(
                "lets go", {"holds": "A sleeping thread does nothing at all. Look at the row of time.sleep above."}
            ),
            "[n * n for n in range(10**7)]": choice("holds", {"lets go": _PYTHON}),
            "max(range(10**7))": choice(
                "holds",
                {
                    "lets go": "It is a loop in C, like sum(), but every step makes a Python object, "
                    "and touching those needs the GIL."
                },
            ),
            "zlib.decompress(packed)": choice(
                "lets go",
                {"holds": "It works on plain bytes, as zlib.compress does, and touches no Python object meanwhile."},
            ),
        }
    ),
    of=dict,
    todo='Nothing to check yet. Write "lets go" or "holds" in place of each `...`.',
    solved="C code lets go where it waits, or works on plain memory. Where it touches Python objects, it holds on.",
)

two_cores_one_gil = Exercise(
    "Two threads on two cores",
    tasks(2),
    rule(
        lambda trace: not any(span.process for span in trace.spans),
        "Another process or interpreter carried a task. This exercise stays in one, with threads.",
    ),
    overlapped(2),
    parallel(
        2, "Code in Python needs the GIL. Which calls, in the table under 'C code that lets go', ran beside the other?"
    ),
    start=rule(
        lambda trace: len(trace.tasks) != 2 or trace.peak_concurrency > 1 or len(trace.workers) > 1,
        "As it stands, one key comes after the other on one thread.",
    ),
    solved="Two threads, one GIL, and up to {parallelism} running: the work is in C, and the C code lets go.",
)
