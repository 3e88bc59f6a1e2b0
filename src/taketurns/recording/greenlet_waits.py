"""What a suspended greenlet of gevent's waits for, and where in the learner's code.

Its frames tell, as far as what it called is written in Python: ``gevent.sleep``, a socket, `threading` on gevent's
locks. Much of gevent is compiled, and has no frames. There the object tells whose method the learner's code calls at
that place: it is looked up by name, where it lies, and nothing of the learner's runs. Where that cannot be told, no
reason is given.
"""

import ast
import inspect
from types import CodeType, FrameType, ModuleType
from typing import Any, NamedTuple

from taketurns.naming import withs
from taketurns.recording.calls import arguments_of
from taketurns.recording.membership import IS_COPY_HELD
from taketurns.recording.worker import CALLED, EVENT_LOOP, Place
from taketurns.trace.frames import is_learners_own, module_of
from taketurns.trace.spans import State
from taketurns.watcher import locks
from taketurns.watcher.places import kind_of

__all__ = ["Suspended", "suspended"]

TIMER, SOCKET, CHILD, LOCK = "timer", "socket", "child process", "lock"

#: By the begin of a module and function of gevent's; the first that fits.
_KINDS = {
    "gevent.hub.sleep": TIMER,
    "gevent._socket": SOCKET,
    "gevent.socket.": SOCKET,
    "gevent._ssl": SOCKET,
    "gevent.ssl.": SOCKET,
    "gevent.resolver": SOCKET,
    "gevent.baseserver.": SOCKET,
    "gevent.select.": "file or socket",
    "gevent.selectors.": "file or socket",
    "gevent.subprocess.": CHILD,
    "gevent.os.": CHILD,
    "gevent._fileobject": "file",
    "gevent.fileobject.": "file",
    "gevent.threadpool.": "thread",
    "gevent.threading.Thread": "thread",
    "gevent.threading.": LOCK,
    "gevent.thread.": LOCK,
    "gevent.pool.": CALLED,
    "gevent.greenlet.": CALLED,
    # Compiled, and so told by an object's type:
    "gevent._gevent_cqueue.": "queue",
    "gevent.queue.": "queue",
    "gevent._gevent_cevent.AsyncResult": "future",
    "gevent.event.AsyncResult": "future",
    "gevent._gevent_cevent.": "event",
    "gevent.event.": "event",
    "gevent._gevent_c_semaphore.": LOCK,
    "gevent._gevent_c_rlock.": LOCK,
    "gevent.lock.": LOCK,
    "gevent._gevent_cgreenlet.": CALLED,
    "gevent._gevent_cimap.": CALLED,
    "gevent._gevent_c_hub_primitives.": CALLED,  # gevent.wait
    "threading.Thread": "thread",
}

#: By the id of a code object, which is kept so that nobody else gets that: is it the learner's own, and what it waits
#: for. The hash of code is slow.
_codes: dict[int, tuple[CodeType, bool, str]] = {}


class Suspended(NamedTuple):
    """In which state a greenlet is, why, where, and in how many seconds its time comes, where that is known."""

    state: State = State.WAITING
    reason: str = ""
    place: Place = None
    seconds: float | None = None


def suspended(frame: FrameType | None) -> Suspended:
    """Return how a greenlet is suspended that has just switched to gevent's hub, by its innermost frame."""
    kind = ""
    while frame is not None:
        _, is_place, of_code = _codes.get(id(frame.f_code)) or _know(frame)
        if is_place:
            break
        if of_code == TIMER:
            found = _sleep(arguments_of(frame, IS_COPY_HELD).get("seconds"), _outermost(frame))
            if found is not None:
                return found
        kind = of_code or kind
        frame = frame.f_back
    if frame is None:
        return Suspended(reason=kind)
    return Suspended(reason=kind or _kind_of_call(frame), place=(frame.f_code, frame.f_lasti))


def _sleep(seconds: Any, frame: FrameType | None) -> Suspended | None:
    """Return how a greenlet is suspended that sleeps: for no time, it is only the others' turn."""
    if type(seconds) is not int and type(seconds) is not float:
        return None
    if seconds <= 0:
        return Suspended(State.READY, EVENT_LOOP)
    return Suspended(State.WAITING, TIMER, None if frame is None else (frame.f_code, frame.f_lasti), float(seconds))


def _know(frame: FrameType) -> tuple[CodeType, bool, str]:
    """Find out once whose code a frame runs, and what it waits for."""
    code = frame.f_code
    kind = _kind(f"{module_of(frame)}.{code.co_qualname}") or kind_of(code)
    return _codes.setdefault(id(code), (code, is_learners_own(frame), kind))


def _outermost(frame: FrameType | None) -> FrameType | None:
    """Return the innermost frame of the learner's own code, from a frame on."""
    while frame is not None and not (_codes.get(id(frame.f_code)) or _know(frame))[1]:
        frame = frame.f_back
    return frame


def _kind(name: str) -> str:
    """Return what a function of gevent's waits for, by its full name, or by that of an object's type."""
    if not name.startswith(("gevent.", "threading.Thread")):
        return ""
    return next((kind for begin, kind in _KINDS.items() if name.startswith(begin)), "")


# Where what was called is compiled


def _kind_of_call(frame: FrameType) -> str:
    """Return what a frame waits for, by the object whose method it calls, or the function."""
    node, enters = withs.at(frame.f_code, frame.f_lasti)
    if enters or not isinstance(node, ast.Call):
        return _kind_of_type(locks.found(frame, node)[0])
    if isinstance(node.func, ast.Attribute):
        owner, _ = locks.found(frame, node.func.value)
        if not isinstance(owner, ModuleType):
            return _kind_of_type(owner)
    function, _ = locks.found(frame, node.func)
    module = getattr(function, "__module__", None) if inspect.isroutine(function) else None
    return CALLED if isinstance(module, str) and module.partition(".")[0] == "gevent" else ""


def _kind_of_type(value: Any) -> str:
    """Return what somebody waits for who waits in a method of an object: by its type and what that derives from."""
    for base in type.__dict__["__mro__"].__get__(type(value)):
        if kind := _kind(f"{base.__module__}.{base.__qualname__}"):
            return kind
    return ""
