"""Which calls a block makes itself: each is a task, and its nested calls are part of it.

"Itself" is: the caller is a frame that was on the stack when the recording began, or a cell's own frame in IPython.
What stands between the two and is no function of the learner's is passed over: comprehensions, the standard library
(``singledispatch``) and installed packages (a decorator that tries again); but no event loop, whose callbacks nobody
calls, and nothing of ours.

To hear of calls costs. That is counted, and where it exceeds a share of the time it is given up: inside of a call
until that call ends, between calls for the rest of the block.
"""

import sys
import time
from collections.abc import Callable
from inspect import (
    CO_ASYNC_GENERATOR,
    CO_COROUTINE,
    CO_GENERATOR,
    CO_NEWLOCALS,
    CO_OPTIMIZED,
    CO_VARARGS,
    CO_VARKEYWORDS,
)
from opcode import opmap
from types import CodeType, FrameType, TracebackType

from taketurns.naming.names import code_name
from taketurns.recording.current import current_worker
from taketurns.recording.decorator import is_recorded
from taketurns.recording.endings import RETURNED, UNKNOWN
from taketurns.recording.recorder import Recorder
from taketurns.recording.worker import Outer, Worker
from taketurns.trace.frames import is_learners_own, module_of
from taketurns.watcher.originals import get_ident

__all__ = ["COST_TOO_MUCH", "Calls", "arguments_of", "is_function"]

#: So much may be spent, and this share of the time since the block began. The limit that we promise is a tenth.
FREE_NS, SHARE = 250_000, 0.05
#: What it costs to begin and end the task of a call, with its name.
CALL_NS = 7_000

COST_TOO_MUCH = "to tell them apart would have cost too much"

LATE = "another thread held the frame of a call, so its end was not seen in time"

LOST = "a call that the block made itself, and all after it, are one lane: an exception that is kept hid its end"

#: Python 3.12 keeps a copy of a frame's variables once somebody has asked for them, and so what they hold. Before, a
#: profile function has one made in any case, which must be left as it is; later, nothing is kept.
IS_COPY_HELD = sys.version_info[:2] == (3, 12)

#: Packages whose callbacks nobody calls, and we.
OTHERS_CALL = {"asyncio", "trio", "anyio", "uvloop", "gevent", "taketurns"}

COMPREHENSIONS = {"<genexpr>", "<listcomp>", "<setcomp>", "<dictcomp>"}


class Calls:
    """The calls of one block: the one that is on, and what it has cost to know. Its two subclasses hear of them."""

    def __init__(self, mine: Recorder) -> None:
        self.mine = mine
        self.thread = get_ident()
        self.block = _stack()
        self.is_on = True
        self.rests = False  # inside of a call, where to hear of more would cost too much
        self.open = 0  # the identity of the frame of the call that is on; none is held, so that each dies in time
        self.carrier: tuple[Worker, Outer] | None = None  # who carries that call, and what it did before
        self.number, self.code = 0, _stack.__code__  # of that call, or of the last one: its task, and what it runs
        self.raised = 0  # the identity of the frame of the last one, if it raised what is not known
        self.unheard = UNKNOWN  # how a call ended of which only its frame's death tells
        self.count = 0  # of calls that were told apart
        self.known: dict[int, CodeType] = {}  # learners' functions by identity, as the hash of code is slow
        self.keeping: dict[int, tuple[CodeType, bool]] = {}  # code by identity: may it keep an exception?
        self.since = time.perf_counter_ns()
        self.spent, self.free = 0, FREE_NS  # in ns
        self.allowed = self.free

    def hear(self) -> str:
        """Begin to hear of calls; return why that cannot be, if it cannot."""
        raise NotImplementedError

    def stop(self) -> None:
        """Hear of no more calls, and keep nothing. This can be done again."""
        if self.open and get_ident() != self.thread:
            self.mine.ends[self.number] = UNKNOWN
        elif self.open and _called(sys._getframe(), self.open) is None:
            self.mine.ends[self.number] = UNKNOWN
            self.mine.calls_merged = LOST  # its end was not seen
        self.is_on = False
        self.block, self.known, self.keeping = {}, {}, {}
        self.carrier, self.open, self.raised = None, 0, 0

    def wake(self) -> None:
        """Hear of everything, at first and again when a call is over inside of which that cost too much."""
        raise NotImplementedError

    def cover(self) -> bool:
        """Hear of nothing for a while, in which nobody else's code runs; return whether to `uncover` afterwards."""
        return False

    def uncover(self) -> None:
        """Hear of everything again."""

    def give_up(self, why: str) -> None:
        """Tell no more calls apart in this block."""
        after = f"after the first {self.count}, " if self.count else ""
        self.mine.calls_merged = f"{after}calls that the block makes itself are one lane: {why}"
        self.stop()

    def costs_too_much(self) -> bool:
        """Return whether more is spent than may be; asked often, so the clock is read only where that decides."""
        if self.spent > self.allowed:
            self.allowed = self.free + int(SHARE * (time.perf_counter_ns() - self.since))
        return self.spent > self.allowed

    def allow(self, free: int) -> None:
        """Let what comes from now on cost so much (ns), and its share of the time; what was spent does not count."""
        self.since = time.perf_counter_ns()
        self.allowed = self.free = self.spent + free

    def is_known(self, frame: FrameType) -> bool:
        """Return whether a frame runs a function of the learner's."""
        code = frame.f_code
        if id(code) in self.known:
            return True
        if not is_function(code) or not is_learners_own(frame) or _is_generated(frame):
            return False
        self.known[id(code)] = code
        return True

    def is_own(self, frame: FrameType) -> bool:
        """Return whether the block itself made the call that a frame runs."""
        caller = frame.f_back
        while caller is not None and not self.is_of_block(caller):
            if not _is_passed_over(caller):
                return False
            caller = caller.f_back
        return caller is not None

    def is_of_block(self, frame: FrameType) -> bool:
        """Return whether a frame is one from which the block makes its calls."""
        # A frame can come to have the identity of one that has ended, but hardly with the same code.
        return self.block.get(id(frame)) is frame.f_code or _is_cell(frame) or is_recorded(frame)

    def begin(self, frame: FrameType) -> None:
        """Begin the task of a call, unless that costs too much."""
        self.spent += CALL_NS
        if self.costs_too_much():
            self.give_up(COST_TOO_MUCH)
            return
        worker = current_worker()
        if worker is not None and worker.recorder is self.mine:
            name = code_name(frame.f_code, arguments_of(frame), arguments=self.mine.arguments)
            self.number, self.raised, self.unheard = worker.begin(name), 0, UNKNOWN
            self.mine.callers.add(self.number)
            self.carrier = worker, worker.enter(self.number)
            self.open, self.code = id(frame), frame.f_code
            self.count += 1

    def end(self, how: str = RETURNED) -> None:
        """End the task of the call that is on."""
        carrier, self.carrier, self.open = self.carrier, None, 0
        if carrier is not None:
            worker, outer = carrier
            worker.leave(outer, None, how)
        if self.rests:
            self.rests = False
            self.wake()

    def met(self, error: BaseException) -> None:
        """Learn what the last call raised from an error that came to the block, if that came through its frame."""
        traceback: TracebackType | None = error.__traceback__
        while traceback is not None:
            frame = traceback.tb_frame
            if frame.f_code is self.code and id(frame) == self.open:  # its end was not heard
                self.end(self.mine.ended_by(error))
            elif frame.f_code is self.code and id(frame) == self.raised:
                self.mine.ends[self.number], self.raised = self.mine.ended_by(error), 0
            traceback = traceback.tb_next

    def may_keep(self, code: CodeType) -> bool:
        """Return whether code has an ``except``: it may keep the exception, and that keeps the frame."""
        if id(code) not in self.keeping:
            operations = code.co_code[::2]
            handlers, of_with = (operations.count(opmap[name]) for name in ("PUSH_EXC_INFO", "WITH_EXCEPT_START"))
            self.keeping[id(code)] = code, handlers > of_with
        return self.keeping[id(code)][1]

    def bid_farewell(self, frame: FrameType) -> bool:
        """Arrange that the end of the call that is on is known when its frame dies; return whether that can be.

        The frame is that of a nested call. Where something is traced, frames' tracers are not ours to set.
        """
        called = _called(frame, self.open)
        if called is None or called.f_trace is not None or sys.gettrace() is not None:
            return False
        called.f_trace = Farewell(self._died, self.open)
        return True

    def how_it_died(self) -> str:
        """Return how the call ended whose frame dies at this moment."""
        return self.unheard

    def _died(self, frame: int) -> None:
        if not self.is_on or self.open != frame:
            return
        if get_ident() == self.thread:
            self.end(self.how_it_died())
        else:  # another thread had the frame in its hands when the call ended: one that took an exception, or looked on
            self.give_up(LATE)


class Farewell:
    """Stands where a frame keeps its tracer, which nobody calls while nothing is traced, and dies with the frame.

    So the end of a call is known, which costs nothing until then. It is known late where an exception keeps the frame.
    """

    def __init__(self, died: Callable[[int], None], frame: int) -> None:
        self.died = died
        self.frame = frame

    def __call__(self, *event: object) -> None:
        """Do nothing, where somebody begins to trace meanwhile."""

    def __del__(self) -> None:
        self.died(self.frame)


def is_function(code: CodeType) -> bool:
    """Return whether a call of this code runs it as a function; a generator or coroutine is only made by its call.

    Special methods are called by Python, but for ``__call__``.
    """
    flags, name = code.co_flags, code.co_name
    if (
        not flags & CO_NEWLOCALS
        or not flags & CO_OPTIMIZED
        or flags & (CO_GENERATOR | CO_COROUTINE | CO_ASYNC_GENERATOR)
    ):
        return False
    if name.startswith("<"):
        return name == "<lambda>"
    return name == "__call__" or not (name.startswith("__") and name.endswith("__"))


def _is_generated(frame: FrameType) -> bool:
    """Return whether a library wrote the code that a frame runs, as `namedtuple` does, into no module."""
    return frame.f_code.co_filename == "<string>" and module_of(frame) not in sys.modules


def _stack() -> dict[int, CodeType]:
    """Return the learner's frames on the stack by their identities, with their code."""
    found, frame = {}, sys._getframe().f_back
    while frame is not None:
        if is_learners_own(frame):
            found[id(frame)] = frame.f_code
        frame = frame.f_back
    return found


def _called(frame: FrameType, identity: int) -> FrameType | None:
    """Return the frame of this identity among a frame and those that called it."""
    called: FrameType | None = frame
    while called is not None and id(called) != identity:
        called = called.f_back
    return called


def _is_cell(frame: FrameType) -> bool:
    """Return whether a frame runs a statement of a cell: IPython runs them one by one, each in a frame of its own."""
    caller = frame.f_back
    return (
        caller is not None
        and caller.f_code.co_name == "run_code"
        and module_of(caller) == "IPython.core.interactiveshell"
    )


def _is_passed_over(frame: FrameType) -> bool:
    if frame.f_code.co_name in COMPREHENSIONS:
        return True
    return module_of(frame).partition(".")[0] not in OTHERS_CALL and not is_learners_own(frame)


def arguments_of(frame: FrameType, is_copy_held: bool = IS_COPY_HELD) -> dict[str, object]:
    """Return the arguments of a call that has just begun, by their parameters."""
    code = frame.f_code
    count = code.co_argcount + code.co_kwonlyargcount
    count += bool(code.co_flags & CO_VARARGS) + bool(code.co_flags & CO_VARKEYWORDS)
    if not count:
        return {}
    values = frame.f_locals
    arguments = {name: values[name] for name in code.co_varnames[:count] if name in values}
    if is_copy_held:
        values.clear()
    return arguments
