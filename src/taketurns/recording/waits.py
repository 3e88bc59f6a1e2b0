"""What a suspended coroutine waits for, and where in the learner's code.

The chain of coroutines that await each other is looked at from outside: their code objects, and what each awaits. Of
asyncio's own, trio's and anyio's the outermost below the learner's innermost tells what was asked for (``Queue.join``
waits for a queue, whatever is inside); where the learner awaits a future itself, that future tells. Nothing of the
learner's runs, and nothing is kept but code objects.
"""

import gc
import sys
from functools import cache
from types import AsyncGeneratorType, CodeType, CoroutineType, FunctionType, GeneratorType
from typing import Any

from taketurns.trace.frames import is_learners, is_learners_own
from taketurns.trace.reasons import ANOTHER_TASK

__all__ = ["Codes", "Lane", "wait_of", "wrapped"]

CHILD, SOCKET, THREAD = "child process", "socket", "thread"

#: By the begin of a function's full name; the first that fits. What is not here waits for what it awaits in turn.
_KINDS = {
    "asyncio.tasks.sleep": "timer",
    "asyncio.tasks.wait_for": ANOTHER_TASK if sys.version_info < (3, 12) else "",  # 3.12: it awaits in the same task
    "asyncio.tasks.": ANOTHER_TASK,
    "asyncio.taskgroups.": ANOTHER_TASK,
    "asyncio.locks._ContextManagerMixin": "",
    "asyncio.locks.Lock": "lock",
    "asyncio.locks.Semaphore": "semaphore",
    "asyncio.locks.BoundedSemaphore": "semaphore",
    "asyncio.locks.Event": "event",
    "asyncio.locks.Condition": "condition",
    "asyncio.locks.Barrier": "barrier",
    "asyncio.queues.": "queue",
    "asyncio.streams.open_": SOCKET,
    "asyncio.streams.start_": SOCKET,
    "asyncio.streams.": "stream",
    "asyncio.threads.": THREAD,
    "asyncio.subprocess.": CHILD,
    "asyncio.base_subprocess.": CHILD,
    "asyncio.unix_events._UnixSelectorEventLoop._make_subprocess": CHILD,
    "asyncio.windows_events.ProactorEventLoop._make_subprocess": CHILD,
    "asyncio.base_events.BaseEventLoop.subprocess_": CHILD,
    "asyncio.base_events.BaseEventLoop.shutdown_default_executor": THREAD,
    "asyncio.base_events.": SOCKET,
    "asyncio.selector_events.": SOCKET,
    "asyncio.proactor_events.": SOCKET,
    "asyncio.unix_events.": SOCKET,
    "asyncio.windows_events.": SOCKET,
    "trio._timeouts.sleep_forever": "cancellation",
    "trio._timeouts.sleep": "timer",
    "trio._core._run.Nursery": ANOTHER_TASK,
    "trio._core._io": SOCKET,
    "trio._sync.Event": "event",
    "trio._sync.Lock": "lock",
    "trio._sync._LockImpl": "lock",
    "trio._sync.StrictFIFOLock": "lock",
    "trio._sync.Semaphore": "semaphore",
    "trio._sync.CapacityLimiter": "semaphore",
    "trio._sync.Condition": "condition",
    "trio._channel.": "queue",
    "trio._threads.": THREAD,
    "trio._subprocess.": CHILD,
    "trio._unix_pipes.": "pipe",
    "trio._file_io.": "file",
    "trio._path.": "file",
    "trio._socket.": SOCKET,
    "trio._highlevel_": SOCKET,
    "trio._ssl.": SOCKET,
    "trio._dtls.": SOCKET,
    "anyio.to_thread.": THREAD,
    "anyio.streams.memory.": "queue",
    "anyio._core._eventloop.sleep_forever": "cancellation",
    "anyio._core._eventloop.sleep": "timer",
    "anyio._core._sockets.": SOCKET,
    "anyio._core._subprocesses.": CHILD,
    "anyio._core._fileio.": "file",
    "anyio._backends._asyncio.TaskGroup": ANOTHER_TASK,
    "anyio._backends._asyncio.Event": "event",
    "anyio._backends._asyncio.Lock": "lock",
    "anyio._backends._asyncio.Semaphore": "semaphore",
    "anyio._backends._asyncio.CapacityLimiter": "semaphore",
    "anyio._backends._asyncio.SocketStream": SOCKET,
    "anyio._backends._asyncio.Process": CHILD,
    "anyio._backends._trio.TaskGroup": ANOTHER_TASK,
    "anyio._backends._trio.SocketStream": SOCKET,
    "anyio._backends._trio.Process": CHILD,
}
#: Packages that are as asyncio: what they await is asked for by who called them.
_LIKE_ASYNCIO = ("trio", "anyio")

#: By a callback on a future, which tells who will complete it: `wrap_future`, and so `run_in_executor`, and `shield`.
_CALLBACKS = {
    "_chain_future.<locals>._call_check_cancel": THREAD,
    "shield.<locals>._outer_done_callback": ANOTHER_TASK,
}

#: What stands between two of a chain without telling what it awaits.
_WRAPPERS = {"coroutine_wrapper", "async_generator_asend", "async_generator_athrow", "anext_awaitable"}
_BODIES = CoroutineType, GeneratorType, AsyncGeneratorType

#: The name of a type, without asking its metaclass.
_name_of = type.__dict__["__name__"].__get__

#: By the id of a code object, which is kept so that nobody else gets that: whose it is, and its kind.
Codes = dict[int, tuple[CodeType, int, str]]
#: Whose code it is: the learner's, an installed package's, or that of what runs and waits for them.
OWN, PACKAGE, LIBRARY = 2, 1, 0

Place = tuple[CodeType, int] | None


class Lane:
    """What is a task of its own inside of a chain: who awaits it waits for another task."""

    __slots__ = ()


def wait_of(body: Any, future: Any, codes: Codes) -> tuple[str, Place]:
    """Return what a suspended coroutine that gave a future waits for, and the place in the learner's code.

    In a chain that is a package's from its begin to its end, the place is there.
    """
    kind, learners, whose = "", None, LIBRARY
    while body is not None:
        of = type(body)
        if of is CoroutineType:
            code, awaited = body.cr_code, body.cr_await
        elif of is GeneratorType:
            code, awaited = body.gi_code, body.gi_yieldfrom
        elif of is AsyncGeneratorType:
            code, awaited = body.ag_code, body.ag_await
        elif (name := _name_of(of)) == "FutureIter":
            break
        elif name in _WRAPPERS:
            body = wrapped(body)
            continue
        else:
            kind = ANOTHER_TASK if issubclass(of, Lane) else kind
            break
        known = codes.get(id(code))
        _, owner, of_code = _know(code, body, codes) if known is None else known
        if owner >= max(whose, PACKAGE):
            kind, learners, whose = "", body, owner
        elif not kind:
            kind = of_code
        body = awaited
    return kind or _kind_of(future), None if learners is None else _place(learners)


def _frame(body: Any) -> Any:
    """Return the frame of a coroutine, generator or asynchronous generator; None where it has ended."""
    of = type(body)
    return body.cr_frame if of is CoroutineType else body.gi_frame if of is GeneratorType else body.ag_frame


def _place(body: Any) -> Place:
    frame = _frame(body)
    return None if frame is None else (frame.f_code, frame.f_lasti)


def wrapped(body: Any) -> Any:
    """Return what a wrapper in a chain stands for, if anything: a coroutine, a generator, or a wrapper of one."""
    for part in gc.get_referents(body):
        of = type(part)
        if any(of is one for one in _BODIES) or _name_of(of) in _WRAPPERS:
            return part
    return None


def _know(code: CodeType, body: Any, codes: Codes) -> tuple[CodeType, int, str]:
    """Find out once whose a code object is, and what it waits for."""
    frame = _frame(body)
    if frame is None:
        return code, LIBRARY, ""
    name = f"{frame.f_globals.get('__name__', '')}.{code.co_qualname}"
    kind = next((kind for begin, kind in _KINDS.items() if name.startswith(begin)), "")
    is_library = name.partition(".")[0] in _LIKE_ASYNCIO
    owner = LIBRARY if is_library or not is_learners(frame) else OWN if is_learners_own(frame) else PACKAGE
    codes[id(code)] = code, owner, kind
    return codes[id(code)]


def _kind_of(future: Any) -> str:
    """Return who will complete a future that is awaited directly; trio has none."""
    if future is None:
        return ""
    if issubclass(type(future), _others()):
        return ANOTHER_TASK
    for callback, _ in getattr(future, "_callbacks", None) or ():
        if type(callback) is FunctionType and callback.__module__ in ("asyncio.futures", "asyncio.tasks"):
            kind = _CALLBACKS.get(callback.__qualname__, "")
            if kind:
                return CHILD if kind is THREAD and _is_for_a_child(callback) else kind
    return "future"


@cache
def _others() -> tuple[type, ...]:
    """Return the types of futures that are tasks, or stand for several."""
    tasks: Any = sys.modules["asyncio.tasks"]
    return tasks.Task, tasks._PyTask, tasks._GatheringFuture


def _is_for_a_child(callback: FunctionType) -> bool:
    """Return whether the future that such a callback passes a cancellation on to is that of a call in a child process.

    A pool of processes has a thread that knows its calls; one that has none does not run.
    """
    pools: Any = sys.modules.get("concurrent.futures.process")
    names, cells = callback.__code__.co_freevars, callback.__closure__ or ()
    source = next((cell.cell_contents for name, cell in zip(names, cells, strict=True) if name == "source"), None)
    threads = list(getattr(pools, "_threads_wakeups", ()))
    calls = [call for thread in threads for call in list(getattr(thread, "pending_work_items", {}).values())]
    return any(getattr(call, "future", None) is source for call in calls)
