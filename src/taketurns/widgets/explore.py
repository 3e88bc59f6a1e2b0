"""explore(): the lanes of a trace, to zoom, pan and hover."""

from __future__ import annotations

from typing import Any

from taketurns.pictures.lanes import COLORS, HEIGHTS
from taketurns.trace.spans import Span
from taketurns.trace.trace import Trace

__all__ = ["explore"]

MISSING = (
    "explore() needs the package anytimeline, on Python 3.12 or newer: `pip install anytimeline`, "
    "then restart the kernel. timeline(trace) draws the same lanes as a picture"
)


def explore(trace: Trace) -> Any:
    """Show a trace as a widget to zoom, pan and hover: the same lanes, colors and heights as in ``timeline``.

    ``TypeError`` where it is not a trace, ``RuntimeError`` while it is still being recorded, ``ImportError`` where
    the package anytimeline is not installed.
    """
    if not isinstance(trace, Trace):
        raise TypeError(f"explore() shows a Trace, which `with record() as trace:` gives, not {trace!r:.60}")
    tasks = trace.tasks
    try:
        from anytimeline import Timeline
    except ImportError:
        raise ImportError(MISSING) from None
    widget = Timeline(title=trace.label, time_unit="s", lane_order=tasks)
    for state, color in COLORS.items():
        spans = [span for span in trace.spans if span.state is state]
        told = ["worker", "reason"] if any(span.reason for span in spans) else ["worker"]
        if spans:
            widget.intervals(_columns(spans), lane="task", color="state", palette=[color], height=HEIGHTS[state],
                             overlap="overlay", tooltip=told, name=state.lower())  # fmt: skip
    return widget


def _columns(spans: list[Span]) -> dict[str, list[Any]]:
    """Return the fields of spans as columns of a table."""
    fields = ("task", "state", "worker", "start", "end", "reason")
    return {field: [getattr(span, field) for span in spans] for field in fields}
