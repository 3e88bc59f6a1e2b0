"""Names beside lanes: one for each as long as they can be read, and beyond that one for each group of lanes."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import groupby
from math import ceil
from typing import NamedTuple

from taketurns.pictures.words import every, shorten

__all__ = ["LEAST", "MOST", "Label", "labels"]

#: So many lanes have a name each, where they are not lower than this (inches).
MOST, LEAST = 48, 0.11
#: A group is as high as this, in inches, where it can be chosen, and never lower than a line of text.
GROUP, LINE = 0.42, 0.19


class Label(NamedTuple):
    """What stands beside the lanes from the first to the last."""

    first: int
    last: int
    text: str

    @property
    def middle(self) -> float:
        """Where it stands, in lanes."""
        return (self.first + self.last) / 2


def labels(names: Sequence[str], inches: float) -> list[Label]:
    """Return what stands beside lanes of that height: their names, or those of groups of them."""
    if len(names) <= MOST and inches >= LEAST:
        return [Label(row, row, shorten(name)) for row, name in enumerate(names)]
    least, most = ceil(LINE / inches), every(len(names), inches, GROUP)
    return [Label(first, last, _range(names[first], names[last])) for first, last in _groups(names, least, most)]


def _groups(names: Sequence[str], least: int, most: int) -> Iterator[tuple[int, int]]:
    """Yield the first and the last lane of each group: of names that begin alike, if these are enough."""
    first, row = 0, 0
    for _, alike in groupby(names, key=_stem):
        end = row + len(list(alike))
        while row < end:
            row = min(row + most, end)
            if row - first >= least or row == len(names):
                yield first, row - 1
                first = row


def _stem(name: str) -> str:
    """Return how the names of a group begin, up to a number or an argument."""
    return re.split(r"[\d(]", name, maxsplit=1)[0]


def _range(first: str, last: str) -> str:
    """Return the name of a group: ``board 1–50``."""
    begin, end = (re.fullmatch(r"(.*?)(\d+)(\D*)", name, re.DOTALL) for name in (first, last))
    if first == last:
        return shorten(first)
    if begin and end and begin.group(1, 3) == end.group(1, 3):
        return shorten(f"{begin[1]}{begin[2]}–{end[2]}{begin[3]}")
    return f"{shorten(first, 11)} … {shorten(last, 11)}"
