"""Generators: a function stops at each ``yield``, and goes on from there when it is resumed.

``yield sleep(3)`` gives the driver a request; the driver resumes the generator when it is met.
"""

from collections.abc import Callable, Generator
from typing import Any

from taketurns.suspend.loop import EventLoop, Task, running_loop

__all__ = ["run", "sleep", "start", "wait_for"]

Request = Callable[[Task, Callable[..., None]], None]
Function = Callable[..., Generator[Request, Any, Any]]


def run(main: Function, *args: Any, loop: EventLoop | None = None) -> Any:
    """Run a generator function and all tasks that it starts; return what it returns."""
    loop = loop or EventLoop()
    task = _begin(loop, main.__name__, _made(main, args))
    loop.run()
    return task.result


def start(function: Function, *args: Any, name: str = "") -> Task:
    """Start a task with a call of a generator function; it ends when that returns."""
    return _begin(running_loop(), name or function.__name__, _made(function, args))


def sleep(seconds: float) -> Request:
    """Ask, with ``yield``, to be resumed in so many seconds."""
    return lambda task, resume: task.call_later(seconds, resume)


def wait_for(task: Task) -> Request:
    """Ask, with ``yield``, to be resumed with the result of a task when that is done; its error is raised here."""
    return lambda current, resume: current.wait_for(task, lambda: resume(task))


def _made(function: Function, args: tuple[Any, ...]) -> Generator[Request, Any, Any]:
    made = function(*args)
    if not hasattr(made, "send"):
        raise TypeError(
            f"a task is a call of a generator function, with a `yield` in it; {function.__name__}() gave {made!r}"
        )
    return made


def _begin(loop: EventLoop, name: str, generator: Generator[Request, Any, Any]) -> Task:
    def resume(awaited: Task | None = None) -> None:
        try:
            if awaited is not None and awaited.error:
                request = generator.throw(awaited.error)
            else:
                request = generator.send(awaited and awaited.result)
        except StopIteration as stop:
            task.end(stop.value)
        else:
            request(task, resume)

    task = loop.start(name, resume)
    task.body = generator
    return task
