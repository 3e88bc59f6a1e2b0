"""What a program imports while a recording is on: who waits for a module is told when it is there.

A finder stands before all others in ``sys.meta_path`` meanwhile (PEP 451). What they find it hands on; the module's
loader stays what it is.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from importlib.machinery import ModuleSpec
from importlib.util import find_spec
from types import ModuleType
from typing import Any

__all__ = ["Imports"]


class Imports:
    """Calls functions when modules have been imported: at once, where they are there already."""

    def __init__(self) -> None:
        self._awaited: dict[str, list[Callable[[], None]]] = {}
        self._sought: set[str] = set()

    def when(self, module: str, then: Callable[[], None]) -> None:
        """Call a function as soon as a module is there."""
        if module in sys.modules:
            then()
            return
        self._awaited.setdefault(module, []).append(then)
        if self not in sys.meta_path:
            sys.meta_path.insert(0, self)

    def stop(self) -> None:
        """Call none of them any more."""
        self._awaited.clear()
        if self in sys.meta_path:
            sys.meta_path.remove(self)

    def find_spec(
        self, name: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """Return what the other finders find, for a module that is awaited."""
        if name not in self._awaited or name in self._sought:
            return None
        self._sought.add(name)
        try:
            found = find_spec(name)
        finally:
            self._sought.discard(name)
        if found is not None and found.loader is not None:
            found.loader = _Then(found.loader, self._tell)  # type: ignore[assignment]
        return found

    def _tell(self, module: str) -> None:
        for then in self._awaited.pop(module, ()):
            then()


class _Then:
    """Loads a module as its loader does, and says so when that is done."""

    def __init__(self, loader: Any, tell: Callable[[str], None]) -> None:
        self._loader, self._tell = loader, tell

    def create_module(self, spec: ModuleSpec) -> ModuleType | None:
        """Return what the loader returns."""
        module: ModuleType | None = self._loader.create_module(spec)
        return module

    def exec_module(self, module: ModuleType) -> None:
        """Load it."""
        if module.__spec__ is not None:
            module.__spec__.loader = self._loader
        module.__loader__ = self._loader
        self._loader.exec_module(module)
        self._tell(module.__name__)
