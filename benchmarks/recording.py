"""What a recorded span costs in all, against viztracer's log_event with its parse, in the same run.

In all: what the recording adds to the same code without it, the end of the block, all spans, and both numbers, divided
by the spans that it gave. Each figure is the CPU time of the least of several runs, in turns with the peer's.
"""

import asyncio
import gc
import statistics
import time
from collections.abc import Callable

from viztracer import VizTracer

from taketurns import record, task, waiting

TURNS, RUNS = 20_000, 9


def nothing() -> None:
    """Do nothing."""


def numbers():
    for number in range(TURNS):  # noqa: UP028 - the loop is what is measured
        yield number


async def sleeps():
    for _ in range(TURNS):
        await asyncio.sleep(0)


def calls(function: Callable[[], None]) -> None:
    for _ in range(TURNS):
        function()


@task
def blocks() -> None:
    for _ in range(TURNS):
        with waiting("a reply"):
            pass


def drain(generator) -> None:
    for _ in generator:
        pass


def timed(run: Callable[[], object]) -> int:
    gc.collect()
    start = time.thread_time_ns()
    run()
    return time.thread_time_ns() - start


def recorded(run: Callable[[], object]) -> int:
    """Return how many spans a run gives, when all of them and both numbers have been read."""
    with record() as trace:
        run()
    assert trace.peak_concurrency >= trace.peak_parallelism == 1
    return sum(1 for _ in trace.spans)


def events() -> None:
    tracer = VizTracer(verbose=0, tracer_entries=TURNS * 2)
    tracer.start()
    for _ in range(TURNS):
        with tracer.log_event("a reply"):
            pass
    tracer.stop()
    tracer.parse()
    tracer.clear()


def main() -> None:
    pairs = {
        "waiting() in a task": (lambda: None, blocks),
        "call of a @task function": (lambda: calls(nothing), lambda: calls(task(nothing))),
        "step of a @task generator": (lambda: drain(numbers()), lambda: drain(task(numbers)())),
        "step of an asyncio task": (lambda: asyncio.run(sleeps()), lambda: asyncio.run(sleeps())),
    }
    ratios = []
    for name, (plain, ours) in pairs.items():
        spans = recorded(ours)
        times = [(timed(plain), timed(lambda run=ours: recorded(run)), timed(events)) for _ in range(RUNS)]
        without, within, peer = map(min, zip(*times, strict=True))
        span, event = (within - without) / spans, peer / TURNS
        ratios.append(span / event)
        print(f"{name:28} {span / 1e3:6.2f} µs a span, {span / event:4.2f} of log_event with parse ({event / 1e3:.2f})")
    print(f"{'median':28} {statistics.median(ratios):4.2f}")


if __name__ == "__main__":
    main()
