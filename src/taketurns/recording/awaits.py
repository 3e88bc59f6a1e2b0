"""What a recording knows of asyncio's tasks: their numbers and names, which of them run, and who waits for what."""

import re
import sys
from collections.abc import Callable
from types import BuiltinMethodType, MethodType
from typing import Any
from weakref import WeakSet, ref

from taketurns.recording.waits import Codes

__all__ = ["Awaits", "OnLoop", "given_name", "is_anyios", "is_future"]

#: The name of a type, without asking its metaclass.
_name_of = type.__dict__["__name__"].__get__


def is_future(given: object) -> bool:
    """Return whether this is an asyncio future, as asyncio itself does, without an import of asyncio."""
    return getattr(given, "_asyncio_future_blocking", None) is not None


def given_name(task: Any) -> str:
    """Return the name that a program gave to an asyncio task; empty where it is asyncio's own, such as ``Task-1``.

    Or anyio's own, which is the full name of the task's function.
    """
    get_name = getattr(task, "get_name", None)  # a task of another kind may have no name
    name = str(get_name()) if get_name is not None else ""
    if re.fullmatch(r"Task-\d+|None|\s*", name):  # Python 3.13.0 names those of a factory so
        return ""
    return "" if is_anyios(name) else name


def is_anyios(name: str) -> bool:
    """Return whether anyio has given this name to a task: it is that of a function with its module."""
    if "anyio" not in sys.modules or "." not in name:
        return False
    return any(name[: dot.start()] in sys.modules for dot in re.finditer(r"\.", name)) and " " not in name


def _bound_to(callback: Any) -> Any:
    """Return the object whose method a callback is, without asking what the learner made."""
    kind = type(callback)
    is_bound = kind is BuiltinMethodType or kind is MethodType or _name_of(kind) == "TaskStepMethWrapper"
    return callback.__self__ if is_bound else None


class OnLoop:
    """An asyncio task in a recording."""

    __slots__ = ("begun", "ended", "number", "running", "since", "task", "woken")

    def __init__(self, number: int | None) -> None:
        self.number = number  # None where it is not recorded
        self.task: ref[Any] | None = None
        self.begun = False  # has its first step ended?
        self.running = False
        self.woken = False  # is its next step asked for, while one still runs?
        self.ended = False
        self.since = 0  # when its last step ended, in ns


class Awaits:
    """The asyncio tasks of one recording. All is held weakly, so that what the program drops is dropped."""

    def __init__(self) -> None:
        self.loops: WeakSet[Any] = WeakSet()  # event loops that began to run inside the recording
        self.known: dict[int, OnLoop] = {}  # by the id of a task
        self.tasks: dict[int, ref[Any]] = {}  # asyncio's tasks by our number
        self.begun: dict[int, OnLoop] = {}  # by the id of a coroutine: whose task may begin while it is being created
        self.unnamed: set[int] = set()  # tasks whose @task function will name them
        self.threads: set[int] = set()  # those that were there when the recording began
        self.offset: int | None = None  # by how much the recorder's clock is ahead of time.monotonic, in ns
        self.due: dict[int, int] = {}  # by the id of a loop: when the timer was due whose callback runs now, in ns
        self.tellers: dict[int, int] = {}  # by the id of a loop: the task whose end is told to somebody right now
        self.awaited: dict[int, list[ref[Any]]] = {}  # by the id of a future: the steps inside of a task that wait
        self.codes: Codes = {}
        self.block: OnLoop | None = None  # the task that the block stands in

    def before(self, callback: Any, worker: Any) -> None:
        """Note that a loop is about to call something: what it does while the block is suspended is not the block's."""
        block, log = self.block, worker.recorder
        if block is None or log.block is None or worker.native != log.block[1]:
            return
        task = block.task() if block.task is not None else None
        if task is None or _bound_to(callback) is not task:
            block.since = block.since or log.now()
        elif block.since:
            log.dealings.append((worker.native, block.since, log.now()))
            block.since = 0

    def add(self, task: Any, one: OnLoop, gone: Callable[[OnLoop], None]) -> None:
        """Know a task until the program lets go of it, and say so then; ``TypeError`` where it cannot be known."""
        key = id(task)

        def dropped(_: object) -> None:
            self.known.pop(key, None)
            if one.number is not None:
                self.tasks.pop(one.number, None)
                gone(one)

        one.task = ref(task, dropped)
        self.known[key] = one
        if one.number is not None:
            self.tasks[one.number] = one.task

    def number_of(self, task: object) -> int | None:
        """Return the number of a recorded task."""
        one = self.known.get(id(task))
        return None if one is None else one.number

    def name_of(self, number: int) -> str:
        """Return the name that the program gave to a task; it may be given late."""
        reference = self.tasks.get(number)
        task = reference() if reference is not None else None
        return given_name(task) if task is not None else ""
