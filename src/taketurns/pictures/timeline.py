"""Pictures of traces: a lane for each task or worker, and above the lanes the two numbers.

Time is drawn in seconds since the recording began, whatever unit the axis shows: ``ax.set_xlim(0, 420)`` shows the
first seven minutes. Lanes are numbered 0, 1, 2, … from the top.
"""

from collections.abc import Sequence
from html import escape
from typing import Any

from matplotlib import pyplot, style
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.legend_handler import HandlerBase, HandlerPatch
from matplotlib.patches import Rectangle
from matplotlib.text import Text
from matplotlib.ticker import FuncFormatter, MaxNLocator
from matplotlib.transforms import ScaledTranslation

from taketurns.pictures.caps import caps_of, draw_caps, room_beside, signs_in
from taketurns.pictures.captions import draw_captions
from taketurns.pictures.carried import draw_carried
from taketurns.pictures.causes import Arrow, arrows_of, causes_in, draw_arrows, draw_deadlocks
from taketurns.pictures.figures import DescribedAxes, DescribedFigure, img
from taketurns.pictures.glyphs import drawable
from taketurns.pictures.lanes import Lanes, draw_bars, lane_inches, name_lanes, names_of, paint
from taketurns.pictures.looks import GRAY, INK, WARNING, explained, looks_of
from taketurns.pictures.strip import TEXT, draw_strip, strip_height
from taketurns.pictures.words import NOTHING, alt, end_text, legend_columns, remarks, time_unit, title
from taketurns.trace.text import two_numbers
from taketurns.trace.trace import Trace

__all__ = ["compare", "picture", "timeline"]

TITLE, LEGEND = 13, 10.5
WIDTH, HEIGHT, DPI = 9.5, 9.0, 100
HEAD, FOOT = 0.4, 0.9  # inches for a title, and for the time axis with the legend beneath
NOTE = 0.22  # inches for a line that says where a trace was made, or what could not be seen

Size = dict[str, Any]


def timeline(trace: Trace, lanes: Lanes = "task", *, causes: bool = False, ax: Axes | None = None) -> Axes:
    """Return axes with one trace: a lane for each task (``lanes="worker"``: worker), above them the two numbers.

    With ``causes``, arrows lead from the task that started another one, and from the one that ended its wait.
    Draws into ``ax`` where one is given; ``plt.subplots(..., layout="constrained")`` keeps room for what stands beside
    it. ``TypeError`` where it is not a trace, ``RuntimeError`` while it is still being recorded, ``ValueError`` where
    lanes are something else.
    """
    count = _count(trace, lanes, "timeline")
    if ax is not None:
        with style.context("default"):
            return _draw(ax, trace, lanes, _inches_of(ax)[1] / (count + strip_height(count)), causes)
    inches, size = _single(trace, count, lanes)
    figure = pyplot.figure(FigureClass=DescribedFigure, **size)
    figure.alt = alt(trace)  # type: ignore[attr-defined]
    with style.context("default"):
        return _draw(figure.add_subplot(axes_class=DescribedAxes), trace, lanes, inches, causes)


def compare(*traces: Trace, lanes: Lanes = "task") -> Figure:
    """Return a figure with traces beneath each other, on one time axis (seconds) and with lanes of one height.

    ``TypeError`` where there is none, or something that is not a trace, ``RuntimeError`` while one is still being
    recorded, ``ValueError`` where lanes are something else.
    """
    if not traces:
        raise TypeError("compare() draws traces beneath each other: give it some, as in compare(first, second)")
    counts = [_count(trace, lanes, "compare") for trace in traces]
    margins = sum(map(_head, traces)) + FOOT
    inches = min(lane_inches(max(counts), lanes), max(HEIGHT - margins, 0.3 * len(traces)) / sum(counts))
    figure = pyplot.figure(FigureClass=DescribedFigure, **_size(inches * sum(counts) + margins))
    figure.alt = " ".join(map(alt, traces))  # type: ignore[attr-defined]
    horizon = max(trace.duration for trace in traces)
    with style.context("default"):
        grid = figure.add_gridspec(len(traces), height_ratios=counts)
        for panel, trace in enumerate(traces):
            first = figure.axes[0] if panel else None
            ax = figure.add_subplot(grid[panel], axes_class=DescribedAxes, sharex=first)
            _draw_lanes(ax, trace, lanes, inches, horizon, 46)
            _set_title(ax, trace, two_numbers(trace), loc="right", fontsize=TEXT)
            ax.tick_params(axis="x", labelbottom=ax.get_subplotspec().is_last_row())  # type: ignore[union-attr]
        _draw_time(ax, horizon, *traces)
        _draw_legend(ax, *traces)
    return figure


def picture(trace: Trace) -> str:
    """Return a trace as HTML: its timeline with alternative text, and beneath it the text twin, folded away."""
    inches, size = _single(trace, _count(trace, "task", "picture"), "task")
    figure = Figure(**size)
    with style.context("default"):
        _draw(figure.add_subplot(), trace, "task", inches)
    twin = f"<details><summary>As text</summary><pre>{escape(trace.twin)}</pre></details>"
    return img(figure, alt(trace)) + twin


# What is said and how large it is


def _count(trace: Trace, lanes: Lanes, caller: str) -> int:
    """Return the number of lanes, at least one; ``TypeError`` where it is not a trace."""
    if not isinstance(trace, Trace):
        hint = f"; write {caller}(*traces)" if caller == "compare" and isinstance(trace, list | tuple) else ""
        raise TypeError(f"{caller}() draws a Trace, which `with record() as trace:` gives, not {trace!r:.60}{hint}")
    return max(len(names_of(trace, lanes)), 1)


def _single(trace: Trace, count: int, lanes: Lanes) -> tuple[float, Size]:
    """Return the height of a lane in inches, and the size of a figure for so many of them and the strip."""
    units, margins = count + strip_height(count), _head(trace) + FOOT
    inches = min(lane_inches(count, lanes), (HEIGHT - margins) / units)
    return inches, _size(inches * units + margins)


def _head(trace: Trace) -> float:
    return HEAD + NOTE * len(remarks(trace))


def _size(height: float) -> Size:
    return {"figsize": (WIDTH, height), "dpi": DPI, "layout": "constrained", "facecolor": "white", "frameon": True}


# How it is drawn


def _draw(ax: Axes, trace: Trace, lanes: Lanes, inches: float, causes: bool = False) -> Axes:
    """Return the axes, with lanes, strip, time axis and legend; arrows of causes lead between tasks alone."""
    _draw_lanes(ax, trace, lanes, inches, trace.duration, 74)
    if trace.tasks:
        draw_strip(ax, trace, strip_height(len(names_of(trace, lanes))), inches)
    _draw_time(ax, trace.duration, trace)
    arrows = arrows_of(trace) if causes and lanes == "task" else ()
    draw_arrows(ax, arrows, trace.duration or 1)
    _draw_legend(ax, trace, arrows=arrows)
    return ax


def _draw_lanes(ax: Axes, trace: Trace, lanes: Lanes, inches: float, horizon: float, longest: int) -> None:
    """Draw title, names, bars and the end of a trace."""
    names = names_of(trace, lanes)
    horizon = horizon or 1e-6
    ax.set(facecolor="white", xlim=(-0.01 * horizon, 1.01 * horizon), ylim=(max(len(names), 1) - 0.5, -0.5))
    _set_title(ax, trace, title(trace, longest), loc="left", fontsize=TITLE, fontweight="bold")
    if place := drawable("\n".join(remarks(trace))):
        ax.annotate(place, (0, 1), (0, 6), "axes fraction", "offset points", fontsize=LEGEND, color=GRAY, gid="place",
                    parse_math=False)  # fmt: skip
    ax.spines[["left", "top", "right"]].set_visible(False)
    ax.grid(False)
    name_lanes(ax, names, inches)
    if lanes == "worker":
        draw_carried(ax, trace, inches, horizon)
    draw_bars(ax, trace, lanes, horizon)
    caps = caps_of(trace) if lanes == "task" else []
    if lanes == "task":
        draw_captions(ax, trace, inches)
        draw_caps(ax, caps, inches)
        draw_deadlocks(ax, trace, horizon)
    if names:
        points = 72 * _inches_of(ax)[0] / (1.02 * horizon)
        _draw_end(ax, trace, len(names), *room_beside(caps, len(names), trace.duration, points, inches))
    else:
        ax.text(0.5, 0.5, NOTHING, transform=ax.transAxes, ha="center", va="center",
                fontsize=TITLE, color=GRAY)  # fmt: skip


def _set_title(ax: Axes, trace: Trace, words: str, **style: Any) -> None:
    """Write above the lanes, and above the line that says where the trace was made."""
    ax.set_title(drawable(words), pad=6 + 72 * (_head(trace) - HEAD), color=INK, parse_math=False, **style)


def _draw_end(ax: Axes, trace: Trace, count: int, row: float, beside: float) -> None:
    """Mark where the trace ends, and in a row, so many points beside it, how long it was, or what cut it short."""
    end, color = trace.duration, WARNING if trace.cut_short else GRAY
    ax.vlines(end, -0.5, count - 0.5, linestyles=":", linewidth=1.2, color=color, zorder=1, gid="end")
    words = ax.annotate(end_text(trace), (end, row), (6 + beside, 0), textcoords="offset points", va="center",
                        fontsize=TEXT, color=color, annotation_clip=False)  # fmt: skip

    def follow(changed: Axes) -> None:
        # It stands beside the axes; where they do not show the end, it would float in nothing.
        low, high = sorted(changed.get_xlim())
        words.set_visible(low <= end <= high)

    ax.callbacks.connect("xlim_changed", follow)


def _draw_time(ax: Axes, horizon: float, *traces: Trace) -> None:
    """Label the time axis in the largest unit that fits; where nothing was recorded there is no time."""
    if not horizon:
        ax.xaxis.set_visible(False)
        return
    unit, name = time_unit(horizon, *traces)
    ax.xaxis.set_major_locator(_UnitLocator(unit))
    ax.xaxis.set_major_formatter(FuncFormatter(lambda seconds, _: f"{seconds / unit:.10g}"))
    ax.tick_params(axis="x", labelsize=TEXT, labelcolor=INK, color=INK, length=4)
    ax.set_xlabel(name, fontsize=TEXT, color=INK)


class _UnitLocator(MaxNLocator):
    """Round ticks in a unit of time, on an axis that holds seconds."""

    def __init__(self, unit: float) -> None:
        super().__init__(nbins=9, steps=[1, 2, 5, 10])
        self.unit = unit

    def tick_values(self, vmin: float, vmax: float) -> Sequence[float]:
        return [tick * self.unit for tick in super().tick_values(vmin / self.unit, vmax / self.unit)]


def _draw_legend(ax: Axes, *traces: Trace, arrows: Sequence[Arrow] = ()) -> None:
    """Explain what occurs, beneath the time axis, by bars that look like it."""
    looks, signs = looks_of(*traces), signs_in(cap for trace in traces for cap in caps_of(trace))
    marks: list[Rectangle | Text] = [Rectangle((0, 0), 1, look.height, **paint(look)) for look in looks]
    marks += [Text(text=sign.glyph, color=sign.color) for sign in signs]
    marks += [Text(text=cause.glyph, color=cause.color) for cause in causes_in(arrows)]
    words = [*(drawable(explained(look, *traces)) for look in looks), *(sign.meaning for sign in signs)]
    words += [cause.meaning for cause in causes_in(arrows)]
    if marks:
        columns = legend_columns(words, _inches_of(ax)[0] + 1.5)
        lower = ScaledTranslation(0, -0.62, ax.get_figure(root=True).dpi_scale_trans)  # type: ignore[union-attr]
        ax.legend(marks, words, ncols=columns, fontsize=LEGEND,
                  loc="upper center", bbox_to_anchor=(0.5, 0), bbox_transform=ax.transAxes + lower,
                  frameon=False, borderaxespad=0, borderpad=0, handlelength=1.6, columnspacing=1.8, labelcolor=INK,
                  handler_map={Rectangle: HandlerPatch(_legend_bar), Text: _Glyph()})  # fmt: skip


def _legend_bar(orig_handle: Rectangle, width: float, height: float, fontsize: float, **_: object) -> Rectangle:
    tall = fontsize * orig_handle.get_height()
    return Rectangle((0, (height - tall) / 2), width, tall)


class _Glyph(HandlerBase):
    """Puts a text into a legend in the place of a mark."""

    def create_artists(self, legend: Any, orig_handle: Any, *place: Any) -> list[Artist]:
        """Return the text, in the middle of its place."""
        left, _, width, height, fontsize, transform = place
        x, y = left + width / 2, height / 2
        return [Text(x, y, orig_handle.get_text(), color=orig_handle.get_color(), fontsize=fontsize * 1.1,
                     ha="center", va="center_baseline", transform=transform)]  # fmt: skip


def _inches_of(ax: Axes) -> tuple[float, float]:
    """Return width and height of axes in inches; a layout may still change them a little."""
    figure = ax.get_figure(root=True)
    box = ax.get_position()
    return box.width * figure.get_figwidth(), box.height * figure.get_figheight()  # type: ignore[union-attr]
