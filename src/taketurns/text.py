"""Durations in words, and a trace as text: what terminals, logs and screen readers get."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from taketurns.spans import Span, Trace

__all__ = ["duration_text", "table", "text_timeline"]

MARKS = {"RUNNING": "█", "READY": "─", "WAITING": "░"}
MOST_LANES = 40


def duration_text(seconds: float) -> str:
    """Say a duration in natural units: ``98.2 µs``, ``226 ms``, ``1.25 s``, ``30 min 55 s``, ``12 h``.

    Below a minute it is rounded to three digits, above to whole seconds.
    """
    for factor, unit in ((1e6, "µs"), (1e3, "ms"), (1.0, "s")):
        value = float(f"{seconds * factor:.3g}")
        if value < (60 if unit == "s" else 1000):
            return f"{value:g} {unit}"
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    parts = [(f"{hours:,}", "h"), (str(minutes), "min"), (str(rest), "s")]
    return " ".join(f"{number} {unit}" for number, unit in parts if number != "0")


def table(trace: Trace) -> str:
    """Give one line for each task: its workers, when it started and ended, and its time in each state."""
    rows = [("task", "worker", "start", "end", "running", "ready", "waiting")]
    for task in trace.tasks:
        lane = trace.lane(task)
        workers = ", ".join(dict.fromkeys(span.worker for span in lane))
        times = [lane[0].start, max(span.end for span in lane)]
        times += [sum(span.duration for span in lane if span.state == state) for state in MARKS]
        rows.append((task, workers, *map(duration_text, times)))
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return "\n".join(_aligned(row, widths) for row in rows)


def _aligned(row: Sequence[str], widths: Sequence[int]) -> str:
    """Align the two columns of names to the left and the figures to the right."""
    cells = [cell.ljust(w) if i < 2 else cell.rjust(w) for i, (cell, w) in enumerate(zip(row, widths, strict=True))]
    return "  ".join(cells).rstrip()


def text_timeline(trace: Trace, width: int = 64) -> str:
    """Draw a trace with characters: each one shows the state that took most of its stretch of time."""
    lines = [trace.summary]
    names = max((len(task) for task in trace.tasks), default=0)
    lines += [f"{task:<{names}} │{_cells(trace, task, width)}│" for task in trace.tasks[:MOST_LANES]]
    if len(trace.tasks) > MOST_LANES:
        lines.append(f"… and {len(trace.tasks) - MOST_LANES} more tasks")
    if trace.tasks:
        end = duration_text(trace.duration)
        lines.append(f"{'':<{names}} 0{end:>{width}}")
        lines.append("  ".join(f"{mark} {state.lower()}" for state, mark in MARKS.items()))
    return "\n".join(lines)


def _cells(trace: Trace, task: str, width: int) -> str:
    """Give the characters of one lane."""
    shares = [dict.fromkeys(MARKS, 0.0) for _ in range(width)]
    scale = width / trace.duration if trace.duration else 0.0
    for span in trace.lane(task):
        _share_out(span, shares, scale)
    return "".join(MARKS[max(share, key=share.__getitem__)] if any(share.values()) else " " for share in shares)


def _share_out(span: Span, shares: list[dict[str, float]], scale: float) -> None:
    """Add to every character's shares the part of a span that falls into it."""
    start, end = span.start * scale, span.end * scale
    for cell in range(int(start), min(int(end) + 1, len(shares))):
        shares[cell][span.state] += max(0.0, min(end, cell + 1) - max(start, cell))
