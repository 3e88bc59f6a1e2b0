"""While a recording is on, each thread is a task, and each call that a pool of threads runs, undecorated.

The pools' own threads are none: what they run is. Neither are the threads by which the standard library and a kernel of
notebooks do their own work, known by the module of the function that they run. Starting a thread, and handing a call to
a pool, is noted as a dealing: what a thread does in that time, it does for its tasks (see bystanders.py).
"""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures.thread import _WorkItem
from contextvars import Context
from functools import partial
from typing import Any

from taketurns.naming.names import call_name, thread_name
from taketurns.recording import recorder
from taketurns.recording.current import current_worker
from taketurns.recording.endings import CANCELED, RETURNED, UNKNOWN
from taketurns.recording.marks import marks_itself
from taketurns.recording.patches import Patches, dealing
from taketurns.recording.recorder import Recorder
from taketurns.recording.tasks import names_itself
from taketurns.recording.worker import Starter, Worker
from taketurns.watcher.originals import get_ident

__all__ = ["as_task", "bystanders", "call", "called", "install", "is_internal", "name_of", "remove", "who"]

#: Packages whose threads are their own affair.
INTERNAL = ["concurrent", "multiprocessing", "asyncio", "taketurns", "IPython", "ipykernel", "jupyter_client", "zmq"]
INTERNAL += ["tornado", "debugpy", "pydevd", "_pydevd_bundle", "pytest_timeout", "execnet", "coverage"]
INTERNAL += ["loky", "joblib", "distributed", "trio", "anyio", "uvloop"]

_patches = Patches()
Plain = Callable[..., Any]
Run = Callable[[], Any]  # runs what a task runs
Ended = Callable[[Any], str]  # tells how that ended, by what it returned
Later = Callable[[Callable[[], None]], None]  # is given what ends a task


def install(mine: Recorder) -> None:
    """Begin to record threads and pools of threads in a recording."""
    _patches.put(mine, _WorkItem, "run", _run_item)
    _patches.put(mine, threading.Thread, "_bootstrap_inner", _bootstrap)
    _patches.put(mine, threading.Thread, "start", _start)
    _patches.put(mine, _WorkItem, "__init__", _make_item)
    _patches.put(mine, ThreadPoolExecutor, "submit", dealing)
    _patches.put(mine, Future, "result", dealing)
    for thread in bystanders() if mine.far is None else ():
        if thread.native_id is not None:
            number = mine.number(name_of(thread, mine.arguments))
            mine.implied.add(number)
            mine.bystanders[thread.native_id] = number


def remove(mine: Recorder) -> None:
    """Put back what is still ours."""
    _patches.remove(mine)


# Calls that a pool runs


def _make_item(mine: Recorder, plain: Plain) -> Plain:
    def make(item: Any, *args: Any, **kwargs: Any) -> None:
        plain(item, *args, **kwargs)
        item.taketurns_starter = who(mine)

    return make


def _run_item(mine: Recorder, plain: Plain) -> Plain:
    def run(item: Any, *context: Any) -> None:
        function, args, kwargs = getattr(item, "task", None) or (item.fn, item.args, item.kwargs)  # since 3.14, before
        future, starter = item.future, getattr(item, "taketurns_starter", None)

        def ended(_: None) -> str:
            return _how(mine, future)

        interpreter = getattr(getattr(context[0], "interp", None), "id", None) if context else None
        worker = current_worker() if interpreter is not None and recorder.on is mine else None
        if worker is None:
            called(mine, starter, function, args, kwargs, partial(plain, item, *context), ended)
            return
        # Nothing marks itself there, and it has a GIL of its own.
        worker.process = f"{os.getpid()}.{interpreter}"
        worker.starter = starter
        name = call_name(function, args, kwargs, arguments=mine.arguments)
        _tasked(worker, name, partial(plain, item, *context), ended)
        worker.starter = None

    return run


def _how(mine: Recorder, future: Any) -> str:
    """Return how the call ended whose result or error a future holds."""
    error = getattr(future, "_exception", None)
    if error is not None:
        return mine.ended_by(error)
    return CANCELED if str(getattr(future, "_state", "")).startswith("CANCELLED") else RETURNED


def _returned(_: object) -> str:
    """Tell that what returned has ended so."""
    return RETURNED


def called(
    mine: Recorder, starter: Starter, function: Any, args: Any, kwargs: Any, run: Run, ended: Ended = _returned
) -> Any:
    """Return what comes of running what calls a function, as a task that is named after the call."""
    worker = current_worker() if recorder.on is mine else None
    if worker is None or worker.current is not None:
        return run()
    function, args, kwargs = _unwrapped(function, args, kwargs)
    worker.starter = starter
    try:
        if names_itself(function):
            return run()
        return as_task(worker, function, call_name(function, args, kwargs, arguments=mine.arguments), run, ended)
    finally:
        worker.starter = None


def as_task(worker: Worker, function: Any, name: str, run: Run, ended: Ended = str, later: Later | None = None) -> Any:
    """Run what calls a function, as a task of this name; a stand-in begins and ends it by itself.

    Where it has not ended when its function has, ``later`` is given what ends it.
    """
    if marks_itself(function):
        worker.announced = name
        try:
            return run()
        finally:
            worker.take_name()  # of one that was called with what is no number of seconds
    return _tasked(worker, name, run, ended, later)


def _tasked(worker: Worker, name: str, run: Run, ended: Ended, later: Later | None = None) -> Any:
    number, how = worker.begin(name), UNKNOWN
    worker.recorder.implied.add(number)
    outer = worker.enter(number)
    try:
        result = run()
        how = ended(result)
        return result
    except BaseException as error:
        how = worker.recorder.ended_by(error)
        raise
    finally:
        if later is None:
            worker.leave(outer, None, how)
        else:
            later(partial(worker.leave, outer, None, how))


def who(mine: Recorder) -> Starter:
    """Return the task that this thread carries, if any."""
    worker = current_worker() if recorder.on is mine else None
    return None if worker is None else worker.carried()


def _unwrapped(function: Any, args: Any, kwargs: Any) -> tuple[Any, Any, Any]:
    """Return the call that is made in the end: `asyncio.to_thread` hands over a partial of a context's ``run``."""
    if type(function) is partial and _is_run(function.func):
        args, kwargs = (*function.args, *args), {**function.keywords, **kwargs}
        function = function.func
    return _unwrapped(args[0], args[1:], kwargs) if args and _is_run(function) else (function, args, kwargs)


def _is_run(function: Any) -> bool:
    return isinstance(getattr(function, "__self__", None), Context) and function.__name__ == "run"


def call(mine: Recorder, starter: Starter, func: Any, /, *args: Any, **kwargs: Any) -> Any:
    """Call a function that was handed to a pool, as a task that is named after the call."""
    return called(mine, starter, func, args, kwargs, partial(func, *args, **kwargs))


# Threads


def _start(mine: Recorder, plain: Plain) -> Plain:
    deal = dealing(mine, plain)

    def start(thread: threading.Thread, *args: Any, **kwargs: Any) -> Any:
        if (number := who(mine)) is not None:
            mine.starters[id(thread)] = number
        try:
            return deal(thread, *args, **kwargs)  # it comes back when the thread has begun
        finally:
            mine.starters.pop(id(thread), None)

    return start


def _bootstrap(mine: Recorder, plain: Plain) -> Plain:
    def bootstrap(thread: threading.Thread) -> None:
        worker = None if recorder.on is not mine or is_internal(thread) else current_worker()
        if worker is None:
            plain(thread)
            return
        if get_ident() == threading.get_ident():  # it is no greenlet of gevent's
            worker.name = thread_name(thread)  # threading itself does not know the thread yet
        worker.starter = mine.starters.get(id(thread))
        target = vars(thread).get("_target")
        if names_itself(target):
            plain(thread)
        else:
            as_task(worker, target, name_of(thread, mine.arguments), partial(_whole_thread, mine, thread, plain))

    return bootstrap


def _whole_thread(mine: Recorder, thread: threading.Thread, plain: Plain) -> str:
    """Run a thread; return how it ended: what it lets out, it gives to its hook, which is called as ever."""
    fields, how = vars(thread), RETURNED
    hook: Any = fields.get("_invoke_excepthook")

    def heard(*args: Any) -> Any:
        nonlocal how
        how = mine.ended_by(error) if (error := sys.exc_info()[1]) is not None else UNKNOWN
        return hook(*args)

    if hook is not None:
        fields["_invoke_excepthook"] = heard
    try:
        plain(thread)
    finally:
        if fields.get("_invoke_excepthook") is heard:
            fields["_invoke_excepthook"] = hook
    return how


def name_of(thread: threading.Thread, arguments: bool) -> str:
    """Return the name that the program gave to a thread, or else the call that it makes."""
    if name := thread_name(thread):
        return name
    fields = vars(thread)
    target = fields.get("_target")
    if target is None and isinstance(thread, threading.Timer):
        return call_name(thread.function, tuple(thread.args), thread.kwargs, arguments=arguments)
    if target is None:
        return type(thread).__name__
    return call_name(target, tuple(fields["_args"]), fields["_kwargs"], arguments=arguments)


def is_internal(carrier: Any) -> bool:
    """Return whether a thread or a process is the standard library's, a kernel's or ours."""
    target = vars(carrier).get("_target")
    if isinstance(target, partial):
        target = target.func
    if marks_itself(target):
        return False  # ours, and there for learners to call
    owner = target if target is not None else type(carrier)
    module = getattr(owner, "__module__", None)
    return str(module).partition(".")[0] in INTERNAL


def bystanders() -> Iterator[threading.Thread]:
    """Yield the learner's threads that are at work already: all but the calling one, and those that are internal."""
    # A greenlet that gevent takes for a thread is carried by one of these.
    carried = threading.get_native_id(), threading.main_thread().native_id
    for thread in list(threading._active.values()):  # type: ignore[attr-defined]
        main = thread is threading.main_thread()
        if thread.native_id in carried or main or is_internal(thread):
            continue
        yield thread
