"""What suspended tasks of asyncio hold and want, by the chains of coroutines that they stand in."""

from collections.abc import Iterable, Iterator
from types import AsyncGeneratorType, CoroutineType, FrameType, GeneratorType
from typing import Any

from taketurns.naming import withs
from taketurns.recording.awaits import Awaits
from taketurns.recording.waits import wrapped
from taketurns.trace.frames import is_learners
from taketurns.watcher import locks
from taketurns.watcher.locks import Named, Standing, numbered, of_kind
from taketurns.watcher.places import full_name

__all__ = ["LOOP", "chains"]

#: What a task holds that runs, and what all others on its event loop need to go on.
LOOP = "event loop"

#: What a coroutine of asyncio waits for, which has it under this name; the first that fits.
_WAITS = {
    "asyncio.locks.Lock.acquire": ("lock", "self"),
    "asyncio.locks.Semaphore.acquire": ("lock", "self"),
    "asyncio.locks.Condition.wait": ("condition", "self"),
    "asyncio.locks.Event.wait": ("event", "self"),
    "asyncio.locks.Barrier.wait": ("barrier", "self"),
    "asyncio.queues.Queue.": ("queue", "self"),
    "asyncio.taskgroups.TaskGroup.": ("tasks", "self"),
    "asyncio.tasks._wait": ("tasks", "fs"),
}


def chains(awaits: Awaits, at: int) -> Iterator[tuple[int, Standing]]:
    """Yield the suspended tasks, each by its number, with what they hold and want at a moment in ns."""
    for number, reference in list(awaits.tasks.items()):
        task, one = reference(), awaits.known.get(id(reference()))
        if task is None or one is None or one.running or one.ended:
            continue
        frames = list(_frames(getattr(task, "_coro", None)))
        own = [index for index, frame in enumerate(frames) if is_learners(frame)]
        last = own[-1] if own else -1
        place = (frames[last].f_code, frames[last].f_lasti) if own else None
        kind, thing = next((wait for frame in frames[last + 1 :] if (wait := _wait_in(frame))), ("", None))
        text = locks.found(frames[last], withs.wanted(*place))[1] if place is not None and kind else ""
        future = getattr(task, "_fut_waiter", None)  # None of one that is about to go on
        wants = tuple(_wants(kind, thing, text, future)) if future is not None else ()
        given_back = locks.resource_of(thing) if kind == "condition" else None
        if (thread := getattr(getattr(task, "_loop", None), "_thread_id", None)) is not None:
            wants += (Named(numbered(LOOP, thread), f"the {LOOP}"),)
        holds = [Named(of_kind("task", task), "")]
        holds += [each for index in own for each in _held(frames[index], wants) if each.what != given_back]
        yield number, Standing(at, 0, wants, tuple(dict.fromkeys(holds)), place)


def _frames(body: Any) -> Iterator[FrameType]:
    """Yield the frames of a chain, the outermost first."""
    while body is not None:
        of = type(body)
        if of is CoroutineType:
            frame, body = body.cr_frame, body.cr_await
        elif of is GeneratorType:
            frame, body = body.gi_frame, body.gi_yieldfrom
        elif of is AsyncGeneratorType:
            frame, body = body.ag_frame, body.ag_await
        else:
            frame, body = None, wrapped(body)
        if frame is not None:
            yield frame


def _wait_in(frame: FrameType) -> tuple[str, Any] | None:
    name = full_name(frame.f_code)
    for begin, (kind, variable) in _WAITS.items():
        if name.startswith(begin):
            return kind, locks.variable(frame, variable)
    return None


def _wants(kind: str, thing: Any, text: str, future: Any) -> Iterator[Named]:
    """Yield what a task waits for that its innermost function awaits; what it awaits directly is a future."""
    if kind == "lock":
        if (what := locks.resource_of(thing)) is not None:
            yield Named(what, text)
    elif kind and kind != "tasks":
        yield Named(of_kind(kind, thing), text)
    else:
        several = getattr(thing, "_tasks", thing) if kind else getattr(future, "_children", None)
        for each in (future,) if several is None else tuple(several):
            if getattr(each, "_state", "") == "PENDING":
                yield Named(of_kind("task", each), text)


def _held(frame: FrameType, wants: Iterable[Named]) -> Iterator[Named]:
    for node, is_given_back in withs.held(frame.f_code, frame.f_lasti):
        thing, text = locks.found(frame, node)
        what = locks.resource_of(thing)
        if what is None or (not is_given_back and locks.may_be_a_signal(what, wants)) or locks.owner_of(thing) == 0:
            continue
        yield Named(what, text)
