"""Moments: an event loop at the begin of each step, for who wants to walk through a run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import CoroutineType, FrameType, GeneratorType
from typing import Any, NamedTuple, overload

from taketurns.trace.changes import Line, Step, Walk
from taketurns.trace.frames import is_learners

__all__ = ["Line", "Moment", "Moments", "line_of"]


class Moment(NamedTuple):
    """An event loop just before it resumes a task.

    ``at`` is in seconds. ``ready`` are the other tasks that could run, in the order in which they will. ``timers`` are
    tasks with the times at which they are due. ``lines`` tells for each task in which line, of which file, it stands.
    """

    at: float
    running: str
    ready: tuple[str, ...]
    timers: tuple[tuple[str, float], ...]
    lines: Mapping[str, Line]


class Moments(Sequence[Moment]):
    """The steps of event loops, each made when it is asked for; tasks have their final names.

    Those that were not recorded are left out.
    """

    def __init__(self, steps: Sequence[Step], names: Mapping[int, str]) -> None:
        self._steps, self._names = steps, names
        self._walks: dict[int, Walk] = {}  # by the id of a loop: where the last question led to

    def __len__(self) -> int:
        return len(self._steps)

    @overload
    def __getitem__(self, index: int) -> Moment: ...
    @overload
    def __getitem__(self, index: slice) -> tuple[Moment, ...]: ...
    def __getitem__(self, index: int | slice) -> Moment | tuple[Moment, ...]:
        if isinstance(index, slice):
            return tuple(self[number] for number in range(*index.indices(len(self))))
        step = self._steps[index]
        walk = self._walks.pop(id(step.loop), None)  # nobody else goes on with it meanwhile
        if walk is None or walk.loop is not step.loop or not walk.is_before(step):
            walk = Walk(step.loop)
        walk.go(step)
        moment = self._named(step, walk)
        self._walks[id(step.loop)] = walk
        return moment

    def _named(self, step: Step, walk: Walk) -> Moment:
        names = self._names
        return Moment(
            step.at,
            names.get(step.running, ""),
            tuple(names[task] for task in step.loop.queue[step.left : step.queued] if task in names),
            tuple((names[task], due) for task, due in walk.tell_timers() if task in names),
            {names[task]: line for task, line in sorted(walk.lines.items()) if task in names},
        )

    def __eq__(self, other: object) -> bool:
        return tuple(self) == tuple(other) if isinstance(other, Moments | tuple) else NotImplemented

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        return f"<Moments: {len(self)}>"


def line_of(body: Any) -> Line | None:
    """Return the line in which a learner's generator, coroutine or greenlet stands: the innermost of their own code."""
    frame = _on_own_stack(body) if hasattr(body, "gr_frame") else _in_chain(body)
    return None if frame is None else (frame.f_code.co_filename, frame.f_lineno)


def _on_own_stack(greenlet: Any) -> FrameType | None:
    """Return the innermost of a learner's frames in a suspended greenlet."""
    frame: FrameType | None = greenlet.gr_frame
    while frame is not None and not is_learners(frame):
        whose = frame.f_globals  # functions of one module are the same's
        while frame is not None and frame.f_globals is whose:
            frame = frame.f_back
    return frame


def _in_chain(body: Any) -> FrameType | None:
    """Return the innermost of a learner's frames in a chain of coroutines and generators that await each other."""
    innermost = None
    while body is not None:
        kind = type(body)
        if kind is CoroutineType:
            frame, body = body.cr_frame, body.cr_await
        elif kind is GeneratorType:
            frame, body = body.gi_frame, body.gi_yieldfrom
        else:
            frame = getattr(body, "cr_frame", None) or getattr(body, "gi_frame", None)
            body = getattr(body, "cr_await", None) or getattr(body, "gi_yieldfrom", None)
        if frame is not None and is_learners(frame):
            innermost = frame
    return innermost
