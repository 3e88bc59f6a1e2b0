"""While a recording is on, asyncio event loops tell it which task begins, runs and becomes ready.

Three methods are replaced for that time and put back. ``Handle._run`` runs the callbacks of a loop, and each step of a
task is one. ``BaseEventLoop.call_soon`` sees that a step is asked for: the first one when a task is created, the others
when what it waits for is done. ``BaseEventLoop.create_task`` sees a first step that runs at once, as in an eager task.
Tasks, coroutines and factories stay what they are. Where somebody else replaced a method before, theirs is called, and
put back; where somebody did so since, theirs stays, and ours beneath it does nothing any more.

Recorded is every task of the program: also of loops in other threads, and what was begun before the block, from where
it is first seen. Not recorded are the task that the block itself stands in, those by which a notebook's kernel runs
itself, and what asyncio.run does at its end.
"""

import asyncio
import threading
from asyncio.events import Handle, TimerHandle
from collections.abc import Callable
from contextlib import suppress
from types import BuiltinMethodType, MethodType
from typing import Any

from taketurns.recording import of_uvloop, recorder
from taketurns.recording.askers import asker, how, run_told, teller
from taketurns.recording.awaits import OnLoop
from taketurns.recording.current import current_worker
from taketurns.recording.endings import NOT_ENDED
from taketurns.recording.interrupts import on_interrupt
from taketurns.recording.membership import belongs, called, inside
from taketurns.recording.patches import Patches, without_ours
from taketurns.recording.recorder import Recorder
from taketurns.recording.timers import run_timer
from taketurns.recording.waits import wait_of
from taketurns.recording.worker import EVENT_LOOP, READY, WAITING, Outer, Worker
from taketurns.trace.frames import in_standard_library

__all__ = ["install", "remove", "step_of"]

_Loop = asyncio.BaseEventLoop
_PyTask: Any = asyncio.tasks._PyTask  # type: ignore[attr-defined]
_Tasks = (asyncio.Task, _PyTask)

#: The name of a type, without asking its metaclass.
_name_of = type.__dict__["__name__"].__get__

_patches = Patches()

#: What a task gives to others to call; what else the loop calls of it is a step.
_public = {name for name in dir(_PyTask) if not name.startswith("_")}


def install(mine: Recorder) -> None:
    """Begin to record asyncio tasks in a recording."""
    inside.set(mine)
    loop = asyncio._get_running_loop()
    mine.block_on_loop = loop is not None
    if loop is not None and (block := asyncio.current_task(loop)) is not None:
        mine.awaits.block = OnLoop(None)
        _know(block, mine.awaits.block, mine)
    mine.awaits.threads.update(thread.ident for thread in threading.enumerate() if thread.ident is not None)
    _patches.put(mine, Handle, "_run", _run)
    _patches.put(mine, _Loop, "create_task", _create_task)
    _patches.put(mine, _Loop, "call_soon", _call_soon)
    _patches.put(mine, asyncio.Runner, "_on_sigint", on_interrupt)
    of_uvloop.tell(_run, _call_soon, _create_task)


def remove(mine: Recorder) -> None:
    """Put back what is still ours."""
    if inside.get() is mine:
        inside.set(None)
    _patches.remove(mine)


in_standard_library(asyncio.__file__)  # the first time takes some ms, which are not to be those of a step


# Which tasks there are


def step_of(callback: Any, mine: Recorder) -> OnLoop | None:
    """Return the recorded task of which a callback is a step."""
    kind = type(callback)
    is_bound = kind is BuiltinMethodType or kind is MethodType
    if not is_bound and _name_of(kind) != "TaskStepMethWrapper":
        return None
    task = callback.__self__
    one = mine.awaits.known.get(id(task))
    if one is None:
        if (
            type(task) is asyncio.Future
            or not issubclass(type(task), _Tasks)
            or (is_bound and callback.__name__ in _public)
        ):
            return None
        one = _meet(task, task._coro, task._loop, mine)
    elif is_bound and callback.__name__ in _public:
        return None
    return None if one.number is None else one


def _meet(task: Any, coro: Any, loop: Any, mine: Recorder) -> OnLoop:
    """Know a task that is seen for the first time."""
    one = mine.awaits.begun.pop(id(coro), None) or _new(coro, loop, mine)
    _know(task, one, mine)
    return one


def _new(coro: Any, loop: Any, mine: Recorder) -> OnLoop:
    """Return what is to be known of a task of a coroutine."""
    if not loop.is_running():
        mine.awaits.loops.add(loop)
    if not belongs(coro, loop, mine):
        return OnLoop(None)
    name, names_itself = called(coro, mine.arguments)
    number = mine.number(name)
    mine.on_loop.add(number)
    if names_itself:
        mine.awaits.unnamed.add(number)
    one, worker = OnLoop(number), current_worker()
    one.begun = _has_begun(coro)
    if not one.begun and worker is not None and (starter := asker(worker, loop, mine)) is not None:
        mine.parents[number] = starter
    return one


def _know(task: Any, one: OnLoop, mine: Recorder) -> None:
    def gone(one: OnLoop) -> None:
        if not one.ended and recorder.on is mine and (worker := current_worker()) is not None:
            worker.note(one.number, None, NOT_ENDED)  # type: ignore[arg-type]

    with suppress(TypeError):  # a task of another kind may not be referred to weakly
        mine.awaits.add(task, one, gone)


# When they are READY


def _call_soon(mine: Recorder, plain: Callable[..., Any]) -> Callable[..., Any]:
    def call_soon(loop: Any, callback: Any, *args: Any, context: Any = None) -> Any:
        try:
            handle = plain(loop, callback, *args, context=context)
        except BaseException as error:
            without_ours(error)
            raise
        if stack := getattr(handle, "_source_traceback", None):
            _trim(stack)
        if recorder.on is mine and (one := step_of(callback, mine)) is not None:
            waker = None
            if one.running:
                one.woken = True
            elif (worker := current_worker()) is not None:
                waker = asker(worker, loop, mine) if one.begun else None
                now = worker.mark()
                at = max(one.since, min(mine.awaits.due.get(id(loop), now), now))
                worker.append((at, one.number, READY, EVENT_LOOP, None, waker))
            if args:
                _wake_lanes(args[0], mine, waker)
        return handle

    return call_soon


def _wake_lanes(future: object, mine: Recorder, waker: int | None) -> None:
    """Make READY what is a lane of its own inside of a task, where the future that it waits for is done."""
    for reference in mine.awaits.awaited.pop(id(future), ()):
        steps, worker = reference(), current_worker()
        if worker is not None and steps is not None and steps.awaits is future:
            steps.awaits = None
            now = worker.mark()
            loop = asyncio._get_running_loop()
            at = max(steps.since, min(mine.awaits.due.get(id(loop), now), now))
            worker.append((at, steps.number, READY, EVENT_LOOP, None, waker))


# When they run


def _run(mine: Recorder, plain: Callable[..., Any]) -> Callable[..., Any]:
    def _run(handle: Any) -> None:
        try:
            if recorder.on is not mine or (worker := current_worker()) is None:
                plain(handle)
                return
            mine.awaits.before(handle._callback, worker)
            if (one := step_of(handle._callback, mine)) is not None:
                task, outer = handle._callback.__self__, worker.enter(one.number)  # type: ignore[arg-type]
                one.running = True
                try:
                    plain(handle)
                finally:
                    _suspend(task, one, outer, worker, mine)
            elif type(handle) is TimerHandle:
                run_timer(handle, plain, mine)
            elif (number := teller(handle, mine)) is not None:
                run_told(handle, plain, mine, number)
            else:
                plain(handle)
        except BaseException as error:
            without_ours(error)
            raise

    return _run


def _suspend(task: Any, one: OnLoop, outer: Outer, worker: Worker, mine: Recorder) -> None:
    """Note what a task does after a step: it has ended, is READY for its next turn, or waits for a future."""
    woken, one.running, one.woken, one.begun = one.woken, False, False, True
    future = getattr(task, "_fut_waiter", None)
    if task._state != "PENDING":
        one.ended = True
        mine.adopt_name(one.number)  # type: ignore[arg-type]
        worker.leave(outer, None, how(task, mine))
    elif future is None or woken:
        worker.leave(outer, READY, EVENT_LOOP)
    else:
        reason, place = wait_of(task._coro, future, mine.awaits.codes)
        worker.leave(outer, WAITING, reason, place)
    one.since = worker.last


# When they begin


def _create_task(mine: Recorder, plain: Callable[..., Any]) -> Callable[..., Any]:
    def create_task(loop: Any, coro: Any, **options: Any) -> Any:
        began = mine.now()
        try:
            at_once = loop.get_task_factory() is not None or options.get("eager_start")
            if at_once and recorder.on is mine and asyncio.iscoroutine(coro):
                task = _begin(lambda: plain(loop, coro, **options), coro, loop, mine)
            else:
                task = plain(loop, coro, **options)
        except BaseException as error:
            without_ours(error)
            raise
        if stack := getattr(task, "_source_traceback", None):
            _trim(stack)
        if recorder.on is mine:
            mine.dealings.append((threading.get_native_id(), began, mine.now()))
        return task

    return create_task


def _begin(make: Callable[[], Any], coro: Any, loop: Any, mine: Recorder) -> Any:
    """Create a task whose first step may run at once: then it is the new task's, and its creator waits meanwhile."""
    worker, one = current_worker(), _new(coro, loop, mine)
    if worker is None or one.number is None:
        return make()
    before = worker.current, worker.state, worker.last
    mine.awaits.begun[id(coro)] = one
    outer = worker.enter(one.number)
    entered = len(worker.events)
    one.running = True
    try:
        task = make()
    except BaseException as error:
        one.ended = True
        worker.leave(outer, None, mine.ended_by(error))
        raise
    finally:
        mine.awaits.begun.pop(id(coro), None)
    if mine.awaits.known.get(id(task)) is not one:
        _know(task, one, mine)
    if _has_begun(coro):
        _suspend(task, one, outer, worker, mine)
    else:
        one.running = one.woken = False
        if outer is not None:  # as if nobody had entered
            del worker.events[entered - 1]
        worker.written = True
        worker.current, worker.state, worker.last = before
        worker.note(one.number, READY, EVENT_LOOP)
    return task


def _has_begun(coro: Any) -> bool:
    """Return whether a coroutine has come to its first await, or to its end."""
    return getattr(coro, "cr_frame", None) is None or bool(getattr(coro, "cr_suspended", True))


# Without a trace of ours


_HERE = install.__code__.co_filename


def _trim(stack: Any) -> None:
    """Take our lines out of where something was created, as debug mode keeps it."""
    stack[:] = [line for line in stack if line.filename != _HERE]
