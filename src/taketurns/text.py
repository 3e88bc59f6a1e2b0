"""Durations in words, and a trace as text: what terminals, logs and screen readers get."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from taketurns.spans import Span, Trace

__all__ = ["counted", "duration_text", "table", "text_timeline"]

MARKS = {"RUNNING": "█", "READY": "─", "WAITING": "░"}
MOST_LANES = 40


def duration_text(seconds: float) -> str:
    """Say a duration in natural units: ``98.2 µs``, ``226 ms``, ``1.25 s``, ``30 min 55 s``, ``12 h``.

    Below a minute it is rounded to three digits and whole nanoseconds, above to whole seconds.
    """
    seconds = round(seconds, 9)
    if seconds < 0:
        return f"−{duration_text(-seconds)}"
    if seconds == 0:
        return "0 s"
    for factor, unit in ((1e9, "ns"), (1e6, "µs"), (1e3, "ms"), (1.0, "s")):
        value = float(f"{seconds * factor:.3g}")
        if value < (60 if unit == "s" else 1000):
            return f"{value:g} {unit}"
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    parts = [(f"{hours:,}", "h"), (str(minutes), "min"), (str(rest), "s")]
    return " ".join(f"{number} {unit}" for number, unit in parts if number != "0")


def counted(number: int, noun: str) -> str:
    """Say how many there are: ``1 task``, ``2 tasks``."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def table(trace: Trace) -> str:
    """Give one line for each task: its workers, when it started and ended, and its time in each state."""
    rows: list[tuple[str, ...]] = [("task", "worker", "start", "end", "running", "ready", "waiting")]
    for task in trace.tasks:
        lane = trace.lane(task)
        workers = ", ".join(dict.fromkeys(_one_line(span.worker) for span in lane))
        times = [lane[0].start, max(span.end for span in lane)]
        times += [trace.time_in(state, task) for state in MARKS]
        rows.append((_one_line(task), workers, *map(duration_text, times)))
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return "\n".join(_aligned(row, widths) for row in rows)


def _aligned(row: Sequence[str], widths: Sequence[int]) -> str:
    """Align the two columns of names to the left and the figures to the right."""
    cells = [cell.ljust(w) if i < 2 else cell.rjust(w) for i, (cell, w) in enumerate(zip(row, widths, strict=True))]
    return "  ".join(cells)


def _one_line(name: str) -> str:
    """Give a name that keeps a line a line."""
    return " ".join(name.split())


def text_timeline(trace: Trace, width: int = 64) -> str:
    """Draw a trace with characters: each one shows the state that took most of its stretch of time."""
    lines = [trace.summary]
    lanes = {task: _one_line(task) for task in trace.tasks[:MOST_LANES]}
    names = max(map(len, lanes.values()), default=0)
    lines += [f"{name:<{names}} │{_cells(trace, task, width)}│" for task, name in lanes.items()]
    if more := len(trace.tasks) - len(lanes):
        lines.append(f"… and {counted(more, 'more task')}")
    if lanes:
        end = duration_text(trace.duration)
        lines.append(f"{'':<{names}} 0{end:>{width}}")
        lines.append("  ".join(f"{mark} {state.lower()}" for state, mark in MARKS.items()))
    return "\n".join(lines)


def _cells(trace: Trace, task: str, width: int) -> str:
    """Give the characters of one lane."""
    shares = [dict.fromkeys(MARKS, 0.0) for _ in range(width)]
    whole = trace.duration or 1.0
    for span in trace.lane(task):
        _share_out(span, shares, whole)
    return "".join(MARKS[max(share, key=share.__getitem__)] if any(share.values()) else " " for share in shares)


def _share_out(span: Span, shares: list[dict[str, float]], whole: float) -> None:
    """Add to every character's shares the part of a span that falls into it."""
    # Rounded: what ends with a stretch must not reach into the next by the last digit of a float.
    start, end = (round(at / whole * len(shares), 9) for at in (span.start, span.end))
    for cell in range(int(start), min(int(end) + 1, len(shares))):
        shares[cell][span.state] += max(0.0, min(end, cell + 1) - max(start, cell))
