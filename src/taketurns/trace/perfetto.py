"""A trace as Chrome trace-event JSON, which ui.perfetto.dev and chrome://tracing open.

The format: https://docs.google.com/document/d/1CvAClvFfyA5R-PhYUmn5OOQtYMH4h6I0nSsKchNAySU
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from taketurns.trace.outcomes import Outcome
from taketurns.trace.spans import Span, State

if TYPE_CHECKING:
    from pathlib import Path

    from taketurns.trace.counts import Steps

__all__ = ["write_perfetto"]

COLORS = {
    State.RUNNING: "thread_state_running",
    State.READY: "thread_state_runnable",
    State.WAITING: "thread_state_sleeping",
    State.UNSEEN: "thread_state_unknown",
}


def write_perfetto(
    path: str | Path,
    label: str,
    spans: Sequence[Span],
    counts: Mapping[str, Steps],
    outcomes: Mapping[str, Outcome],
    parents: Mapping[str, str],
) -> None:
    """Write tasks as threads, their spans as slices named by their state, and counts over time as counters.

    The first slice of a task tells who started it, and its last one how it ended.
    """
    events = [_named("process_name", 0, label or "taketurns")]
    numbers = {task: number for number, task in enumerate(dict.fromkeys(span.task for span in spans), 1)}
    for task, number in numbers.items():
        events.append(_named("thread_name", number, task))
        events.append({"ph": "M", "pid": 1, "tid": number, "name": "thread_sort_index", "args": {"sort_index": number}})
    slices = [_slice(span, numbers[span.task]) for span in spans]
    first = {span.task: one for span, one in zip(reversed(spans), reversed(slices), strict=True)}
    last = {span.task: one for span, one in zip(spans, slices, strict=True)}
    for task in numbers:
        first[task]["args"] |= {"parent": parents[task]} if parents.get(task) else {}
        last[task]["args"] |= {"outcome": str(outcomes[task])} if task in outcomes else {}
    events += slices
    for name, steps in counts.items():
        events += [{"ph": "C", "pid": 1, "name": name, "ts": at * 1e6, "args": {"tasks": count}} for at, count in steps]
    with open(path, "w", encoding="utf-8", errors="replace") as file:  # half a character is no text
        json.dump({"traceEvents": events, "displayTimeUnit": "ms"}, file, ensure_ascii=False)


def _slice(span: Span, tid: int) -> dict[str, Any]:
    """Return the event of a span, with times in microseconds."""
    args = {"worker": span.worker, "reason": span.reason}
    args |= {"where": str(span.where)} if span.where else {}
    args |= {"waker": span.waker} if span.waker else {}
    return {
        "ph": "X",
        "pid": 1,
        "tid": tid,
        "name": str(span.state),
        "cname": COLORS[span.state],
        "ts": span.start * 1e6,
        "dur": span.duration * 1e6,
        "args": args,
    }


def _named(what: str, tid: int, name: str) -> dict[str, Any]:
    """Return the event that names a process or a thread."""
    return {"ph": "M", "pid": 1, "tid": tid, "name": what, "args": {"name": name}}
