"""What a recording is made of: a task in a state on a worker, from start to end."""

from dataclasses import dataclass
from enum import StrEnum
from math import inf
from typing import NamedTuple

__all__ = ["ELSEWHERE", "Span", "State", "Where", "process_of", "state_named"]

#: How the names of those workers begin that are not of the process that recorded; no other worker is called so.
ELSEWHERE = ("process ", "interpreter ")


class State(StrEnum):
    """What a task is doing."""

    RUNNING = "RUNNING"  #: on a core, executing
    READY = "READY"  #: could run, but has not got the GIL, a core or the event loop
    WAITING = "WAITING"  #: for a timer, a socket, a disk, a lock, another person
    UNSEEN = "NOT SEEN"  #: in progress, and nobody saw in which of the three

    __hash__ = str.__hash__  # it equals its text; and Enum's own takes longer


class Where(NamedTuple):
    """Where in the code a task waits: the expression, and the line in a file, or in a cell such as ``In [3]``."""

    file: str
    line: int
    expression: str

    def __str__(self) -> str:
        return f"{self.expression}  ({self.file}, line {self.line})"


@dataclass(frozen=True, slots=True)
class Span:
    """One task in one state on one worker, from start to end, in seconds since the recording began.

    ``reason`` says why it was not running: ``"GIL"``, ``"core"`` or ``"event loop"``, what kind of wait it was
    (``"sleep"``, ``"lock"``, ``"socket"``), or what ``waiting(what)`` was told; ``where`` is the place of a wait, if it
    was a long one. A RUNNING span with the reason ``"GIL"`` took turns with others like it. ``waker`` is the task that
    ended the wait before this span; it is empty where a timer or a socket did, or nobody saw who.
    """

    task: str
    state: State
    worker: str
    start: float
    end: float
    reason: str = ""
    where: Where | None = None
    waker: str = ""

    def __post_init__(self) -> None:
        if not isinstance(self.state, State):
            object.__setattr__(self, "state", state_named(self.state))
        if not 0 <= self.start <= self.end < inf:
            raise ValueError(
                "a span starts at 0 s or later and cannot end before it starts: "
                f"{self.task!r} was given {self.start} to {self.end}"
            )

    @property
    def duration(self) -> float:
        """How long the span lasts, in seconds."""
        return self.end - self.start

    @property
    def in_turns(self) -> bool:
        """Whether it ran for a part of its time only, in turns with others like it, at moments that nobody saw."""
        return self.state is State.RUNNING and self.reason == "GIL"

    @property
    def process(self) -> str:
        """The process or sub-interpreter of its worker, each with its own GIL; empty for the one that recorded."""
        return process_of(self.worker)


def process_of(worker: str) -> str:
    """Return the process or sub-interpreter of a worker; empty for the one that recorded."""
    return worker.partition(", ")[0] if worker.startswith(ELSEWHERE) else ""


def state_named(name: object) -> State:
    """Return the state of that name; ``ValueError`` where there is none."""
    try:
        return State(name)  # type: ignore[arg-type]
    except ValueError:
        raise ValueError(f"{name!r} is not a state; a task is {', '.join(State)}") from None
