"""While a recording is on, each thread is a task, and each call that a pool of threads runs, undecorated.

The pools' own threads are none: what they run is. Neither are the threads by which the standard library and a kernel of
notebooks do their own work, known by the module of the function that they run. Starting a thread, and handing a call to
a pool, is noted as a dealing: what a thread does in that time, it does for its tasks (see bystanders.py).
"""

from __future__ import annotations

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
from taketurns.recording.marks import marks_itself
from taketurns.recording.patches import Patches, dealing
from taketurns.recording.recorder import Recorder, current_worker
from taketurns.recording.tasks import names_itself
from taketurns.recording.worker import Worker
from taketurns.watcher.originals import get_ident

__all__ = ["bystanders", "call", "called", "install", "name_of", "remove"]

#: Packages whose threads are their own affair.
INTERNAL = ["concurrent", "multiprocessing", "asyncio", "taketurns", "IPython", "ipykernel", "jupyter_client", "zmq"]
INTERNAL += ["tornado", "debugpy", "pydevd", "_pydevd_bundle", "pytest_timeout", "execnet", "coverage"]
INTERNAL += ["loky", "joblib", "distributed", "trio", "anyio"]

#: What starts child processes, and hands them calls, where it has been imported.
DEALINGS = [
    ("concurrent.futures.process", "ProcessPoolExecutor", ["__init__", "submit", "shutdown"]),
    ("loky.process_executor", "ProcessPoolExecutor", ["__init__", "submit", "shutdown"]),
    ("distributed.client", "Client", ["submit", "map", "run", "gather", "compute", "persist", "scatter"]),
    ("multiprocessing.process", "BaseProcess", ["start", "join"]),
    ("multiprocessing.pool", "Pool", ["__init__", "apply_async", "_map_async", "terminate", "join"]),
]

_patches = Patches()
Plain = Callable[..., Any]


def install(mine: Recorder) -> None:
    """Begin to record threads and pools of threads in a recording."""
    _patches.put(mine, _WorkItem, "run", _run_item)
    _patches.put(mine, threading.Thread, "_bootstrap_inner", _bootstrap)
    _patches.put(mine, threading.Thread, "start", dealing)
    _patches.put(mine, ThreadPoolExecutor, "submit", dealing)
    _patches.put(mine, Future, "result", dealing)
    for module, owner, names in DEALINGS:
        if module in sys.modules:
            for name in names:
                _patches.put(mine, getattr(sys.modules[module], owner), name, dealing)
    _pools(mine)
    for thread in bystanders():
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
        return called(mine, function, args, kwargs, lambda: plain(item, *context))

    return run


def called(mine: Recorder, function: Any, args: Any, kwargs: Any, run: Callable[[], Any]) -> Any:
    """Run what calls a function, as a task that is named after the call."""
    worker = current_worker() if recorder.on is mine else None
    function, args, kwargs = _unwrapped(function, args, kwargs)
    if worker is None or worker.current is not None or names_itself(function):
        return run()
    return _as_task(mine, worker, function, call_name(function, args, kwargs, arguments=mine.arguments), run)


def _as_task(mine: Recorder, worker: Worker, function: Any, name: str, run: Callable[[], Any]) -> Any:
    """Run what calls a function, as a task of this name; a stand-in begins and ends it by itself."""
    if marks_itself(function):
        worker.announced = name
        try:
            return run()
        finally:
            worker.take_name()  # of one that was called with what is no number of seconds
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


def _pools(mine: Recorder) -> None:
    """Make tasks of the calls that `multiprocessing.pool.ThreadPool` runs, where that has been imported."""
    if (module := sys.modules.get("multiprocessing.pool")) is not None:
        for name in ("apply_async", "_map_async", "imap", "imap_unordered"):
            _patches.put(mine, module.Pool, name, partial(_hand_over, module.ThreadPool))


def _hand_over(pools: type, mine: Recorder, plain: Plain) -> Plain:
    def hand_over(pool: Any, func: Any, *args: Any, **kwargs: Any) -> Any:
        if not isinstance(pool, pools):
            return plain(pool, func, *args, **kwargs)
        named = partial(call, mine, func)
        return dealing(mine, plain)(pool, named, *args, **kwargs)

    return hand_over


def call(mine: Recorder, func: Any, *args: Any, **kwargs: Any) -> Any:
    """Call a function that was handed to a pool of threads, as a task that is named after the call."""
    return called(mine, func, args, kwargs, lambda: func(*args, **kwargs))


# Threads


def _bootstrap(mine: Recorder, plain: Plain) -> Plain:
    def bootstrap(thread: threading.Thread) -> None:
        worker = None if recorder.on is not mine or is_internal(thread) else current_worker()
        if worker is not None and get_ident() == threading.get_ident():  # it is no greenlet of gevent's
            worker.name = thread_name(thread)  # threading itself does not know the thread yet
        target = vars(thread).get("_target")
        if worker is None or names_itself(target):
            return plain(thread)  # type: ignore[no-any-return]
        return _as_task(mine, worker, target, name_of(thread, mine.arguments), lambda: plain(thread))  # type: ignore[no-any-return]

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


def is_internal(thread: threading.Thread) -> bool:
    """Return whether a thread is the standard library's, a kernel's or ours."""
    target = vars(thread).get("_target")
    if isinstance(target, partial):
        target = target.func
    if marks_itself(target):
        return False  # ours, and there for learners to call
    owner = target if target is not None else type(thread)
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
