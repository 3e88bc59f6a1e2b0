"""sketch(): timelines beneath each other as SVG, in a few milliseconds: for a picture that follows a slider."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterator, Sequence
from html import escape

from taketurns.pictures.figures import CARD
from taketurns.pictures.lanes import COLORS, HEIGHTS, INK, lane_inches, shorten
from taketurns.pictures.strip import GRAY
from taketurns.pictures.timeline import MEANINGS, UNITS
from taketurns.pictures.words import alt, time_axis
from taketurns.trace.spans import Span, State
from taketurns.trace.text import duration_text
from taketurns.trace.trace import Trace

__all__ = ["sketch"]

WIDTH, RIGHT, HEAD, GAP, FOOT = 950, 70, 28, 14, 74  # pixels
TICKS = 9
IN_TURNS = ("in turns", State.RUNNING, "url(#stripes)")
STRIPES = (
    "<pattern id='stripes' width='8' height='8' patternUnits='userSpaceOnUse' patternTransform='rotate(45)'>"
    f"<path fill='{COLORS[State.RUNNING]}' d='M0 0h5v8h-5z'/><path fill='{COLORS[State.READY]}' d='M5 0h3v8h-3z'/>"
    "</pattern>"
)
FONT = "font-family='DejaVu Sans, Verdana, sans-serif' font-size='14.5'"


def sketch(*traces: Trace) -> str:
    """Return traces as one HTML image: the lanes, colors and heights of ``compare``, on one time axis."""
    horizon = max((trace.duration for trace in traces), default=0) or 1e-6
    left = 16 + 9 * max((len(shorten(task, 24)) for trace in traces for task in trace.tasks), default=0)
    scale, top, parts = (WIDTH - left - RIGHT) / horizon, 0.0, [STRIPES]
    for trace in traces:
        lane = 100 * lane_inches(len(trace.tasks) or 1, "task")
        parts.append(
            f"<g transform='translate({left} {top:.1f})'>{''.join(_panel(trace, scale, lane, horizon * scale))}</g>"
        )
        top += HEAD + lane * len(trace.tasks) + GAP
    parts += _time_axis(left, top, horizon, scale, *traces)
    parts += _legend(left, top + 58, [span for trace in traces for span in trace.spans])
    svg = f"<svg xmlns='http://www.w3.org/2000/svg' width='{WIDTH}' height='{top + FOOT:.0f}' {FONT} fill='{INK}'>"
    source = b64encode(f"{svg}{''.join(parts)}</svg>".encode()).decode()
    said = escape(" ".join(map(alt, traces)))
    return f'<img alt="{said}" width="{WIDTH}" style="{CARD}" src="data:image/svg+xml;base64,{source}">'


def _panel(trace: Trace, scale: float, lane: float, width: float) -> Iterator[str]:
    """Return a title, the two numbers, the names, the bars and the end of a trace."""
    tasks, end = trace.tasks, trace.duration * scale
    bottom = HEAD + lane * len(tasks)
    numbers = f"concurrency {trace.peak_concurrency} · parallelism {trace.peak_parallelism}"
    yield f"<text y='16' font-weight='bold' font-size='16'>{escape(shorten(trace.label, 46))}</text>"
    yield f"<text x='{width:.1f}' y='16' text-anchor='end'>{numbers}</text>"
    for row in range(0, len(tasks), next(n for n in (1, 2, 4, 8, 16, len(tasks)) if n * lane >= 18 or n == len(tasks))):
        middle = HEAD + lane * (row + 0.5) + 5
        yield f"<text x='-8' y='{middle:.1f}' text-anchor='end'>{escape(shorten(tasks[row], 24))}</text>"
    rows = {task: HEAD + lane * (row + 0.5) for row, task in enumerate(tasks)}
    for name, state, color in (*((state, state, color) for state, color in COLORS.items()), IN_TURNS):
        spans = [s for s in trace.spans if name == ("in turns" if s.in_turns else s.state)]
        if bars := [_bar(span, rows[span.task], lane * HEIGHTS[state], scale) for span in spans]:
            yield f"<path class='{name}' fill='{color}' d='{''.join(bars)}'/>"
    dots = f"stroke='{GRAY}' stroke-dasharray='2 3'"
    yield f"<path {dots} d='M{end:.1f} {HEAD}V{bottom:.1f}'/>"
    middle = (HEAD + bottom) / 2 + 5
    yield f"<text x='{end + 6:.1f}' y='{middle:.1f}' fill='{GRAY}'>{duration_text(trace.duration)}</text>"


def _bar(span: Span, middle: float, height: float, scale: float) -> str:
    """Return a span as a rectangle; one that is too thin to be seen is half a pixel wide."""
    return (
        f"M{span.start * scale:.2f} {middle - height / 2:.1f}h{max(span.duration * scale, 0.5):.2f}"
        f"v{height:.1f}H{span.start * scale:.2f}z"
    )


def _time_axis(left: float, top: float, horizon: float, scale: float, *traces: Trace) -> Iterator[str]:
    """Return a line, round ticks and the unit of time."""
    unit, name = next((unit, name) for unit, name, least in UNITS if horizon >= least)
    step = next(n * 10**power for power in range(-3, 9) for n in (1, 2, 5) if horizon / unit / (n * 10**power) <= TICKS)
    yield f"<path stroke='{INK}' d='M{left} {top}H{WIDTH - RIGHT}'/>"
    for tick in range(int(horizon / unit / step) + 1):
        x = left + tick * step * unit * scale
        yield f"<path stroke='{INK}' d='M{x:.1f} {top}v5'/>"
        yield f"<text x='{x:.1f}' y='{top + 20}' text-anchor='middle'>{tick * step:.10g}</text>"
    middle = (left + WIDTH - RIGHT) / 2
    yield f"<text x='{middle}' y='{top + 38}' text-anchor='middle'>{time_axis(name, *traces)}</text>"


def _legend(left: float, top: float, spans: Sequence[Span]) -> Iterator[str]:
    """Explain the states that occur, by bars of their color and height."""
    present = {span.state for span in spans}
    for number, state in enumerate(state for state in MEANINGS if state in present):
        x, height = left + number * 265, 16 * HEIGHTS[State(state)]
        yield f"<path fill='{COLORS[state]}' d='M{x} {top - height / 2}h22v{height}h-22z'/>"
        yield f"<text x='{x + 28}' y='{top + 5}' font-size='13'>{MEANINGS[state]}</text>"
