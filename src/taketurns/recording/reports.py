"""What the children of a recording have reported: the records of their journals, put together."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from typing import Any, NamedTuple

from taketurns.recording import children, journals
from taketurns.recording.rows import STATES, Key, Row, Thread, Times, row_of
from taketurns.recording.segments import Record
from taketurns.trace.spans import Where
from taketurns.watcher.locks import Named
from taketurns.watcher.states import Naming

__all__ = ["Reports", "Stand"]


class Stand(NamedTuple):
    """What a thread held and wanted, and where, at a moment in ns."""

    at: int
    wants: tuple[Named, ...]
    holds: tuple[Named, ...]
    where: Where | None
    has_timeout: bool = False


class Reports:
    """All that the children have written down until now.

    ``carriers`` are their threads by native number, and ``natives`` the other way round; ``watched`` the processes at
    which a watcher looks; ``computed`` when `compute` marked the clock; ``on_loop`` and ``implied`` are tasks, as in
    `Log`; ``unseen`` says in sentences why a journal is not whole.
    """

    def __init__(self, recording: str) -> None:
        self.rows: list[Row] = []
        self.carriers: dict[int, Thread] = {}
        self.natives: dict[Thread, int] = {}
        self.watched: set[int] = set()
        self.computed: defaultdict[Thread, list[Times]] = defaultdict(list)
        self.on_loop: set[Key] = set()
        self.implied: set[Key] = set()
        self.parents: dict[Key, Key] = {}  # who started whom
        self.stands: dict[int, Stand] = {}  # of threads that waited for long, by their native numbers
        self.namings: list[Naming] = []  # where their threads waited
        self.unseen: dict[str, str] = {}
        self._homes: dict[int, str] = {}  # the names that processes were given
        # Of the journal that is being read:
        self._tasks: dict[int, tuple[Key, str]] = {}  # what stands for a task, and its name
        self._places: dict[int | None, Where | None] = {}
        for process, problem, records in journals.read(children.folder().path, recording):
            self._tasks, self._places = {}, {}
            if problem:
                self.unseen[problem] = f"A child process could not write down all of it: {problem.lower()}."
            self._read(process, records)

    def _read(self, process: int, records: Iterator[Record]) -> None:
        tasks, carriers, places, append = self._tasks, self.carriers, self._places, self.rows.append
        for record in records:
            if type(record[0]) is not int:
                getattr(self, f"_{record[0]}", _unknown)(process, *record[1:])
                continue
            at, native, number, state, reason, place, waker, off, *about = record
            if about:
                self._learn((process, number), *about)
            key, name = tasks.get(number) or ((process, number), "")
            carrier = carriers.get(native) or Thread(process, str(native))
            waker = None if waker is None else (process, waker)
            row = at, key, name, STATES[state], reason, carrier, places.get(place), 0, off, waker
            append(row_of(row))

    def _learn(self, key: Key, name: str, on_loop: bool, implied: bool, parent: tuple[int, int] | None) -> None:
        self._tasks[key[1]] = key, name
        if parent is not None:
            self.parents[key] = parent
        if on_loop:
            self.on_loop.add(key)
        if implied:
            self.implied.add(key)

    def _watched(self, process: int) -> None:
        self.watched.add(process)

    def _process(self, process: int, name: str) -> None:
        self._homes[process] = name

    def _thread(self, process: int, native: int, thread: str, name: str) -> None:
        carrier = Thread(process, thread, name, self._homes.get(process, ""))
        self.carriers[native], self.natives[carrier] = carrier, native

    def _place(self, _: int, number: int, where: Any) -> None:
        self._places[number] = Where(*where) if where is not None else None

    def _stand(
        self, _: int, native: int, at: int, wants: Any, holds: Any, place: int | None, has_timeout: bool
    ) -> None:
        self.stands[native] = Stand(at, _named(wants), _named(holds), self._places.get(place), has_timeout)

    def _wait(self, _: int, at: int, native: int, place: int | None, kind: str, file: str) -> None:
        self.namings.append(Naming(at, native, self._places.get(place), kind, file))

    def _computed(self, _: int, native: int, at: int, until: int) -> None:
        if native in self.carriers:
            self.computed[self.carriers[native]].append((at, until))


def _unknown(*_: Any) -> None:
    """Pass over what another version has written."""


def _named(resources: Any) -> tuple[Named, ...]:
    return tuple(Named(tuple(what), text, owner) for what, text, owner in resources)
