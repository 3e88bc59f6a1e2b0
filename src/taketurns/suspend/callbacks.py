"""Callbacks: a function that has to wait ends, and hands over the function that goes on.

``sleep(3, pour, kettle)`` calls ``pour(kettle)`` in three seconds. What was a local variable is handed over too.
"""

from collections.abc import Callable
from typing import Any

from taketurns.suspend.loop import EventLoop, Task, running_loop

__all__ = ["run", "sleep", "start", "wait_for"]

Function = Callable[..., Any]


def run(main: Function, *args: Any, loop: EventLoop | None = None) -> None:
    """Run a function, all that it hands over, and all tasks that it starts."""
    loop = loop or EventLoop()
    loop.start(main.__name__, main, *args)
    loop.run()


def start(function: Function, *args: Any, name: str = "") -> Task:
    """Start a task with a call; it ends with the callback that asks for nothing more."""
    return running_loop().start(name or function.__name__, function, *args)


def sleep(seconds: float, then: Function, *args: Any) -> None:
    """Call a function in so many seconds."""
    running_loop().call_later(seconds, then, *args)


def wait_for(task: Task, then: Function, *args: Any) -> None:
    """Call a function when a task is done."""
    current = running_loop().running
    assert current is not None
    current.wait_for(task, lambda: then(*args))
