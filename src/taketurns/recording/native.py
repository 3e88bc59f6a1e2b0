"""What is known of the calling thread: its given name, and how often the system switched away from it."""

import threading

from taketurns.watcher.originals import get_ident

__all__ = ["given_name", "switched"]

try:
    from resource import RUSAGE_THREAD, getrusage
except ImportError:  # only Linux counts a thread's switches
    getrusage = None  # type: ignore[assignment]


def switched() -> tuple[int, int] | None:
    """Return how often the system switched away from this thread: because it waited, and because it took the core.

    The first are its voluntary switches, the second its involuntary ones (getrusage(2)). ``None`` where nobody counts.
    """
    if getrusage is None:
        return None
    usage = getrusage(RUSAGE_THREAD)
    return usage.ru_nvcsw, usage.ru_nivcsw


def given_name() -> str:
    """Return the name that the program gave to this thread; empty where it gave none, or Python does not know it."""
    from taketurns.naming.names import thread_name  # here: `import taketurns` is quick

    thread = threading._active.get(get_ident())  # type: ignore[attr-defined]
    return thread_name(thread) if thread is not None else ""
