"""Moments: an event loop at the begin of each step, for who wants to walk through a run."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import FrameType
from typing import Any, NamedTuple

from taketurns.trace.frames import is_learners

__all__ = ["Line", "Moment", "line_of"]

Line = tuple[str, int]
Name = Any  # of a task: a string, or its number while the recording is on


class Moment(NamedTuple):
    """An event loop just before it resumes a task.

    ``at`` is in seconds. ``ready`` are the other tasks that could run, in the order in which they will. ``timers`` are
    tasks with the times at which they are due. ``lines`` tells for each task in which line, of which file, it stands.
    """

    at: float
    running: Name
    ready: tuple[Name, ...]
    timers: tuple[tuple[Name, float], ...]
    lines: Mapping[Name, Line]

    def named(self, names: Mapping[Any, str]) -> Moment:
        """Return the same with the tasks' final names; those that were not recorded are left out."""
        return Moment(
            self.at,
            names.get(self.running, ""),
            tuple(names[task] for task in self.ready if task in names),
            tuple((names[task], due) for task, due in self.timers if task in names),
            {names[task]: line for task, line in self.lines.items() if task in names},
        )


def line_of(body: Any) -> Line | None:
    """Return the line in which a learner's generator, coroutine or greenlet stands: the innermost of their own code."""
    own = [frame for frame in _frames(body) if is_learners(frame)]
    return (own[-1].f_code.co_filename, own[-1].f_lineno) if own else None


def _frames(body: Any) -> Iterator[FrameType]:
    """Return the frames of something suspended, from the outermost to the innermost."""
    stack = []
    frame = getattr(body, "gr_frame", None)
    while frame is not None:
        stack.append(frame)
        frame = frame.f_back
    yield from reversed(stack)
    while body is not None:
        frame = getattr(body, "cr_frame", None) or getattr(body, "gi_frame", None)
        if frame is not None:
            yield frame
        body = getattr(body, "cr_await", None) or getattr(body, "gi_yieldfrom", None)
