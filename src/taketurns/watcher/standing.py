"""What all threads, or some, hold and want at a moment: see `locks`.

Twice their frames are looked at. After the first time, in which only code and positions are taken, the source is read,
which takes longer, and lets go of the GIL. The second time, whoever stands where they stood is asked.
"""

import ast
import gc
import threading
from collections.abc import Callable, Iterable, Iterator
from time import perf_counter_ns as now
from types import CodeType, FrameType
from typing import Any, NamedTuple

from taketurns.naming import withs
from taketurns.naming.values import UnknownError, lying
from taketurns.watcher import locks, timeouts
from taketurns.watcher.locks import Named, Standing, numbered, of_kind
from taketurns.watcher.looks import Place
from taketurns.watcher.places import EDGES, full_name, place_in, stack_of, whose

__all__ = ["standings", "waits_below"]

Frames = Callable[[], dict[int, FrameType]]

#: What a function of the standard library waits for, which has it as ``self``; the first that fits.
_WAITS = {
    "threading.Thread.join": "thread",
    "threading._MainThread.join": "thread",
    "threading.Event.wait": "event",
    "threading.Barrier.wait": "barrier",
    "threading.Condition.wait": "condition",
    "threading.Condition.__enter__": "lock",
    "threading.Semaphore.acquire": "lock",
    "threading._RLock.acquire": "lock",
    "queue.Queue.": "queue",
    "concurrent.futures._base.Future.result": "future",
    "concurrent.futures._base.Future.exception": "future",
    "multiprocessing.synchronize.SemLock.__enter__": "lock",
    "multiprocessing.process.BaseProcess.join": "process",
}
#: Whose own locks are no matter of the learner's.
_INSIDE = ("threading.", "queue.", "concurrent.", "multiprocessing.", "asyncio.", "selectors.", "_weakrefset.")

_WORKER, _RUN = "concurrent.futures.thread._worker", "concurrent.futures.thread._WorkItem.run"

#: How the threads of a pool are called that somebody holds.
_OF_POOL = "a thread of its pool"


class _Plan(NamedTuple):
    """What to ask the frames of a stack: by their index, an expression that is held, and what is waited for.

    ``call`` is what the innermost has called, ``last`` the index of the learner's frame that waits.
    """

    held: list[tuple[int, withs.Taken]]
    waits: tuple[int, str] | None
    wanted: ast.expr | None
    call: ast.Call | None
    place: Place | None
    last: int


def standings(frames: Frames, threads: Iterable[int]) -> list[Standing]:
    """Return what threads, by their identifiers, hold and want. ``frames`` tells where each is."""
    found = frames()
    stacks = {one: stack_of(found[one]) for one in threads if one in found}
    found.clear()
    plans = {thread: _plan(stack) for thread, stack in stacks.items()}
    found, at = frames(), now()
    still = {thread: _frames(found[thread]) for thread in stacks if thread in found}
    found.clear()
    mine = threading.get_ident()
    still = {
        thread: stack
        for thread, stack in still.items()
        if thread == mine or [(frame.f_code, frame.f_lasti) for frame in stack] == stacks[thread]
    }
    pools = dict(_pools(still))
    result = []
    for thread, stack in still.items():
        if thread == mine:  # which looks: it has gone on since, but in here alone
            del stack[: len(stack) - len(stacks[thread])]
        result.append(_standing(at, thread, stack, plans[thread], pools))
    return result


def _frames(frame: FrameType | None) -> list[FrameType]:
    found = []
    while frame is not None:
        found.append(frame)
        frame = frame.f_back if frame.f_code.co_qualname not in EDGES else None
    return found


def _plan(stack: list[Place]) -> _Plan:
    held = []
    for index in reversed(range(len(stack))):
        code, instruction = stack[index]
        if whose(code.co_filename) != "ours" and not full_name(code).startswith(_INSIDE):
            held += [(index, taken) for taken in withs.held(code, instruction)]
    place, _ = place_in(stack)
    last = stack.index(place) if place is not None else len(stack)
    names = ((index, waits_below(stack[index][0])) for index in reversed(range(last)))
    waits = next(((index, kind) for index, kind in names if kind), None)
    wanted, call = (withs.wanted(*stack[0]), withs.called(*stack[0])) if stack else (None, None)
    return _Plan(held, waits, wanted, call, place, last)


def waits_below(code: CodeType) -> str:
    """Return what a function of the standard library waits for that it has as ``self``; empty where it does not."""
    name = full_name(code)
    return next((kind for begin, kind in _WAITS.items() if name.startswith(begin)), "")


def _pools(stacks: dict[int, list[FrameType]]) -> Iterator[tuple[int, Any]]:
    """Yield the queues of the pools that threads work for, by their identities."""
    for stack in stacks.values():
        for frame in stack:
            if full_name(frame.f_code) == _WORKER and (queue := locks.variable(frame, "work_queue")) is not None:
                yield id(queue), queue


def _standing(at: int, thread: int, stack: list[FrameType], plan: _Plan, pools: dict[int, Any]) -> Standing:
    wants = tuple(_wants(stack, plan, pools))
    waits_in = locks.variable(stack[plan.waits[0]], "self") if plan.waits and plan.waits[1] == "condition" else None
    given_back = locks.resource_of(waits_in)
    holds = [Named(numbered("thread", thread), "")]
    holds += [each for each in _holds(thread, stack, plan, wants) if each.what != given_back]
    has_timeout = timeouts.has_timeout(stack[: plan.last + 1], plan.call)
    return Standing(at, thread, wants, tuple(dict.fromkeys(holds)), plan.place, has_timeout)


def _holds(thread: int, stack: list[FrameType], plan: _Plan, wants: Iterable[Named]) -> Iterator[Named]:
    for index, taken in plan.held:
        thing, text = locks.found(stack[index], taken.node)
        what = locks.resource_of(thing)
        if what is None or (not taken.is_given_back and locks.may_be_a_signal(what, wants)):
            continue
        if locks.owner_of(thing) in (None, thread):
            yield Named(what, text)
    for frame in stack:
        match full_name(frame.f_code):
            case name if name == _WORKER and (queue := locks.variable(frame, "work_queue")) is not None:
                yield Named(of_kind("pool", queue), _OF_POOL)
            case name if name == _RUN and (future := _lying(locks.variable(frame, "self"), "future")) is not None:
                yield Named(of_kind("future", future), "")


def _wants(stack: list[FrameType], plan: _Plan, pools: dict[int, Any]) -> Iterator[Named]:
    text = ""
    if plan.wanted is not None:
        thing, text = locks.found(stack[0], plan.wanted)
        what = locks.resource_of(thing)
        if plan.waits is None and what is not None:
            yield Named(what, text, locks.owner_of(thing) or 0)
    if plan.waits is None:
        return
    index, kind = plan.waits
    thing = locks.variable(stack[index], "self")
    node = withs.wanted(*plan.place) if plan.place is not None else None
    learners = next((frame for frame in stack if (frame.f_code, frame.f_lasti) == plan.place), None)
    text = locks.found(learners, node)[1] if learners is not None else ""
    if kind == "lock":
        if (what := locks.resource_of(thing)) is not None:
            yield Named(what, text, locks.owner_of(thing) or 0)
    elif kind == "thread":
        yield Named(numbered("thread", _lying(thing, "_ident") or 0), text)
    elif kind == "process":
        yield Named(("process", _lying(_lying(thing, "_popen"), "pid") or 0), text)
    elif kind == "future" and _lying(thing, "_state") == "PENDING":
        queue = next((queue for queue in pools.values() if _is_in(thing, queue)), None)
        yield Named(of_kind("future", thing) if queue is None else of_kind("pool", queue), text)
    elif thing is not None:
        yield Named(of_kind(kind, thing), text)


def _lying(thing: Any, name: str) -> Any:
    try:
        return lying(thing, name)
    except UnknownError:
        return None


def _is_in(future: Any, queue: Any) -> bool:
    """Return whether the call of a future stands in the queue of a pool."""
    inside = gc.get_referents(queue)
    items = [each for one in inside for each in (one if type(one) is list else [one])]
    return any(_lying(item, "future") is future for item in items)
