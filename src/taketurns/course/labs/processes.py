"""What notebook 02 sends to other processes, and its exercises."""

import os
import pickle
import sys
from collections.abc import Callable
from concurrent.futures import Future, ProcessPoolExecutor
from math import inf
from pathlib import Path
from typing import Any

from taketurns.course.checks import Exercise, quiz
from taketurns.course.rules import Asked, overlapped, tasks, when
from taketurns.machine import cores_at_once
from taketurns.recording.marks import compute, waiting
from taketurns.recording.tasks import task
from taketurns.trace.trace import Trace

__all__ = ["CountingPool", "Table", "add_up", "all_cores", "any_process", "change_note", "errors_to", "make"]
__all__ += ["make_and_add_up", "nobody_idle", "note", "read_note", "speed_up", "step", "unpickle", "use_two_cores"]

#: A variable of this module. Which value another process finds here depends on how it was started.
note = "as imported"


def read_note() -> str:
    """Return the value of ``note`` in the process that runs this."""
    return note


def change_note(text: str) -> str:
    """Change ``note`` in the process that runs this, and return the new value."""
    global note
    note = text
    return read_note()


class Table:
    """Numbers as text, as a program may read them from a file. Pickling and rebuilding it are tasks of their own."""

    def __init__(self, count: int) -> None:
        self.rows = list(map(str, range(count)))

    def __reduce__(self) -> tuple[object, ...]:
        return unpickle, (_pickled(self.rows),)


@task(name="pickle")
def _pickled(rows: list[str]) -> bytes:
    return pickle.dumps(rows)


@task
def unpickle(data: bytes) -> Table:
    """Rebuild a table in the process to which it was sent."""
    table = Table(0)
    table.rows = pickle.loads(data)
    return table


@task
def make(count: int) -> Table:
    """Make a table with so many rows."""
    return Table(count)


@task(name="add up")
def add_up(table: Table) -> int:
    """Add up the numbers of a table."""
    return sum(map(int, table.rows))


def make_and_add_up(count: int) -> int:
    """Make a table with so many rows, here, and add up its numbers."""
    return add_up(make(count))


@task(name="step {number}")
def step(number: int) -> int:
    """Work for a tenth of a second. In step 2, the process ends after that, as one does that the system kills."""
    compute(0.1)
    if number == 2:
        with waiting("the end"):  # a recording knows a task of a process that died up to its last change of state
            os._exit(3)
    return number


class CountingPool(ProcessPoolExecutor):
    """A pool that counts how often something is sent to its processes: ``map`` hands every trip to ``submit``."""

    trips = 0

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        """Send one call, and count it."""
        self.trips += 1
        return super().submit(fn, *args, **kwargs)


# For ProcessPoolExecutor(initializer=...): each process calls it once, before its first task.


def use_two_cores() -> None:
    """Let this process use two cores only, where the system can do that (Linux)."""
    if sys.platform == "linux":
        os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:2])


def errors_to(path: str | Path) -> None:
    """Write into a file what this process says about its errors, and not under a cell."""
    with open(path, "ab") as file:
        os.dup2(file.fileno(), 2)


# Exercises


def _processes(trace: Trace) -> set[str]:
    """Return the processes that carried tasks, without the one that recorded."""
    return {span.process for span in trace.spans} - {""}


def _elsewhere(hint: str) -> Asked:
    """Return the rule that only other processes carried tasks."""
    said = f"A thread of the notebook's own process carried some of your tasks. {hint}"
    return when(lambda t: not all(span.process for span in t.spans)).say(said, "here")


def _the_long_two_overlap(trace: Trace) -> bool:
    """Return whether the two tasks that ran longest were in progress at one instant."""
    return trace.only(*sorted(trace.tasks, key=lambda name: trace.time_in("RUNNING", name))[-2:]).peak_concurrency == 2


all_cores = Exercise(
    "Keep all cores busy",
    tasks(4),
    _elsewhere("Its threads share one GIL. Let a ProcessPoolExecutor carry all four."),
    overlapped(2, "A pool has as many tasks in progress as it has processes. How many has yours?"),
    idle_cores=when(lambda t: len(_processes(t)) < min(4, cores_at_once())).say(
        "Your pool has fewer processes than this machine has cores, and a process keeps only one of them busy."
    ),
    start=when(lambda t: len(t.tasks) == 4 and t.peak_concurrency == 1 and _processes(t)).say(
        "As it stands, one process carries all four tasks. Change one line."
    ),
    solved="As many tasks in progress as there are cores for them, each with a GIL of its own.",
)

nobody_idle = Exercise(
    "Nobody idle",
    tasks(4),
    _elsewhere("Leave the pool as it is, and change how the jobs are handed out."),
    one_process=when(lambda t: len(_processes(t)) == 1).say(
        "One process carried all four tasks. With a chunk that holds everything, the other process gets nothing."
    ),
    one_chunk=when(lambda t: not _the_long_two_overlap(t)).say(
        "The two long jobs still came one after the other. A chunk is carried by one process, from its first job "
        "to its last: which jobs share a chunk?"
    ),
    start=when(lambda t: len(t.tasks) == 4 and len(_processes(t)) == 2 and not _the_long_two_overlap(t)).say(
        "As it stands, one process gets both long jobs, and the other one has soon nothing to do."
    ),
    solved="The two long jobs were in progress together. Large chunks save trips, small ones share out evenly.",
)

speed_up = quiz(
    "How many times as fast?",
    {
        "3 processes": {
            2.5: None,
            3: "Only 18 of the 20 seconds are split among the three. The 2 seconds stay as they are.",
            2.7: "Speed-ups do not add up like that. Add up seconds: those that stay and those that shrink.",
            8: "So many seconds are left, that is right. How many times as fast is 8 s as 20 s?",
            ...: "{answer} is not it. Which seconds stay, which shrink to a third, and what is their sum?",
        },
        "any number": {
            10: None,
            2: "So many seconds are left at least, that is right. How many times as fast is 2 s as 20 s?",
            18: "Those are the seconds that shrink. However small they get, the others stay.",
            inf: "The 18 seconds can shrink to almost nothing. The other 2 cannot.",
            ...: "{answer} is not it. With very many processes, which seconds are still there?",
        },
    },
    solved="Two seconds in twenty keep every machine below ten times as fast.",
)

any_process = Exercise(
    "A function of your own",
    tasks(4, "Each call of triple() is one task; the exercise asks for four."),
    _elsewhere("Which pool carries calls to other processes?"),
    overlapped(2, "Does your pool have two processes, and are all calls handed over before you wait for one?"),
    start=when(lambda t: len(t.tasks) == 4 and t.peak_concurrency == 1 and not _processes(t)).say(
        "As it stands, the notebook's own process carries the four calls. Let two other processes carry them."
    ),
    solved="Other processes carried a function of your own. If your pool is a plain ProcessPoolExecutor and the "
    "function stands in a cell, it was fork that made it work, and elsewhere it breaks.",
)
