"""Segments: a file that takes records, of which none is lost when the process dies that writes them.

It is mapped into memory, and what stands there the system keeps, however the process ends. A record is put there by
one call that C carries out: neither a signal nor another thread comes in between, and no thread gives up the GIL for
it.

A file grows by segments, whose room is taken by writing zeros: on a full disk that fails, where memory without a place
on the disk would kill the process that writes there. A segment begins with its length and why no other followed, and
holds records; each has its length and a checksum, by which one is told that was cut short.
"""

from __future__ import annotations

import errno
import json
import marshal
import mmap
import os
from binascii import crc32
from collections.abc import Callable, Iterator
from contextlib import suppress
from struct import Struct
from typing import Any, NoReturn

from taketurns import machine
from taketurns.recording.mapped import mapped
from taketurns.watcher.descriptors import Descriptors
from taketurns.watcher.originals import original

__all__ = ["Record", "Segments", "problem_in", "records_in"]

Record = tuple[Any, ...]  # of plain values: None, numbers, texts, bytes, and tuples and lists of them

#: The first segment has so many bytes, and each the double of the one before, up to the largest.
SMALLEST, LARGEST = 1 << 14, 1 << 18
#: A file has so many bytes at the most, which are more than a million events.
LIMIT = 1 << 26
#: So often a handler of a signal may come between two steps of growing.
TRIES = 16
#: On Windows, what is mapped or open cannot be removed.
MAPS = os.name == "posix"

_OPENS = os.O_RDWR | os.O_APPEND | getattr(os, "O_BINARY", 0)
#: Of marshal: every Python writes this one alike, and none is as quick.
_FORMAT = 2
_SEGMENT, _RECORD = Struct("<IB"), Struct("<II")
_PROBLEM = 4  #: where in a segment the number of the error stands for which no other followed

_pack = _RECORD.pack


class Segments:
    """Takes the records of one process, in a file that it makes."""

    def __init__(self, path: str) -> None:
        self.path = path
        self._held = Descriptors()
        self._file = -1
        self._growing = original("_thread", "RLock")()  # a signal's handler may come while it grows, and write too
        self._size, self._last, self._maps = SMALLEST, -1, MAPS
        self._put: Callable[[bytes], object] = _does_not_fit
        with suppress(OSError):  # its folder is gone
            self._open(os.O_CREAT)
            self._grow(b"")

    def write(self, record: Record) -> None:
        """Write a record; nothing where there is no room, or nobody to read it."""
        try:
            data = marshal.dumps(record, _FORMAT)
        except ValueError:  # there is a subclass of a plain value in it
            data = marshal.dumps(json.loads(json.dumps(record)), _FORMAT)
        framed = _pack(len(data), crc32(data)) + data
        try:
            self._put(framed)
        except ValueError:  # it does not fit into this segment
            self._grow(framed)

    @property
    def is_gone(self) -> bool:
        """Whether the file has been removed."""
        is_held = self._held.holds(self._file)
        return os.fstat(self._file).st_nlink == 0 if is_held else not os.path.exists(self.path)

    def close(self) -> None:
        """Let go of the file; who writes once more begins a segment."""
        self._put = _does_not_fit
        self._held.close()

    def forget(self) -> None:
        """Let go of it for good, in a forked child: it is the parent's."""
        self.close()
        self._put = _nowhere

    def _grow(self, framed: bytes) -> None:
        """Put a record into another segment."""
        with self._growing:
            try:
                self._put(framed)  # another thread has made one
            except ValueError:
                try:
                    self._begin(framed)
                except OSError as problem:
                    self._end(problem)

    def _begin(self, framed: bytes) -> None:
        """Begin a segment with a record."""
        if not self._held.holds(self._file):  # the program closed files that it had not opened
            self._open()
        needed = _SEGMENT.size + len(framed)
        size = max(self._size, needed)
        if not (self._maps and self._begin_mapped(framed, size)):
            self._add(_SEGMENT.pack(needed, 0) + framed)
        if not MAPS:
            self._held.close()

    def _begin_mapped(self, framed: bytes, size: int) -> bool:
        """Do so in memory; return whether that went."""
        begin = self._add(_SEGMENT.pack(size, 0).ljust(size, b"\0"))
        try:
            memory = mapped(self._file, begin, size)
        except (OSError, ImportError):  # there is not enough, or the file is one that cannot be mapped
            self._maps = False
            return False
        memory.seek(_SEGMENT.size, os.SEEK_CUR)
        memory.write(framed)
        if self._put is not _nowhere:  # nobody forked meanwhile, in the handler of a signal
            self._put = memory.write if machine.gil() else self._one_by_one(memory)
        self._size = min(2 * self._size, LARGEST)
        return True

    def _add(self, data: bytes) -> int:
        """Add a segment to the file; return where it begins."""
        for _ in range(TRIES):
            begin = os.fstat(self._file).st_size
            if begin + len(data) > LIMIT:
                raise OSError(errno.EFBIG, os.strerror(errno.EFBIG))
            if (done := os.write(self._file, data)) < len(data):
                os.write(self._file, data[done:])  # it says why
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            if os.fstat(self._file).st_size == begin + len(data):  # no handler of a signal added one meanwhile
                self._last = begin
                return begin
        raise OSError(errno.EIO, os.strerror(errno.EIO))

    def _end(self, problem: OSError) -> None:
        """Write no more, and leave word why."""
        is_told, self._put = self._put is _nowhere or self._last < 0, _nowhere
        if is_told:
            return
        with suppress(OSError), open(self.path, "r+b") as file:
            file.seek(self._last + _PROBLEM)
            file.write(bytes([problem.errno or errno.EIO]))

    def _one_by_one(self, memory: mmap.mmap) -> Callable[[bytes], object]:
        """Return what writes into memory where there is no GIL to keep threads apart."""
        lock = self._growing

        def put(framed: bytes) -> None:
            with lock:
                memory.write(framed)

        return put

    def _open(self, more: int = 0) -> None:
        self._held.close()
        if self._put is _nowhere:
            raise OSError(errno.EBADF, os.strerror(errno.EBADF))
        self._file = self._held.add_one(os.open, self.path, _OPENS | more, 0o600)


def _does_not_fit(framed: bytes) -> NoReturn:
    raise ValueError


def _nowhere(framed: bytes) -> None:
    """Take a record, and write it nowhere."""


# What was written


def records_in(data: bytes) -> Iterator[Record]:
    """Yield the records of a file that are whole."""
    unpack, loads, size = _RECORD.unpack_from, marshal.loads, _RECORD.size
    for begin, end, _ in _segments(data):
        at = begin + _SEGMENT.size
        while at + size <= end:
            length, check = unpack(data, at)
            at += size + length
            record = data[at - length : at]
            if not length or at > end or crc32(record) != check:
                break
            yield loads(record)


def problem_in(data: bytes) -> str:
    """Return for which error no more was written, in the system's words; empty where there was none."""
    problems = [problem for _, _, problem in _segments(data) if problem]
    if not data:
        problems.append(errno.ENOSPC)
    return os.strerror(problems[0]) if problems else ""


def _segments(data: bytes) -> Iterator[tuple[int, int, int]]:
    """Yield where each segment begins and ends, and the number of the error for which no other followed."""
    at = 0
    while at + _SEGMENT.size <= len(data):
        size, problem = _SEGMENT.unpack_from(data, at)
        if size < _SEGMENT.size:
            return
        yield at, min(at + size, len(data)), problem
        at += size
