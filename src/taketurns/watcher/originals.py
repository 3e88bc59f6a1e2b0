"""The system's own functions, also in a program in which gevent has put others in their places."""

import sys
import threading
from importlib import import_module
from typing import Any

__all__ = ["get_ident", "is_main", "local", "original"]


def original(module: str, name: str) -> Any:
    """Return a function of a module, from what gevent saved of it before it patched it."""
    saved: dict[str, dict[str, Any]] = getattr(sys.modules.get("gevent.monkey"), "saved", {})
    return saved.get(module, {}).get(name) or getattr(import_module(module), name)


#: Taken at once, as gevent may be asked later to put its own there, which tell greenlets apart and no threads.
get_ident = original("_thread", "get_ident")
#: Also a class, of what each thread has for itself.
local = original("_thread", "_local")


def is_main() -> bool:
    """Return whether the calling thread is the main thread, whatever gevent says."""
    return threading.get_native_id() == threading.main_thread().native_id or (
        get_ident() == threading.main_thread().ident
    )
