"""What a recording knows of asyncio's tasks and futures: who waits for what, until when, and what a task is called."""

import re
from typing import Any
from weakref import WeakKeyDictionary, WeakSet, WeakValueDictionary, ref

__all__ = ["Awaits", "given_name", "is_future"]


def is_future(given: object) -> bool:
    """Return whether this is an asyncio future, as asyncio itself does, without an import of asyncio."""
    return getattr(given, "_asyncio_future_blocking", None) is not None


def given_name(task: Any) -> str:
    """Return the name that a program gave to an asyncio task; empty where it is asyncio's own, such as ``Task-1``."""
    get_name = getattr(task, "get_name", None)  # a task of another kind may have no name
    name = str(get_name()) if get_name is not None else ""
    return "" if re.fullmatch(r"Task-\d+", name) else name


class Awaits:
    """The asyncio tasks of one recording. All is held weakly, so that what the program drops is dropped."""

    def __init__(self) -> None:
        self.loops: WeakSet[Any] = WeakSet()  # event loops that began to run inside the recording
        self.offsets: WeakKeyDictionary[Any, int] = WeakKeyDictionary()  # how far our clock is ahead of a loop's, in ns
        self.tasks: WeakValueDictionary[int, Any] = WeakValueDictionary()  # asyncio's tasks by our number
        self.unnamed: set[int] = set()  # tasks whose @task function will name them
        self.due: WeakKeyDictionary[Any, int] = WeakKeyDictionary()  # by future: when its timer is due, in ns
        self.awaited: dict[int, list[ref[Any]]] = {}  # by the id of a future: the steps that wait for it

    def waiting_for(self, future: object) -> list[Any]:
        """Return the steps that wait for a future."""
        all_steps = (reference() for reference in self.awaited.get(id(future), ()))
        return [steps for steps in all_steps if steps is not None and steps.awaits is future]

    def name_of(self, number: int) -> str:
        """Return the name that the program gave to a task; it may be given late."""
        task = self.tasks.get(number)
        return given_name(task) if task is not None else ""
