"""Which asyncio tasks are the program's, and what they are called if it gives them no name.

Every task is, but those by which a notebook's kernel runs itself, and what asyncio does in its inside.
"""

import asyncio
import inspect
import sys
from contextvars import ContextVar
from types import CoroutineType, FrameType
from typing import Any

from taketurns.naming.names import call_name, code_name
from taketurns.recording.calls import arguments_of
from taketurns.recording.recorder import Recorder
from taketurns.recording.tasks import is_task, names_itself
from taketurns.recording.waits import wrapped
from taketurns.trace.frames import module_of

__all__ = ["belongs", "called", "inside", "is_of_library", "name_of"]

_Loop = asyncio.BaseEventLoop

#: What uvloop and anyio call a coroutine by which they wrap another.
WRAPPERS = ("wrapper", "_run_coro")

#: What asyncio.run does by itself when the program has ended.
_own = {_Loop.shutdown_asyncgens.__code__, _Loop.shutdown_default_executor.__code__}

#: The same of a loop that is written in C, where it has no code.
_own_names = {"shutdown_asyncgens", "shutdown_default_executor"}

#: Until 3.12, a frame that is suspended keeps a copy of its variables once somebody has asked for them.
IS_COPY_HELD = sys.version_info < (3, 13)

#: By which a notebook's kernel runs itself, and we.
_hosts = {"ipykernel", "ipykernel_launcher", "IPython", "jupyter_client", "jupyter_server", "debugpy", "nbclient"}
#: Which talks to its cluster in a loop of its own.
_hosts |= {"distributed"}
#: Of which a program may make use too; then it does so from the block, or in a loop that began inside it.
_shared = {"tornado", "zmq"}

#: The recording in whose block this code runs; a task inherits it from the code that creates it.
inside: ContextVar[Recorder | None] = ContextVar("taketurns_recording", default=None)


def name_of(coro: Any, arguments: bool) -> str:
    """Return what a task is called if its program gives it no name: the call that made the coroutine."""
    if type(coro) is CoroutineType and inspect.getcoroutinestate(coro) == inspect.CORO_CREATED:
        frame: Any = coro.cr_frame
        return code_name(coro.cr_code, arguments_of(frame, IS_COPY_HELD), arguments=arguments).removesuffix("()")
    name = getattr(coro, "__name__", None)
    if name is None and (body := wrapped(coro)) is not None:  # the end of a generator that was left in the middle
        name = f"{body.__name__}.aclose"
    return str(name or "")


def called(coro: Any, arguments: bool) -> tuple[str, bool]:
    """Return what a task is called if its program gives it no name, and whether ``@task`` will name it.

    uvloop.run and anyio wrap what they are given.
    """
    values = _given(coro)
    if "func" in values and "args" in values:
        name = call_name(values["func"], tuple(values["args"]), arguments=arguments)
        return name.removesuffix("()"), names_itself(values["func"])
    inner = _wrapped(values, coro)
    return name_of(inner, arguments), is_task(inner)


def _given(coro: Any) -> dict[str, Any]:
    """Return what a coroutine was given by which uvloop.run or anyio wraps another; empty where it is none."""
    frame: FrameType | None = getattr(coro, "cr_frame", None)
    package = module_of(frame).partition(".")[0] if frame is not None else ""
    if frame is None or package not in ("uvloop", "anyio") or frame.f_code.co_name not in WRAPPERS:
        return {}
    held = frame.f_locals
    values = dict(held)
    if IS_COPY_HELD:
        held.clear()
    return values


def _wrapped(values: dict[str, Any], coro: Any) -> Any:
    return values.get("main", getattr(values.get("self"), "_coro", coro))


def is_of_library(coro: Any) -> bool:
    """Return whether trio or anyio runs a coroutine for itself: it is that of a function inside of another one."""
    inner = _wrapped(_given(coro), coro)
    frame: FrameType | None = getattr(inner, "cr_frame", None)
    if frame is None or frame.f_code.co_name in WRAPPERS or "<locals>" not in frame.f_code.co_qualname:
        return False
    return module_of(frame).partition(".")[0] in ("trio", "anyio")


def belongs(coro: Any, loop: Any, mine: Recorder) -> bool:
    """Return whether the task of a coroutine is one of the program's."""
    if getattr(coro, "cr_code", None) in _own:
        return False
    if type(coro) is not CoroutineType and getattr(coro, "__name__", "") in _own_names:
        return False
    frame = getattr(coro, "cr_frame", None)
    package = frame.f_globals.get("__name__", "").partition(".")[0] if frame is not None else ""
    if package == "asyncio" and coro.cr_code.co_name.startswith("_"):
        return False  # as in the inside of a stream or a child process
    if is_of_library(coro):
        return False
    if package in _shared:
        is_hosts = loop not in mine.awaits.loops and getattr(loop, "_thread_id", None) in mine.awaits.threads
        return inside.get() is mine or not is_hosts
    return package not in _hosts
