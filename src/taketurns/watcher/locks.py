"""What a thread holds and what it wants: locks and their like, told by where it stands, without running its code.

A thread holds what the ``with`` blocks around it are of, and what it took by a plain ``acquire()``; it wants what it
stands at. A resource is a tuple of plain values: its kind, its process, and a number in that, or a name for all.
"""

import ast
import os
import re
import sys
import threading
from collections.abc import Callable, Iterable
from inspect import CO_OPTIMIZED
from types import FrameType
from typing import Any, NamedTuple

from taketurns.naming.values import UnknownError, lying, value_of
from taketurns.watcher.originals import original

__all__ = [
    "Named",
    "Resource",
    "Standing",
    "found",
    "may_be_a_signal",
    "names_in",
    "numbered",
    "of_kind",
    "owner_of",
    "resource_of",
    "shown",
    "variable",
]

Resource = tuple[str | int, ...]
Place = tuple[Any, int]

_Lock = type(original("_thread", "allocate_lock")())
_RLock: Any = original("_thread", "RLock")

#: Until 3.12, a frame keeps a copy of its variables once somebody has asked for them.
_IS_COPY_HELD = sys.version_info < (3, 13)

_WITH_CONDITIONS = "threading", "asyncio.locks", "multiprocessing.synchronize"


class Named(NamedTuple):
    """A resource, how the code calls it, and the identifier of the thread that owns it, where it tells that itself."""

    what: Resource
    text: str
    owner: int = 0


class Standing(NamedTuple):
    """What somebody who stands still holds and wants, at a moment in ns; of a thread, with its identifier.

    Who waits with a timeout goes on by itself.
    """

    at: int
    thread: int
    wants: tuple[Named, ...]
    holds: tuple[Named, ...]
    place: Place | None = None
    has_timeout: bool = False


def of_kind(kind: str, thing: object) -> Resource:
    """Return the resource that an object of this process is."""
    return numbered(kind, id(thing))


def numbered(kind: str, number: int) -> Resource:
    """Return a resource of this process that has a number, such as a thread by its identifier."""
    return kind, os.getpid(), number


def resource_of(thing: Any) -> Resource | None:
    """Return the resource that somebody holds who has entered an object; ``None`` where it is no lock or its like."""
    kind = type(thing)
    if kind is _Lock or kind is _RLock:
        return of_kind("lock", thing)
    try:
        if (semaphore := _in_all_processes(thing)) is not None:
            return semaphore
        if _is(kind, "threading", "_RLock") or _is(kind, "asyncio.locks", "Lock"):
            return of_kind("lock", thing)
        if _is(kind, "threading", "Semaphore") or _is(kind, "asyncio.locks", "Semaphore"):
            return of_kind("semaphore", thing)
        if any(_is(kind, module, "Condition") for module in _WITH_CONDITIONS):
            return resource_of(lying(thing, "_lock"))
    except UnknownError:
        pass
    return None


def _in_all_processes(thing: Any) -> Resource | None:
    """Return the resource that a lock of `multiprocessing` is in each process that has it.

    It has a name where children open it by that; those that are forked have it at the same address.
    """
    if not _is(type(thing), "multiprocessing.synchronize", "SemLock"):
        return None
    semaphore = lying(thing, "_semlock")
    name, handle = (getattr(semaphore, part, None) for part in ("name", "handle"))  # it is written in C
    return "lock of processes", name if type(name) is str else handle if type(handle) is int else id(semaphore)


def _is(kind: type, module: str, name: str) -> bool:
    """Return whether a type is one of a module, if that is imported, or derived from it."""
    owner = getattr(sys.modules.get(module), name, None)
    return isinstance(owner, type) and issubclass(kind, owner)


def owner_of(thing: Any) -> int | None:
    """Return the identifier of the thread that owns a lock, 0 where it is free, and ``None`` where it does not tell."""
    kind = type(thing)
    if kind is _RLock:
        found = re.search(r"owner=(\d+)", repr(thing))
        return int(found[1]) if found else 0
    if kind is _Lock:
        return None if thing.locked() else 0
    try:
        if _is(kind, "threading", "_RLock"):
            owner = lying(thing, "_owner")
            return owner if type(owner) is int else 0
        if _is(kind, "threading", "Condition"):
            return owner_of(lying(thing, "_lock"))
        if _is(kind, "asyncio.locks", "Lock"):
            return None if lying(thing, "_locked") is True else 0
    except UnknownError:
        pass
    return None


def may_be_a_signal(what: Resource, wants: Iterable[Named]) -> bool:
    """Return whether what a function takes, and does not give back itself, may be for others to release."""
    return what[0] == "semaphore" or any(want.what == what for want in wants)


def shown(thing: Any, text: str, frame: FrameType) -> str:
    """Return how a module calls what stands in a variable of a function, if it does, for that is one name for all."""
    if not text.isidentifier() or text not in (*frame.f_code.co_varnames, *frame.f_code.co_freevars):
        return text
    named = list(frame.f_globals.items()) if type(frame.f_globals) is dict else []
    return next((name for name, value in named if value is thing and not name.startswith("_")), text)


def names_in(frame: FrameType) -> Callable[[str], Any]:
    """Return what looks up a name as the code of a frame does; ``UnknownError`` where it has no value there.

    Without a GIL, a frame that may go on at any moment is not to be asked for its variables.
    """
    code = frame.f_code
    own = {*code.co_varnames, *code.co_cellvars, *code.co_freevars} if code.co_flags & CO_OPTIMIZED else set()
    values = _variables(frame) if own else {}

    def look_up(name: str) -> Any:
        for home in (values,) if name in own else (frame.f_globals if own else frame.f_locals, frame.f_globals):
            if type(home) is dict and name in home:
                return home[name]
        raise UnknownError

    return look_up


def variable(frame: FrameType, name: str) -> Any:
    """Return what a name stands for in a frame; ``None`` where that is not known."""
    try:
        return names_in(frame)(name)
    except UnknownError:
        return None


def found(frame: FrameType, node: ast.expr | None) -> tuple[Any, str]:
    """Return what an expression stands for in a frame, and what it is called; ``None`` where that is not known."""
    try:
        if node is not None:
            thing, text = value_of(node, names_in(frame))
            return thing, shown(thing, text, frame)
    except UnknownError:
        pass
    return None, ""


def _variables(frame: FrameType) -> dict[str, Any]:
    if not getattr(sys, "_is_gil_enabled", lambda: True)():
        return {}
    values = frame.f_locals
    copy = dict(values)
    # It is left alone where somebody traces the thread, whose changes are made through it, and where the program has
    # it from `locals()`: then there are more references than the frame's, ours, and that of the call.
    is_alone = frame.f_trace is None and threading.getprofile() is None and sys.getrefcount(values) <= 3
    if _IS_COPY_HELD and is_alone:
        values.clear()
    return copy
