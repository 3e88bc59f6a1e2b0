"""What an event of a child process costs, written there and read here, and what a pool of processes pays for its calls.

The peers run in a child, too, in the same run: lines of `logging` in a file, which also survive the child; tuples in a
`multiprocessing.Queue`; and viztracer's `log_event`, which is lost when the child is killed. A block of `waiting` is
two events, a block of `log_event` is one. Each figure is the least of several runs, because what else the machine does
only adds to it.
"""

import json
import logging
import multiprocessing
import os
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from typing import Any

from taketurns import record, waiting
from taketurns.recording import recorder
from taketurns.recording.reports import Reports

EVENTS, CALLS, RUNS = 2_000, 1_000, 15
context = multiprocessing.get_context("fork" if "fork" in multiprocessing.get_all_start_methods() else "spawn")


def least(run: Callable[[], Any]) -> float:
    """Give the µs that it takes."""
    times = []
    for _ in range(RUNS):
        start = time.perf_counter()
        run()
        times.append(time.perf_counter() - start)
    return min(times) * 1e6


def in_a_child(run: Callable[..., Any], *args: Any) -> Any:
    """Give what a function returns in a child."""
    ours, its = context.Pipe()
    process = context.Process(target=_send, args=(its, run, args))
    process.start()
    result = ours.recv()
    process.join()
    return result


def _send(pipe: Any, run: Callable[..., Any], args: Any) -> None:
    pipe.send(run(*args))


# What is written and read: each gives the µs for an event


def blocks() -> float:
    def run() -> None:
        for _ in range(EVENTS // 2):
            with waiting("a reply"):
                pass

    return least(run) / EVENTS


def ours() -> tuple[float, float]:
    """Give the µs for an event: written, and read."""
    with record():
        wrote = in_a_child(blocks)
        rows = len(Reports(recorder.on.name).rows)
        return wrote, least(lambda: Reports(recorder.on.name)) / rows


def lines(path: str) -> float:
    logger = logging.getLogger("benchmark")
    logger.propagate = False
    logger.setLevel(logging.INFO)
    logger.addHandler(logging.FileHandler(path))

    def run() -> None:
        for number in range(EVENTS):
            logger.info("%d %d %s", number, os.getpid(), "a reply")

    return least(run) / EVENTS


def by_logging() -> float:
    def read() -> None:
        with open(path) as file:
            for line in file:
                line.split(" ", 2)

    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "lines")
        return in_a_child(lines, path) + least(read) / (EVENTS * RUNS)


def puts(queue: Any, go: Any) -> None:
    while go.recv():
        for number in range(EVENTS):
            queue.put((number, 4242, 7, "WAITING", "a reply", None))


def by_queue() -> float:
    queue, (ours, its) = context.Queue(), context.Pipe()
    process = context.Process(target=puts, args=(queue, its))
    process.start()

    def run() -> None:
        ours.send(True)
        for _ in range(EVENTS):
            queue.get()

    found = least(run) / EVENTS
    ours.send(False)
    process.join()
    return found


def logged_events(path: str) -> float:
    from viztracer import VizTracer

    tracer = VizTracer(verbose=0, tracer_entries=EVENTS * 2, output_file=path)

    def run() -> None:
        tracer.start()
        for _ in range(EVENTS):
            with tracer.log_event("a reply"):
                pass
        tracer.stop()
        tracer.save()

    return least(run) / EVENTS


def by_viztracer() -> float:
    def read() -> None:
        with open(path) as file:
            json.load(file)

    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "trace.json")
        return in_a_child(logged_events, path) + least(read) / EVENTS


# What a pool pays


def same(number: int) -> int:
    return number


def calls(pool: ProcessPoolExecutor) -> float:
    """Give the µs for a call."""
    return least(lambda: list(pool.map(same, range(CALLS), chunksize=50))) / CALLS


def pools() -> tuple[float, float, float]:
    """Give the µs for a call: plain, recorded, and for leaving the block after it."""
    with ProcessPoolExecutor(1, mp_context=context) as pool:
        list(pool.map(same, [0]))
        plain = calls(pool)
        with record():
            recorded = calls(pool)
            left = time.perf_counter()
        return plain, recorded, (time.perf_counter() - left) * 1e6 / (CALLS * RUNS)


def main() -> None:
    wrote, read = ours()
    whole = wrote + read
    print(f"{'an event of a child':34} {whole:6.2f} µs   written in {wrote:.2f}, read in {read:.2f}")
    peers = {"a line of logging": by_logging, "a tuple in a Queue": by_queue, "viztracer's log_event": by_viztracer}
    for name, peer in peers.items():
        theirs = peer()
        print(f"{name:34} {theirs:6.2f} µs   {theirs / whole:.1f} times as much")
    plain, recorded, leaving = pools()
    print(f"{'a call in chunks of 50, plain':34} {plain:6.2f} µs")
    print(f"{'the same, recorded':34} {recorded:6.2f} µs   {recorded / plain:.1f} times as much")
    print(f"{'leaving the block, for each call':34} {leaving:6.2f} µs")


if __name__ == "__main__":
    main()
