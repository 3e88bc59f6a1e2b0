"""The room of an exhibition, seen from above, as SVG: the clock, the tables with their boards, and the master."""

from collections.abc import Iterator
from html import escape

from taketurns.course.hall.games import position
from taketurns.course.hall.pieces import PIECES, SQUARE, piece
from taketurns.course.hall.tables import FINISHED, HER_MOVE, NOT_BEGUN, STATES, THINKS, WAITS, YOUR_MOVE, Tables, clock
from taketurns.pictures.looks import INK, LOOKS, WARNING
from taketurns.pictures.words import shorten
from taketurns.trace.spans import State

__all__ = ["room", "stands"]

WIDTH, HEIGHT = 92, 138  # of a table with the floor around it
HEAD = 106  # above the tables
EDGE = 10
BOARD = 8 * SQUARE
LEFT, TOP = (WIDTH - BOARD) / 2, 25  # of the board, in its table
STAND = (70, 123.5)  # of the master, at a table
BLUE, ORANGE = LOOKS[State.RUNNING].color, LOOKS[State.READY].color
GRAY, WOOD, LIGHT, DARK = "#5c6370", "#a98f70", "#f2ede3", "#c9bda9"
FONT = 'font-family="Helvetica, Arial, sans-serif"'


def room(tables: Tables, time: float, prefix: str = "") -> str:
    """Return the room at a time, as SVG. All ids begin with the prefix; an image that stands alone needs none."""
    columns, rows = _grid(len(tables.names))
    width, height = _width(columns), HEAD + rows * HEIGHT + EDGE
    head = "".join(_head(tables, time, width))
    drawn = "".join(_table(tables, table, time, prefix) for table in range(len(tables.names)))
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}" '
        f'role="img" aria-label="{escape(tables.summary(time))}" fill="{INK}" {FONT}>'
        f"<defs>{''.join(_defs(prefix))}</defs>"
        f'<rect width="{width}" height="{height}" rx="8" fill="#fff"/>{head}{drawn}'
        f'<g class="masters">{"".join(_masters(tables, time, prefix))}</g></svg>'
    )


def stands(count: int) -> list[tuple[float, float]]:
    """Return where the master stands at each of so many tables."""
    return [(x + STAND[0], y + STAND[1]) for x, y in _places(count)]


def _grid(count: int) -> tuple[int, int]:
    """Return the columns and rows of so many tables: up to five stand in a row, more in about 3 columns for 2 rows."""
    columns = count if count <= 5 else round((1.5 * count) ** 0.5)
    return columns, -(-count // columns)


def _width(columns: int) -> int:
    return max(columns, 5) * WIDTH + 2 * EDGE


def _places(count: int) -> list[tuple[float, float]]:
    columns, _ = _grid(count)
    left = (_width(columns) - columns * WIDTH) / 2
    return [(left + n % columns * WIDTH, HEAD + n // columns * HEIGHT) for n in range(count)]


def _head(tables: Tables, time: float, width: int) -> Iterator[str]:
    """Yield the lines above the tables: the label, where the master is, the counts, and the clock."""
    cloned = len(tables.at_move(time)) > 1 and not tables.team
    moves, moved = tables.counts(time)
    label = escape(shorten(tables.label or "the hall", 34))
    yield f'<text x="{EDGE + 6}" y="31" font-size="20" font-weight="bold">{label}</text>'
    yield f'<text class="clock" x="{width - EDGE - 6}" y="42" font-size="40" font-weight="bold" text-anchor="end" '
    yield f'style="font-variant-numeric:tabular-nums">{clock(time)}</text>'
    for name, y, words in (("moved", 54, moved), ("moves", 74, moves)):
        yield f'<text class="{name}" x="{EDGE + 6}" y="{y}" font-size="16">{words}</text>'
    yield f'<text class="said" x="{EDGE + 6}" y="94" font-size="16" font-weight="bold" '
    yield f'fill="{WARNING if cloned else BLUE}">{escape(tables.sentence(time))}</text>'


def _table(tables: Tables, table: int, time: float, prefix: str) -> str:
    x, y = _places(len(tables.names))[table]
    state, name = tables.state(table, time), escape(shorten(tables.names[table], 9))
    pieces = "".join(_pieces(position(table, tables.made(table, time)), prefix))
    return (
        f'<g class="table" transform="translate({x:g} {y})"><use class="state" href="#{prefix}s{state}"/>'
        f'<use href="#{prefix}board" x="{LEFT:g}" y="{TOP}"/>'
        f'<g class="pieces" transform="translate({LEFT:g} {TOP})">{pieces}</g>'
        f'<text x="{LEFT:g}" y="123" font-size="12">{name}</text></g>'
    )


def _pieces(placement: str, prefix: str) -> Iterator[str]:
    for y, rank in enumerate(placement.split("/")):
        x = 0
        for sign in rank:
            if sign in PIECES:
                yield f'<use href="#{prefix}{sign}" x="{x * SQUARE}" y="{y * SQUARE}"/>'
            x += 1 if sign in PIECES else int(sign)


def _masters(tables: Tables, time: float, prefix: str) -> Iterator[str]:
    places = stands(len(tables.names))
    for table in tables.standing(time):
        yield f'<use href="#{prefix}master" transform="translate({places[table][0]:g} {places[table][1]})"/>'


def _defs(prefix: str) -> Iterator[str]:
    """Yield what is drawn many times: the pieces, the empty board, the states of a table, the master."""
    yield from (f'<g id="{prefix}{letter}">{piece(letter)}</g>' for letter in PIECES)
    dark = "".join(f"M{x} {y}h{SQUARE}v{SQUARE}h-{SQUARE}z" for x, y in _dark_squares())
    squares = f'<rect width="{BOARD}" height="{BOARD}" fill="{LIGHT}"/><path d="{dark}" fill="{DARK}"/>'
    yield f'<g id="{prefix}board">{squares}</g>'
    yield from (f'<g id="{prefix}s{state}">{_state(state)}</g>' for state in range(len(STATES)))
    yield f'<g id="{prefix}master">{_MASTER}</g>'


def _dark_squares() -> Iterator[tuple[int, int]]:
    return ((x * SQUARE, y * SQUARE) for y in range(8) for x in range(8) if (x + y) % 2)


def _state(state: int) -> str:
    """Return what shows the state of a table: its frame, the opponent behind it, and the word."""
    body, frame, thick = _LOOKS.get(state, ("#c3c9d2", WOOD, 2))
    hand = f'<path d="M20.5 19l4.5-14" fill="none" stroke="{body}" stroke-width="3.6" stroke-linecap="round"/>'
    person = '<circle cx="13" cy="7" r="4.6"/><path d="M4 22a9 9.5 0 0 1 18 0z"/>'
    return (
        f'<rect x="{LEFT - 2:g}" y="{TOP - 2}" width="{BOARD + 4}" height="{BOARD + 4}" rx="2" fill="{frame}" '
        f'stroke="{frame}" stroke-width="{thick}"/><g fill="{body}">{person}</g>'
        f"{hand if state == YOUR_MOVE else ''}{_word(state)}"
    )


def _word(state: int) -> str:
    pills = {HER_MOVE: (BLUE, "#fff"), YOUR_MOVE: (ORANGE, INK)}
    word = "" if state not in (*pills, *_LOOKS, NOT_BEGUN, FINISHED) else STATES[state]
    if state not in pills:
        return f'<text x="27" y="16" font-size="12" fill="{GRAY}">{word}</text>'
    fill, ink = pills[state]
    return (
        f'<rect x="27" y="2" width="62" height="16" rx="8" fill="{fill}"/>'
        f'<text x="58" y="14" font-size="11" font-weight="bold" text-anchor="middle" '
        f'fill="{ink}">{word}</text>'
    )


#: Of the opponent, of the frame, and how thick that is.
_LOOKS = {
    HER_MOVE: ("#8a93a0", BLUE, 6),
    YOUR_MOVE: ("#c8780a", ORANGE, 4),
    THINKS: ("#8a93a0", WOOD, 2),
    WAITS: ("#8a93a0", WOOD, 2),
}

#: She is drawn around the point where she stands, from behind: her dress, and her hair with its bun.
_MASTER = (
    '<g stroke="#fff" stroke-width="3" stroke-linejoin="round" paint-order="stroke">'
    f'<path d="M-12 12q0-17 12-17t12 17z" fill="{BLUE}"/>'
    '<path d="M-6-8a6 6 0 0 0 12 0 6 6 0 0 0-12 0zm3-7a3 3 0 0 0 6 0 3 3 0 0 0-6 0z" fill="#4a2c17"/></g>'
)
