"""The door of notebook 13: what notes when it is opened and closed, and blocks behind it that end in three ways."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any, NamedTuple

from taketurns.simulation import simulate

__all__ = ["as_it_stands", "behind", "closed", "ends", "fails", "is_a_door", "is_canceled", "opened"]

_notes: list[tuple[str, float]] = []


def opened() -> None:
    """Note that the door of the last exercise has been opened."""
    _notes.append(("opened", asyncio.get_running_loop().time()))


def closed() -> None:
    """Note that it has been closed."""
    _notes.append(("closed", asyncio.get_running_loop().time()))


class _BurstError(Exception):
    """What the second of the three blocks raises."""


async def ends() -> None:
    """Be a block that ends after a second."""
    await asyncio.sleep(1)


async def fails() -> None:
    """Be a block that fails after a second."""
    await asyncio.sleep(1)
    raise _BurstError


async def is_canceled() -> None:
    """Be a block that is canceled after a second."""
    await asyncio.sleep(9)


class Tried(NamedTuple):
    """What was noted of a door behind which a block ran, and how that ended."""

    notes: list[tuple[str, float]]
    end: str

    @property
    def is_whole(self) -> bool:
        """Whether it was opened and closed, once and in time."""
        return self.notes == [("opened", 0.5), ("closed", 1.75)]


def behind(block: Callable[[], Any]) -> Callable[[Callable[[], AbstractAsyncContextManager[Any]]], Tried]:
    """Return what runs a block behind a door for 1 s."""

    def run(door: Callable[[], AbstractAsyncContextManager[Any]]) -> Tried:
        async def enter() -> None:
            async with door():
                await block()

        async def main() -> str:
            running = asyncio.create_task(enter(), name="behind the door")
            await asyncio.sleep(1.5)
            if block is is_canceled:
                running.cancel()
            await asyncio.wait([running])
            if running.cancelled():
                return "canceled"
            return type(error).__name__ if (error := running.exception()) else "ended"

        _notes.clear()
        end = simulate(main(), "a door").result
        return Tried(list(_notes), end)

    return run


@asynccontextmanager
async def _starter() -> AsyncIterator[None]:
    await asyncio.sleep(0.5)
    opened()
    yield
    await asyncio.sleep(0.25)
    closed()


def is_a_door(door: Any) -> bool:
    """Return whether calling it gives an asynchronous context manager."""
    made = door() if callable(door) else None
    if asyncio.iscoroutine(made):
        made.close()  # so that Python does not warn of it
    return hasattr(made, "__aenter__")


def as_it_stands(door: Callable[[], AbstractAsyncContextManager[Any]]) -> bool:
    """Return whether a door does what that of the starter cell does, however its block ends."""
    return all(run(door) == run(_starter) for run in map(behind, (ends, fails, is_canceled)))
