"""A recording around each call of a function: what ``@record("label")`` makes of it."""

import functools
import inspect
from collections.abc import Callable
from types import FrameType
from typing import Any

__all__ = ["is_recorded", "recorded"]


def recorded(function: Any, begin: Callable[[], Any]) -> Any:
    """Return a function each call of which is recorded in a block of its own, which ``begin`` makes.

    Its result stays what it is. The trace of the last call is the function's ``trace``; a call that it makes of itself
    belongs to that. ``TypeError`` for what is no plain function or ``async def``.
    """
    _check(function)
    busy: list[Any] = []  # the block of the call that is on

    if inspect.iscoroutinefunction(function):

        @functools.wraps(function)
        async def record_call(*args: Any, **kwargs: Any) -> Any:
            if busy:
                return await function(*args, **kwargs)
            try:
                busy.append(begin())
                async with busy[0] as call.trace:
                    return await function(*args, **kwargs)
            finally:
                busy.clear()
    else:

        @functools.wraps(function)
        def record_call(*args: Any, **kwargs: Any) -> Any:
            if busy:
                return function(*args, **kwargs)
            try:
                busy.append(begin())
                with busy[0] as call.trace:
                    return function(*args, **kwargs)
            finally:
                busy.clear()

    call: Any = record_call
    call.trace = None
    return call


def _check(function: Any) -> None:
    if inspect.isgeneratorfunction(function) or inspect.isasyncgenfunction(function):
        raise TypeError(
            "@record goes before a function or an `async def` without yield: a generator's block would be open between "
            f"its values. Put `with record()` around the loop that takes them from {function.__qualname__}()"
        )
    if not callable(function) or isinstance(function, type):
        raise TypeError(f"@record goes before a function or an `async def`, not {function!r}")


#: The code of both.
_CODES = {each for each in recorded.__code__.co_consts if getattr(each, "co_name", "") == "record_call"}


def is_recorded(frame: FrameType) -> bool:
    """Return whether a frame runs a decorated function: it is the block of a recording."""
    return frame.f_back is not None and frame.f_back.f_code in _CODES
