"""Interleaving: threads take their turns in an order that is written down."""

import math
import threading
import time
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager

from taketurns.recording.marks import waiting

__all__ = ["Interleaving"]


class Interleaving:
    """An order for the steps of several threads: ``Interleaving("A reads", "B reads", "A writes")``.

    Each step is a ``with script.turn("A reads"):`` block in the thread's own code. It waits until the script has come
    to it, runs alone, and hands over; an exception in it hands over too. A name that the script holds twice is two
    turns. One object is for one run.

    Nothing hangs: when for ``patience`` seconds nobody comes to a turn and none ends, the script goes on without the
    turn it stands at. Who comes late to a turn takes it at once. ``TypeError`` for a turn that is no text,
    ``ValueError`` for a patience that is no number of seconds above 0.
    """

    def __init__(self, *turns: str, patience: float = 2.0) -> None:
        for turn in turns:
            if not isinstance(turn, str):
                raise TypeError(f'Interleaving() takes names, such as "A reads", "B reads"; it was given {turn!r}')
        if not isinstance(patience, int | float) or not 0 < patience < math.inf:
            raise ValueError(f"patience is a number of seconds above 0, such as 0.5; it was given {patience!r}")
        self.turns = turns
        self.patience = patience
        self._changed = threading.Condition()  # guards all below
        self._free: dict[str, deque[int]] = {}  # by name: the places that nobody has come to
        for place, turn in enumerate(turns):
            self._free.setdefault(turn, deque()).append(place)
        self._next = 0  # the place that the script stands at
        self._kept: set[int] = set()  # the places whose turn was taken and over before the script went on
        self._until = 0.0  # when it goes on without the turn it stands at

    def __repr__(self) -> str:
        return f"<Interleaving: {' → '.join(self.turns)}>"

    @property
    def skipped(self) -> tuple[str, ...]:
        """The turns that were not taken in their place, in the order of the script; to be read when the run is over."""
        with self._changed:
            return tuple(turn for place, turn in enumerate(self.turns) if place not in self._kept)

    @contextmanager
    def turn(self, name: str) -> Iterator[None]:
        """Wait for the turn of that name, with the reason ``"the script"``, run the block, and hand over.

        ``ValueError`` where the script has no such turn, or it has been taken before.
        """
        with self._changed:
            place = self._come(name)
            if self._next < place:
                with waiting("the script"):
                    while self._next < place:
                        if (left := self._until - time.monotonic()) > 0:
                            self._changed.wait(left)
                        else:
                            self._go_on()
        try:
            yield
        finally:
            with self._changed:
                if self._next == place:
                    self._kept.add(place)
                    self._go_on()

    def _come(self, name: str) -> int:
        """Return the first place of that name that nobody has come to."""
        if name not in self._free:
            raise ValueError(f"this script has no turn {name!r}; its turns are {', '.join(map(repr, self.turns))}")
        if not self._free[name]:
            raise ValueError(f"the turn {name!r} has been taken; for another run, make a new Interleaving")
        self._until = time.monotonic() + self.patience
        return self._free[name].popleft()

    def _go_on(self) -> None:
        """Come to the next turn."""
        self._next += 1
        self._until = time.monotonic() + self.patience
        self._changed.notify_all()
