"""File descriptors that are closed in the end, wherever an interrupt comes, and that are in nobody's way."""

import os
from collections import deque
from collections.abc import Callable, Iterable
from contextlib import suppress
from itertools import chain, starmap
from typing import Any

try:
    import fcntl
except ImportError:
    fcntl = None  # type: ignore[assignment]

__all__ = ["Descriptors"]

#: Ours get numbers from here on, or else from 3: a program may begin with its standard streams closed, and count on
#: the lowest number that is free.
_FLOORS = (64, 3)


class Descriptors:
    """File descriptors that belong together.

    Each step is one call that C carries out: no interrupt comes between a descriptor's making and its being kept
    here, nor between its being taken out and its being closed.

    The program may close what it did not open, as a daemon does at its begin, and get the number for a file of its
    own. So each is known by its device and inode, and what has others is left alone.
    """

    def __init__(self) -> None:
        self._open: list[int | None] = [None]  # the `None` ends the taking out
        self._low: list[int | None] = [None]
        self._files: dict[int, tuple[int, int]] = {}

    def add(self, make: Callable[..., Iterable[int]], *arguments: Any) -> list[int]:
        """Keep all that a function returns, under higher numbers, and return these."""
        self._low.extend(chain.from_iterable(starmap(make, (arguments,))))
        return self._lifted()

    def add_one(self, make: Callable[..., int], *arguments: Any) -> int:
        """Keep the one that a function returns, under a higher number, and return this."""
        self._low.extend(starmap(make, (arguments,)))
        return self._lifted()[0]

    def holds(self, descriptor: int) -> bool:
        """Return whether a descriptor is here, and still stands for the file for which it was kept."""
        try:
            return _file(descriptor) == self._files[descriptor]
        except (OSError, KeyError):
            return False

    def close(self) -> None:
        """Close all that are still ours; again is harmless."""
        self._open[:] = [each for each in self._open if each not in self._files or self.holds(each)]
        for kept in self._low, self._open:
            _close(kept)
        self._files.clear()

    def _lifted(self) -> list[int]:
        """Give new descriptors higher numbers, and return these."""
        before = len(self._open)
        for each in self._low:
            if each is not None:
                self._lift(each)
        _close(self._low)
        lifted = [each for each in self._open[before:] if each is not None]
        self._files.update((each, _file(each)) for each in lifted)
        return lifted

    def _lift(self, descriptor: int) -> None:
        if fcntl is not None:
            for floor in _FLOORS:
                with suppress(OSError):  # so many may not be open here
                    self._open.extend(starmap(fcntl.fcntl, ((descriptor, fcntl.F_DUPFD_CLOEXEC, floor),)))
                    return
        self._open.extend(starmap(os.dup, ((descriptor,),)))


def _close(kept: list[int | None]) -> None:
    """Close all that a list holds; only its ``None`` stays, which an interrupt may have left out before."""
    if None not in kept:
        kept.insert(0, None)
    deque(map(os.close, iter(kept.pop, None)), maxlen=0)
    kept.append(None)


def _file(descriptor: int) -> tuple[int, int]:
    """Return by what a file is known."""
    found = os.fstat(descriptor)
    return found.st_dev, found.st_ino
