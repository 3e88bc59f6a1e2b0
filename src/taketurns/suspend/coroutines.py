"""Coroutines: a function stops where it awaits, and goes on from there when it is resumed.

``await sleep(3)`` hands a request down to the driver, through all coroutines that await each other; the driver resumes
the coroutine when it is met. asyncio does the same with futures.
"""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Generator
from typing import Any

from taketurns.suspend.loop import EventLoop, Task, running_loop

__all__ = ["run", "sleep", "start", "wait_for"]

Function = Callable[..., Coroutine[Any, Any, Any]]


class Request:
    """What is awaited: it suspends the coroutine, and tells the driver when to resume it."""

    def __init__(self, ask: Callable[[Task, Callable[..., None]], None]) -> None:
        self.ask = ask

    def __await__(self) -> Generator[Request, Any, Any]:
        return (yield self)


def run(main: Function, *args: Any, loop: EventLoop | None = None) -> Any:
    """Run an ``async def`` function and all tasks that it starts; return what it returns."""
    loop = loop or EventLoop()
    task = _begin(loop, main.__name__, _made(main, args))
    loop.run()
    return task.result


def start(function: Function, *args: Any, name: str = "") -> Task:
    """Start a task with a call of an ``async def`` function; it ends when that returns."""
    return _begin(running_loop(), name or function.__name__, _made(function, args))


def sleep(seconds: float) -> Request:
    """Ask, with ``await``, to be resumed in so many seconds."""
    return Request(lambda task, resume: task.call_later(seconds, resume))


def wait_for(task: Task) -> Request:
    """Ask, with ``await``, to be resumed with the result of a task when that is done; its error is raised here."""
    return Request(lambda current, resume: current.wait_for(task, lambda: resume(task)))


def _made(function: Function, args: tuple[Any, ...]) -> Coroutine[Any, Any, Any]:
    made = function(*args)
    if not hasattr(made, "send"):
        raise TypeError(f"a task is a call of an `async def` function; {function.__name__}() gave {made!r}")
    return made


def _begin(loop: EventLoop, name: str, coroutine: Coroutine[Any, Any, Any]) -> Task:
    def resume(awaited: Task | None = None) -> None:
        try:
            if awaited is not None and awaited.error:
                request = coroutine.throw(awaited.error)
            else:
                request = coroutine.send(awaited and awaited.result)
        except StopIteration as stop:
            task.end(stop.value)
        else:
            _asked(request)(task, resume)

    task = loop.start(name, resume)
    task.body = coroutine
    return task


def _asked(request: object) -> Callable[..., None]:
    """Return what a request asks of the loop; ``TypeError`` where it is meant for another loop."""
    if not isinstance(request, Request):
        raise TypeError(
            "this event loop takes what sleep() and wait_for() of taketurns.suspend.coroutines give, and what asyncio "
            f"gives needs the loop of asyncio: it cannot wait for {request!r:.60}"
        )
    return request.ask
