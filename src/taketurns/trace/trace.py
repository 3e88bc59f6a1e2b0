"""Trace: a whole recording, and everything that can be asked of it."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from math import inf
from typing import TYPE_CHECKING, Any

from taketurns.trace import perfetto, text
from taketurns.trace.counts import Interval, Steps, peak, steps, union
from taketurns.trace.moments import Moment
from taketurns.trace.outcomes import Outcome, outcome_named
from taketurns.trace.rows import row_of, span_of
from taketurns.trace.spans import Span, State, state_named
from taketurns.trace.terminal import encodable, printable

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["StillRecordingError", "Trace"]

FORMAT = "taketurns trace 1"


class StillRecordingError(RuntimeError, AttributeError):
    """What a trace holds was asked for while its recording is on. ``hasattr`` answers no to it."""


@dataclass(frozen=True)
class Trace:
    """A whole recording: its spans in order of their start, and where and how they were recorded.

    ``origin`` tells the machine, the Python and the date. ``cut_short`` is empty, or says what ended the recording
    before its time. ``notes`` say what could not be seen, and why. ``result`` is what a program returned that
    `simulate` ran, and ``moments`` are the steps of a loop in simulated time; both stay behind where a trace travels as
    JSON. ``outcomes`` tell how each task ended, and ``parents`` which task started it, both by its name, as far as they
    are known.
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

    def __post_init__(self) -> None:
        spans = tuple(self.spans)
        for span in spans:
            if not isinstance(span, Span):
                raise TypeError(f"a trace is made of Span, not of {type(span).__name__}: {span!r}")
        object.__setattr__(self, "spans", tuple(sorted(spans, key=lambda span: span.start)))
        object.__setattr__(self, "origin", dict(self.origin))
        object.__setattr__(self, "notes", tuple(self.notes))
        object.__setattr__(self, "outcomes", dict(self.outcomes))
        object.__setattr__(self, "parents", dict(self.parents))

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
        return "spans" not in vars(self)

    def __getattr__(self, name: str) -> object:
        # Python asks here for what is not there, and for a property that found something else missing.
        if hasattr(type(self), name) or name in type(self).__dataclass_fields__:
            what = "spans" if name.startswith("_") else name
            raise StillRecordingError(f"{self!r}: its {what} can be read after its `with record()` block has ended")
        raise AttributeError(f"a Trace has no {name!r}")

    # What it holds

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
        return tuple(self.lanes)

    @property
    def workers(self) -> tuple[str, ...]:
        """The names of the workers, in the order in which they were first seen."""
        return tuple(dict.fromkeys(span.worker for span in self.spans))

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
        wanted = None if state is None else state_named(state)
        fit = (span for span in self.spans if words.match(span.task) and wanted in (None, span.state))
        spans = tuple(span for span in fit if reason in (None, span.reason))
        left = {span.task for span in spans}
        outcomes = {task: outcome for task, outcome in self.outcomes.items() if task in left}
        parents = {task: parent for task, parent in self.parents.items() if task in left}
        return replace(self, spans=spans, outcomes=outcomes, parents=parents)

    @cached_property
    def duration(self) -> float:
        """Seconds from the begin of the recording to the end of its last span."""
        return max((span.end for span in self.spans), default=0.0)

    def time_in(self, state: State | str, task: str | None = None) -> float:
        """Return the seconds that a task, or all of them together, spent in a state."""
        wanted = state_named(state)
        spans = self.spans if task is None else self.lane(task)
        return sum(span.duration for span in spans if span.state is wanted)

    # The two numbers

    @cached_property
    def concurrency_steps(self) -> Steps:
        """How many tasks are in progress, in whatever state, as (seconds, count from then on)."""
        return steps(self._in_progress)

    @cached_property
    def parallelism_steps(self) -> Steps:
        """How many tasks are running, as (seconds, count from then on)."""
        return steps(self._running)

    @cached_property
    def peak_concurrency(self) -> int:
        """The most tasks that are in progress at one instant."""
        return peak(self._in_progress)

    @cached_property
    def peak_parallelism(self) -> int:
        """The most tasks that are running at one instant."""
        return peak(self._running)

    @property
    def mean_parallelism(self) -> float:
        """How many tasks are running on average over the whole duration."""
        return sum(end - start for start, end in self._running) / self.duration if self.duration else 0.0

    def peak(self, state: State | str, reason: str | None = None) -> int:
        """Return the most tasks that are in a state, or in it for that reason, at one instant."""
        return peak(_times(self.only(state=state, reason=reason).spans))

    @cached_property
    def _in_progress(self) -> list[Interval]:
        return [interval for lane in self.lanes.values() for interval in union(_times(lane))]

    @cached_property
    def _running(self) -> list[Interval]:
        # Those in turns are as many as one in each process: it has one GIL.
        running = [span for span in self.spans if span.state is State.RUNNING]
        in_turns: dict[str, list[Span]] = {}
        for span in running:
            if span.in_turns:
                in_turns.setdefault(span.process, []).append(span)
        alone = _times([span for span in running if not span.in_turns])
        return alone + [interval for spans in in_turns.values() for interval in union(_times(spans))]

    def same_schedule(self, other: Trace) -> bool:
        """Return whether both have the same spans, to the nanosecond, whoever carries them and for whatever reason."""
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
            f"{printable(self.label) or 'Recording'}: {tasks} in {text.duration_text(self.duration)}, "
            f"at most {self.peak_concurrency} in progress and {self.peak_parallelism} running at one instant."
        )
        if any(span.in_turns for span in self.spans):
            said += " Some took turns under the GIL, at moments that were not seen."
        said = " ".join((said, *map(printable, self.notes)))
        cut_short = printable(self.cut_short).removesuffix(".")
        return f"{said} Cut short: {cut_short}." if cut_short else said

    def table(self) -> str:
        """Return the text twin of the timeline: one line for each task."""
        return encodable(text.table(self.lanes, self.outcomes))

    @property
    def twin(self) -> str:
        """The same for a page, which has room for lines of any length, and all letters."""
        return text.table(self.lanes, self.outcomes, inf)

    def __str__(self) -> str:
        return encodable(repr(self) if self.is_on else text.text_timeline(self.summary, self.lanes, self.duration))

    def __repr__(self) -> str:
        if self.is_on:
            return f"<Trace {self.label!r}, still being recorded>"
        cut_short = ", cut short" if self.cut_short else ""
        counts = f"{text.counted(len(self.tasks), 'task')}, {text.counted(len(self.spans), 'span')}"
        peaks = f"peak concurrency {self.peak_concurrency}, peak parallelism {self.peak_parallelism}"
        return f"<Trace {self.label!r}: {counts}, {self.duration:.6g} s, {peaks}{cut_short}>"

    def _repr_html_(self) -> str | None:
        # The one import against the direction of the house: a notebook asks a trace to show itself.
        from taketurns.pictures.timeline import picture

        return None if self.is_on else picture(self)

    # How it is kept

    def to_perfetto(self, path: str | Path) -> None:
        """Write Chrome trace-event JSON, which ui.perfetto.dev opens."""
        counts = {"in progress": self.concurrency_steps, "running": self.parallelism_steps}
        perfetto.write_perfetto(path, self.label, self.spans, counts, self.outcomes, self.parents)

    def to_json(self) -> str:
        """Return the whole trace as JSON text; ``Trace.from_json`` reads it back, and nothing is lost."""
        whole = {"label": self.label, "cut_short": self.cut_short, "notes": self.notes, "origin": self.origin}
        whole |= {"outcomes": {task: str(outcome) for task, outcome in self.outcomes.items()}} if self.outcomes else {}
        whole |= {"parents": self.parents} if self.parents else {}
        rows = [row_of(span) for span in self.spans]
        written = json.dumps({"format": FORMAT, **whole, "spans": rows}, ensure_ascii=False)
        # What is no text in any encoding, a half of a character, can only be written by its number.
        return written if _is_text(written) else json.dumps(json.loads(written))

    @classmethod
    def from_json(cls, source: str) -> Trace:
        """Return the trace that ``to_json`` wrote; ``ValueError`` where it is something else."""
        try:
            whole = json.loads(source)
            if whole["format"] != FORMAT:
                raise ValueError(f"its format is {whole['format']!r}")
            trace = cls(whole["label"], tuple(map(span_of, whole["spans"])), whole["origin"], whole["cut_short"])
            outcomes = {task: outcome_named(text) for task, text in dict(whole.get("outcomes", {})).items()}
            return replace(
                trace, notes=tuple(whole.get("notes", ())), outcomes=outcomes, parents=dict(whole.get("parents", {}))
            )
        except (KeyError, TypeError, ValueError) as error:
            raise ValueError(f"this is not the JSON text of a trace as Trace.to_json gives it ({error})") from error


def _is_text(written: str) -> bool:
    return written.isascii() or not re.search("[\ud800-\udfff]", written)


def _times(spans: Sequence[Span]) -> list[Interval]:
    return [(span.start, span.end) for span in spans]
