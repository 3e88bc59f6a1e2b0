"""File descriptors that are closed in the end, wherever an interrupt comes."""

import os
from collections import deque
from collections.abc import Callable, Iterable
from itertools import chain, starmap
from typing import Any

__all__ = ["Descriptors"]


class Descriptors:
    """File descriptors that belong together.

    Each step is one call that C carries out: no interrupt comes between a descriptor's making and its being kept
    here, nor between its being taken out and its being closed.
    """

    def __init__(self) -> None:
        self._open: list[int | None] = [None]  # the `None` ends the taking out

    def add(self, make: Callable[..., Iterable[int]], *arguments: Any) -> list[int]:
        """Keep all that a function returns, and return it."""
        before = len(self._open)
        self._open.extend(chain.from_iterable(starmap(make, (arguments,))))
        return [each for each in self._open[before:] if each is not None]

    def add_one(self, make: Callable[..., int], *arguments: Any) -> int:
        """Keep the one that a function returns, and return it."""
        before = len(self._open)
        self._open.extend(starmap(make, (arguments,)))
        return self._open[before] or 0

    def close(self) -> None:
        """Close all; again is harmless."""
        if self._open:
            deque(map(os.close, iter(self._open.pop, None)), maxlen=0)
            self._open[:] = [None]
