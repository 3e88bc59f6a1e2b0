"""While a recording is on, greenlets tell it when they switch: each is a task, running from switch to switch.

Greenlet's own tracing is of one thread. So it is set in each that takes part: in the one that records at once, in the
others when they first have something to tell. Inside `EventLoop.run` the loop knows better what is a task.

Of gevent, the hub is none: it is the event loop on which the greenlets are. Nor are greenlets by which gevent works for
itself, and those that carry what is a task anyway: a thread, where gevent has put its own in the place of threads, or a
call of a ``@task`` function.

Tracing does not tell which exception ends a greenlet, only that one does; gevent's keep it. One that somebody throws an
exception into, and that ends of it without a word, is canceled.
"""

import sys
from collections.abc import Callable
from types import MethodType
from typing import Any, NamedTuple
from weakref import WeakKeyDictionary

from taketurns.naming.names import call_name
from taketurns.recording import recorder
from taketurns.recording.current import current_worker
from taketurns.recording.endings import CANCELED, RAISED, RETURNED
from taketurns.recording.greenlet_waits import suspended
from taketurns.recording.recorder import Recorder
from taketurns.recording.suspension import Suspension
from taketurns.recording.tasks import names_itself
from taketurns.recording.worker import EVENT_LOOP, READY, WAITING, Place, Worker
from taketurns.suspend.loop import is_running
from taketurns.trace.spans import State
from taketurns.watcher.originals import get_ident

__all__ = ["MODULE", "hook", "install", "remove"]

MODULE = "greenlet"
Tracer = Callable[[str, Any], None]

#: By thread, for which recording switches are traced, by ours, and who traced them before: that one is called, too, and
#: put back.
_replaced: dict[int, tuple[Recorder, Tracer, Tracer | None]] = {}


def install(mine: Recorder) -> None:
    """Begin to record greenlets in a recording, in this thread and in all that will take part."""
    mine.followers.append(hook)
    hook(mine)


def hook(mine: Recorder) -> None:
    """Begin to record the greenlets of this thread, where greenlet has been imported."""
    if MODULE in sys.modules and _replaced.get(get_ident(), (None,))[0] is not mine:
        plain = sys.modules[MODULE].gettrace()
        ours = Switches(mine, plain).switched
        _replaced[get_ident()] = mine, ours, plain
        sys.modules[MODULE].settrace(ours)


def remove(mine: Recorder) -> None:
    """Put the tracing of this thread's switches back, unless somebody else traces them now; others do it themselves."""
    its, ours, plain = _replaced.get(get_ident(), (None, None, None))
    if its is mine:
        if sys.modules[MODULE].gettrace() is ours:
            sys.modules[MODULE].settrace(plain)
        _replaced.pop(get_ident(), None)


class Left(NamedTuple):
    """The task that ran in a greenlet when it was left, when its time comes (ns), if that is known, or its own wait."""

    number: int
    due: int | None = None
    in_wait: bool = False


class Switches:
    """What a recording knows of the greenlets of one thread."""

    def __init__(self, mine: Recorder, plain: Tracer | None) -> None:
        self.mine, self.plain = mine, plain
        self.known: WeakKeyDictionary[Any, bool] = WeakKeyDictionary()  # greenlets that have begun
        self.left: WeakKeyDictionary[Any, Left] = WeakKeyDictionary()
        self.thrown: WeakKeyDictionary[Any, bool] = WeakKeyDictionary()  # they go on with an exception from outside
        self.block = sys.modules[MODULE].getcurrent() if mine.thread == get_ident() else None  # that of the block
        if self.block is not None:
            self.known[self.block] = True
        self.suspension = Suspension(mine)  # of that

    def switched(self, event: str, args: Any) -> None:
        """Note that a greenlet has given the thread to another one."""
        if self.plain is not None:
            self.plain(event, args)
        if recorder.on is not self.mine and not (recorder.on is None and recorder.is_child):
            remove(self.mine)
            return
        if is_running() or (worker := current_worker()) is None:
            return
        origin, target = args
        if self.block is not None:
            self._suspend(worker, origin, target)
        number = self._leave(worker, event, origin, target) if worker.current is not None else None
        self.thrown.pop(origin, None)
        if event == "throw" and not origin.dead:
            self.thrown[target] = True
        if target in self.left:
            self._resume(worker, number, *self.left.pop(target))
        elif target not in self.known:
            self._begin(worker, number, target)

    def _leave(self, worker: Worker, event: str, origin: Any, target: Any) -> int:
        number = worker.write()
        if origin.dead:
            worker.leave(None, None, self._how(event, origin))
            return number
        names = worker.recorder.names
        names[number] = names[number] or _first_function(origin)
        if not _is_hub(target):
            self.left[origin] = Left(number)
            worker.leave(None, WAITING)
            return number
        worker.recorder.on_loop.add(number)
        if worker.state is WAITING:  # as `waiting` says; it goes on with that
            worker.current = None
            self.left[origin] = Left(number, in_wait=True)
            return number
        found = suspended(origin.gr_frame)
        reason = found.reason or (EVENT_LOOP if origin is self.block else "")
        worker.leave(None, found.state.value, reason, found.place)
        due = None if found.seconds is None else worker.last + round(found.seconds * 1e9)
        self.left[origin] = Left(number, due)
        return number

    def _how(self, event: str, origin: Any) -> str:
        """Return how the task of a greenlet ended."""
        if _is_of_gevent(origin):
            return _how_of_gevent(origin, self.mine)
        return RAISED if event == "throw" else CANCELED if origin in self.thrown else RETURNED

    def _resume(self, worker: Worker, waker: int | None, number: int, due: int | None, in_wait: bool) -> None:
        """Go on with what ran in a greenlet; it was READY from when its time had come."""
        if in_wait:
            worker.current, worker.state, worker.written, worker.last = number, WAITING, True, worker.mark()
            return
        if due is not None and due < worker.mark():
            worker.append((due, number, READY, EVENT_LOOP, None, None))
        worker.enter(number)
        if waker is not None:
            worker.write(waker)

    def _begin(self, worker: Worker, starter: int | None, target: Any) -> None:
        self.known[target] = True
        if target.parent is None or _is_hub(target):  # what has no parent is the thread itself
            return
        if _is_of_gevent(target):
            if _is_none(target):
                return
            number = worker.recorder.number(_call(target, worker.recorder.arguments))
            worker.recorder.on_loop.add(number)
        else:
            number = worker.recorder.number("")
        if starter is not None:
            worker.recorder.parents[number] = starter
        worker.enter(number)

    def _suspend(self, worker: Worker, origin: Any, target: Any) -> None:
        """Note when the block itself is suspended, and goes on; a call that it makes has marks of its own."""
        if target is self.block:
            self.suspension.end()
        elif origin is self.block and _is_hub(target):
            self.mine.block_on_loop = True
            if worker.current is None:
                self.suspension.begin(lambda now: _how_suspended(origin, now))


def _how_suspended(greenlet: Any, now: int) -> tuple[State, str, Place, int | None]:
    found = suspended(greenlet.gr_frame)
    return found.state, found.reason, found.place, None if found.seconds is None else now + round(found.seconds * 1e9)


def _first_function(suspended: Any) -> str:
    """Return the name of the function that a greenlet began with."""
    frame = suspended.gr_frame
    while frame is not None and frame.f_back is not None:
        frame = frame.f_back
    return frame.f_code.co_name if frame is not None else ""


# Of gevent


def _is_hub(greenlet: Any) -> bool:
    module: Any = sys.modules.get("gevent.hub")
    return module is not None and issubclass(type(greenlet), module.Hub)


def _is_of_gevent(greenlet: Any) -> bool:
    module: Any = sys.modules.get("gevent.greenlet")
    return module is not None and issubclass(type(greenlet), module.Greenlet)


def _how_of_gevent(greenlet: Any, mine: Recorder) -> str:
    """Return how a greenlet of gevent's ended: it has caught what ended it, and one that was killed returns an exit."""
    kind: Any = sys.modules["gevent.greenlet"].Greenlet
    error, value = (kind.__dict__[name].__get__(greenlet) for name in ("exception", "value"))
    if error is not None:
        return mine.ended_by(error)
    return CANCELED if isinstance(value, sys.modules[MODULE].GreenletExit) else RETURNED


def _function(greenlet: Any) -> Any:
    """Return the function that a greenlet is to run; of a class that has a method for that, that method."""
    own = vars(greenlet).get("_run")
    if own is not None:
        return own
    return next(base.__dict__["_run"] for base in type(greenlet).__mro__ if "_run" in base.__dict__)


def _is_none(greenlet: Any) -> bool:
    """Return whether a greenlet of gevent's is no task: it is gevent's own, or what it runs is a task by itself."""
    function = _function(greenlet)
    if names_itself(function):
        return True
    if type(function) is MethodType:
        return _is_gevents(type(function.__self__)) or function.__name__ == "_bootstrap"
    return "_run" not in vars(greenlet) and _is_gevents(type(greenlet))


def _is_gevents(kind: type) -> bool:
    return str(kind.__module__).partition(".")[0] == "gevent"


def _call(greenlet: Any, arguments: bool) -> str:
    """Return the call that a greenlet of gevent's is about to make."""
    plain: Any = sys.modules["gevent.greenlet"].Greenlet
    function = _function(greenlet)
    if "_run" not in vars(greenlet):
        return type(greenlet).__name__
    args, kwargs = (plain.__dict__[name].__get__(greenlet) for name in ("args", "kwargs"))
    return call_name(function, tuple(args or ()), dict(kwargs or {}), arguments=arguments)
