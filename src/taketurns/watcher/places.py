"""Where a thread stands: the frame of the learner's own code, and what it called there."""

import os
from functools import cache
from types import CodeType, FrameType

from taketurns.trace.frames import below_installed, in_installed_package, in_standard_library
from taketurns.watcher.looks import Place

__all__ = ["EDGES", "full_name", "kind_of", "place_in", "place_of", "stack_of", "whose"]

_OURS = os.path.dirname(os.path.dirname(os.path.abspath(__file__))) + os.sep

#: Where a process of `multiprocessing` begins, and where it ends: below that stands what its parent was about.
EDGES = ("BaseProcess._bootstrap", "_exit_function")

#: What a wait inside of the standard library is for: its module, the function that was called, and a short noun.
_KINDS = [
    ("queue", "", "queue"),
    ("multiprocessing.queues", "", "queue"),
    ("multiprocessing.synchronize", "Event.", "event"),
    ("multiprocessing.synchronize", "Condition.", "condition"),
    ("multiprocessing.synchronize", "Semaphore.", "semaphore"),
    ("multiprocessing.synchronize", "BoundedSemaphore.", "semaphore"),
    ("multiprocessing.synchronize", "Barrier.", "barrier"),
    ("multiprocessing.synchronize", "", "lock"),
    ("multiprocessing.connection", "", "pipe"),
    ("multiprocessing.pool", "", "future"),
    ("multiprocessing.managers", "AcquirerProxy.", "lock"),
    ("multiprocessing.managers", "EventProxy.", "event"),
    ("multiprocessing.managers", "ConditionProxy.", "condition"),
    ("multiprocessing.managers", "BarrierProxy.", "barrier"),
    ("multiprocessing", "", "child process"),
    ("concurrent.futures", "", "future"),
    ("threading", "Thread.", "thread"),
    ("threading", "_MainThread.", "thread"),
    ("threading", "Event.", "event"),
    ("threading", "Condition.", "condition"),
    ("threading", "Semaphore.", "semaphore"),
    ("threading", "BoundedSemaphore.", "semaphore"),
    ("threading", "Barrier.", "barrier"),
    ("threading", "_RLock.", "lock"),
    ("subprocess", "", "child process"),
    ("asyncio", "", "event loop"),
    ("selectors", "", "event loop"),
    ("socket", "", "socket"),
    ("ssl", "", "socket"),
    ("http", "", "socket"),
    ("urllib", "", "socket"),
    ("socketserver", "", "socket"),
    ("smtplib", "", "socket"),
    ("ftplib", "", "socket"),
    ("imaplib", "", "socket"),
]

#: How an installed file begins, below the folder of packages, in which an event loop of its own stands while it waits.
_LOOPS = ("trio/_core/", "gevent/", "uvloop/")
#: By the same: who only runs what it was given, in a thread or a process of its own.
_RUNNERS = ("trio/", "outcome/", "anyio/", "gevent/", "joblib/", "loky/")

#: What the methods call that a manager's proxy has written itself, and those of them that are a queue's.
_OF_PROXY = "multiprocessing.managers.BaseProxy._callmethod"
_OF_QUEUE = {"get", "put", "join"}


def place_of(frame: FrameType | None) -> tuple[Place | None, str]:
    """Return where a frame stands, as `place_in` does."""
    return place_in(stack_of(frame))


def stack_of(frame: FrameType | None) -> list[Place]:
    """Return the places of a frame and of those that called it; in a forked child, none of its parent's.

    Nothing here lets go of the GIL. So no frame is held beyond its end, which others may wait for.
    """
    stack = []
    while frame is not None:
        stack.append((frame.f_code, frame.f_lasti))
        frame = frame.f_back if frame.f_code.co_qualname not in EDGES else None
    return stack


def place_in(stack: list[Place]) -> tuple[Place | None, str]:
    """Return the innermost place of the learner's own code, and the kind of wait by what it called there.

    If there is none of the learner's, it is the outermost of an installed package, but for those that only run what
    they were given.
    """
    called: Place | None = None
    package: Place | None = None
    in_package, kind = False, ""
    of_loop = "event loop" if stack and below_installed(stack[0][0].co_filename).startswith(_LOOPS) else ""
    for place in stack:
        owner = whose(place[0].co_filename)
        if owner == "learner" and called is not None and _is_of_proxy(place[0], called[0]):
            kind = "queue" if place[0].co_name in _OF_QUEUE else kind
        elif owner == "learner":
            return place, of_loop or kind
        elif owner == "installed":
            in_package = True
            package = package if below_installed(place[0].co_filename).startswith(_RUNNERS) else place
        elif owner == "standard library" and not in_package:
            called, kind = place, kind_of(place[0])
    if in_package:
        return package, of_loop or kind
    # A process that ends first hands on what it has put into queues.
    return None, "queue" if any(full_name(code).startswith("multiprocessing.queues.") for code, _ in stack) else ""


@cache
def kind_of(code: CodeType) -> str:
    """Return what a function of the standard library waits for, as a short noun; empty if that is not known."""
    module = _module(code.co_filename)
    for name, function, kind in _KINDS:
        if (module == name or module.startswith(name + ".")) and code.co_qualname.startswith(function):
            return kind
    return ""


@cache
def full_name(code: CodeType) -> str:
    """Return a function of the standard library with its module, as in ``queue.Queue.get``; of another, nothing."""
    is_ours = whose(code.co_filename) == "standard library"
    return f"{_module(code.co_filename)}.{code.co_qualname}" if is_ours else ""


@cache
def _module(path: str) -> str:
    """Return the name of the module of the standard library that a file holds: ``concurrent.futures._base``."""
    below = os.path.relpath(path, os.path.dirname(os.path.abspath(os.__file__)))
    return below.removesuffix(".py").removesuffix(f"{os.sep}__init__").replace(os.sep, ".")


def _is_of_proxy(code: CodeType, called: CodeType) -> bool:
    """Return whether this is a method that a manager's proxy has written itself, as `multiprocessing` lets it."""
    return code.co_filename == "<string>" and full_name(called) == _OF_PROXY


@cache
def whose(path: str) -> str:
    """Return whose code a file holds: the learner's, the standard library's, ours, or that of an installed package."""
    if path.startswith(_OURS):
        return "ours"
    if in_standard_library(path):
        return "standard library"
    if in_installed_package(path):
        return "installed"
    return "learner"
