"""What notebook 16 lets a cluster do: search chromosomes, carry letters to and fro, throw dice, and fail."""

import os
import time
import zlib
from collections.abc import Iterable
from concurrent.futures import Executor
from random import Random, randint
from threading import Event
from typing import Any

from taketurns.recording.marks import compute, waiting
from taketurns.recording.tasks import task

__all__ = ["Letters", "add", "at_work", "chromosome", "cost", "count", "die", "nothing", "poison", "read", "search"]
__all__ += ["throw", "unpack", "unreachable"]

WORD = "GATTACA"
#: How many parts the search in a chromosome has, and which of them this process has done, while it searches.
PARTS = 6
progress = ("", 0)


def chromosome(name: str) -> str:
    """Return the letters of a chromosome: they look random, and are always the same."""
    return Random(name).randbytes(2_000_000).translate(b"ACGT" * 64).decode("ascii")


@task(name="search {name}")
def search(name: str) -> int:
    """Read a chromosome from a disk, and count GATTACA in it: a fraction of a second of work."""
    global progress
    with waiting("the disk"):
        time.sleep(0.03)
    letters = chromosome(name)
    try:
        for part in range(PARTS):
            progress = name, part
            compute(0.04)
    finally:
        progress = "", 0
    return letters.count(WORD)


def _progress() -> tuple[str, int]:
    return progress


def at_work(client: Any) -> tuple[str, str]:
    """Wait until a worker is in the middle of a search; return the worker, and the name of the chromosome."""
    limit = time.monotonic() + 20
    while time.monotonic() < limit:
        for worker, (name, part) in client.run(_progress).items():
            if 3 <= part < PARTS - 1:
                return worker, name
        Event().wait(0.01)  # a wait for others is no lane in the recording
    raise TimeoutError("nobody searched anything for 20 seconds")


class Letters:
    """The letters of a chromosome as an object. Packing it for a journey and unpacking it are tasks of their own."""

    def __init__(self, name: str, text: str) -> None:
        self.name, self.text = name, text

    def __str__(self) -> str:
        return self.name

    def __sizeof__(self) -> int:
        return len(self.text)

    def __dask_tokenize__(self) -> object:
        return type(self).__name__, self.name, len(self.text)

    def __reduce__(self) -> tuple[object, ...]:
        return unpack, (self.name, _pack(self.name, self.text))


@task(name="pack {name}")
def _pack(name: str, text: str) -> bytes:
    return zlib.compress(text.encode("ascii"), 1)


@task(name="unpack {name}")
def unpack(name: str, packed: bytes) -> Letters:
    """Rebuild an object in the process to which it was sent."""
    return Letters(name, zlib.decompress(packed).decode("ascii"))


@task(name="read {name}")
def read(name: str) -> Letters:
    """Read a chromosome."""
    compute(0.05)
    return Letters(name, chromosome(name))


@task(name="count {letters}")
def count(letters: Letters, word: str = WORD) -> int:
    """Count a word."""
    compute(0.1)
    return letters.text.count(word)


@task
def add(counts: Iterable[int]) -> int:
    """Add up counts."""
    compute(0.03)
    return sum(counts)


def die() -> None:
    """End the process that calls this, at once."""
    os._exit(3)


@task
def poison() -> None:
    """End the process that carries this, as one does that takes more memory than there is."""
    compute(0.05)
    with waiting("the end"):  # a recording knows a task of a process that died up to its last change of state
        die()


@task(name="ask")
def unreachable() -> None:
    """Ask a server that is not there."""
    compute(0.02)
    raise ConnectionError("the server does not answer")


@task(name="throw {sides}")
def throw(sides: int) -> int:
    """Throw a die."""
    compute(0.05)
    return randint(1, sides)


def nothing(number: int) -> int:
    """Do nothing, for the cost of a task."""
    return number


def cost(pool: Executor, calls: int = 100) -> list[float]:
    """Measure three times how long a task takes that does nothing, of a hundred handed over at once, in seconds."""
    return [_cost(pool, calls) for _ in range(4)][1:]  # the first may have to start what carries it


def _cost(pool: Executor, calls: int) -> float:
    begin = time.perf_counter()
    list(pool.map(nothing, range(calls)))
    return (time.perf_counter() - begin) / calls
