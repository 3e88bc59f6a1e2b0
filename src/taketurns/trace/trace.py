"""Trace: a whole recording, and everything that can be asked of it."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from itertools import compress
from math import inf
from typing import TYPE_CHECKING, Any, Self

from taketurns.trace import perfetto, rows, text
from taketurns.trace.columns import Columns
from taketurns.trace.moments import Moment
from taketurns.trace.outcomes import Blocked, Outcome
from taketurns.trace.spans import Span, State, state_named
from taketurns.trace.terminal import encodable

if TYPE_CHECKING:
    from pathlib import Path

    from taketurns.trace.counts import Count, Steps

__all__ = ["StillRecordingError", "Trace"]


class StillRecordingError(RuntimeError, AttributeError):
    """What a trace holds was asked for while its recording is on. ``hasattr`` answers no to it."""


@dataclass(frozen=True)
class Trace:
    """A whole recording: its spans in order of their start, and where and how they were recorded.

    ``origin`` tells the machine, the Python and the date. ``cut_short`` is empty, or says what ended the recording
    before its time. ``notes`` say what could not be seen, and why. ``result`` is what a program returned that
    `simulate` ran, and ``moments`` are the steps of a loop in simulated time; both stay behind where a trace travels as
    JSON. ``outcomes`` tell how each task ended, and ``parents`` which task started it, both by its name, as far as they
    are known. ``blocked`` are the tasks in deadlocks when it ended, each followed by the one that it waits for.
    While the recording is still on, there is only the label.
    """

    label: str
    spans: tuple[Span, ...]
    origin: Mapping[str, str] = field(default_factory=dict, hash=False)
    cut_short: str = ""
    notes: tuple[str, ...] = ()
    result: Any = field(default=None, repr=False, compare=False)
    moments: Sequence[Moment] = field(default=(), repr=False, compare=False)
    outcomes: Mapping[str, Outcome] = field(default_factory=dict, hash=False)
    parents: Mapping[str, str] = field(default_factory=dict, hash=False)
    blocked: tuple[Blocked, ...] = ()

    def __post_init__(self) -> None:
        mine = vars(self)
        if isinstance(self.spans, Columns):
            mine["columns"] = mine.pop("spans")
        else:
            mine["spans"] = tuple(sorted(map(_checked, self.spans), key=lambda span: span.start))
        mine |= {"origin": dict(self.origin), "notes": tuple(self.notes), "blocked": tuple(self.blocked)}
        mine |= {"outcomes": dict(self.outcomes), "parents": dict(self.parents)}

    @classmethod
    def of(cls, columns: Columns, label: str = "", **fields: Any) -> Self:
        """Return a trace whose spans are made of columns when somebody asks for them."""
        spans: Any = columns
        return cls(label, spans, **fields)

    # While it is recorded

    @classmethod
    def begin(cls, label: str) -> Trace:
        """Return a trace that is still being recorded."""
        trace = object.__new__(cls)
        vars(trace)["label"] = label
        return trace

    def complete(self, whole: Trace) -> None:
        """Take over all that a whole trace holds, in one step; ``RuntimeError`` where this one is whole already."""
        if not self.is_on:
            raise RuntimeError(f"{self!r} is complete, and a trace never changes")
        vars(self).update(vars(whole))

    @property
    def is_on(self) -> bool:
        """Whether it is still being recorded: its block has not ended."""
        return "origin" not in vars(self)

    def __getattr__(self, name: str) -> object:
        # Python asks here for what is not there, and for a property that found something else missing.
        if name == "spans" and "columns" in vars(self):
            return vars(self).setdefault("spans", self.columns.spans())
        if hasattr(type(self), name) or name in type(self).__dataclass_fields__:
            what = "spans" if name.startswith("_") else name
            raise StillRecordingError(f"{self!r}: its {what} can be read after its `with record()` block has ended")
        raise AttributeError(f"a Trace has no {name!r}")

    # What it holds

    @cached_property
    def columns(self) -> Columns:
        """Its spans column by column: for who asks about very many of them."""
        return Columns.of(self.spans)

    @cached_property
    def lanes(self) -> Mapping[str, tuple[Span, ...]]:
        """The spans of each task, by its name, in the order in which the tasks started."""
        lanes: dict[str, list[Span]] = {}
        for span in self.spans:
            lanes.setdefault(span.task, []).append(span)
        return {task: tuple(spans) for task, spans in lanes.items()}

    @property
    def tasks(self) -> tuple[str, ...]:
        """The names of the tasks, in the order in which they started."""
        return self.columns.tasks

    @property
    def workers(self) -> tuple[str, ...]:
        """The names of the workers, in the order in which they were first seen."""
        return self.columns.workers

    def lane(self, task: str) -> tuple[Span, ...]:
        """Return the spans of one task; ``KeyError`` names the tasks where there is no such task."""
        if task not in self.lanes:
            raise KeyError(f"no task {task!r} in this trace; its tasks are {', '.join(self.tasks) or 'none'}")
        return self.lanes[task]

    def outcome(self, task: str) -> Outcome | None:
        """Return how a task ended; ``None`` where that is not known. ``KeyError`` where there is no such task."""
        self.lane(task)
        return self.outcomes.get(task)

    def parent(self, task: str) -> str:
        """Return the task that started a task; empty where the block did, or it is not known. ``KeyError`` as above."""
        self.lane(task)
        return self.parents.get(task, "")

    def only(self, *begin: str, state: State | str | None = None, reason: str | None = None) -> Trace:
        """Return the trace with those spans only that all filters let pass; times stay as they are.

        A task's name is to begin with one of these words: ``"page 1"`` lets ``page 1`` pass, and ``page 1 again``, but
        not ``page 10``. A span is to have that state and that reason.
        """
        words = re.compile("|".join(re.escape(word) + r"\b" * bool(re.search(r"\w\Z", word)) for word in begin))
        fit = [bool(words.match(task)) for task in self.tasks]
        columns: Any = self.columns.only(self.columns.which(fit, self._kinds(state, reason)))
        outcomes = {task: outcome for task, outcome in self.outcomes.items() if task in columns.tasks}
        parents = {task: parent for task, parent in self.parents.items() if task in columns.tasks}
        blocked = tuple(one for one in self.blocked if {one.task, one.holder} <= {*columns.tasks})
        return replace(self, spans=columns, outcomes=outcomes, parents=parents, blocked=blocked)

    def _kinds(self, state: State | str | None, reason: str | None) -> list[bool]:
        """Return for each kind of its spans whether it is in a state, and for a reason."""
        wanted = None if state is None else state_named(state)
        return [wanted in (None, kind.state) and reason in (None, kind.reason) for kind in self.columns.kinds]

    @cached_property
    def duration(self) -> float:
        """Seconds from the begin of the recording to the end of its last span."""
        return max(self.columns.end, default=0.0)

    def time_in(self, state: State | str, task: str | None = None) -> float:
        """Return the seconds that a task, or all of them together, spent in a state."""
        if task is not None:
            self.lane(task)
        columns = self.columns
        times = zip(columns.start, columns.end, strict=True)
        which = columns.which([task in (None, each) for each in columns.tasks], self._kinds(state_named(state), None))
        return sum(end - start for start, end in compress(times, which))

    # The two numbers

    @property
    def concurrency_steps(self) -> Steps:
        """How many tasks are in progress, in whatever state, as (seconds, count from then on)."""
        return self.concurrency.steps

    @property
    def parallelism_steps(self) -> Steps:
        """How many tasks are running, as (seconds, count from then on)."""
        return self.parallelism.steps

    @property
    def peak_concurrency(self) -> int:
        """The most tasks that are in progress at one instant."""
        return self.concurrency.peak

    @property
    def peak_parallelism(self) -> int:
        """The most tasks that are running at one instant."""
        return self.parallelism.peak

    @property
    def mean_parallelism(self) -> float:
        """How many tasks are running on average over the whole duration."""
        return self.parallelism.total / self.duration if self.duration else 0.0

    def peak(self, state: State | str, reason: str | None = None) -> int:
        """Return the most tasks that are in a state, or in it for that reason, at one instant."""
        from taketurns.trace.counts import of_kinds

        instant = self._instant if state == State.RUNNING else 0.0
        return of_kinds(self.columns, self._kinds(state, reason), instant).peak

    @cached_property
    def concurrency(self) -> Count:
        """How many tasks are in progress, in whatever state: at each time, and at most."""
        from taketurns.trace.counts import in_progress

        return in_progress(self.columns)

    @cached_property
    def parallelism(self) -> Count:
        """How many tasks are running: at each time, and at most."""
        from taketurns.trace.counts import running

        return running(self.columns, self._instant)

    @property
    def _instant(self) -> float:
        """So many seconds is an instant of what runs: in real time no more is known of two cores, or of short steps."""
        return min(1e-3, self.duration / 20) if self.origin.get("clock") == "real" else 0.0

    def same_schedule(self, other: Trace) -> bool:
        """Return whether both have the same spans, to the nanosecond, whoever carries them and for whatever reason."""
        return self._schedule == other._schedule

    @property
    def _schedule(self) -> Counter[tuple[str, str, int, int]]:
        held = self.columns
        tasks, states = map(held.tasks.__getitem__, held.task), [kind.state.value for kind in held.kinds]
        starts, ends = ([round(at * 1e9) for at in times] for times in (held.start, held.end))
        return Counter(zip(tasks, map(states.__getitem__, held.kind), starts, ends, strict=True))

    # How it is told

    @property
    def summary(self) -> str:
        """A few sentences: label, tasks, duration, the two numbers, and how tasks ended that did not simply return."""
        return text.summary(self)

    def table(self) -> str:
        """Return the text twin of the timeline: one line for each task."""
        return encodable(text.table(self.columns, self.outcomes))

    @property
    def twin(self) -> str:
        """The same for a page: with lines of any length, all letters, and of very many tasks the first and the last."""
        return text.table(self.columns, self.outcomes, inf, text.MOST_LINES)

    def __str__(self) -> str:
        return encodable(repr(self) if self.is_on else text.text_timeline(self))

    def __repr__(self) -> str:
        if self.is_on:
            return f"<Trace {vars(self).get('label', '')!r}, still being recorded>"
        cut_short = ", cut short" if self.cut_short else ""
        counts = f"{text.counted(len(self.tasks), 'task')}, {text.counted(len(self.columns.start), 'span')}"
        return f"<Trace {self.label!r}: {counts}, {self.duration:.6g} s, {text.two_numbers(self)}{cut_short}>"

    def _repr_html_(self) -> str | None:
        # The one import against the direction of the house: a notebook asks a trace to show itself.
        from taketurns.pictures.timeline import picture

        return None if self.is_on else picture(self)

    # How it is kept

    def to_perfetto(self, path: str | Path) -> None:
        """Write Chrome trace-event JSON, which ui.perfetto.dev opens."""
        counts = {"concurrency": self.concurrency_steps, "parallelism": self.parallelism_steps}
        perfetto.write_perfetto(path, self.label, self.spans, counts, self.outcomes, self.parents)

    def to_json(self) -> str:
        """Return the whole trace as JSON text; ``Trace.from_json`` reads it back, and nothing is lost."""
        return rows.text_of({name: getattr(self, name) for name in rows.FIELDS})

    @classmethod
    def from_json(cls, source: str) -> Trace:
        """Return the trace that ``to_json`` wrote; ``ValueError`` where it is something else."""
        return cls(**rows.fields_of(source))


def _checked(span: object) -> Span:
    if not isinstance(span, Span):
        raise TypeError(f"a trace is made of Span, not of {type(span).__name__}: {span!r}")
    return span


# What the class has for all could be read while a recording is on.
for _name in ("cut_short", "notes", "result", "moments", "blocked"):
    delattr(Trace, _name)
