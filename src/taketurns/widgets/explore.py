"""explore(): the lanes of a trace, to zoom, pan and hover."""

from typing import Any

from taketurns.pictures.looks import Look, layers_of
from taketurns.trace.spans import Span
from taketurns.trace.trace import Trace

__all__ = ["explore"]

MISSING = (
    "explore() needs the package anytimeline, on Python 3.12 or newer: `pip install anytimeline`, "
    "then restart the kernel. timeline(trace) draws the same lanes as a picture"
)


def explore(trace: Trace) -> Any:
    """Return a trace as a widget to zoom, pan and hover, with the lanes, colors and heights of ``timeline``.

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
    for look, spans in layers_of(trace.spans):
        told = ["worker", "reason"] if any(span.reason for span in spans) else ["worker"]
        widget.intervals(_columns(look, spans), lane="task", color="state", palette=[look.color], height=look.height,
                         overlap="overlay", tooltip=told, name=look.key.lower())  # fmt: skip
    return widget


def _columns(look: Look, spans: list[Span]) -> dict[str, list[Any]]:
    """Return the fields of spans as columns of a table; ``state`` is what a legend calls it."""
    fields = ("task", "worker", "start", "end", "reason")
    return {"state": [look.key] * len(spans), **{field: [getattr(span, field) for span in spans] for field in fields}}
