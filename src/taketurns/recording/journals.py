"""Journals: what a child process writes down of its tasks, record by record, and how that is read.

A process writes one file, in the folder of the recording in which it takes part. Every record is there when it is
written, so one that dies loses nothing (segments.py). A record is a tuple of plain values: a word that says what it
tells, and that; or, of an event, the bare values, of which the first is its time. Names of tasks and places in the code
are written once, and from then on a number stands for them.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from itertools import count
from time import perf_counter_ns as now
from types import CodeType

from taketurns.naming.places import where
from taketurns.recording.segments import Record, Segments, problem_in, records_in
from taketurns.watcher.locks import Standing
from taketurns.watcher.states import Naming

__all__ = ["END", "Journal", "read"]

END = ".journal"
#: A recording is taken to be on for so long after it was seen to be.
GOOD_NS = 2_000_000


class Journal:
    """Takes the records of one process."""

    def __init__(self, folder: str, recording: str, process: str) -> None:
        # One file each time that it takes part: an exec keeps the number of the process.
        self.path = os.path.join(folder, f"{recording}-{process}-{now():020}{END}")
        self._segments = Segments(self.path)
        self._good_until = 0  # when it is to be looked at again, in ns
        self._places: dict[tuple[int, int], tuple[int, CodeType]] = {}  # by the id of a code, which is kept here
        self._numbers = count()
        #: Writes a record; nothing where the recording has ended.
        self.write = self._segments.write
        self.close, self.forget = self._segments.close, self._segments.forget

    def number_of(self, code: CodeType, instruction: int) -> int:
        """Return the number of a place in the code, which is written down."""
        key = id(code), instruction
        if (found := self._places.get(key)) is None:
            number, place = next(self._numbers), where(code, instruction)
            self.write(("place", number, place and tuple(place)))
            found = self._places[key] = number, code
        return found[0]

    def note(self, naming: Naming) -> None:
        """Write down where a thread waited."""
        at, thread, place, kind, file = naming
        self.write(("wait", at, thread, place and self.number_of(*place), kind, file))

    def stand(self, native: int, standing: Standing) -> None:
        """Write down what a thread holds and wants that has waited for long."""
        at, _, wants, holds, place, has_timeout = standing
        self.write(("stand", native, at, wants, holds, place and self.number_of(*place), has_timeout))

    @property
    def is_over(self) -> bool:
        """Whether the recording has ended: nobody will read what is written here. It is asked for often."""
        if now() < self._good_until:
            return False
        is_over = self._segments.is_gone
        self._good_until = 0 if is_over else now() + GOOD_NS
        return is_over


def read(folder: str, recording: str) -> Iterator[tuple[int, str, Iterator[Record]]]:
    """Yield the journals of a recording: of which process, why no more was written, and the records."""
    try:
        names = sorted(os.listdir(folder))
    except OSError:
        return
    for name in names:
        if name.startswith(f"{recording}-") and name.endswith(END):
            with open(os.path.join(folder, name), "rb") as file:
                data = file.read()
            yield int(name.split("-")[-2]), problem_in(data), records_in(data)
