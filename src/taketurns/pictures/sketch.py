"""sketch(): timelines beneath each other as SVG, in a few milliseconds: for a picture that follows a slider."""

from base64 import b64encode
from collections.abc import Iterable, Iterator
from html import escape

import numpy as np
from PIL import Image

from taketurns.pictures.caps import Sign, caps_of, signs_in
from taketurns.pictures.crowds import Grid, crowded, pixels
from taketurns.pictures.figures import CARD, small_png
from taketurns.pictures.lanes import FILLED, lane_inches, placed
from taketurns.pictures.looks import GRAY, INK, LOOKS, WARNING, Look, explained, looks_of
from taketurns.pictures.names import LEAST, labels
from taketurns.pictures.words import (
    NOTHING,
    alt,
    end_text,
    legend_columns,
    remarks,
    shorten,
    time_unit,
    title,
)
from taketurns.trace.sums import Places
from taketurns.trace.text import two_numbers
from taketurns.trace.trace import Trace

__all__ = ["sketch"]

WIDTH, RIGHT, HEAD, NOTE, GAP, FOOT = 950, 70, 28, 20, 14, 74  # pixels
INCH = 100  # pixels
HIGHEST = 900  # pixels of all lanes of a trace
MANY = 4000  # bars: as SVG they would be larger than an image
FINE = 2  # pixels of an image for each pixel of the picture, so that it stays sharp when a browser is zoomed
LINE = 20  # of the legend
LETTER = 9  # pixels of a letter, on average
TICKS = 9
#: By their names: how a pattern of 8 pixels is turned, and what of it has the ink's color.
INKED = {"stripes": ("rotate(45)", "M6 0h2v8h-2z"), "bars": ("", "M5 0h3v8h-3z"), "dots": ("", "M2 2h4v4h-4z")}
PATTERNS = "".join(
    f"<pattern id='{look.key.replace(' ', '-')}' width='8' height='8' patternUnits='userSpaceOnUse'"
    f" patternTransform='{INKED[look.pattern][0]}'>"
    f"<path fill='{look.color}' d='M0 0h8v8h-8z'/><path fill='{look.ink}' d='{INKED[look.pattern][1]}'/></pattern>"
    for look in LOOKS.values()
    if look.pattern
)
SIZE = 14.5
FONT = f"font-family='DejaVu Sans, Verdana, sans-serif' font-size='{SIZE}'"


def sketch(*traces: Trace) -> str:
    """Return traces as one HTML image: the lanes and looks of ``compare``, on one time axis."""
    horizon = max((trace.duration for trace in traces), default=0)
    left = 16 + 9 * max((len(shorten(task)) for trace in traces for task in trace.tasks), default=0)
    width = WIDTH - left - RIGHT - max((_beside(trace, horizon) for trace in traces), default=0)
    scale, top, parts = width / (horizon or 1), 0.0, [PATTERNS]
    for trace in traces:
        lines, count = remarks(trace), len(trace.tasks) or 1
        lane = min(INCH * lane_inches(count, "task"), HIGHEST / count)
        head = HEAD + NOTE * len(lines)
        panel = "".join(_panel(trace, lines, scale, head, lane, width, _beside(trace, horizon)))
        parts.append(f"<g transform='translate({left} {top:.1f})'>{panel}</g>")
        top += head + lane * (len(trace.tasks) or 1) + GAP
    parts += _time_axis(left, top, width, horizon, scale, *traces) if horizon else ()
    said: list[tuple[Look | Sign, str]] = [(look, explained(look, *traces)) for look in looks_of(*traces)]
    said += [(sign, sign.meaning) for sign in signs_in(cap for trace in traces for cap in caps_of(trace))]
    columns = legend_columns([words for _, words in said], WIDTH / INCH) if said else 1
    parts += _legend(top + 58, said, columns)
    height = top + FOOT + LINE * max((len(said) - 1) // columns, 0)
    svg = f"<svg xmlns='http://www.w3.org/2000/svg' width='{WIDTH}' height='{height:.0f}' {FONT} fill='{INK}'>"
    source = b64encode(f"{svg}{''.join(parts)}</svg>".encode()).decode()
    described = escape(" ".join(map(alt, traces)))
    return f'<img alt="{described}" width="{WIDTH}" style="{CARD}" src="data:image/svg+xml;base64,{source}">'


def _beside(trace: Trace, horizon: float) -> float:
    """Return how wide the caps are that stand near the end of a trace, so that its duration can stand behind them."""
    near = (len(cap.text) for cap in caps_of(trace) if cap.at > trace.duration - 0.15 * horizon)
    return max((8 + LETTER * letters for letters in near), default=0)


def _panel(
    trace: Trace, lines: list[str], scale: float, head: float, lane: float, width: float, beside: float
) -> Iterator[str]:
    """Yield a title, the two numbers, the names, the bars and the end of a trace."""
    tasks, end = trace.tasks, trace.duration * scale
    yield f"<text y='16' font-weight='bold' font-size='16'>{escape(title(trace))}</text>"
    yield f"<text x='{width}' y='16' text-anchor='end'>{two_numbers(trace)}</text>"
    for number, line in enumerate(lines):
        yield f"<text y='{36 + NOTE * number}' font-size='13' fill='{GRAY}'>{escape(line)}</text>"
    if not tasks:
        yield f"<text x='{width / 2}' y='{head + lane / 2:.1f}' text-anchor='middle' fill='{GRAY}'>{NOTHING}</text>"
        return
    said = labels(tasks, lane / INCH)
    size = min(SIZE, FILLED * max(lane, LEAST * INCH)) if len(said) == len(tasks) else SIZE
    for label in said:
        y = head + lane * (label.middle + 0.5) + size / 3
        yield f"<text x='-8' y='{y:.1f}' font-size='{size:.3g}' text-anchor='end'>{escape(label.text)}</text>"
        if label.first < label.last:
            y, high = head + lane * (label.first + 0.15), lane * (label.last - label.first + 0.7)
            yield f"<path class='group' stroke='{GRAY}' d='M-3 {y:.1f}v{high:.1f}'/>"
    yield from _spans(trace, scale, head, lane, width)
    for cap in caps_of(trace):
        x, y = cap.at * scale + 4, head + lane * (cap.row + 0.5) + size / 3
        mark = f"class='cap' x='{x:.1f}' y='{y:.1f}' font-size='{size:.3g}' fill='{cap.sign.color}'"
        yield f"<text {mark}>{escape(cap.text)}</text>"
    color, bottom = WARNING if trace.cut_short else GRAY, head + lane * len(tasks)
    yield f"<path stroke='{color}' stroke-dasharray='2 3' d='M{end:.1f} {head}V{bottom:.1f}'/>"
    lines = end_text(trace).split("\n")
    for number, words in enumerate(lines):
        y = (head + bottom) / 2 + 5 + 17 * (number - (len(lines) - 1) / 2)
        yield f"<text x='{end + 6 + beside:.1f}' y='{y:.1f}' fill='{color}'>{words}</text>"


def _fill(look: Look) -> str:
    return f"url(#{look.key.replace(' ', '-')})" if look.pattern else look.color


def _spans(trace: Trace, scale: float, head: float, lane: float, width: float) -> Iterator[str]:
    """Yield a path for each look, with a bar for each span; a crowd of them as an image, as `timeline` has it."""
    layers, count = placed(trace, "task"), len(trace.tasks)
    high = lane * count
    columns, rows = round(FINE * width), round(FINE * high)
    grid = Grid(columns, rows, FINE * INCH, 0, width / scale, -0.5, count - 0.5)
    if crowded(layers, grid, MANY):
        image = Image.fromarray(pixels(layers, grid))
        paper = Image.new("RGB", image.size, "white")
        paper.paste(image, mask=image)
        source = b64encode(small_png(paper)).decode()
        yield f"<image y='{head}' width='{width}' height='{high:.1f}' href='data:image/png;base64,{source}'/>"
        return
    for look, places in layers:
        bars = "".join(_bars(places, head + lane / 2, lane, look.height, scale))
        yield f"<path class='{look.key}' fill='{_fill(look)}' d='{bars}'/>"


def _bars(places: Places, first: float, lane: float, height: float, scale: float) -> Iterator[str]:
    """Yield spans as rectangles, a pixel wide at least, so that they are seen."""
    top = (first + lane * (places.row - height / 2)).tolist()
    start, wide = (places.start * scale).tolist(), np.maximum((places.end - places.start) * scale, 1).tolist()
    for x, y, w in zip(start, top, wide, strict=True):
        yield f"M{x:.2f} {y:.1f}h{w:.2f}v{lane * height:.1f}H{x:.2f}z"


def _time_axis(left: float, top: float, width: float, horizon: float, scale: float, *traces: Trace) -> Iterator[str]:
    """Yield a line, round ticks and the unit of time."""
    unit, name = time_unit(horizon, *traces)
    step = next(n * 10**power for power in range(-3, 9) for n in (1, 2, 5) if horizon / unit / (n * 10**power) <= TICKS)
    yield f"<path stroke='{INK}' d='M{left} {top}h{width}'/>"
    for tick in range(int(horizon / unit / step) + 1):
        x = left + tick * step * unit * scale
        yield f"<path stroke='{INK}' d='M{x:.1f} {top}v5'/>"
        yield f"<text x='{x:.1f}' y='{top + 20}' text-anchor='middle'>{tick * step:.10g}</text>"
    middle = left + width / 2
    yield f"<text x='{middle}' y='{top + 38}' text-anchor='middle'>{name}</text>"


def _legend(top: float, looks: Iterable[tuple[Look | Sign, str]], columns: int) -> Iterator[str]:
    """Yield a bar of each look, or the sign of an ending, and what it means."""
    for number, (look, words) in enumerate(looks):
        x, y = 16 + number % columns * (WIDTH - 16) / columns, top + number // columns * LINE
        if isinstance(look, Look):
            height = 16 * look.height
            yield f"<path class='legend' fill='{_fill(look)}' d='M{x} {y - height / 2}h22v{height}h-22z'/>"
        else:
            yield f"<text x='{x + 11}' y='{y + 5}' text-anchor='middle' fill='{look.color}'>{look.glyph}</text>"
        yield f"<text x='{x + 28}' y='{y + 5}' font-size='13'>{escape(words)}</text>"
