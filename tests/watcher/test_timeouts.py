"""Whether a wait has a timeout, told from its frames and from the call that is written there."""

import ast
import queue
import sys
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from contextlib import suppress
from multiprocessing import get_context
from typing import Any

import pytest

from taketurns.naming.acquires import parsed
from taketurns.watcher.locks import Standing
from taketurns.watcher.standing import standings
from taketurns.watcher.timeouts import has_timeout

stacks = pytest.importorskip("taketurns.watcher.stacks", reason="it needs ctypes")
SWITCHES = getattr(sys, "_is_gil_enabled", lambda: True)()
pytestmark = pytest.mark.skipif(not SWITCHES, reason="without a GIL, variables are not read")

FOREVER, LONG = None, 60
WITH, NAMED = (True, LONG), {"timeout": LONG}
PLAIN = {"blocking": True}


class Things:
    """What can be waited for, and how to end that."""

    def __init__(self) -> None:
        self.lock, self.again, self.semaphore = threading.Lock(), threading.RLock(), threading.Semaphore(0)
        self.lock.acquire()
        self.again.acquire()
        self.event, self.ready, self.barrier = threading.Event(), threading.Condition(), threading.Barrier(2)
        self.pages: queue.Queue[int] = queue.Queue()
        self.future: Future[int] = Future()
        self.far = get_context("spawn").Event()
        self.other = threading.Thread(target=self.event.wait, daemon=True)
        self.other.start()

    def end(self, thread: threading.Thread) -> None:
        self.lock.release()
        self.again.release()
        self.semaphore.release()
        self.event.set()
        self.pages.put(1)
        self.future.set_result(1)
        self.far.set()
        self.barrier.abort()
        while thread.is_alive():
            with self.ready:
                self.ready.notify()
        self.other.join()


def within(things: Things, **more: Any) -> None:
    with things.ready:
        things.ready.wait(**more)


def until_then(things: Things) -> None:
    things.lock.acquire(timeout=time.monotonic() + LONG - time.monotonic())


def by_name(things: Things) -> None:
    seconds = -1
    things.lock.acquire(True, seconds)


def is_in_its_wait(standing: Standing) -> bool:
    is_at_the_door = standing.place is not None and standing.place[0] is within.__code__
    return bool(standing.wants) and (not is_at_the_door or standing.wants[0].what[0] == "condition")


@pytest.mark.parametrize(
    ("wait", "expected"),
    [
        (lambda it: it.lock.acquire(), False),
        (lambda it: it.lock.acquire(True), False),
        (lambda it: it.lock.acquire(True, -1), False),
        (lambda it: it.lock.acquire(timeout=-1), False),
        (lambda it: it.lock.acquire(**PLAIN), False),
        (lambda it: it.lock.acquire(True, LONG), True),
        (lambda it: it.lock.acquire(timeout=60), True),
        (lambda it: it.lock.acquire(*WITH), True),
        (lambda it: it.lock.acquire(**NAMED), True),
        (by_name, False),
        (until_then, True),
        (lambda it: it.again.acquire(), False),
        (lambda it: it.again.acquire(timeout=60), True),
        (lambda it: it.semaphore.acquire(), False),
        (lambda it: it.semaphore.acquire(timeout=60), True),
        (lambda it: it.event.wait(), False),
        (lambda it: it.event.wait(FOREVER), False),
        (lambda it: it.event.wait(LONG), True),
        (lambda it: it.far.wait(), False),
        (lambda it: it.far.wait(LONG), True),
        (lambda it: within(it), False),
        (lambda it: within(it, timeout=LONG), True),
        (lambda it: it.barrier.wait(), False),
        (lambda it: it.barrier.wait(60), True),
        (lambda it: it.pages.get(), False),
        (lambda it: it.pages.get(True, 60), True),
        (lambda it: it.future.result(), False),
        (lambda it: it.future.result(60), True),
        (lambda it: it.other.join(), False),
        (lambda it: it.other.join(60), True),
    ],
)
def test_a_wait_has_a_timeout_or_none(wait: Callable[[Things], object], expected: bool) -> None:
    things = Things()

    def run() -> None:
        with suppress(threading.BrokenBarrierError):
            wait(things)

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    try:
        while not (found := asked(thread)):
            assert thread.is_alive()
        assert found[0].has_timeout is expected
    finally:
        things.end(thread)
        thread.join()


def asked(thread: threading.Thread) -> list[Standing]:
    """Return what a thread holds and wants, where it is in its wait."""
    return [one for one in standings(stacks.frames_of_threads, [thread.ident or 0]) if is_in_its_wait(one)]


@pytest.mark.parametrize(
    ("call", "expected"),
    [("pages.get()", False), ("pages.get(True, 60)", True), ("take(timeout=60)", True), ("take(True, 60)", False)],
)
def test_what_is_written_in_c_is_told_by_the_call(call: str, expected: bool) -> None:
    node = parsed(call)
    assert isinstance(node, ast.Call)
    assert has_timeout([sys._getframe()], node) is expected
