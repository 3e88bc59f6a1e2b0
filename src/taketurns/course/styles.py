"""The styles of the chess exhibition: the same games in seven kinds of programs.

Each plays all games of one master, whose numbers are in an exhibition, on the boards of those names.
"""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable, Generator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Protocol

from taketurns.recording.marks import compute, wait, waiting
from taketurns.recording.tasks import task
from taketurns.suspend import callbacks, coroutines, generators, greenlets

__all__ = ["HER", "STYLES", "Style", "task_group"]

#: What a thread waits for that is not a reply.
HER = "the master"


class Numbers(Protocol):
    """What a game takes: how many rounds, and the seconds that the master and an opponent need for a move."""

    @property
    def master(self) -> float: ...
    @property
    def opponent(self) -> float: ...
    @property
    def rounds(self) -> int: ...


Style = Callable[[Numbers, Sequence[str]], None]


def _sequential(exhibition: Numbers, boards: Sequence[str]) -> None:
    @task(name="{board}")
    def game(board: str) -> None:
        for _ in range(exhibition.rounds):
            compute(exhibition.master)
            wait(exhibition.opponent)

    for board in boards:
        game(board)


def _callbacks(exhibition: Numbers, boards: Sequence[str]) -> None:
    def game(rounds: int) -> None:
        if rounds:
            compute(exhibition.master)
            callbacks.sleep(exhibition.opponent, game, rounds - 1)

    def main() -> None:
        for board in boards:
            callbacks.start(game, exhibition.rounds, name=board)

    callbacks.run(main)


def _generators(exhibition: Numbers, boards: Sequence[str]) -> None:
    def game() -> Generator[generators.Request, object, None]:
        for _ in range(exhibition.rounds):
            compute(exhibition.master)
            yield generators.sleep(exhibition.opponent)

    def main() -> Generator[generators.Request, object, None]:
        for game_at_board in [generators.start(game, name=board) for board in boards]:
            yield generators.wait_for(game_at_board)

    generators.run(main)


def _coroutines(exhibition: Numbers, boards: Sequence[str]) -> None:
    async def game() -> None:
        for _ in range(exhibition.rounds):
            compute(exhibition.master)
            await coroutines.sleep(exhibition.opponent)

    async def main() -> None:
        for board in boards:
            coroutines.start(game, name=board)

    coroutines.run(main)


def _greenlets(exhibition: Numbers, boards: Sequence[str]) -> None:
    def game() -> None:
        for _ in range(exhibition.rounds):
            compute(exhibition.master)
            greenlets.sleep(exhibition.opponent)

    def main() -> None:
        for board in boards:
            greenlets.start(game, name=board)

    greenlets.run(main)


async def task_group(exhibition: Numbers, boards: Sequence[str]) -> None:
    """Play with asyncio, whoever runs its event loop."""

    async def game() -> None:
        for _ in range(exhibition.rounds):
            compute(exhibition.master)
            await asyncio.sleep(exhibition.opponent)

    async with asyncio.TaskGroup() as group:
        for board in boards:
            group.create_task(game(), name=board)


def _asyncio(exhibition: Numbers, boards: Sequence[str]) -> None:
    """Run it in a thread of its own: in a notebook, this one has an event loop already. An interrupt ends it there."""
    stop: list[Callable[[], object]] = []
    interrupted = threading.Event()

    async def main() -> None:
        this, loop = asyncio.current_task(), asyncio.get_running_loop()
        assert this is not None
        stop.append(lambda: loop.call_soon_threadsafe(this.cancel))
        if not interrupted.is_set():
            await task_group(exhibition, boards)

    with ThreadPoolExecutor(1, "asyncio") as pool:
        try:
            pool.submit(asyncio.run, main()).result()
        except KeyboardInterrupt:
            interrupted.set()
            for cancel in stop:
                cancel()
            raise


def _threads(exhibition: Numbers, boards: Sequence[str]) -> None:
    master = threading.Lock()

    @task(name="{board}")
    def game(board: str) -> None:
        for _ in range(exhibition.rounds):
            with waiting(HER):
                master.acquire()
            compute(exhibition.master)
            with waiting("timer"):  # her move is over, and then she is free
                master.release()
                time.sleep(exhibition.opponent)

    with ThreadPoolExecutor(len(boards)) as pool:
        list(pool.map(game, boards))


STYLES: dict[str, Style] = {
    "sequential": _sequential,
    "callbacks": _callbacks,
    "generators": _generators,
    "coroutines": _coroutines,
    "greenlets": _greenlets,
    "asyncio": _asyncio,
    "threads": _threads,
}
