"""Crowds: very many bars, drawn as an image, in which each pixel shows all that fills it, each by its share."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from matplotlib.colors import to_rgb
from numpy.typing import NDArray

from taketurns.pictures.looks import Look
from taketurns.trace.sums import Numbers, Places, filled, once, standing_alone

__all__ = ["MANY", "OUTLINE", "PIXELS", "Grid", "Image", "Layers", "crowded", "pixels"]

#: Looks from the lowest to the highest, each with the spans that have it, in seconds.
Layers = Sequence[tuple[Look, Places]]
Shares = list[tuple[Look, NDArray[np.float32]]]
Rows = NDArray[np.int64]
Image = NDArray[np.uint8]

MANY = 10_000  # bars; drawing each by itself would take longer than all else of a picture
APART = 4  # pixels of a lane for each bar: fewer, and bars meet in a pixel
SHOWN = 100  # pixels to the inch, on a page
TALL = 10  # pixels: of a lane that is not as high, a pixel is also as high as a page shows it
FLAT = 3  # pixels: a lane that is not as high has no room for bars of different heights
HALF = 0.5  # of a lane: about as high as looks are on average
OUTLINE = 1.0  # points, by which what stands alone is wider
PIXELS = 800  # about as many as a timeline is wide
EACH, STRIPE = 12, 0.4  # stripes to the inch, from left to right, and how much of them has their color


class Grid(NamedTuple):
    """The pixels of axes: how many, how many to the inch, and the times (s) and lanes that they show.

    ``left`` and ``right`` are times at the edges, ``top`` and ``bottom`` are places among the lanes, of which the first
    reaches from −0.5 to 0.5. A bar stands ``low`` beneath its lane's middle and takes ``size`` of its height.
    """

    columns: int
    rows: int
    dpi: float
    left: float
    right: float
    top: float
    bottom: float
    low: float = 0.0
    size: float = 1.0

    @property
    def lane(self) -> float:
        """The height of a lane in pixels."""
        return self.rows / abs(self.bottom - self.top)

    def coarser(self, wide: int, high: int) -> Grid:
        """Return the same with pixels that are so many as wide and as high; those at the far edges reach beyond it."""
        columns, rows = -(-self.columns // wide), -(-self.rows // high)
        right = self.left + (self.right - self.left) * columns * wide / self.columns
        bottom = self.top + (self.bottom - self.top) * rows * high / self.rows
        return self._replace(columns=columns, rows=rows, dpi=self.dpi / wide, right=right, bottom=bottom)

    def across(self, places: Places) -> Places:
        """Return what of spans is in view, in pixels from the left edge."""
        scale = self.columns / (self.right - self.left)
        ends = ((places.start - self.left) * scale, (places.end - self.left) * scale)
        start, end = np.minimum(*ends), np.maximum(*ends)
        found = Places(places.row, start, end)
        if scale < 0:
            found = found.those(np.lexsort((start, places.row)))
        seen = (found.end >= 0) & (found.start < self.columns)
        return found if seen.all() else found.those(seen)

    def down(self) -> Numbers:
        """Return where among the lanes the middle of each row of pixels is, from the top."""
        return self.top + (np.arange(self.rows) + 0.5) / self.rows * (self.bottom - self.top)


def crowded(layers: Layers, grid: Grid, many: int = MANY) -> bool:
    """Return whether bars are a crowd: very many, or in lanes thinner than a pixel, or too many of one lane in view."""
    if sum(len(places.row) for _, places in layers) > many or grid.lane < 1:
        return True
    rows = np.concatenate([grid.across(places).row for _, places in layers] or [np.zeros(0, np.int64)])
    return bool(np.bincount(rows).max(initial=0) * APART > grid.columns)


def pixels(layers: Layers, grid: Grid) -> Image:
    """Return the image of a crowd: red, green, blue and opacity of each pixel, in rows from the top.

    In each column of pixels a lane has the looks that fill it one above the other, each as high as its share of the
    column. Together they are as high as the looks are on average, so a span that fills the column looks as it does
    among a few. What is there at all is as high as a pixel, about.

    Lanes too thin for that have the looks' colors mixed, and those thinner than a pixel share their row of pixels, each
    by its part. A look that stands alone in its lane has the whole pixel, so that it is seen.

    A pixel is here what a page shows as one: what is random from one to the next makes a file very large.
    """
    wide = max(1, round(grid.dpi / SHOWN))
    high = wide if grid.lane < TALL else 1
    shown = grid.coarser(wide, high)
    shares = _in_rows(layers, shown) if shown.lane < 1 else _in_lanes(layers, shown)
    return _colored(shares, shown, grid.dpi / high).repeat(high, 0).repeat(wide, 1)[: grid.rows, : grid.columns]


def _in_lanes(layers: Layers, grid: Grid) -> Shares:
    """Return the share of each pixel that each look fills, where each lane has a row of pixels or more."""
    down = grid.down()
    lane = np.floor(down + 0.5).astype(np.int64)
    first, count = lane.min(), lane.max() - lane.min() + 1
    shares: Shares = []
    for look, places in layers:
        spans = once(grid.across(places.those((places.row >= first) & (places.row < first + count))))
        shares.append((look, _shown(look, spans._replace(row=spans.row - first), count, grid)))
    shares = _fitted(shares)
    lane -= first
    if grid.lane < FLAT:
        return [(look, share[lane]) for look, share in shares]
    return _stacked(shares, lane, (down - lane - first - grid.low) / grid.size, grid)


def _stacked(shares: Shares, lane: Rows, middle: Numbers, grid: Grid) -> Shares:
    """Return the same where bars stand one above the other: for each row of pixels its lane, and where in it it is."""
    half = np.float32(0.5 / grid.lane / grid.size)
    above, below = (middle[:, None].astype(np.float32) + side for side in (-half, half))
    full = np.sum([share for _, share in shares], axis=0)
    whole = np.sum([np.float32(look.height) * share for look, share in shares], axis=0)
    height = whole / np.maximum(full, np.float32(1e-6))
    bottom, stacked = whole / 2, []
    for look, share in shares:
        top = bottom - height * share
        inside = np.minimum(bottom[lane], below) - np.maximum(top[lane], above)
        stacked.append((look, np.maximum(inside, 0) / (2 * half)))
        bottom = top
    return stacked


def _in_rows(layers: Layers, grid: Grid) -> Shares:
    """Return the same where lanes are thinner than a pixel: each has its part of one row, or of two."""
    shares = []
    for look, places in layers:
        spans = once(grid.across(places))
        above = (spans.row - 0.5 - grid.top) * grid.rows / (grid.bottom - grid.top) - grid.lane * (
            grid.bottom < grid.top
        )
        row = np.floor(above).astype(np.int64)
        in_next = np.maximum(above + grid.lane - row - 1, 0)
        both = Places(np.append(row, row + 1), np.tile(spans.start, 2), np.tile(spans.end, 2))
        weight = np.append(grid.lane - in_next, in_next)
        seen = (both.row >= 0) & (both.row < grid.rows) & (weight > 0)
        shares.append((look, _shown(look, both.those(seen), grid.rows, grid, weight[seen])))
    return _fitted(shares)


def _shown(look: Look, spans: Places, rows: int, grid: Grid, weight: Numbers | None = None) -> NDArray[np.float32]:
    """Return the share of each pixel that a look fills, all of it where it stands alone; and a row where lanes have."""
    shares, reached = filled(spans, rows, grid.columns, weight)
    if not look.pattern:
        if grid.lane >= FLAT:
            shares[reached] = np.maximum(shares[reached], 1 / (grid.lane * grid.size * HALF))
        alone = standing_alone(reached, max(2, round(2 * grid.columns / PIXELS)))
        for beside in range(max(1, round(OUTLINE * grid.dpi / 72))):
            shares[:, beside:][alone[:, : grid.columns - beside]] = 1
    return shares.astype(np.float32)


def _fitted(shares: Shares) -> Shares:
    """Return the shares from the uppermost look down: where looks overlap, the lower ones have what is left."""
    taken, fitted = np.zeros(1, np.float32), []
    for look, share in reversed(shares):
        fitted.append((look, np.minimum(share, 1 - taken)))
        taken = taken + fitted[-1][1]
    return fitted


def _colored(shares: Shares, grid: Grid, down: float) -> Image:
    """Return the image, with the patterns of what has some; there are so many rows of pixels to the inch."""
    image = _mixed(shares, [look.color for look, _ in shares], grid)
    x, y = np.arange(grid.columns) / grid.dpi * EACH, np.arange(grid.rows)[:, None] / down * EACH
    inked = {
        "stripes": (x + y) % 1 < STRIPE,
        "bars": np.broadcast_to(x % 1 < STRIPE, image.shape[:2]),
        "dots": ((2 * x) % 1 < 0.5) & ((2 * y) % 1 < 0.5),
    }
    for pattern in {look.pattern for look, _ in shares} & inked.keys():
        over = _mixed(shares, [look.ink if look.pattern == pattern else look.color for look, _ in shares], grid)
        image[inked[pattern]] = over[inked[pattern]]
    return image


def _mixed(shares: Shares, colors: Sequence[str], grid: Grid) -> Image:
    """Return pixels with all colors of what fills them, each by its share; as opaque as they are full."""
    opaque = sum((share for _, share in shares), np.zeros((grid.rows, grid.columns), np.float32))
    image = np.empty((grid.rows, grid.columns, 4), np.uint8)
    image[..., 3] = np.rint(255 * np.minimum(opaque, 1))
    scale = 255 / np.maximum(opaque, np.float32(1e-6))
    for channel, parts in enumerate(zip(*map(to_rgb, colors), strict=True)):
        mixed = sum(np.float32(part) * share for part, (_, share) in zip(parts, shares, strict=True))
        image[..., channel] = np.rint(mixed * scale)
    return image
