"""While a recording is on, the calls that its block makes itself are tasks (calls.py), in the thread that records.

From Python 3.12 on `sys.monitoring` tells of calls, and nobody else notices. Before, the thread's profile function
does (profiled.py).
"""

from __future__ import annotations

import os
import sys
from types import CodeType
from typing import Any

from taketurns.recording.calls import COST_TOO_MUCH, Calls
from taketurns.recording.endings import RAISED, RETURNED
from taketurns.recording.profiled import Profiled
from taketurns.recording.recorder import Recorder
from taketurns.watcher.originals import get_ident

__all__ = ["Monitored", "in_cell", "install", "remove"]

NO_TOOL = "all tools of sys.monitoring are taken"

#: What an event costs (ns). Where nested calls cost too much, it rests; to rest and to wake costs, too.
EVENT_NS, REST_NS = 350, 8_000
#: To hear of what IPython does for a statement costs up to 25,000 ns before 3.12. So much nobody feels.
CELL_NS = 2_000_000

monitoring: Any = getattr(sys, "monitoring", None)
TOOL_NAME = "taketurns: calls"
#: The free ones first; the others are meant for debuggers, coverage, profilers and optimizers.
TOOLS = (4, 3, 5, 2, 1, 0)


class Monitored(Calls):
    """Hears of calls by `sys.monitoring`: of the learner's functions each begin, and the end of the call that is on.

    Where the begins of nested calls have cost as much as it costs to rest, it rests until the call is over; so does it
    where ends have, as in recursion: the frame's death then tells of the end. Of other code it hears once.
    """

    def __init__(self, mine: Recorder) -> None:
        super().__init__(mine)
        self.tool: int | None = None
        self.called: CodeType | None = None  # the code that sends its ends
        self.enough = 0  # inside of the call that is on it rests when so much is spent
        self.callbacks = self._started, self._returned, self._unwound

    def hear(self) -> str:
        """Begin to hear of calls; return why that cannot be, if it cannot."""
        self.tool = _take_tool()
        if self.tool is None:
            return NO_TOOL
        for event, callback in zip(_events(), self.callbacks, strict=True):
            monitoring.register_callback(self.tool, event, callback)
        monitoring.restart_events()  # an earlier recording has heard enough of some code
        self.wake()
        return ""

    def stop(self) -> None:
        """Hear of no more calls, and keep nothing. This can be done again."""
        self._hear_ends(None)
        _give_tool_back()
        super().stop()

    def wake(self) -> None:
        """Hear of all begins, as at first."""
        start, _, unwind = _events()
        monitoring.set_events(self.tool, start | unwind)

    def end(self, how: str = RETURNED) -> None:
        """End the task of the call that is on."""
        super().end(how)
        self._hear_ends(None)

    def _hear_ends(self, code: CodeType | None) -> None:
        """Hear of the ends of this code alone."""
        called, self.called = self.called, code
        if called is not None and called is not code:
            monitoring.set_local_events(self.tool, called, 0)
        if code is not None:
            monitoring.set_local_events(self.tool, code, monitoring.events.PY_RETURN)

    def _started(self, code: CodeType, offset: int) -> Any:
        if id(code) not in self.known and not self.is_known(sys._getframe(1)):
            return monitoring.DISABLE
        self.spent += EVENT_NS
        if not self.open and get_ident() == self.thread and self.is_own(frame := sys._getframe(1)):
            self.begin(frame)
            if self.open:
                self._hear_ends(code)
                self.enough = self.spent + REST_NS
        elif self.open and get_ident() == self.thread:
            if self.spent > self.enough:
                self._rest(monitoring.events.PY_UNWIND)
        elif self.spent > self.allowed and self.costs_too_much():
            return monitoring.DISABLE
        return None

    def _returned(self, code: CodeType, offset: int, value: object) -> None:
        if id(sys._getframe(1)) == self.open:
            self.end()
            return
        self.spent += EVENT_NS
        if self.spent <= self.enough or (self.may_keep(code) and not self.costs_too_much()):
            return
        if self.bid_farewell(sys._getframe(1)):
            self._rest(monitoring.events.PY_UNWIND)
            self._hear_ends(None)
            self.unheard = RETURNED

    def _unwound(self, code: CodeType, offset: int, error: BaseException) -> None:
        if id(sys._getframe(1)) == self.open:
            self.end(self.mine.ended_by(error))
            return
        self.spent += EVENT_NS
        if self.spent > self.allowed and self.costs_too_much():
            if not self.open:
                self.give_up(COST_TOO_MUCH)
            elif self.bid_farewell(sys._getframe(1)):
                self._rest(0)
                self.unheard = RAISED

    def _rest(self, events: int) -> None:
        """Hear of these events alone until the call is over."""
        self.rests = True
        self.spent += REST_NS
        monitoring.set_events(self.tool, events)


def _events() -> tuple[int, int, int]:
    events = monitoring.events
    return events.PY_START, events.PY_RETURN, events.PY_UNWIND


def _take_tool() -> int | None:
    for tool in TOOLS:
        if monitoring.get_tool(tool) is None:
            monitoring.use_tool_id(tool, TOOL_NAME)
            return tool
    return None


def _give_tool_back() -> None:
    """Give back what was taken, also where an interrupt came before that was written down."""
    for tool in TOOLS:
        if monitoring.get_tool(tool) == TOOL_NAME:
            monitoring.set_events(tool, 0)
            for event in _events():
                monitoring.register_callback(tool, event, None)
            monitoring.free_tool_id(tool)


#: The calls of the recording that is on.
_installed: list[Calls] = []


def install(mine: Recorder) -> None:
    """Begin to tell the calls of a block apart."""
    calls = Profiled(mine) if monitoring is None else Monitored(mine)
    _installed.append(calls)
    mine.ears = calls
    if why := calls.hear():
        calls.give_up(why)


def in_cell() -> None:
    """Allow from now on for what IPython calls itself, around the statements of a cell and between them."""
    for calls in _installed:
        calls.allow(CELL_NS)


def remove(mine: Recorder) -> None:
    """Tell them apart no more. After an interrupt, this can be done once more."""
    if _installed and _installed[0].mine is mine:
        _installed[0].stop()
        _installed.clear()


def _after_fork() -> None:
    """Let a forked child alone: it does not go on with this recording."""
    for calls in _installed:
        calls.stop()
    _installed.clear()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)
