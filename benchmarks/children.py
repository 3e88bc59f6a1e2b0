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

EVENTS, CALLS, RUNS = 20_000, 1_000, 7
context = multiprocessing.get_context("fork" if "fork" in multiprocessing.get_all_start_methods() else "spawn")


def timed(run: Callable[[], Any]) -> float:
    """Give the µs that it takes."""
    start = time.perf_counter()
    run()
    return (time.perf_counter() - start) * 1e6


def in_a_child(write: Callable[..., float], *args: Any, read: Callable[[], Any] | None = None) -> float:
    """Give the µs that writing takes in a child, and then reading here; where both go on together, of the longer."""
    ours, its = context.Pipe()
    process = context.Process(target=_send, args=(its, write, args))
    process.start()
    meanwhile = timed(read) if read is not None else 0.0
    took: float = ours.recv()
    process.join()
    return max(took, meanwhile)


def _send(pipe: Any, write: Callable[..., float], args: Any) -> None:
    pipe.send(write(*args))


# What is written and read


def blocks() -> float:
    def run() -> None:
        for _ in range(EVENTS // 2):
            with waiting("a reply"):
                pass

    return timed(run)


def ours() -> tuple[float, float]:
    """Give the µs for an event: written, and read."""
    with record():
        wrote = in_a_child(blocks)
        read = timed(lambda: Reports(recorder.on.name))
        rows = len(Reports(recorder.on.name).rows)
    return wrote / EVENTS, read / rows


def lines(path: str) -> float:
    logger = logging.getLogger("benchmark")
    logger.propagate = False
    logger.setLevel(logging.INFO)
    logger.addHandler(logging.FileHandler(path))

    def run() -> None:
        for number in range(EVENTS):
            logger.info("%d %d %s", number, os.getpid(), "a reply")

    return timed(run)


def by_logging() -> float:
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "lines")
        wrote = in_a_child(lines, path)
        with open(path) as file:
            read = timed(lambda: [line.split(" ", 2) for line in file])
    return (wrote + read) / EVENTS


def puts(queue: Any) -> float:
    def run() -> None:
        for number in range(EVENTS):
            queue.put((number, 4242, 7, "WAITING", "a reply", None))

    return timed(run)


def by_queue() -> float:
    queue = context.Queue()
    return in_a_child(puts, queue, read=lambda: [queue.get() for _ in range(EVENTS)]) / EVENTS


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

    return timed(run)


def by_viztracer() -> float:
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "trace.json")
        wrote = in_a_child(logged_events, path)
        with open(path) as file:
            read = timed(lambda: json.load(file))
    return (wrote + read) / EVENTS


# What a pool pays


def same(number: int) -> int:
    return number


def calls(pool: ProcessPoolExecutor) -> float:
    """Give the µs for a call."""
    return timed(lambda: list(pool.map(same, range(CALLS), chunksize=50))) / CALLS


def pools() -> tuple[float, float, float]:
    """Give the µs for a call: plain, recorded, and for leaving the block after it."""
    with ProcessPoolExecutor(1, mp_context=context) as pool:
        calls(pool)
        plain = calls(pool)
        block = record()
        with block:
            list(pool.map(same, [0]))  # the first call of a child brings it into the recording
            recorded = calls(pool)
            left = time.perf_counter()
        return plain, recorded, (time.perf_counter() - left) * 1e6 / CALLS


def main() -> None:
    runs = [(ours(), by_logging(), by_queue(), by_viztracer(), pools()) for _ in range(RUNS)]
    wrote, read = min(run[0][0] for run in runs), min(run[0][1] for run in runs)
    whole = wrote + read
    print(f"{'an event of a child':34} {whole:6.2f} µs   written in {wrote:.2f}, read in {read:.2f}")
    for place, name in enumerate(("a line of logging in a child", "a tuple in a Queue", "log_event in a child"), 1):
        theirs = min(run[place] for run in runs)
        print(f"{name:34} {theirs:6.2f} µs   {theirs / whole:.1f} times as much")
    plain, recorded, leaving = (min(run[4][place] for run in runs) for place in range(3))
    print(f"{'a call in chunks of 50, plain':34} {plain:6.2f} µs")
    print(f"{'the same, recorded':34} {recorded:6.2f} µs   {recorded / plain:.1f} times as much")
    print(f"{'leaving the block, for each':34} {leaving:6.2f} µs")


if __name__ == "__main__":
    main()
