"""While a recording is on, each call is a task that trio, anyio or gevent runs in a thread of a pool of its own."""

import sys
from collections.abc import Callable
from functools import partial
from types import FrameType, FunctionType
from typing import Any

from taketurns.recording.of_threads import call, called, who
from taketurns.recording.patches import Patches
from taketurns.recording.recorder import Recorder
from taketurns.recording.worker import Starter
from taketurns.trace.frames import module_of

__all__ = ["MODULES", "hook", "install", "remove"]

#: Where such calls are handed over.
MODULES = ("trio._threads", "anyio.to_thread", "gevent.threadpool")

#: What wraps a call, and by which names it knows the function and its arguments: trio's, and anyio's on trio.
WRAPPERS = {
    ("trio._threads", "to_thread_run_sync.<locals>.worker_fn"): ("sync_fn", "args"),
    ("anyio._backends._trio", "TrioBackend.run_sync_in_worker_thread.<locals>.wrapper"): ("func", "args"),
}

_patches = Patches()


def install(mine: Recorder) -> None:
    """Begin to record what runs in such pools in a recording."""
    hook(mine)


def hook(mine: Recorder) -> None:
    """Hear of calls that are handed over from now on, where the packages have been imported."""
    if (trio := sys.modules.get("trio._threads")) is not None:
        _patches.put_once(mine, trio, "start_thread_soon", _start_thread_soon)
    if (anyio := sys.modules.get("anyio.to_thread")) is not None and "asyncio" in sys.modules:
        _patches.put_once(mine, anyio, "run_sync", _run_sync)
    if (gevent := sys.modules.get("gevent.threadpool")) is not None:
        _patches.put_once(mine, gevent.ThreadPool, "spawn", _spawn)


def remove(mine: Recorder) -> None:
    """Put back what is still ours."""
    _patches.remove(mine)


def _start_thread_soon(mine: Recorder, plain: Callable[..., Any]) -> Callable[..., Any]:
    def start_thread_soon(fn: Any, *args: Any, **options: Any) -> Any:
        if _begins_child(sys._getframe(1)):
            return plain(fn, *args, **options)
        starter, function, its = _wrapped(fn)
        return plain(partial(called, mine, starter or who(mine), function, its, {}, fn), *args, **options)

    return start_thread_soon


def _begins_child(frame: FrameType) -> bool:
    """Return whether trio itself hands over a call, from a frame of its `to_thread`: to begin a child process."""
    return frame.f_back is not None and module_of(frame.f_back) == "trio._subprocess"


def _run_sync(mine: Recorder, plain: Callable[..., Any]) -> Callable[..., Any]:
    def run_sync(func: Any, *args: Any, **options: Any) -> Any:
        return plain(partial(call, mine, who(mine), func), *args, **options)

    return run_sync


def _spawn(mine: Recorder, plain: Callable[..., Any]) -> Callable[..., Any]:
    def spawn(pool: Any, func: Any, *args: Any, **kwargs: Any) -> Any:
        return plain(pool, partial(call, mine, who(mine), func), *args, **kwargs)

    return spawn


def _wrapped(function: Any) -> tuple[Starter, Any, tuple[Any, ...]]:
    """Return who handed over a call, if that is known, the function that is called in the end, and its arguments."""
    starter: Starter = None
    args: Any = ()
    while type(function) is FunctionType:
        names = WRAPPERS.get((function.__module__, function.__qualname__))
        cells = dict(zip(function.__code__.co_freevars, function.__closure__ or (), strict=True))
        if names is None or any(name not in cells for name in names):
            break
        function, args = (cells[name].cell_contents for name in names)
        if type(function) is partial and function.func is call:  # handed over by anyio
            _, starter, function, *more = function.args
            args = (*more, *args)
    return starter, function, tuple(args)
