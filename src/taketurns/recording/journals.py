"""Journals: what a child process writes down of its tasks, line by line, and how that is read.

A process writes one file, in the folder of the recording in which it takes part. Every line is there when it is
written, so one that dies loses nothing.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from contextlib import suppress
from time import perf_counter_ns as now
from typing import Any

from taketurns.naming.places import where
from taketurns.watcher.descriptors import Descriptors
from taketurns.watcher.locks import Standing
from taketurns.watcher.states import Naming

__all__ = ["END", "Journal", "lines"]

END = ".jsonl"
#: A recording is taken to be on for so long after it was seen to be.
GOOD_NS = 2_000_000
#: On Windows, what is open cannot be removed.
KEEPS_OPEN = os.name == "posix"


class Journal:
    """Takes the lines of one process: each is a list, of which the first element says what it tells."""

    def __init__(self, folder: str, recording: str, process: str) -> None:
        self.path = os.path.join(folder, f"{recording}-{process}{END}")
        self._held = Descriptors()
        self._file = -1
        self._good_until = 0  # when it is to be looked at again, in ns
        self._open()

    def write(self, *lines: tuple[Any, ...]) -> None:
        """Write lines, all at once; nothing where the recording has ended."""
        data = "".join([json.dumps(line) + "\n" for line in lines]).encode()
        with suppress(OSError):
            if not self._held.holds(self._file):  # the program closed files that it had not opened
                self._open()
            os.write(self._file, data)
            if not KEEPS_OPEN:
                self._held.close()

    def note(self, naming: Naming) -> None:
        """Write down where a thread waited."""
        at, thread, place, kind, file = naming
        self.write(("wait", at, thread, place and where(*place), kind, file))

    def stand(self, native: int, standing: Standing) -> None:
        """Write down what a thread holds and wants that has waited for long."""
        at, _, wants, holds, place, has_timeout = standing
        self.write(("stand", native, at, wants, holds, place and where(*place), has_timeout))

    @property
    def is_over(self) -> bool:
        """Whether the recording has ended: nobody will read what is written here. It is asked for often."""
        if now() < self._good_until:
            return False
        is_held = self._held.holds(self._file)
        is_over = os.fstat(self._file).st_nlink == 0 if is_held else not os.path.exists(self.path)
        self._good_until = 0 if is_over else now() + GOOD_NS
        return is_over

    def close(self) -> None:
        """Write no more; the lines stay."""
        self._held.close()

    def _open(self) -> None:
        self._held.close()
        with suppress(OSError):  # its folder is gone
            self._file = self._held.add_one(os.open, self.path, os.O_CREAT | os.O_APPEND | os.O_WRONLY, 0o600)


def lines(folder: str, recording: str) -> Iterator[tuple[int, list[Any]]]:
    """Yield the lines of all journals of a recording, each with its process.

    A child that was killed while it wrote leaves half a line, which is passed over.
    """
    try:
        names = sorted(os.listdir(folder))
    except OSError:
        return
    for name in names:
        if name.startswith(f"{recording}-") and name.endswith(END):
            process = int(name.removesuffix(END).rpartition("-")[2])
            with open(os.path.join(folder, name), encoding="utf-8") as file:
                for line in file:
                    with suppress(json.JSONDecodeError):
                        yield process, json.loads(line)
