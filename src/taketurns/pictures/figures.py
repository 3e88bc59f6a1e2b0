"""Figures that bring their alternative text to the page, wherever a notebook shows them."""

import base64
import io
from html import escape
from typing import Any

import numpy as np
from matplotlib import pyplot, style
from matplotlib._pylab_helpers import Gcf
from matplotlib.axes import Axes
from matplotlib.backend_bases import FigureCanvasBase
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from PIL import Image

__all__ = ["DescribedAxes", "DescribedFigure", "img", "small_png"]

CARD = "max-width:100%;box-sizing:border-box;background:#fff;padding:4px;border-radius:6px"


class DescribedFigure(Figure):
    """A figure with alternative text. It is shown once: by a cell's last expression, ``display`` or the cell's end."""

    alt: str = ""

    def _ipython_display_(self) -> None:
        # The page shows pictures in the order in which they were made, so those that still wait go first.
        # What was shown is closed: pyplot's own turn, at the end of the cell, must not show it again.
        if type(self.canvas) not in (FigureCanvasAgg, FigureCanvasBase):  # a window or a widget, which shows itself
            _display({"text/plain": self.alt})
            return
        for manager in Gcf.get_all_fig_managers():
            figure = manager.canvas.figure
            if figure is not self and isinstance(figure, DescribedFigure):
                figure._publish()
                pyplot.close(figure)
            elif figure is self:
                break
        self._publish()
        pyplot.close(self)

    def _publish(self) -> None:
        _display({"text/html": img(self, self.alt), "text/plain": self.alt})


class DescribedAxes(Axes):
    """The axes of such a figure; as a cell's last expression they stand for the figure."""

    def _ipython_display_(self) -> None:
        figure = self.get_figure(root=True)
        if isinstance(figure, DescribedFigure):
            figure._ipython_display_()


def _display(bundle: dict[str, Any]) -> None:
    from IPython.display import display  # only a notebook comes here; a script may not have it

    display(bundle, raw=True)  # type: ignore[no-untyped-call]


def img(figure: Figure, alt: str) -> str:
    """Return a figure as one HTML element that holds its PNG and its alternative text."""
    width = round(figure.get_figwidth() * figure.dpi)
    source = base64.b64encode(png(figure)).decode("ascii")
    return f'<img alt="{escape(alt)}" width="{width}" style="{CARD}" src="data:image/png;base64,{source}">'


def png(figure: Figure) -> bytes:
    """Return a figure as PNG bytes: the same whatever the user's rcParams, small, and without date and version.

    It has twice the pixels that it is shown with, so that it stays sharp when a classroom's browser is zoomed.
    """
    canvas, dpi = figure.canvas, figure.dpi
    try:
        # `savefig` would draw it twice, the first time for the layout alone, which any drawing makes anew.
        with style.context("default"):
            drawn = FigureCanvasAgg(figure)
            figure.dpi = 2 * dpi
            drawn.draw()  # type: ignore[no-untyped-call]
        seen = np.asarray(drawn.buffer_rgba())  # type: ignore[no-untyped-call]
        return small_png(Image.fromarray(seen).convert("RGB"))
    finally:
        figure.dpi = dpi
        figure.set_canvas(canvas)


def small_png(image: Image.Image) -> bytes:
    """Return an image as PNG bytes with 256 colors; that of its corner, the paper's, stays exactly as it is."""
    written = io.BytesIO()
    small = image.quantize(256, method=Image.Quantize.FASTOCTREE, dither=Image.Dither.NONE)
    palette, paper = small.getpalette() or [], int(np.asarray(small)[0, 0])
    palette[3 * paper : 3 * paper + 3] = np.asarray(image)[0, 0].tolist()
    small.putpalette(palette)
    small.save(written, format="PNG", compress_level=9)
    return written.getvalue()
