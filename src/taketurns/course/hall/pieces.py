"""Chess pieces as outlines, so that they look alike on every machine: those of DejaVu Sans, which Matplotlib brings."""

from functools import cache
from pathlib import Path as FilePath

import matplotlib
from matplotlib.font_manager import FontProperties
from matplotlib.path import Path
from matplotlib.textpath import TextPath

__all__ = ["PIECES", "SQUARE", "piece"]

#: The letters of pieces, upper case for White, and the signs whose outlines they have.
PIECES = dict(zip("KQRBNPkqrbnp", "♔♕♖♗♘♙♚♛♜♝♞♟", strict=True))
SQUARE = 10
SIZE = 300  # of the type in which an outline is written down, in whole numbers
SCALE = 0.89 * SQUARE / (0.73 * SIZE)
MIDDLE = (0.448, 0.365)  # of a sign, as a share of its size
DARK, LIGHT = "#26221c", "#fffdf6"

Points = list[tuple[int, int]]


@cache
def piece(letter: str) -> str:
    """Return a piece in SVG, in the middle of a square that begins at 0, 0."""
    black = letter.islower()
    drawn = _path(_contours(PIECES[letter]), f'fill="{DARK}" stroke="{DARK}" stroke-width="{6 if black else 4}"')
    if not black:
        light = f'fill="{LIGHT}" stroke="{LIGHT}" stroke-width="10"'
        drawn = _path(_silhouette(PIECES[letter.lower()]), light) + drawn
    right, down = SQUARE / 2 - MIDDLE[0] * SIZE * SCALE, SQUARE / 2 + MIDDLE[1] * SIZE * SCALE
    return f'<g transform="translate({right:.3f} {down:.3f}) scale({SCALE:.4f} {-SCALE:.4f})">{drawn}</g>'


@cache
def _contours(sign: str) -> list[tuple[str, float]]:
    """Return the contours of a sign as path data, each with its area; that of a hole counts the other way."""
    font = FontProperties(fname=FilePath(matplotlib.get_data_path(), "fonts/ttf/DejaVuSans.ttf"))
    contours: list[tuple[str, float]] = []
    points: Points = []
    data = ""
    for vertices, code in TextPath((0, 0), sign, size=SIZE, prop=font).iter_segments(simplify=False):
        new = [(round(x), round(y)) for x, y in vertices.reshape(-1, 2)]
        if code == Path.CLOSEPOLY:
            contours.append((f"{data}z", _area(points)))
        elif code == Path.MOVETO:
            points, data = new, f"M{new[0][0]} {new[0][1]}"
        else:
            data += ("l" if code == Path.LINETO else "q") + _relative(points[-1], new)
            points = points + new
    return contours


def _relative(origin: tuple[int, int], points: Points) -> str:
    numbers = [one - start for point in points for one, start in zip(point, origin, strict=True)]
    return "".join(f"{number}" if number < 0 else f" {number}" for number in numbers).lstrip()


def _area(points: Points) -> float:
    following = points[1:] + points[:1]
    return sum(x * other_y - other_x * y for (x, y), (other_x, other_y) in zip(points, following, strict=True)) / 2


def _silhouette(sign: str) -> list[tuple[str, float]]:
    """Return the contours without the holes, which turn against the largest."""
    contours = _contours(sign)
    largest = max((area for _, area in contours), key=abs)
    return [(data, area) for data, area in contours if area * largest > 0]


def _path(contours: list[tuple[str, float]], look: str) -> str:
    return f'<path d="{"".join(data for data, _ in contours)}" {look}/>'
