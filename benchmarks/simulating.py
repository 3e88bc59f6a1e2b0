"""What simulated time costs: `simulate` against looptime, our own event loop against SimPy, and how both grow.

All prices are whole: the recording, its trace, its spans and both numbers. Both sides run the same program, in turns,
and each figure is the least of several runs, because what else the machine does only adds to it.
"""

import asyncio
import gc
import time
from collections.abc import Callable, Iterator

import looptime
import simpy

from taketurns import Exhibition, Trace, play, simulate

RUNS, FEW, MANY = 9, 24, 384
OURS = "callbacks", "generators", "coroutines", "greenlets"
MASTER, OPPONENT, ROUNDS = 5, 55, 30


async def exhibition() -> None:
    """Play with asyncio: she is a lock."""
    master = asyncio.Lock()

    async def game() -> None:
        for _ in range(ROUNDS):
            async with master:
                await asyncio.sleep(MASTER)
            await asyncio.sleep(OPPONENT)

    async with asyncio.TaskGroup() as group:
        for _ in range(FEW):
            group.create_task(game())


def on_looptime() -> None:
    """Run it where the clock jumps and nothing is recorded."""
    with asyncio.Runner(loop_factory=looptime.new_event_loop) as runner:
        runner.run(exhibition())


def with_simpy() -> None:
    """Play with SimPy: she is a resource."""
    env = simpy.Environment()
    master = simpy.Resource(env)

    def game() -> Iterator[simpy.Event]:
        for _ in range(ROUNDS):
            with master.request() as turn:
                yield turn
                yield env.timeout(MASTER)
            yield env.timeout(OPPONENT)

    for _ in range(FEW):
        env.process(game())
    env.run()


def whole(trace: Trace) -> None:
    """Ask for all that a picture needs."""
    assert trace.spans
    assert trace.peak_concurrency >= trace.peak_parallelism


def played(boards: int, style: str) -> Callable[[], None]:
    """Return how an exhibition is played and looked at."""
    return lambda: whole(play(Exhibition(boards, MASTER, OPPONENT, ROUNDS), style))


def timed(run: Callable[[], object]) -> float:
    gc.collect()
    start = time.perf_counter()
    run()
    return time.perf_counter() - start


def least(*runs: Callable[[], object], times: int = RUNS) -> list[float]:
    """Give the least ms of each, run in turns."""
    rounds = [[timed(run) for run in runs] for _ in range(times)]
    return [min(column) * 1e3 for column in zip(*rounds, strict=True)]


def main() -> None:
    ours, theirs = least(lambda: whole(simulate(exhibition())), on_looptime)
    print(f"simulate             {ours:7.1f} ms   {ours / theirs:5.2f} times looptime ({theirs:.1f} ms)")
    *prices, theirs = least(*(played(FEW, style) for style in OURS), with_simpy)
    for style, price in zip(OURS, prices, strict=True):
        print(f"play, {style:14} {price:7.1f} ms   {price / theirs:5.2f} times SimPy ({theirs:.1f} ms)")
    for style in (*OURS, "asyncio"):
        few, many = least(played(FEW, style), played(MANY, style), times=3)
        print(f"{MANY} boards, {style:10} {many:7.0f} ms   {many / few:5.1f} times {FEW} boards")


if __name__ == "__main__":
    main()
