"""What a recorded span costs, against viztracer's log_event in the same run.

Each figure is the least of several runs, because what else the machine does only adds to it. The cost of a span is what
the recording adds to the same code without @task, divided by the spans that it gave.
"""

import asyncio
import gc
import statistics
import time
from collections.abc import Callable

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
    start = time.perf_counter_ns()
    run()
    return time.perf_counter_ns() - start


def cost(plain: Callable[[], object], recorded: Callable[[], object]) -> float:
    """Give the ns for a span."""
    without, within, spans = [], [], 0
    for _ in range(RUNS):
        without.append(timed(plain))
        with record() as trace:
            within.append(timed(recorded))
        spans = len(trace.spans)
    return (min(within) - min(without)) / spans


def viztracer_event() -> float:
    """Give the ns for one log_event."""
    from viztracer import VizTracer

    tracer = VizTracer(verbose=0, tracer_entries=TURNS * 2)
    tracer.start()

    def events() -> None:
        for _ in range(TURNS):
            with tracer.log_event("a reply"):
                pass

    times = [timed(events) for _ in range(RUNS)]
    tracer.stop()
    tracer.clear()
    return min(times) / TURNS


def main() -> None:
    pairs = {
        "call of a @task function": (lambda: calls(nothing), lambda: calls(task(nothing))),
        "step of a @task generator": (lambda: drain(numbers()), lambda: drain(task(numbers)())),
        "step of an asyncio task": (lambda: asyncio.run(sleeps()), lambda: asyncio.run(sleeps())),
        "waiting() in a task": (lambda: None, blocks),
    }
    peer = viztracer_event()
    ratios = []
    for name, (plain, recorded) in pairs.items():
        span = cost(plain, recorded)
        ratios.append(peer / span)
        print(f"{name:28} {span:6.0f} ns a span   log_event costs {peer / span:4.1f} times as much")
    print(f"{'viztracer log_event':28} {peer:6.0f} ns            median ratio {statistics.median(ratios):.1f}")


if __name__ == "__main__":
    main()
