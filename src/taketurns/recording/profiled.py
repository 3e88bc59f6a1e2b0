"""Before Python 3.12, a thread's profile function tells of calls, where nobody else has set one."""

from __future__ import annotations

import sys
from inspect import CO_OPTIMIZED
from opcode import opmap
from types import FrameType
from typing import Any

from taketurns.recording.calls import COST_TOO_MUCH, Calls
from taketurns.recording.endings import RAISED, RETURNED, UNKNOWN
from taketurns.recording.quiet import Lookout
from taketurns.recording.recorder import Recorder
from taketurns.watcher.originals import get_ident

__all__ = ["Profiled"]

OTHER_PROFILER = "another profiler is at work"

#: What an event costs (ns), and which share of the time the slowness of all other code does: it is 0.4, of which half
#: counts, so that the limit is the tenth that we promise, as this is no estimate.
PROFILE_NS, SLOWED = 450, 0.2
#: The references to the copy of a frame's variables while we look at it, where the learner has none.
HELD_BY_FRAME = 3

#: The files of those who tell calls apart.
OURS = {Calls.begin.__code__.co_filename, (lambda: None).__code__.co_filename}


class Profiled(Calls):
    """Hears of calls by the profile function of the thread that records, which is all that there is before 3.12.

    While there is one, Python runs all code slowly, so it is taken off inside of a call where that is safe, and where
    to hear of everything costs too much. The death of the call's frame then tells of the end.
    """

    def __init__(self, mine: Recorder) -> None:
        super().__init__(mine)
        self.callback = self._heard
        self.called_at = 0, 0  # the frame that makes the call that is on, by its identity, and its instruction
        self.lookout = Lookout(self, PROFILE_NS)

    def hear(self) -> str:
        """Begin to hear of calls; return why that cannot be, if it cannot."""
        if sys.getprofile() is not None:
            return OTHER_PROFILER
        self.wake()
        self.lookout.start()
        return ""

    def stop(self) -> None:
        """Hear of no more calls, and keep nothing. This can be done again."""
        self.lookout.stop()
        if get_ident() == self.thread and sys.getprofile() is self.callback:
            sys.setprofile(None)
        super().stop()

    def wake(self) -> None:
        """Hear of everything."""
        if sys.getprofile() is None:
            sys.setprofile(self.callback)
            self.lookout.wake()
        elif sys.getprofile() is not self.callback:  # which it is after an interrupt
            self.give_up(OTHER_PROFILER)

    def cover(self) -> bool:
        """Hear of nothing for a while: all would be slow, and the lookout would take the GIL now and then."""
        if self.rests or not self.is_on or sys.getprofile() is not self.callback:
            return False
        self.rests = True
        sys.setprofile(None)
        return True

    def uncover(self) -> None:
        """Hear of everything again."""
        self.rests = False
        if self.is_on:
            self.wake()

    def heard_nothing(self, frame: FrameType, duration: int) -> None:
        """Take the profile function off where it cost too much that all code was slow for so long (CPU time in ns)."""
        if not self.is_on or self.rests or _is_at_work(frame):
            return
        self.spent += int(SLOWED * duration)
        if not self.costs_too_much():
            return
        self._forget(frame)
        if self.open:
            self._rest(frame)
        else:
            self.give_up(COST_TOO_MUCH)

    def _heard(self, frame: FrameType, event: str, value: object) -> Forget | None:
        if not self.is_on:  # another thread has ended the recording
            sys.setprofile(None)
            return None
        self.spent += PROFILE_NS
        if self.raised and (error := sys.exc_info()[1]) is not None:
            self.met(error)
        if not self.open:
            if event == "call" and self.is_known(frame) and self.is_own(frame):
                self.begin(frame)
                self.called_at = _place(frame.f_back)
                if self.open and self._dies_at_its_end(frame):
                    self._rest(frame)
            elif self.spent > self.allowed and self.costs_too_much():
                self.give_up(COST_TOO_MUCH)
        elif event == "return" and id(frame) == self.open:
            returned = value is not None or frame.f_code.co_code[frame.f_lasti] == opmap["RETURN_VALUE"]
            self.end(RETURNED if returned else RAISED)
            self.raised = 0 if returned else id(frame)
        elif self.spent > self.allowed and self.costs_too_much():
            self._rest(frame)
        return Forget(frame.f_locals) if self.rests and frame.f_code.co_flags & CO_OPTIMIZED else None

    def how_it_died(self) -> str:
        """Return how the call ended whose frame dies at this moment.

        A frame that returns dies while its caller stands at the call. One that an exception ends dies with that, in
        most cases: nobody can tell from what else still held it.
        """
        return RETURNED if _place(sys._getframe(3)) == self.called_at else UNKNOWN

    def _rest(self, frame: FrameType) -> None:
        if self.bid_farewell(frame):
            self.rests = True
            sys.setprofile(None)

    def _forget(self, frame: FrameType) -> None:
        """Let go of what the copies of variables hold that were made for the profile function, up to the block's."""
        if sys.gettrace() is not None:  # in a tracer, variables are made anew of their copy
            return
        of_block = False
        called: FrameType | None = frame
        while called is not None and not of_block:
            if called.f_code.co_flags & CO_OPTIMIZED:
                copy = called.f_locals
                if sys.getrefcount(copy) <= HELD_BY_FRAME:
                    copy.clear()
            of_block = self.is_of_block(called)
            called = called.f_back

    def _dies_at_its_end(self, frame: FrameType) -> bool:
        """Return whether no exception can keep the frame of a call: neither it nor the block has an ``except``."""
        kept: FrameType | None = frame
        while kept is not None and not self.may_keep(kept.f_code):
            kept = kept.f_back
            if kept is not None and self.is_of_block(kept):
                return not self.may_keep(kept.f_code)
        return False


def _place(frame: FrameType | None) -> tuple[int, int]:
    return (id(frame), frame.f_lasti) if frame is not None else (0, 0)


class Forget:
    """What a profile function returns where it is the last that it hears of a function's frame.

    Python makes a dictionary of a frame's variables for a profile function, makes them anew of it, and keeps it: what
    they hold would live until the frame ends. In between it lets go of what was returned.
    """

    def __init__(self, variables: dict[str, Any]) -> None:
        self.variables = variables

    def __del__(self) -> None:
        self.variables.clear()


def _is_at_work(frame: FrameType) -> bool:
    """Return whether a frame, or one that called it, is of those who tell calls apart: they are not to be disturbed."""
    caller: FrameType | None = frame
    while caller is not None:
        if caller.f_code.co_filename in OURS:
            return True
        caller = caller.f_back
    return False
