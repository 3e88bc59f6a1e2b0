"""Greenlets: a plain function stops wherever it calls ``sleep``, however deep, with all its callers on the stack.

A greenlet has a stack of its own. To suspend, it switches to its parent, in which the event loop runs; that switches
back to resume it.
"""

from collections.abc import Callable
from typing import Any

from greenlet import getcurrent, greenlet

from taketurns.suspend.loop import EventLoop, Task, running_loop

__all__ = ["run", "sleep", "start", "wait_for"]

Function = Callable[..., Any]


def run(main: Function, *args: Any, loop: EventLoop | None = None) -> Any:
    """Run a function and all tasks that it starts; return what it returns."""
    loop = loop or EventLoop()
    task = _begin(loop, main.__name__, main, args)
    loop.run()
    return task.result


def start(function: Function, *args: Any, name: str = "") -> Task:
    """Start a task with a call of a function; it ends when that returns."""
    return _begin(running_loop(), name or function.__name__, function, args)


def sleep(seconds: float) -> None:
    """Suspend the calling greenlet for so many seconds."""
    _suspend(lambda task, resume: task.call_later(seconds, resume))


def wait_for(task: Task) -> Any:
    """Suspend the calling greenlet until a task is done; return its result, or raise its error."""
    _suspend(lambda current, resume: current.wait_for(task, resume))
    if task.error:
        raise task.error
    return task.result


def _begin(loop: EventLoop, name: str, function: Function, args: tuple[Any, ...]) -> Task:
    def body() -> None:
        task.end(function(*args))

    def begin() -> None:  # a callback, so that the greenlet of the event loop is the parent
        task.body = greenlet(body)
        task.body.switch()

    task = loop.start(name, begin)
    return task


def _suspend(ask: Callable[[Task, Callable[[], Any]], None]) -> None:
    task, me = running_loop().running, getcurrent()
    if task is None or me.parent is None:
        raise RuntimeError(
            "only a greenlet can be suspended: call this in a function that run() or start() has started"
        )
    ask(task, me.switch)
    me.parent.switch()
