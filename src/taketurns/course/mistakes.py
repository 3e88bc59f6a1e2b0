"""Four programs with one mistake each, which exercise 1 of notebook 13 shows."""

import asyncio
import contextlib
from collections.abc import Callable, Coroutine
from typing import Any

from taketurns.recording.marks import compute, wait
from taketurns.simulation import simulate
from taketurns.trace.trace import Trace

__all__ = ["four_programs"]

_SITES = {"news": 3, "weather": 1, "sports": 4}


async def _fetch(site: str) -> None:
    await asyncio.sleep(_SITES[site])
    compute(0.5)


async def _in_a_group(fetch: Callable[[str], Coroutine[Any, Any, None]]) -> None:
    async with asyncio.TaskGroup() as group:
        for site in _SITES:
            group.create_task(fetch(site), name=site)


async def _blocks(site: str) -> None:
    if site == "news":
        wait(_SITES[site])
        compute(0.5)
    else:
        await _fetch(site)


async def _in_the_loop() -> None:
    for site in _SITES:
        await asyncio.create_task(_fetch(site), name=site)


async def _stubborn(site: str) -> None:
    try:
        await _fetch(site)
    except asyncio.CancelledError:
        if site == "sports":
            await _fetch(site)
        else:
            raise


async def _not_to_be_stopped() -> None:
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(2):
            await _in_a_group(_stubborn)


async def _not_awaited() -> None:
    async with asyncio.TaskGroup() as group:
        group.create_task(_fetch("news"), name="news")
        group.create_task(_fetch("weather"), name="weather")
        _fetch("sports").close()  # closed, so that Python does not give the answer away in a warning


def four_programs() -> tuple[Trace, ...]:
    """Record the four programs of the first exercise, in simulated time."""
    programs = [_in_a_group(_blocks), _in_the_loop(), _not_to_be_stopped(), _not_awaited()]
    return tuple(_recorded(program, f"program {letter}") for letter, program in zip("ABCD", programs, strict=True))


def _recorded(program: Coroutine[Any, Any, None], label: str) -> Trace:
    async def main() -> None:  # a lane of that name, which gives no answer away
        await program

    return simulate(main(), label)
