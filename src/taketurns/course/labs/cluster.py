"""What notebook 16 lets a cluster do, and its exercises."""

from __future__ import annotations

import os
import time
import zlib
from collections.abc import Iterable
from concurrent.futures import Executor
from random import Random, randint
from typing import Any

from taketurns.course.checks import Check, Exercise, choice, each, rule, tasks
from taketurns.recording.marks import compute, waiting
from taketurns.recording.tasks import task
from taketurns.trace.trace import Trace

__all__ = [
    "Letters",
    "add",
    "as_a_graph",
    "at_work",
    "chromosome",
    "cost",
    "count",
    "die",
    "four_throws",
    "how_many_machines",
    "no_letters_travel",
    "nothing",
    "poison",
    "read",
    "search",
    "throw",
    "unpack",
    "unreachable",
]

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
    """Wait until a worker is in the middle of a search; give the worker, and the name of the chromosome."""
    limit = time.monotonic() + 20
    while time.monotonic() < limit:
        for worker, (name, part) in client.run(_progress).items():
            if 3 <= part < PARTS - 1:
                return worker, name
        time.sleep(0.01)
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


# Exercises


def _named(trace: Trace, *stems: str) -> list[str]:
    """Return the tasks whose names begin with one of these words."""
    return [name for name in trace.tasks if name.split()[0] in stems]


def _elsewhere(hint: str, *stems: str) -> Check:
    """Return the rule that only other processes carried the tasks with these names, or all tasks."""
    return rule(
        lambda trace: all(
            span.process for span in trace.spans if span.task in (_named(trace, *stems) if stems else trace.tasks)
        ),
        f"The notebook's own process carried some of it. {hint}",
    )


four_throws = Exercise(
    "Four throws",
    _elsewhere("Let the client hand the throws to the workers."),
    tasks(4, "Each throw is one task; the exercise asks for four."),
    rule(
        lambda trace: all(name.startswith("throw 6") for name in trace.tasks),
        "Other arguments do make other tasks, and here also another die. Keep the 6, and say that the function is not "
        "pure.",
    ),
    start=rule(
        lambda trace: len(trace.tasks) != 1 or not trace.spans[0].process,
        "As it stands, the die is thrown once, and you get that result four times. To the scheduler, the same "
        "function with the same arguments is the same task.",
    ),
    solved="Four tasks, four throws.",
)

no_letters_travel = Exercise(
    "No letters travel",
    rule(
        lambda trace: len(_named(trace, "count")) == 2,
        "The exercise asks for two counts, one for A and one for B. Do both stand inside the `with` block?",
    ),
    _elsewhere("Let the workers count.", "count"),
    _elsewhere("It read the letters, and they had to travel after that. Who could read them?", "read"),
    rule(
        lambda trace: not _named(trace, "pack", "unpack"),
        "Letters were packed and sent. `gather` and `result()` bring them here, and `scatter` or an argument sends "
        "them: each is a journey. What is small enough to be sent in their place?",
    ),
    rule(
        lambda trace: len(_named(trace, "read")) == 2,
        "The letters came from somewhere else than from lab.read on the workers. Read A and B once each, inside the "
        "`with` block.",
    ),
    start=rule(
        lambda trace: (
            all(span.worker != "main thread" for span in trace.spans if span.task in _named(trace, "pack"))
            or bool(_named(trace, "read"))
            or len(_named(trace, "count")) != 2
        ),
        "As it stands, the notebook reads the letters and sends them. Let only names travel.",
    ),
    solved="Two names went out, and two counts came back.",
)

_WORK = "Divide the work of all tasks by 8 cores, and then by 80."

how_many_machines = Exercise(
    "How many machines?",
    each(
        {
            "film": choice(
                "a cluster",
                {
                    "this machine": f"{_WORK} The first is more than ten hours. What would have to be sent, and how "
                    "long does that take?",
                    "a bigger machine": "With 32 cores it takes a quarter of the time. What do ten machines take, and "
                    "do these tasks need anything of each other?",
                },
            ),
            "prices": choice(
                "this machine",
                {
                    "a cluster": "The scheduler hands out a thousand tasks in a second, and there are a million. "
                    f"{_WORK} Is there so much to gain, even in large tasks?",
                    "a bigger machine": "How long does this one take? Eight cores share 20 seconds of work.",
                },
            ),
            "photos": choice(
                "this machine",
                {
                    "a cluster": "The photos are on your disk. How long does it take to send 400,000 MB, and how long "
                    "to compute here?",
                    "a bigger machine": "The photos would have to travel to that one as well. How long do you need?",
                },
            ),
            "table": choice(
                "a bigger machine",
                {
                    "this machine": "It does not fit into the memory of this machine.",
                    "a cluster": "It can be done, but each of the joins sends most of the table to another machine. "
                    "Where would nothing have to be sent?",
                },
            ),
            "logs": choice(
                "a cluster",
                {
                    "this machine": "10 TB are 10,000,000 MB. How long do they take to get here?",
                    "a bigger machine": "10 TB are 10,000,000 MB. How long do they take to get there, and who needs to "
                    "have them in one place?",
                },
            ),
        }
    ),
    of=dict,
    solved="What has to be moved decides as often as what has to be computed.",
)


def _added_last(trace: Trace) -> bool:
    """Return whether the sum begins after the last count has ended."""
    [added] = _named(trace, "add")
    return max(trace.lane(name)[-1].end for name in _named(trace, "count")) <= trace.lane(added)[0].start


as_a_graph = Exercise(
    "As a graph",
    rule(
        lambda trace: len(_named(trace, "read")) == len(_named(trace, "count")) == 3,
        "The exercise asks for three chromosomes, each of them read once and counted once.",
    ),
    rule(
        lambda trace: len(_named(trace, "add")) == 1,
        "There is no sum, or more than one. `lab.add` takes the list of all counts, once.",
    ),
    _elsewhere(
        "Only `delayed(f)(x)` is a node of a graph; `f(x)` is a call, here and now: so for read, count and add."
    ),
    rule(
        lambda trace: trace.peak_concurrency > 1,
        "They came one by one. `result()` waits; make the whole graph, and ask once, at its end.",
    ),
    rule(_added_last, "The sum began before the last count had ended. Which counts did it get?"),
    start=rule(
        lambda trace: any(span.process for span in trace.spans if not span.task.startswith("add")),
        "As it stands, only the sum is computed by a worker. `delayed(lab.read(name))` does not change that: it calls "
        "`lab.read` here, and then hands over what came out.",
    ),
    solved="One graph went out, and one number came back.",
)
