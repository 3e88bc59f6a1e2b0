"""@task: functions of your own as tasks."""

import functools
import inspect
import re
from collections.abc import Callable
from types import CodeType, FunctionType, MethodType
from typing import Any, ParamSpec, TypeVar, overload

from taketurns.recording.current import current_worker
from taketurns.recording.endings import RETURNED
from taketurns.recording.steps import Steps

__all__ = ["is_task", "names_itself", "task"]

P = ParamSpec("P")
R = TypeVar("R")
Naming = str | Callable[..., str]


@overload
def task(function: Callable[P, R], /, *, name: str | None = None) -> Callable[P, R]: ...
@overload
def task(*, name: str) -> Callable[[Callable[P, R]], Callable[P, R]]: ...
def task(function: Callable[..., Any] | None = None, /, *, name: str | None = None) -> Any:
    """Make every call of a function, generator function or ``async def`` a task with its name.

    ``name`` may hold parameters: ``@task(name="board {number}")``. Each stretch between suspend and resume is one
    RUNNING span. In a plain function only `compute` sees when it loses the GIL. A long stretch in which the thread
    had hardly any core is WAITING; where plain stretches of several threads had to share the GIL, they are in turns.
    Raises ``TypeError`` for what is not a function, ``ValueError`` for a parameter that it does not have.
    """
    if name is not None and not isinstance(name, str):
        raise TypeError(f'@task takes a name, a string such as "board {{number}}"; it was given {name!r}')
    if function is None:
        return functools.partial(_task, name=name)
    return _task(function, name)


def _task(function: Callable[..., Any], name: str | None) -> Callable[..., Any]:
    if not callable(function) or isinstance(function, type) or inspect.isasyncgenfunction(function):
        raise TypeError(
            f"@task goes before a function, a generator function or an `async def` without yield, not {function!r}"
        )
    naming = _naming(function, name)
    if inspect.iscoroutinefunction(function):
        return _coroutine_task(function, naming)
    return (
        _generator_task(function, naming) if inspect.isgeneratorfunction(function) else _function_task(function, naming)
    )


def _naming(function: Callable[..., Any], name: str | None) -> Naming:
    """Return the name of all calls, or what makes one out of a call's arguments."""
    from string import Formatter  # here: `import taketurns` is quick

    plain = name if name is not None else getattr(function, "__name__", "task")
    fields = {re.split(r"[.\[]", field)[0] for _, field, _, _ in Formatter().parse(plain) if field is not None}
    if name is None or not fields:
        return plain
    signature = inspect.signature(function)
    if missing := fields - signature.parameters.keys():
        raise ValueError(
            f"@task(name={name!r}) names {', '.join(sorted(missing))}, but {plain!r} belongs to a function with the "
            f"parameters {', '.join(signature.parameters) or 'none'}"
        )

    def named(*args: Any, **kwargs: Any) -> str:
        try:
            bound = signature.bind(*args, **kwargs)
        except TypeError:
            return plain  # the call itself is about to fail
        bound.apply_defaults()
        return plain.format_map(bound.arguments)

    return named


def _name(naming: Naming, args: Any, kwargs: Any) -> str:
    return naming if isinstance(naming, str) else naming(*args, **kwargs)


def _function_task(function: Callable[..., Any], naming: Naming) -> Callable[..., Any]:
    @functools.wraps(function)
    def run_task(*args: Any, **kwargs: Any) -> Any:
        worker = current_worker()
        if worker is None:
            return function(*args, **kwargs)
        outer, how = worker.enter(_name(naming, args, kwargs)), RETURNED
        try:
            return function(*args, **kwargs)
        except BaseException as error:
            how = worker.recorder.ended_by(error)
            raise
        finally:
            worker.leave(outer, None, how)

    return run_task


def _generator_task(function: Callable[..., Any], naming: Naming) -> Callable[..., Any]:
    @functools.wraps(function)
    def run_task(*args: Any, **kwargs: Any) -> Any:
        worker = current_worker()
        generator = function(*args, **kwargs)
        if worker is not None:
            generator = Steps(generator, worker.begin(_name(naming, args, kwargs)), worker.recorder)
        return (yield from generator)

    return run_task


def _coroutine_task(function: Callable[..., Any], naming: Naming) -> Callable[..., Any]:
    @functools.wraps(function)
    async def run_task(*args: Any, **kwargs: Any) -> Any:
        worker = current_worker()
        coroutine = function(*args, **kwargs)
        if worker is None:
            return await coroutine
        mine, name, outer = worker.recorder, _name(naming, args, kwargs), worker.current
        # An asyncio task was made of this call, and they are one.
        if isinstance(outer, int) and outer in mine.awaits.unnamed:
            mine.awaits.unnamed.remove(outer)
            mine.names[outer] = name
            return await coroutine
        return await Steps(coroutine, worker.begin(name), mine)

    return run_task


def is_task(coroutine: Any) -> bool:
    """Return whether a coroutine comes from a function that is decorated with ``@task``."""
    return getattr(coroutine, "cr_code", None) in _coroutine_task.__code__.co_consts  # `run_task` is one of them


def names_itself(function: Any) -> bool:
    """Return whether a function is decorated with ``@task``, and so is a task by itself; a partial of one is, too."""
    while type(function) is functools.partial:
        function = function.func
    if type(function) is MethodType:
        function = function.__func__
    return type(function) is FunctionType and function.__code__ in _RUNS


#: The code of what stands in the place of a decorated function.
_RUNS = tuple(
    code
    for maker in (_function_task, _generator_task, _coroutine_task)
    for code in maker.__code__.co_consts
    if type(code) is CodeType
)
