"""A trace as Chrome trace-event JSON, which ui.perfetto.dev and chrome://tracing open.

The format: https://docs.google.com/document/d/1CvAClvFfyA5R-PhYUmn5OOQtYMH4h6I0nSsKchNAySU
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathlib import Path

    from taketurns.spans import Trace

__all__ = ["write_perfetto"]

COLORS = {"RUNNING": "thread_state_running", "READY": "thread_state_runnable", "WAITING": "thread_state_sleeping"}


def write_perfetto(trace: Trace, path: str | Path) -> None:
    """Write a trace to a file: lanes as threads, spans as slices named by their state, the two counts as counters."""
    events = [_named("process_name", 0, trace.label or "taketurns")]
    lanes = {task: number for number, task in enumerate(trace.tasks, start=1)}
    for task, number in lanes.items():
        events.append(_named("thread_name", number, task))
        events.append({"ph": "M", "pid": 1, "tid": number, "name": "thread_sort_index", "args": {"sort_index": number}})
    for span in trace.spans:
        events.append(
            {
                "ph": "X",
                "pid": 1,
                "tid": lanes[span.task],
                "name": str(span.state),
                "cname": COLORS[span.state],
                "ts": span.start * 1e6,
                "dur": span.duration * 1e6,
                "args": {"worker": span.worker, "reason": span.reason},
            }
        )
    for name, steps in (("in progress", trace.concurrency_steps), ("running", trace.parallelism_steps)):
        events += [{"ph": "C", "pid": 1, "name": name, "ts": at * 1e6, "args": {"tasks": count}} for at, count in steps]
    with open(path, "w", encoding="utf-8") as file:
        json.dump({"traceEvents": events, "displayTimeUnit": "ms"}, file)


def _named(what: str, tid: int, name: str) -> dict[str, Any]:
    """Give the event that names a process or a thread."""
    return {"ph": "M", "pid": 1, "tid": tid, "name": what, "args": {"name": name}}
