"""Exercises of notebook 05, with what counts turns of the GIL."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from itertools import groupby

from taketurns.course.checks import Exercise, quiz
from taketurns.course.rules import overlapped, parallel, tasks, when
from taketurns.recording.block import record
from taketurns.recording.marks import compute
from taketurns.recording.tasks import task
from taketurns.recording.worker import switched
from taketurns.trace.spans import Span, State
from taketurns.trace.trace import Trace

__all__ = ["count_switches", "fewer_handovers", "hidden_in_c", "replies_on_time", "share_held", "spans_of_turns"]
__all__ += ["two_cores_one_gil"]

MOST_HANDOVERS = 40


def spans_of_turns(trace: Trace) -> list[list[Span]]:
    """Return the turns of a trace in order of time: the spans in which one task runs before another does."""
    running = [span for span in trace.spans if span.state is State.RUNNING]
    return [list(spans) for _, spans in groupby(running, key=lambda span: span.task)]


def share_held(call: Callable[[], object]) -> float:
    """Run a call beside a thread that computes; return the part of it for which that thread waited for the GIL."""
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


fewer_handovers = Exercise(
    "Fewer handovers",
    start=when(lambda t: len(t.tasks) == 2 and t.peak_concurrency > 1 and _handovers(t) > MOST_HANDOVERS).say(
        f"As it stands, the GIL is handed over more than {MOST_HANDOVERS} times. The interval is how long a thread "
        "that waits lets the other go on before it asks. Which way does it have to go?"
    ),
    tasks=tasks(2),
    workers=when(lambda t: len(t.workers) != 2).say("One thread carried both. Keep the pool of two."),
    overlap=overlapped(
        2,
        "Your interval is longer than the whole work: the first task had ended before the other asked. "
        "Choose one in between.",
    ),
    solved="A longer interval, fewer handovers, and each task waits longer for its turn.",
)


def _held_up(trace: Trace) -> bool:
    """Return whether the replies were ready and had to wait for the GIL, for as long as it takes to handle them.

    Every process has other threads that need it now and then: those of a pool, or of a notebook's kernel.
    """
    waited = trace.only("replies", reason="GIL").time_in("READY")
    return waited > 0 and waited >= trace.only("replies").time_in("RUNNING")


def _computes(trace: Trace, task: str) -> bool:
    return trace.time_in("RUNNING", task) + trace.time_in("READY", task) > trace.time_in("WAITING", task)


replies_on_time = Exercise(
    "Replies on time",
    start=when(lambda t: len(t.workers) == 2 and _held_up(t) and not any(span.process for span in t.spans)).say(
        "As it stands, replies wait for the GIL that the computing thread holds. Where could it compute instead?"
    ),
    no_replies=when(lambda t: "replies" not in t.tasks).say(
        "There is no task `replies` in your recording. Keep it, and move only the other one."
    ),
    tasks=tasks(2, "One is `replies`, the other computes for half a second."),
    one_by_one=when(lambda t: t.peak_concurrency != 2).say(
        "Both have to be in progress at once, and they came one by one."
    ),
    one_gil=when(_held_up).say(
        "Replies were there and had to wait for the GIL. As long as both threads live in one process, they share it."
    ),
    no_computing=when(lambda t: not all(_computes(t, task) for task in set(t.tasks) - {"replies"})).say(
        "Nothing computes any more. Keep compute(0.5), and let it run elsewhere."
    ),
    solved="The computing has a GIL of its own now, and every reply is handled at once.",
)

hidden_in_c = quiz(
    "What lets go?",
    {
        "time.sleep(1)": {
            "lets go": None,
            "holds": "A sleeping thread does nothing at all. Look at the row of time.sleep above.",
        },
        "[n * n for n in range(10**7)]": {
            "holds": None,
            "lets go": "It hands over when it is asked, every 5 ms, and takes the GIL again. "
            "Each step of this loop is Python.",
        },
        "max(range(10**7))": {
            "holds": None,
            "lets go": "It is a loop in C, like sum(), but every step makes a Python object, "
            "and touching those needs the GIL.",
        },
        "zlib.decompress(packed)": {
            "lets go": None,
            "holds": "It works on plain bytes, as zlib.compress does, and touches no Python object meanwhile.",
        },
    },
    todo='Nothing to check yet. Write "lets go" or "holds" in place of each `...`.',
    solved="C code lets go where it waits, or works on plain memory. Where it touches Python objects, it holds on.",
)

two_cores_one_gil = Exercise(
    "Two threads on two cores",
    start=when(lambda t: len(t.tasks) == 2 and t.peak_concurrency == len(t.workers) == 1).say(
        "As it stands, one key comes after the other on one thread."
    ),
    tasks=tasks(2),
    processes=when(lambda t: any(span.process for span in t.spans)).say(
        "Another process or interpreter carried a task. This exercise stays in one, with threads."
    ),
    overlap=overlapped(2),
    parallel=parallel(
        2, "Code in Python needs the GIL. Which calls, in the table under 'C code that lets go', ran beside the other?"
    ),
    solved="Two threads, one GIL, and up to {parallelism} running: the work is in C, and the C code lets go.",
)
