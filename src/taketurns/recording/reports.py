"""What the children of a recording have reported: the lines of their journals, put together."""

from __future__ import annotations

from collections import defaultdict
from typing import Any, NamedTuple

from taketurns.recording import children, journals
from taketurns.recording.rows import Key, Row, Thread, Times
from taketurns.trace.spans import State, Where
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
    `Log`.
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
        self._homes: dict[int, str] = {}  # the names that processes were given
        for process, (word, *line) in journals.lines(children.folder().path, recording):
            if take := getattr(self, f"_{word}", None):
                take(process, *line)

    def _watched(self, process: int) -> None:
        self.watched.add(process)

    def _process(self, process: int, name: str) -> None:
        self._homes[process] = name

    def _thread(self, process: int, native: int, thread: str, name: str) -> None:
        carrier = Thread(process, thread, name, self._homes.get(process, ""))
        self.carriers[native], self.natives[carrier] = carrier, native

    def _task(self, process: int, number: int, on_loop: bool, implied: bool, parent: list[int] | None) -> None:
        if parent is not None:
            self.parents[process, number] = parent[0], parent[1]
        self.on_loop |= {(process, number)} if on_loop else set()
        self.implied |= {(process, number)} if implied else set()

    def _event(self, process: int, at: int, native: int, number: int, name: str, *rest: Any) -> None:
        state, reason, place, waker, *off = rest
        waker = (process, waker) if waker is not None else None
        where = Where(*place) if place is not None else None
        carrier = self.carriers.get(native) or Thread(process, str(native))
        state = State(state) if state is not None else None
        self.rows.append(
            Row(at, (process, number), name, state, reason, carrier, where, 0, off[0] if off else None, waker)
        )

    def _stand(
        self, process: int, native: int, at: int, wants: list[Any], holds: list[Any], where: Any, has_timeout: bool
    ) -> None:
        place = Where(*where) if where is not None else None
        self.stands[native] = Stand(at, _named(wants), _named(holds), place, has_timeout)

    def _wait(self, process: int, at: int, native: int, where: list[Any] | None, kind: str, file: str) -> None:
        place = Where(*where) if where is not None else None
        self.namings.append(Naming(at, native, place, kind, file))

    def _computed(self, process: int, native: int, at: int, until: int) -> None:
        if native in self.carriers:
            self.computed[self.carriers[native]].append((at, until))


def _named(resources: list[Any]) -> tuple[Named, ...]:
    return tuple(Named(tuple(what), text, owner) for what, text, owner in resources)
