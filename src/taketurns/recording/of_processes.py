"""While a recording is on, each child process is a task, and each call that a pool of processes runs, undecorated.

What a pool is handed goes wrapped: a `Call` is pickled with the function, and where it arrives, that process joins the
recording (far.py). So pools from before the block take part, and children of children. A process that is started takes
with it who begins its task, as an attribute that is taken off again at once.

The pools' own processes are no tasks: what they run is. Handing a call to a pool, starting a process and waiting for
one is noted as a dealing, as for threads.
"""

from __future__ import annotations

import copy
import os
import sys
from collections.abc import Callable
from functools import partial
from typing import Any

from taketurns.naming.names import call_name, process_name
from taketurns.recording import far, recorder
from taketurns.recording.children import Announcement
from taketurns.recording.current import current_worker
from taketurns.recording.endings import RETURNED
from taketurns.recording.of_threads import as_task, call, is_internal, who
from taketurns.recording.patches import Patches, unheard, without_ours
from taketurns.recording.recorder import Recorder
from taketurns.recording.worker import FarTask, Starter

__all__ = ["MODULES", "Call", "hook", "install", "remove"]

Plain = Callable[..., Any]

_patches = Patches()


def install(mine: Recorder) -> None:
    """Begin to record child processes and pools of processes in a recording."""
    hook(mine)


def hook(mine: Recorder) -> None:
    """Hear of what is handed over and started from now on, where the modules have been imported."""
    for method, make in METHODS.items():
        module, owner, name = method
        if module in sys.modules and (found := getattr(sys.modules[module], owner, None)) is not None:
            _patches.put_once(mine, found, name, make)


def remove(mine: Recorder) -> None:
    """Put back what is still ours."""
    _patches.remove(mine)


# Calls that a pool runs


class Call:
    """A function whose calls are tasks of a recording, in whatever process they are made."""

    __slots__ = ("function", "starter", "ticket")

    def __init__(self, function: Plain, ticket: Announcement, starter: FarTask | None = None) -> None:
        self.function, self.ticket, self.starter = function, ticket, starter

    def __reduce__(self) -> Any:
        return _arrived, (self.function, self.starter, *self.ticket)  # bare values travel faster than what they make

    def __call__(self, /, *args: Any, **kwargs: Any) -> Any:
        """Return what the function returns."""
        mine, function = far.joined(self.ticket), self.function
        if mine is None:
            return function(*args, **kwargs)
        try:
            return call(mine, _here(self.starter), function, *args, **kwargs)
        except BaseException as error:
            without_ours(error)
            raise


def _arrived(function: Plain, starter: FarTask | None, *ticket: Any) -> Call:
    return Call(function, Announcement(*ticket), starter)


def _from_here(mine: Recorder) -> FarTask | None:
    """Return the task that this thread carries, as other processes know it."""
    starter = who(mine)
    return (os.getpid(), starter) if isinstance(starter, int) else starter


def _here(starter: FarTask | None) -> Starter:
    """Return a task as this process knows it."""
    return starter[1] if starter is not None and starter[0] == os.getpid() else starter


def _handing_over(mine: Recorder, plain: Plain) -> Plain:
    def hand_over(pool: Any, *args: Any, **kwargs: Any) -> Any:
        if args and mine.ticket is not None and recorder.on is mine:
            args = _watched(args[0], mine.ticket, _from_here(mine)), *args[1:]
        return plain(pool, *args, **kwargs)

    return unheard(mine, hand_over)


def _watched(function: Any, *ticket: Any) -> Any:
    """Return what a pool is handed, with each call in it as a task: `map` hands over many at once, and joblib does."""
    kind = f"{type(function).__module__}.{type(function).__qualname__}"
    if isinstance(function, partial) and getattr(function.func, "__name__", "") == "_process_chunk":
        chunk, *more = function.args
        return partial(function.func, _watched(chunk, *ticket), *more, **function.keywords)
    if kind == "joblib.parallel.BatchedCalls":
        batch = copy.copy(function)
        batch.items = [(_watched(each, *ticket), *more) for each, *more in function.items]
        return batch
    if kind.startswith("joblib.") and callable(getattr(function, "func", None)):
        wrapper = copy.copy(function)
        wrapper.func = _watched(function.func, *ticket)
        return wrapper
    return Call(function, *ticket) if callable(function) and not isinstance(function, Call) else function


# Processes


def _starting(mine: Recorder, plain: Plain) -> Plain:
    def start(process: Any) -> Any:
        if mine.ticket is None or recorder.on is not mine or is_internal(process):
            return plain(process)
        given = process_name(process)
        name = given or _call_of(process, mine.arguments)
        vars(process)["_bootstrap"] = partial(_bootstrap, process, mine.ticket, _from_here(mine), given, name)
        try:
            return plain(process)
        finally:
            vars(process).pop("_bootstrap", None)

    return unheard(mine, start)


def _call_of(process: Any, arguments: bool) -> str:
    """Return the call that a process makes."""
    fields = vars(process)
    if fields.get("_target") is None:
        return type(process).__name__
    return call_name(fields["_target"], tuple(fields["_args"]), dict(fields["_kwargs"]), arguments=arguments)


def _bootstrap(
    process: Any, ticket: Announcement, starter: FarTask | None, given: str, name: str, *args: Any, **kwargs: Any
) -> Any:
    """Begin the task of a process, in that process."""
    vars(process).pop("_bootstrap", None)
    mine = far.joined(ticket)
    worker = current_worker() if mine is not None else None
    if not isinstance(mine, far.FarRecorder) or worker is None:
        return process._bootstrap(*args, **kwargs)
    if given:
        mine.journal.write(("process", given))
    status = None

    def run() -> str:
        nonlocal status
        ends = _heard(mine, process)
        status = process._bootstrap(*args, **kwargs)
        return ends[-1]

    worker.starter = starter
    as_task(worker, vars(process).get("_target"), name, run, later=WHEN_ALL_IS_OVER)
    return status


def _when_all_is_over(end: Callable[[], None]) -> None:
    """End a task when its process has handed on what it has put into queues, which it does as the last thing."""
    from multiprocessing.util import Finalize

    Finalize(None, end, exitpriority=LAST)


#: Since 3.13, `multiprocessing` does so after what it calls ``_bootstrap``.
WHEN_ALL_IS_OVER = _when_all_is_over if sys.version_info >= (3, 13) else None
LAST = -1_000_000  #: after all that anybody else has to do then


def _heard(mine: Recorder, process: Any) -> list[str]:
    """Return a list that tells how its function has ended: what that lets out, `multiprocessing` prints and forgets."""
    ends, plain = [RETURNED], process.run

    def run() -> None:
        try:
            plain()
        except BaseException as error:
            if not (isinstance(error, SystemExit) and not error.code):  # which is to end well
                ends.append(mine.ended_by(error))
            without_ours(error)
            raise

    vars(process)["run"] = run
    return ends


# What is replaced: by module, class and name

_EXECUTORS = ("concurrent.futures.process", "loky.process_executor", "joblib.externals.loky.process_executor")
METHODS: dict[tuple[str, str, str], Callable[[Recorder, Plain], Plain]] = {
    **{(module, "ProcessPoolExecutor", "submit"): _handing_over for module in _EXECUTORS},
    **{(module, "ProcessPoolExecutor", name): unheard for module in _EXECUTORS for name in ("__init__", "shutdown")},
    **{("multiprocessing.pool", "Pool", name): _handing_over for name in ("apply_async", "_map_async")},
    **{("multiprocessing.pool", "Pool", name): _handing_over for name in ("imap", "imap_unordered")},
    **{("multiprocessing.pool", "Pool", name): unheard for name in ("__init__", "terminate", "join")},
    ("multiprocessing.process", "BaseProcess", "start"): _starting,
    ("multiprocessing.process", "BaseProcess", "join"): unheard,
    ("joblib.parallel", "Parallel", "__call__"): unheard,
    **{
        ("distributed.client", "Client", name): unheard
        for name in ("submit", "map", "run", "gather", "compute", "persist", "scatter")
    },
}
MODULES = tuple(dict.fromkeys(module for module, _, _ in METHODS))
