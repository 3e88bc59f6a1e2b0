"""What a picture says in words: its alternative text, where a trace was made, and what kind of time it shows."""

from __future__ import annotations

from taketurns.machine import origin
from taketurns.trace.spans import State
from taketurns.trace.text import duration_text
from taketurns.trace.trace import Trace

__all__ = ["alt", "elsewhere", "time_axis"]


def alt(trace: Trace) -> str:
    """Say in a few sentences what a sighted reader sees."""
    shown = [(state, trace.time_in(state)) for state in (State.RUNNING, State.READY, State.WAITING)]
    times = ", ".join(f"{state.lower()} {duration_text(seconds)}" for state, seconds in shown if seconds)
    said = f"{trace.summary} All tasks together: {times}." if times else trace.summary
    place = elsewhere(trace)
    return f"{said} {place}." if place else said


def elsewhere(trace: Trace) -> str:
    """Say where and when a trace was recorded; empty for one of today, by this Python on a machine like this one."""
    made, here = trace.origin, origin()
    if "date" not in made or all(made.get(key) == value for key, value in here.items()):
        return ""
    gil = {"off": " without a GIL", "on": " with a GIL"}.get(made.get("gil", ""), "")
    cores = f"{made['cores']} cores" if "cores" in made else ""
    place = ", ".join(filter(None, (made.get("platform"), cores, made["date"])))
    return f"Recorded by {made.get('python', 'Python')}{gil}: {place}"


def time_axis(unit: str, *traces: Trace) -> str:
    """Name a unit of time as an axis does: real ones plainly, those of another clock with its name before them."""
    clocks = {trace.origin.get("clock", "real") for trace in traces} - {"real"}
    return " ".join((*sorted(clocks), unit))
