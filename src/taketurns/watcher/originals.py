"""The system's own functions, also in a program in which gevent has put others in their places."""

import sys
from importlib import import_module
from typing import Any

__all__ = ["original"]


def original(module: str, name: str) -> Any:
    """Return a function of a module, from what gevent saved of it before it patched it."""
    saved: dict[str, dict[str, Any]] = getattr(sys.modules.get("gevent.monkey"), "saved", {})
    return saved.get(module, {}).get(name) or getattr(import_module(module), name)
