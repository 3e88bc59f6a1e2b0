"""chart(): axes in the style of the timelines, for what is measured and is not a timeline."""

from cycler import cycler
from matplotlib import pyplot, style
from matplotlib.axes import Axes

from taketurns.pictures.figures import DescribedAxes, DescribedFigure
from taketurns.pictures.looks import GRAY, INK, LOOKS
from taketurns.pictures.strip import TEXT
from taketurns.trace.spans import State

__all__ = ["chart"]

#: One line after another; marks and dashes tell them apart without any color.
LINES = cycler(
    color=[LOOKS[State.RUNNING].color, LOOKS[State.READY].color, GRAY, INK],
    marker=["o", "s", "^", ""],
    linestyle=["-", "--", ":", "-."],
)


def chart(title: str, x: str, y: str, alt: str) -> Axes:
    """Return empty axes with a title and two labels, to draw into with matplotlib; ``alt`` tells what they show.

    ``ValueError`` where ``alt`` is empty: who cannot see the picture reads it.
    """
    if not isinstance(alt, str) or not alt.strip():
        raise ValueError(f'chart() needs alt, a sentence such as "Speed-up grows to 2 and stays there"; given {alt!r}')
    with style.context("default"):
        figure = pyplot.figure(
            FigureClass=DescribedFigure, figsize=(7.5, 3.8), dpi=100, layout="constrained", facecolor="white"
        )
        figure.alt = alt  # type: ignore[attr-defined]
        ax = figure.add_subplot(axes_class=DescribedAxes)
        ax.set_prop_cycle(LINES)
        ax.set_title(title, loc="left", fontsize=13, fontweight="bold", color=INK)
        ax.set_xlabel(x, fontsize=TEXT, color=INK)
        ax.set_ylabel(y, fontsize=TEXT, color=INK)
        ax.tick_params(labelsize=TEXT, labelcolor=INK, color=INK)
        ax.spines[["top", "right"]].set_visible(False)
        ax.grid(axis="y", color="#e4e4e4", linewidth=0.8)
        ax.set_axisbelow(True)
    return ax
