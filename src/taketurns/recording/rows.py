"""Rows: what the recorder knows of every event, in one form for threads, children and sub-interpreters."""

from functools import partial
from operator import itemgetter
from typing import NamedTuple

from taketurns.recording.worker import Place
from taketurns.trace.spans import State, Where

__all__ = ["STATES", "Key", "Process", "Row", "Stretch", "Thread", "Times", "row_of"]

#: A process by its number, or a sub-interpreter by the number of its process and its own.
Process = int | str
#: A task by its process and its number there.
Key = tuple[int, int]
Times = tuple[int, int]


class Thread(NamedTuple):
    """A thread of a process, or of a sub-interpreter (a text): its identifier, or ``"main"``.

    ``name`` and ``home`` are the names that it and its process were given.
    """

    process: Process
    thread: str
    name: str = ""
    home: str = ""


class Row(NamedTuple):
    """One event: from ``at`` (ns) on a task, known by its process and number, is in a state, or has ended (None)."""

    at: int
    task: Key
    name: str
    state: State | None
    reason: str
    worker: Thread
    place: Place | Where = None
    blur: int = 0  #: by how much its begin may be off, in ns
    off: int | None = None  #: for how long a stretch was off its core (ns), where that is all that is known
    waker: Key | None = None  #: the task that ended the wait before, where that is known


#: Makes a row of all its fields, in less than half the time of ``Row``.
row_of = partial(tuple.__new__, Row)

#: The states by how events name them.
STATES: dict[str | None, State | None] = {None: None, **{state.value: state for state in State}}

#: An event that begins a state, and the time until which that lasts.
Stretch = tuple[Row, int]

#: What to ask of many rows at once.
AT, TASK, STATE, REASON, WORKER, PLACE, OFF, WAKER = map(itemgetter, (0, 1, 3, 4, 5, 6, 8, 9))


def begin(stretch: Stretch) -> int:
    """Return when a stretch begins, to sort by."""
    return stretch[0][0]
