"""hall(): an exhibition of chess played back as people would watch it."""

from __future__ import annotations

from base64 import b64encode
from html import escape
from itertools import count
from pathlib import Path
from typing import Any

import anywidget
from traitlets import Bool, Dict, Enum, Float, List, Unicode, validate

from taketurns.course.hall.games import games, position
from taketurns.course.hall.room import room, stands
from taketurns.course.hall.tables import STATES, Tables, clock, tables
from taketurns.trace.trace import Trace
from taketurns.widgets.still import Still

__all__ = ["Hall", "hall"]

HERE = Path(__file__).parent
MOST = 48
#: How many simulated seconds go by in one of the one who watches.
SPEEDS = (5, 20, 60, 300, 1800)
CARD = "display:flex;flex-wrap:wrap;box-sizing:border-box;max-width:100%;background:#fff;border-radius:6px"
STILL = "flex:1 1 340px;min-width:0;max-width:720px;box-sizing:border-box;background:#fff"
_number = count(1)


def hall(*traces: Trace) -> Hall:
    """Return a widget that plays traces back: a room for each, with a chessboard for each task, and the master in it.

    A RUNNING span is her thinking about a move, a WAITING one with the reason "timer" an opponent's, and READY is a
    board that has answered and waits for her. ``TypeError`` where there is no trace or something else is among them,
    ``ValueError`` where one has no tasks or more than 48.
    """
    if not traces:
        raise TypeError("hall() needs at least one trace to play back, as in hall(sequential, interleaved)")
    for trace in traces:
        if not isinstance(trace, Trace):
            raise TypeError(f"hall() plays back a Trace, as play() or record() gives it, not {trace!r:.60}")
        if not 0 < len(trace.tasks) <= MOST:
            raise ValueError(
                f"hall() has room for 1 to {MOST} boards; the trace {trace.label!r} has {len(trace.tasks)}"
            )
    return Hall(traces)


class Hall(Still, anywidget.AnyWidget):
    """Rooms in which the same time goes by."""

    _esm = "\n".join((HERE / name).read_text(encoding="utf-8") for name in ("room.js", "hall.js"))
    _css = HERE / "hall.css"

    time = Float(0.0, help="simulated seconds since the recording began").tag(sync=True)
    playing = Bool(False).tag(sync=True)
    speed = Enum(SPEEDS, 20).tag(sync=True)
    _plan = Dict().tag(sync=True)
    _pictures = List(Unicode()).tag(sync=True)

    def __init__(self, traces: tuple[Trace, ...]) -> None:
        self.traces = traces
        self.rooms: list[Tables] = [tables(trace) for trace in traces]
        self.end = max(room.end for room in self.rooms)
        number = next(_number)  # the same after every Restart & Run All
        drawn = {f"hall{number}-{place}-": shown for place, shown in enumerate(self.rooms)}
        rooms = [{**shown.plan, "prefix": ids, "stands": stands(len(shown.names))} for ids, shown in drawn.items()]
        played = [game._asdict() for game in games()]
        plan = {"rooms": rooms, "games": played, "states": STATES, "speeds": SPEEDS, "end": self.end}
        super().__init__(_pictures=[room(shown, 0.0, ids) for ids, shown in drawn.items()], _plan=plan)

    @validate("time")
    def _within(self, proposal: dict[str, Any]) -> float:
        """Return the time that was asked for, within the longest trace."""
        return min(max(0.0, float(proposal["value"])), self.end)

    def go(self, seconds: float) -> None:
        """Go to a time; before the begin and behind the end there is nothing."""
        self.time = seconds

    def position(self, trace: int, task: str) -> str:
        """Return how the pieces of a task's board stand now, in Forsyth-Edwards notation."""
        table = self._table(trace, task)
        return position(table, self.rooms[trace].made(table, self.time))

    def state(self, trace: int, task: str) -> str:
        """Return the word for what a task's board is in now, such as "your move"."""
        return STATES[self.rooms[trace].state(self._table(trace, task), self.time)]

    def _table(self, trace: int, task: str) -> int:
        self.traces[trace].lane(task)  # says so where there is no such task
        return self.rooms[trace].names.index(task)

    @property
    def still(self) -> str:
        """The rooms at this time."""
        return f'<div style="{CARD}">{"".join(_image(shown, self.time) for shown in self.rooms)}</div>'

    def __repr__(self) -> str:
        labels = ", ".join(repr(trace.label) for trace in self.traces)
        return f"<Hall {labels}: {clock(self.time)} of {clock(self.end)}>"


def _image(shown: Tables, time: float) -> str:
    """Return a room as an image: a notebook that is not trusted shows it too, and its ids are its own."""
    source = b64encode(room(shown, time).encode()).decode("ascii")
    return f'<img alt="{escape(shown.summary(time))}" style="{STILL}" src="data:image/svg+xml;base64,{source}">'
