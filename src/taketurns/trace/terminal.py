"""Text for terminals and logs: what can be printed, in how many columns, and in which encoding."""

import sys
from collections.abc import Sequence
from textwrap import wrap
from unicodedata import category, east_asian_width

__all__ = ["COLUMNS", "cut", "encodable", "fitted", "justified", "printable", "width", "wrapped"]

#: No line of a trace as text is longer.
COLUMNS = 100
#: A column of names is not made narrower than this.
LEAST = 16

#: For encodings that have not got the left ones.
ASCII = str.maketrans({"█": "#", "─": "-", "░": ".", "│": "|", "…": "~", "−": "-", "µ": "u", "·": "-", "×": "x"})


def printable(text: str) -> str:
    """Return a text as one line without what steers a terminal or the direction of writing."""
    if text.isprintable():
        return text
    return " ".join("".join(map(_printed, text)).split())


def _printed(char: str) -> str:
    if char.isprintable():
        return char
    return " " if char.isspace() else "�" if "\ud800" <= char <= "\udfff" else ""


def width(text: str) -> int:
    """Return how many columns a text takes: letters of East Asia and emoji take two, accents none."""
    if text.isascii():
        return len(text)
    return sum(0 if category(char) in ("Mn", "Me") else 2 if east_asian_width(char) in "WF" else 1 for char in text)


def cut(text: str, most: int) -> str:
    """Return a text in at most so many columns: its middle goes, since what differs stands at the ends."""
    if width(text) <= most:
        return text
    tail = most // 3
    return f"{_start(text, most - tail - 1)}…{_start(text[::-1], tail)[::-1]}"


def _start(text: str, most: int) -> str:
    """Return as much of the begin of a text as there is room for."""
    end = room = 0
    for char in text:
        room += width(char)
        if room > most:
            break
        end += 1
    return text[:end]


def justified(text: str, columns: int, to_the_right: bool = False) -> str:
    """Return a text with spaces up to so many columns."""
    spaces = " " * (columns - width(text))
    return spaces + text if to_the_right else text + spaces


def fitted(rows: Sequence[Sequence[str]], between: int = 2, most: float = COLUMNS) -> tuple[list[list[str]], list[int]]:
    """Return the rows of a table, and the widths of its columns: the widest are cut where a line would be too long.

    They can be, down to a least width: a table of very many columns is longer.
    """
    widths = [max(map(width, column)) for column in zip(*rows, strict=True)]
    while sum(widths) + between * (len(widths) - 1) > most and max(widths) > LEAST:
        widths[widths.index(max(widths))] -= 1
    return [[cut(cell, room) for cell, room in zip(row, widths, strict=True)] for row in rows], widths


def wrapped(text: str) -> list[str]:
    """Return a text in lines that are not too long."""
    lines = wrap(text, COLUMNS)
    if all(width(line) <= COLUMNS for line in lines):
        return lines
    return wrap(text, COLUMNS // 2)  # no letter takes more than two columns


def encodable(text: str) -> str:
    """Return a text that can be printed now: in ASCII where the output's encoding has not got its marks."""
    encoding = getattr(sys.stdout, "encoding", None)
    if not isinstance(encoding, str):
        return text
    try:
        text.encode(encoding)
    except UnicodeEncodeError:
        return text.translate(ASCII).encode(encoding, "replace").decode(encoding)
    except LookupError:
        return text
    return text
