"""While a recording is on, each thread is a task, and each call that a pool of threads runs, undecorated.

The pools' own threads are none: what they run is. Neither are the threads by which the standard library and a kernel of
notebooks do their own work, known by the module of the function that they run. Starting a thread, and handing a call to
a pool, is noted as a dealing: what a thread does in that time, it does for its tasks (see bystanders.py).
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures.thread import _WorkItem
from contextvars import Context
from functools import partial
from typing import Any

from taketurns.naming.names import call_name, thread_name
from taketurns.recording import recorder
from taketurns.recording.marks import marks_itself
from taketurns.recording.patches import Patches, dealing
from taketurns.recording.recorder import Recorder, current_worker
from taketurns.recording.tasks import names_itself
from taketurns.recording.worker import Worker

__all__ = ["as_task", "bystanders", "called", "install", "is_internal", "name_of", "remove"]

#: Packages whose threads are their own affair.
INTERNAL = ["concurrent", "multiprocessing", "asyncio", "taketurns", "IPython", "ipykernel", "jupyter_client", "zmq"]
INTERNAL += ["tornado", "debugpy", "pydevd", "_pydevd_bundle", "pytest_timeout", "execnet", "coverage"]
INTERNAL += ["loky", "joblib", "distributed"]

_patches = Patches()
Plain = Callable[..., Any]


def install(mine: Recorder) -> None:
    """Begin to record threads and pools of threads in a recording."""
    _patches.put(mine, _WorkItem, "run", _run_item)
    _patches.put(mine, threading.Thread, "_bootstrap_inner", _bootstrap)
    _patches.put(mine, threading.Thread, "start", dealing)
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


def _run_item(mine: Recorder, plain: Plain) -> Plain:
    def run(item: Any, *context: Any) -> Any:
        function, args, kwargs = getattr(item, "task", None) or (item.fn, item.args, item.kwargs)  # since 3.14, before
        interpreter = getattr(context[0], "interpid", None) if context else None
        worker = current_worker() if interpreter is not None and recorder.on is mine else None
        if worker is None:
            return called(mine, function, args, kwargs, lambda: plain(item, *context))
        # Nothing marks itself there, and it has a GIL of its own.
        worker.process = f"{os.getpid()}.{interpreter}"
        name = call_name(function, args, kwargs, arguments=mine.arguments)
        return _tasked(mine, worker, name, lambda: plain(item, *context))

    return run


def called(mine: Recorder, function: Any, args: Any, kwargs: Any, run: Callable[[], Any]) -> Any:
    """Run what calls a function, as a task that is named after the call."""
    worker = current_worker() if recorder.on is mine else None
    function, args, kwargs = _unwrapped(function, args, kwargs)
    if worker is None or worker.current is not None or names_itself(function):
        return run()
    return as_task(mine, worker, function, call_name(function, args, kwargs, arguments=mine.arguments), run)


def as_task(mine: Recorder, worker: Worker, function: Any, name: str, run: Callable[[], Any]) -> Any:
    """Run what calls a function, as a task of this name; a stand-in begins and ends it by itself."""
    if marks_itself(function):
        worker.announced = name
        try:
            return run()
        finally:
            worker.take_name()  # of one that was called with what is no number of seconds
    return _tasked(mine, worker, name, run)


def _tasked(mine: Recorder, worker: Worker, name: str, run: Callable[[], Any]) -> Any:
    number = mine.number(name)
    mine.implied.add(number)
    outer = worker.enter(number)
    try:
        return run()
    finally:
        worker.leave(outer)


def _unwrapped(function: Any, args: Any, kwargs: Any) -> tuple[Any, Any, Any]:
    """Return the call that is made in the end: `asyncio.to_thread` hands over a partial of a context's ``run``."""
    if type(function) is partial and _is_run(function.func):
        args, kwargs = (*function.args, *args), {**function.keywords, **kwargs}
        function = function.func
    return _unwrapped(args[0], args[1:], kwargs) if args and _is_run(function) else (function, args, kwargs)


def _is_run(function: Any) -> bool:
    return isinstance(getattr(function, "__self__", None), Context) and function.__name__ == "run"


# Threads


def _bootstrap(mine: Recorder, plain: Plain) -> Plain:
    def bootstrap(thread: threading.Thread) -> None:
        worker = None if recorder.on is not mine or is_internal(thread) else current_worker()
        if worker is not None:
            worker.name = thread_name(thread)  # threading itself does not know the thread yet
        target = vars(thread).get("_target")
        if worker is None or names_itself(target):
            return plain(thread)  # type: ignore[no-any-return]
        return as_task(mine, worker, target, name_of(thread, mine.arguments), lambda: plain(thread))  # type: ignore[no-any-return]

    return bootstrap


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
    for thread in list(threading._active.values()):  # type: ignore[attr-defined]
        main = thread is threading.main_thread()
        if thread.ident != threading.get_ident() and not main and not is_internal(thread):
            yield thread
