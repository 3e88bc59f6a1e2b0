"""The bars of a timeline as matplotlib draws them: one by one, or as an image where they are a crowd."""

import numpy as np
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.backend_bases import RendererBase
from matplotlib.collections import PolyCollection
from matplotlib.path import Path
from numpy.typing import NDArray

from taketurns.pictures.crowds import MANY, OUTLINE, PIXELS, Grid, Image, Layers, crowded, pixels
from taketurns.pictures.looks import Look
from taketurns.trace.sums import Numbers, Places, boxes

__all__ = ["Bars", "Beneath", "Crowd"]

#: A gap is thin that is below so many pixels, and has this color.
THIN, GAP = 2.5, "#8fb7dc"


class Crowd(Artist):
    """Bars that are drawn as an image while they are a crowd, whatever the axes show; they are in seconds."""

    def __init__(self, layers: Layers, low: float, size: float) -> None:
        super().__init__()
        self.layers, self.low, self.size = layers, low, size
        self.drawn: tuple[Grid, Image] | None = None
        self.set(zorder=2, in_layout=False, gid="crowd")

    def sums(self, renderer: RendererBase) -> bool:
        """Return whether they are a crowd in what the axes show now."""
        return crowded(self._scaled(), self._grid(renderer)[0])

    def draw(self, renderer: RendererBase) -> None:
        """Draw the image, if they are a crowd."""
        if not self.get_visible() or not self.sums(renderer):
            return
        grid, x, y = self._grid(renderer)
        if not self.drawn or self.drawn[0] != grid:  # `savefig` draws twice
            self.drawn = grid, pixels(self._scaled(), grid)
        gc = renderer.new_gc()
        self._set_gc_clip(gc)  # type: ignore[attr-defined]
        renderer.draw_image(gc, x, y, self.drawn[1][::-1])
        gc.restore()

    def _scaled(self) -> Layers:
        """Return the layers with their times as the axis spaces them: as they are, unless somebody set a scale."""
        scale = self._on.xaxis.get_transform().transform
        return [(look, Places(row, scale(start), scale(end))) for look, (row, start, end) in self.layers]

    @property
    def _on(self) -> Axes:
        axes: Axes = self.axes  # type: ignore[assignment]
        return axes

    def _grid(self, renderer: RendererBase) -> tuple[Grid, float, float]:
        """Return the pixels of the axes, whole ones, and where they stand, in units of the canvas."""
        fine = float(renderer.get_image_magnification())
        low, high = np.asarray(self._on.bbox.get_points()) * fine
        first, last = np.floor(low + 1e-6), np.ceil(high - 1e-6)
        times = self._on.xaxis.get_transform().transform(np.array(self._on.get_xlim()))
        begin, end = np.array([times, self._on.get_ylim()]).T
        (left, bottom), (right, top) = (begin + (at - low) / (high - low) * (end - begin) for at in (first, last))
        columns, rows = (last - first).astype(int)
        dpi = float(renderer.points_to_pixels(72.0)) * fine  # type: ignore[arg-type]
        return Grid(columns, rows, dpi, left, right, top, bottom, self.low, self.size), *(first / fine)


class Bars(PolyCollection):
    """The bars of one look, which are drawn while they and those of other looks are no crowd; made when asked for."""

    def __init__(self, crowd: Crowd, look: Look, places: Places) -> None:
        super().__init__([], facecolors=look.color, linewidths=0, gid=look.key)
        self.crowd, self.look = crowd, look
        self.places = places
        if len(places.row) <= MANY:
            self.places = places.those(np.lexsort((places.end, places.start, places.row)))
        self.made: list[Path] = []

    def get_paths(self) -> list[Path]:
        """Return a rectangle for each span."""
        if not self.made and len(self.places.row):
            row, start, end = self.places
            corners = boxes(start, end, row + self.crowd.low, self.look.height * self.crowd.size)
            self.set_verts(corners)  # type: ignore[arg-type]
            self.made = [*super().get_paths()]
        return self.made

    def keep_in_sight(self, pixel: float) -> None:
        """Outline bars that are thinner than so many seconds and stand alone; those of a crowd are to blend."""
        outlines = _outlines(*self.places, pixel)
        self.set(edgecolor=self.look.color, linewidth=outlines)
        if np.median(self.places.end - self.places.start) < 2 * pixel and not outlines.any():
            self.set_snap(False)

    def draw(self, renderer: RendererBase) -> None:
        """Draw the bars, if they are no crowd."""
        if not self.crowd.sums(renderer):
            super().draw(renderer)


class Beneath(PolyCollection):
    """What is drawn beneath gaps in bars that are too thin to be seen: it is paler, and there are no white lines."""

    def __init__(self, crowd: Crowd, places: Places, height: float) -> None:
        super().__init__([], facecolors=GAP, linewidths=0, zorder=1.5, gid="gaps")
        self.crowd, self.places, self.height = crowd, places, height
        self.set_in_layout(False)

    def draw(self, renderer: RendererBase) -> None:
        """Draw those that are thin in what the axes show now, unless all bars are an image."""
        if self.crowd.sums(renderer):
            return
        begin, end = self.axes.get_xlim()  # type: ignore[union-attr]
        thin = self.places.those(self.places.end - self.places.start < THIN * abs(end - begin) / PIXELS)
        self.set_verts(boxes(thin.start, thin.end, thin.row, self.height))  # type: ignore[arg-type]
        super().draw(renderer)


def _outlines(row: NDArray[np.int64], start: Numbers, end: Numbers, pixel: float) -> Numbers:
    """Return the widths of outlines: bars that are thinner than a pixel and stand alone get one, to stay visible.

    In a crowd thin bars are left as they are: together they take the share of the color that they have of the time.
    Bars in one and the same place are no crowd.
    """
    next_to = (np.diff(row) == 0) & ((np.diff(start) > 0) | (np.diff(end) > 0))
    gap = np.where(next_to, start[1:] - end[:-1], np.inf)
    room = np.minimum(np.append(gap, np.inf), np.insert(gap, 0, np.inf))
    return np.where((end - start < pixel) & (room > 2 * pixel), OUTLINE, 0.0)
