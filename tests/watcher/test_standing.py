"""What threads hold and want, asked while they wait: nobody's code runs for it, and nothing is kept."""

import _thread
import os
import queue
import sys
import threading
import weakref
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from multiprocessing import get_context
from types import FrameType
from typing import Any

import pytest

from taketurns.watcher import locks
from taketurns.watcher.locks import Standing, owner_of, resource_of
from taketurns.watcher.standing import standings

stacks = pytest.importorskip("taketurns.watcher.stacks", reason="it needs ctypes")
SWITCHES = getattr(sys, "_is_gil_enabled", lambda: True)()
pytestmark = pytest.mark.skipif(not SWITCHES, reason="without a GIL, variables are not read")


def asked(thread: threading.Thread) -> Standing:
    """Return what a thread holds and wants."""
    assert thread.ident is not None
    [found] = standings(stacks.frames_of_threads, [thread.ident])
    return found


@contextmanager
def waiting(function: Callable[[], object], end: Callable[[], object]) -> Iterator[threading.Thread]:
    """Run a function in a thread which comes to a line that ends with ``# here``, and let it end after the block."""
    thread = threading.Thread(target=function, daemon=True)
    thread.start()
    while not _is_here(thread):
        pass
    yield thread
    end()
    thread.join()


def _is_here(thread: threading.Thread) -> bool:
    import linecache

    frame: FrameType | None = sys._current_frames().get(thread.ident or 0)
    while frame is not None:
        if "# here" in linecache.getline(frame.f_code.co_filename, frame.f_lineno):
            return True
        frame = frame.f_back
    return False


def texts(standing: Standing) -> tuple[list[str], list[str]]:
    """Return how the code calls what is held and what is wanted."""
    return [each.text for each in standing.holds if each.text], [each.text for each in standing.wants]


def test_what_is_held_and_wanted_has_the_identity_of_the_lock() -> None:
    a, b = _thread.allocate_lock(), threading.RLock()
    b.acquire()

    def wait() -> None:
        with a, b:  # here
            pass

    with waiting(wait, b.release) as thread:
        found = asked(thread)
        assert texts(found) == (["a"], ["b"])
        assert found.holds[1].what == resource_of(a) == ("lock", os.getpid(), id(a))
        assert found.wants[0].what == resource_of(b)
        assert found.wants[0].owner == threading.get_ident()
        assert found.place is not None
        assert found.place[0] is wait.__code__


class Bank:
    def __init__(self, gate: Any) -> None:
        self._gate = gate
        self.open = gate

    @property
    def made(self) -> Any:
        ran.append("a property")
        return self._gate

    def __getattr__(self, name: str) -> Any:
        ran.append("__getattr__")
        return self._gate


ran: list[str] = []


def test_a_property_runs_for_its_own_program_alone() -> None:
    gate, bank = threading.Lock(), Bank(threading.Lock())
    gate.acquire()

    def wait() -> None:
        with bank.made, bank.other, gate:  # here
            pass

    bank._gate = threading.Semaphore(5)
    ran.clear()
    with waiting(wait, gate.release) as thread:
        before = list(ran)
        assert texts(asked(thread)) == ([], ["gate"])
        assert ran == before == ["a property", "__getattr__"]


class Thing:
    pass


def test_what_the_program_drops_is_dropped() -> None:
    first, second = threading.Lock(), threading.Event()
    first.acquire()
    things: list[weakref.ref[Thing]] = []
    dropped = threading.Event()

    def wait() -> None:
        thing = Thing()
        things.append(weakref.ref(thing))
        first.acquire()  # here
        del thing
        dropped.set()
        second.wait()

    with waiting(wait, second.set) as thread:
        assert texts(asked(thread))[1] == ["first"]
        first.release()
        dropped.wait()
        assert things[0]() is None


def test_variables_that_the_program_has_by_locals_stay() -> None:
    first = threading.Lock()
    first.acquire()
    seen: list[dict[str, object]] = []

    def wait() -> None:
        number = 3
        mine = locals()
        first.acquire()  # here
        seen.append(mine)
        assert number

    with waiting(wait, first.release) as thread:
        assert texts(asked(thread))[1] == ["first"]
    assert seen[0]["number"] == 3


def test_a_condition_that_is_waited_for_gives_its_lock_back() -> None:
    ready = threading.Condition(threading.Lock())

    def wait() -> None:
        with ready:
            ready.wait()  # here

    def end() -> None:
        with ready:
            ready.notify()

    with waiting(wait, end) as thread:
        while not ready._waiters:  # type: ignore[attr-defined]
            pass
        assert texts(asked(thread)) == ([], ["ready"])


@pytest.mark.parametrize(
    ("waits", "kind"),
    [
        (lambda pages, event, other: pages.get(), "queue"),  # here
        (lambda pages, event, other: event.wait(), "event"),  # here
        (lambda pages, event, other: other.join(), "thread"),  # here
    ],
)
def test_what_the_standard_library_waits_for_is_told_by_its_function(waits: Callable[..., object], kind: str) -> None:
    pages: queue.Queue[int] = queue.Queue()
    event = threading.Event()
    other = threading.Thread(target=event.wait, daemon=True)
    other.start()

    def end() -> None:
        pages.put(1)
        event.set()

    with waiting(lambda: waits(pages, event, other), end) as thread:
        found = asked(thread)
        while not found.wants:
            found = asked(thread)
        assert found.wants[0].what[0] == kind
        assert found.wants[0].what[2] == {"queue": id(pages), "event": id(event), "thread": other.ident}[kind]
    other.join()


def test_a_lock_says_whether_it_is_taken_and_an_rlock_by_whom() -> None:
    plain, again = threading.Lock(), threading.RLock()
    assert (owner_of(plain), owner_of(again)) == (0, 0)
    with plain, again:
        assert (owner_of(plain), owner_of(again)) == (None, threading.get_ident())
        assert owner_of(threading.Condition(again)) == threading.get_ident()
    with (pure := threading._PyRLock()):  # type: ignore[attr-defined]
        assert owner_of(pure) == threading.get_ident()
    assert owner_of(pure) == 0


def test_a_lock_of_multiprocessing_is_the_same_in_all_processes() -> None:
    multiprocessing = pytest.importorskip("multiprocessing.synchronize")
    for method, part in (("fork", "handle"), ("spawn", "name")):
        lock = multiprocessing.Lock(ctx=get_context(method))
        assert resource_of(lock) == ("lock of processes", getattr(lock._semlock, part))
        assert resource_of(multiprocessing.Condition(lock, ctx=get_context(method))) == resource_of(lock)


def test_what_is_no_lock_is_no_resource() -> None:
    class Odd:
        def __getattr__(self, name: str) -> object:
            raise AssertionError("it was asked")

    assert [resource_of(thing) for thing in (None, 3, open, Odd(), Odd, queue.Queue())] == [None] * 6


def test_without_a_gil_variables_are_not_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "_is_gil_enabled", lambda: False, raising=False)
    assert locks._variables(sys._getframe()) == {}
    assert locks.names_in(sys._getframe())("locks") is locks
