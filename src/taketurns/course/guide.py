"""guide(): the decision guide of notebook 15 as a picture."""

from matplotlib.axes import Axes

from taketurns.pictures.chart import chart
from taketurns.pictures.looks import GRAY, INK, LOOKS
from taketurns.trace.spans import State

__all__ = ["guide"]

#: From top to bottom: what time goes into, when an answer is the right one, and the answer with its letter.
ANSWERS = (
    ("", "", "A   plain code"),
    ("waiting", "up to hundreds at once", "B   threads"),
    ("waiting", "thousands at once,\nwith an async library", "C   asyncio"),
    ("waiting", "in calls that block,\nbeside an event loop", "D   asyncio + threads"),
    ("computing", "in pure Python,\nunder the GIL", "E   processes"),
    ("computing", "in C code that lets go of\nthe GIL, or there is no GIL", "F   threads"),
    ("both", "", "G   asyncio + processes"),
)
#: The rows of their boxes, and where these end.
KINDS = {"waiting": (2.0, 38.4), "computing": (4.5, 41.4), "both": (6.0, 36.0)}
ALT = (
    "A decision guide. Is it quick enough one after another? Then A, plain code. If not: what takes the time? "
    "Waiting, up to hundreds at once: B, threads. Waiting, thousands at once, with an async library: C, asyncio. "
    "Waiting in calls that block, beside an event loop: D, asyncio and threads. "
    "Computing in pure Python, under the GIL: E, processes. "
    "Computing in C code that lets go of the GIL, or there is no GIL: F, threads. "
    "Both: G, asyncio for the waits and processes for the computing."
)


def guide() -> Axes:
    """Return axes with the decision guide: two questions, and seven answers with the letters of their sections."""
    ax = chart("Which one do I pick?", "", "", alt=ALT)
    ax.get_figure(root=True).set_size_inches(9.5, 5.2)  # type: ignore[union-attr]
    ax.set(xlim=(0, 100), ylim=(6.5, -0.5))
    ax.set_axis_off()
    _line(ax, (19.4, 0), (75, 0), "yes")
    _line(ax, (11, 0.45), (11, 3.55), "no")
    _box(ax, 1.5, 0, "Quick enough\none after another?", "#eef2f7", INK)
    _box(ax, 4.5, 4, "What takes\nthe time?", "#eef2f7", INK)
    for kind, (row, _) in KINDS.items():
        _line(ax, (17.3, 4), (29, row))
        _box(ax, 30.5, row, kind, "white", INK)
    for row, (kind, when, answer) in enumerate(ANSWERS):
        if kind:
            middle, edge = KINDS[kind]
            _line(ax, (edge, middle), (45 if when else 75, row))
        if when:
            ax.text(58.5, row, when, ha="center", va="center", fontsize=11, color=INK)
            _line(ax, (71.5, row), (75, row))
        _box(ax, 76.5, row, answer, LOOKS[State.RUNNING].color, "white")
    return ax


def _box(ax: Axes, x: float, y: float, words: str, fill: str, ink: str) -> None:
    box = {"boxstyle": "round,pad=0.45", "facecolor": fill, "edgecolor": LOOKS[State.RUNNING].color, "linewidth": 1.2}
    ax.text(x, y, words, ha="left", va="center", fontsize=12, color=ink, bbox=box)


def _line(ax: Axes, start: tuple[float, float], end: tuple[float, float], words: str = "") -> None:
    ax.annotate("", end, start, arrowprops={"arrowstyle": "-|>", "color": GRAY, "linewidth": 1.3})
    x, y = (start[0] + end[0]) / 2, (start[1] + end[1]) / 2
    if words:
        ax.text(x, y, words, ha="center", va="center", fontsize=11, color=GRAY, backgroundcolor="white")
