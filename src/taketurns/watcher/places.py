"""Where a thread stands: the frame of the learner's own code, and what it called there."""

import os
from functools import cache
from types import CodeType, FrameType

from taketurns.trace.frames import in_standard_library
from taketurns.watcher.looks import Place

__all__ = ["kind_of", "place_of"]

_OURS = os.path.dirname(os.path.dirname(os.path.abspath(__file__))) + os.sep

#: What a wait inside of the standard library is for: its module, the function that was called, and a short noun.
_KINDS = [
    ("queue", "", "queue"),
    ("multiprocessing.queues", "", "queue"),
    ("multiprocessing.synchronize", "", "lock"),
    ("multiprocessing.connection", "", "pipe"),
    ("multiprocessing.pool", "", "future"),
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


def place_of(frame: FrameType | None) -> tuple[Place | None, str]:
    """Return the place in the learner's code where a thread stands, and the kind of wait that it called there.

    That is the innermost frame in a script or notebook; without one, the outermost in an installed package. The kind
    is empty where no standard library stands between: then the system call tells more.
    """
    called: FrameType | None = None
    package: FrameType | None = None
    while frame is not None:
        whose = _whose(frame.f_code.co_filename)
        if whose == "learner":
            return (frame.f_code, frame.f_lasti), kind_of(called.f_code) if called is not None else ""
        if whose == "installed":
            package = frame
        elif whose == "standard library" and package is None:
            called = frame
        frame = frame.f_back
    if package is None:
        return None, ""
    return (package.f_code, package.f_lasti), kind_of(called.f_code) if called is not None else ""


@cache
def kind_of(code: CodeType) -> str:
    """Return what a function of the standard library waits for, as a short noun; empty if that is not known."""
    module = _module(code.co_filename)
    for name, function, kind in _KINDS:
        if (module == name or module.startswith(name + ".")) and code.co_qualname.startswith(function):
            return kind
    return ""


@cache
def _module(path: str) -> str:
    """Return the name of the module of the standard library that a file holds: ``concurrent.futures._base``."""
    below = os.path.relpath(path, os.path.dirname(os.path.abspath(os.__file__)))
    return below.removesuffix(".py").removesuffix(f"{os.sep}__init__").replace(os.sep, ".")


@cache
def _whose(path: str) -> str:
    """Return whose code a file holds: the learner's, the standard library's, ours, or that of an installed package."""
    if path.startswith(_OURS):
        return "ours"
    if in_standard_library(path):
        return "standard library"
    if not path.startswith("<") and any(path.startswith(folder) for folder in _installed()):
        return "installed"
    return "learner"


@cache
def _installed() -> tuple[str, ...]:
    """Return the folders of installed packages, also those of the Python that a virtual environment was made from."""
    import site
    import sysconfig  # here: `import taketurns` is quick

    paths = sysconfig.get_paths()
    folders = [paths["purelib"], paths["platlib"], site.getusersitepackages()]
    folders += [os.path.join(paths[key], name) for key in ("stdlib", "platstdlib") for name in _PACKAGES]
    folders += [os.path.join(os.path.dirname(paths["stdlib"]), "python3", "dist-packages")]
    return tuple({os.path.join(each, "") for folder in folders for each in (folder, os.path.realpath(folder))})


_PACKAGES = "site-packages", "dist-packages"
