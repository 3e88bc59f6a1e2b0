"""While a recording is on, event loops that are not made of asyncio's tell it which task is ready and runs.

uvloop runs its callbacks in C. But its tasks are asyncio's, and these ask for each of their steps by ``call_soon`` of
the loop's class, which is Python's to change. There each callback is put into one that tells when it runs. A loop whose
class cannot be changed is named in the trace's notes.
"""

import asyncio
import sys
from asyncio.runners import Runner
from collections.abc import Callable
from typing import Any

from taketurns.recording import recorder
from taketurns.recording.patches import Patches, without_ours
from taketurns.recording.recorder import Recorder

__all__ = ["MODULE", "Make", "hook", "install", "remove", "tell"]

MODULE = "uvloop"
#: What nobody waits for, in seconds.
FOR_EVER = 1e9
Make = Callable[[Recorder, Callable[..., Any]], Callable[..., Any]]

_patches = Patches()
#: What makes `run`, `call_soon` and `create_task` tell of tasks.
_makers: list[Make] = []


class Step:
    """A callback that an event loop in C runs, as asyncio's own loop has it in a handle."""

    __slots__ = ("_args", "_callback", "_loop", "_run")

    def __init__(self, run: Callable[..., Any], loop: Any, callback: Any, args: tuple[Any, ...]) -> None:
        self._run = run
        self._loop = loop
        self._callback = callback
        self._args = args

    def __call__(self) -> None:
        self._run(self)

    def __repr__(self) -> str:
        return repr(self._callback)


class Timer:
    """A callback that is due in some seconds; who is woken by it was READY from then on."""

    __slots__ = ("_args", "_callback", "_due", "_loop", "_mine")

    def __init__(self, mine: Recorder, loop: Any, delay: float, callback: Any, args: tuple[Any, ...]) -> None:
        self._mine = mine
        self._loop = id(loop)
        self._due = mine.now() + round(min(FOR_EVER, delay) * 1e9)
        self._callback = callback
        self._args = args

    def __call__(self) -> None:
        due, loop = self._mine.awaits.due, self._loop
        due[loop] = self._due
        try:
            self._callback(*self._args)
        except BaseException as error:
            without_ours(error)
            raise
        finally:
            due.pop(loop, None)

    def __repr__(self) -> str:
        return repr(self._callback)


def tell(run: Make, call_soon: Make, create_task: Make) -> None:
    """Be told by what makers asyncio's own loop tells of tasks."""
    _makers[:] = [run, call_soon, create_task]


def install(mine: Recorder) -> None:
    """Begin to record the tasks of such loops in a recording."""
    _patches.put(mine, Runner, "_lazy_init", _lazy_init)
    hook(mine)
    if (loop := asyncio._get_running_loop()) is not None:
        _meet(mine, type(loop))


def hook(mine: Recorder) -> None:
    """Hear of uvloop's loops, where it has been imported."""
    if (module := sys.modules.get(MODULE)) is not None:
        _meet(mine, module.Loop)


def remove(mine: Recorder) -> None:
    """Put back what is still ours."""
    _patches.remove(mine)


def _lazy_init(mine: Recorder, plain: Callable[..., Any]) -> Callable[..., Any]:
    def lazy_init(runner: Any) -> None:
        plain(runner)
        if recorder.on is mine:
            _meet(mine, type(runner._loop))

    return lazy_init


def _meet(mine: Recorder, kind: type) -> None:
    """Let a class of loops tell of its tasks, or say that it does not."""
    if issubclass(kind, asyncio.BaseEventLoop) or (kind, "call_soon") in _patches.replaced:
        return
    try:
        _patches.put(mine, kind, "call_soon", _call_soon)
        _patches.put(mine, kind, "call_later", _call_later)
        _patches.put(mine, kind, "call_at", _call_at)
        _patches.put(mine, kind, "create_task", _makers[2])
    except (TypeError, AttributeError):
        package = kind.__module__.partition(".")[0]
        mine.unseen[package] = (
            f"The tasks of {package} are not shown: it runs them out of our sight. "
            "Run the program on asyncio's own loop to see them."
        )


def _call_soon(mine: Recorder, plain: Callable[..., Any]) -> Callable[..., Any]:
    run = _makers[0](mine, lambda step: step._callback(*step._args))

    def in_step(loop: Any, callback: Any, *args: Any, context: Any = None) -> Any:
        return plain(loop, Step(run, loop, callback, args), context=context)

    return _makers[1](mine, in_step)


def _call_later(mine: Recorder, plain: Callable[..., Any]) -> Callable[..., Any]:
    def call_later(loop: Any, delay: Any, callback: Any, *args: Any, context: Any = None) -> Any:
        if not isinstance(delay, int | float):
            return plain(loop, delay, callback, *args, context=context)
        return plain(loop, delay, Timer(mine, loop, delay, callback, args), context=context)

    return call_later


def _call_at(mine: Recorder, plain: Callable[..., Any]) -> Callable[..., Any]:
    def call_at(loop: Any, when: Any, callback: Any, *args: Any, context: Any = None) -> Any:
        if not isinstance(when, int | float):
            return plain(loop, when, callback, *args, context=context)
        return plain(loop, when, Timer(mine, loop, when - loop.time(), callback, args), context=context)

    return call_at
