"""What a recording is made of: states, spans, and the trace that holds them. All are values that never change."""

from __future__ import annotations

import json
from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from functools import cached_property
from math import inf
from pathlib import Path
from typing import TYPE_CHECKING, Any

from taketurns import perfetto, text

if TYPE_CHECKING:
    from pathlib import Path

    from taketurns.moments import Moment

__all__ = ["Span", "State", "Trace"]

FORMAT = "taketurns trace 1"

Interval = tuple[float, float]
Steps = tuple[tuple[float, int], ...]


class State(StrEnum):
    """What a task is doing."""

    RUNNING = "RUNNING"  #: on a core, executing
    READY = "READY"  #: could run, but has not got the GIL, a core or the event loop
    WAITING = "WAITING"  #: for a timer, a socket, a disk, a lock, another person


@dataclass(frozen=True, slots=True)
class Span:
    """One task in one state on one worker, from start to end, in seconds since the recording began.

    ``reason`` says why it was not running, where that was measured: ``"GIL"``, ``"core"``, ``"event loop"``,
    or what ``waiting(what)`` was told. A RUNNING span with the reason ``"GIL"`` took turns with others like it.
    """

    task: str
    state: State
    worker: str
    start: float
    end: float
    reason: str = ""

    def __post_init__(self) -> None:
        if not isinstance(self.state, State):
            object.__setattr__(self, "state", _state(self.state))
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
        return self.worker.partition(", ")[0] if self.worker.startswith(("process ", "interpreter ")) else ""


def _state(name: object) -> State:
    """Give the state of that name; ``ValueError`` where there is none."""
    try:
        return State(name)  # type: ignore[arg-type]
    except ValueError:
        raise ValueError(f"{name!r} is not a state; a task is {', '.join(State)}") from None


@dataclass(frozen=True)
class Trace:
    """A whole recording: its spans in order of their start, and where and how they were recorded.

    ``origin`` tells the machine, the Python and the date. ``cut_short`` is empty, or says what ended the recording
    before its time. ``result`` is what a program returned that `simulate` ran, and ``moments`` are the steps of a loop
    in simulated time; both stay behind where a trace travels.
    While the recording is still on, there is only the label.
    """

    label: str
    spans: tuple[Span, ...]
    origin: Mapping[str, str] = field(default_factory=dict, hash=False)
    cut_short: str = ""
    result: Any = field(default=None, init=False, repr=False, compare=False)
    moments: tuple[Moment, ...] = field(default=(), init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        spans = tuple(self.spans)
        for span in spans:
            if not isinstance(span, Span):
                raise TypeError(f"a trace is made of Span, not of {type(span).__name__}: {span!r}")
        object.__setattr__(self, "spans", tuple(sorted(spans, key=lambda span: span.start)))
        object.__setattr__(self, "origin", dict(self.origin))

    @classmethod
    def begin(cls, label: str) -> Trace:
        """Give a trace that is still being recorded; calling its ``__init__`` completes it, once."""
        trace = object.__new__(cls)
        object.__setattr__(trace, "label", label)
        return trace

    def __getattr__(self, name: str) -> object:
        if name in ("spans", "origin"):
            raise RuntimeError(f"{self!r}: its {name} can be read after its `with record()` block has ended")
        raise AttributeError(f"a Trace has no {name!r}")

    # What it holds

    @cached_property
    def _lanes(self) -> dict[str, tuple[Span, ...]]:
        lanes: dict[str, list[Span]] = {}
        for span in self.spans:
            lanes.setdefault(span.task, []).append(span)
        return {task: tuple(spans) for task, spans in lanes.items()}

    @property
    def tasks(self) -> tuple[str, ...]:
        """The names of the tasks, in the order in which they started."""
        return tuple(self._lanes)

    @property
    def workers(self) -> tuple[str, ...]:
        """The names of the workers, in the order in which they were first seen."""
        return tuple(dict.fromkeys(span.worker for span in self.spans))

    def lane(self, task: str) -> tuple[Span, ...]:
        """Give the spans of one task; ``KeyError`` names the tasks where there is no such task."""
        if task not in self._lanes:
            raise KeyError(f"no task {task!r} in this trace; its tasks are {', '.join(self.tasks) or 'none'}")
        return self._lanes[task]

    def only(self, *begin: str) -> Trace:
        """Give the trace with those tasks only whose names begin in one of these ways; times stay as they are."""
        return replace(self, spans=tuple(span for span in self.spans if span.task.startswith(begin)))

    @cached_property
    def duration(self) -> float:
        """Seconds from the begin of the recording to the end of its last span."""
        return max((span.end for span in self.spans), default=0.0)

    def time_in(self, state: State | str, task: str | None = None) -> float:
        """Give the seconds that a task, or all of them together, spent in a state."""
        wanted = _state(state)
        spans = self.spans if task is None else self.lane(task)
        return sum(span.duration for span in spans if span.state is wanted)

    # The two numbers

    @cached_property
    def concurrency_steps(self) -> Steps:
        """How many tasks are in progress, from first span to last, as (seconds, count from then on)."""
        return _steps(self._in_progress)

    @cached_property
    def parallelism_steps(self) -> Steps:
        """How many tasks are running, as (seconds, count from then on)."""
        return _steps(self._running)

    @cached_property
    def peak_concurrency(self) -> int:
        """The most tasks that are in progress at one instant."""
        return _peak(self._in_progress)

    @cached_property
    def peak_parallelism(self) -> int:
        """The most tasks that are running at one instant."""
        return _peak(self._running)

    @property
    def mean_parallelism(self) -> float:
        """How many tasks are running on average over the whole duration."""
        return sum(end - start for start, end in self._running) / self.duration if self.duration else 0.0

    @cached_property
    def _in_progress(self) -> list[Interval]:
        return [(lane[0].start, max(span.end for span in lane)) for lane in self._lanes.values()]

    @cached_property
    def _running(self) -> list[Interval]:
        # Those in turns are as many as one in each process: it has one GIL.
        alone = [(s.start, s.end) for s in self.spans if s.state is State.RUNNING and not s.in_turns]
        in_turns: dict[str, list[Interval]] = {}
        for span in self.spans:
            if span.in_turns:
                in_turns.setdefault(span.process, []).append((span.start, span.end))
        return alone + [interval for intervals in in_turns.values() for interval in _union(intervals)]

    def same_schedule(self, other: Trace) -> bool:
        """Tell whether both have the same spans, to the nanosecond, whoever carries them and for whatever reason."""
        return self._schedule == other._schedule

    @property
    def _schedule(self) -> Counter[tuple[str, str, int, int]]:
        return Counter((s.task, s.state.value, round(s.start * 1e9), round(s.end * 1e9)) for s in self.spans)

    # How it is told

    @property
    def summary(self) -> str:
        """One sentence: label, tasks, duration and the two numbers."""
        tasks = text.counted(len(self.tasks), "task")
        said = (
            f"{self.label or 'Recording'}: {tasks} in {text.duration_text(self.duration)}, "
            f"at most {self.peak_concurrency} in progress and {self.peak_parallelism} running at one instant."
        )
        if any(span.in_turns for span in self.spans):
            said += " Some took turns under the GIL, at moments that were not seen."
        return f"{said} Cut short: {self.cut_short}." if self.cut_short else said

    def table(self) -> str:
        """Give the text twin of the timeline: one line for each task."""
        return text.table(self)

    def __str__(self) -> str:
        return text.text_timeline(self) if "spans" in self.__dict__ else repr(self)

    def __repr__(self) -> str:
        if "spans" not in self.__dict__:
            return f"<Trace {self.label!r}, still being recorded>"
        cut_short = ", cut short" if self.cut_short else ""
        counts = f"{text.counted(len(self.tasks), 'task')}, {text.counted(len(self.spans), 'span')}"
        peaks = f"peak concurrency {self.peak_concurrency}, peak parallelism {self.peak_parallelism}"
        return f"<Trace {self.label!r}: {counts}, {self.duration:.6g} s, {peaks}{cut_short}>"

    def _repr_html_(self) -> str | None:
        # The one import against the direction of the house: a notebook asks a trace to show itself.
        from taketurns.pictures.timeline import picture

        return picture(self) if "spans" in self.__dict__ else None

    # How it is kept

    def to_perfetto(self, path: str | Path) -> None:
        """Write Chrome trace-event JSON, which ui.perfetto.dev opens."""
        perfetto.write_perfetto(self, path)

    def to_json(self) -> str:
        """Give the whole trace as JSON text; ``Trace.from_json`` reads it back, and nothing is lost."""
        rows = [[s.task, s.state, s.worker, s.start, s.end, s.reason] for s in self.spans]
        whole = {"label": self.label, "cut_short": self.cut_short, "origin": self.origin, "spans": rows}
        return json.dumps({"format": FORMAT, **whole}, ensure_ascii=False)

    @classmethod
    def from_json(cls, source: str) -> Trace:
        """Read what ``to_json`` gave; ``ValueError`` where it is something else."""
        try:
            whole = json.loads(source)
            if whole["format"] != FORMAT:
                raise ValueError(f"its format is {whole['format']!r}")
            spans = tuple(Span(*row) for row in whole["spans"])
            return cls(whole["label"], spans, whole["origin"], whole["cut_short"])
        except (KeyError, TypeError, ValueError) as error:
            raise ValueError(f"this is not the JSON text of a trace as Trace.to_json gives it ({error})") from error


def _steps(intervals: Iterable[Interval]) -> Steps:
    """Count the intervals that hold each instant, from start up to but not including end."""
    change: Counter[float] = Counter()
    for start, end in intervals:
        change[start] += 1
        change[end] -= 1
    steps, count = [], 0
    for at in sorted(change):
        if change[at]:
            count += change[at]
            steps.append((at, count))
    return tuple(steps)


def _union(intervals: list[Interval]) -> Iterator[Interval]:
    """Put together the intervals that overlap or touch; they are sorted by their start."""
    start, end = intervals[0]
    for one in intervals[1:]:
        if one[0] > end:
            yield start, end
            start = one[0]
        end = max(end, one[1])
    yield start, end


def _peak(intervals: list[Interval]) -> int:
    """Give the most intervals at one instant. One without length counts beside those that reach across its instant."""
    lasting = [interval for interval in intervals if interval[0] < interval[1]]
    starts, ends = sorted(start for start, _ in lasting), sorted(end for _, end in lasting)
    across = (bisect_left(starts, at) - bisect_right(ends, at) for at, end in intervals if at == end)
    return max(max((count for _, count in _steps(lasting)), default=0), max((n + 1 for n in across), default=0))
