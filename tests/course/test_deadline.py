"""Some work ends in time, or is ended, and leaves nothing behind."""

from __future__ import annotations

import asyncio
import contextlib
import contextvars
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from typing import Any

import pytest

from taketurns.course import deadline
from taketurns.course.deadline import LateError, StuckError, within

SOON = 0.02


def endless() -> None:
    while True:
        pass


def swallows_between_two_steps() -> None:
    while True:
        try:
            pass
        except BaseException:  # noqa: BLE001
            continue


def swallows_inside_a_call() -> None:
    while True:
        try:  # noqa: SIM105 - it jumps back from within the `try`, which suppress() does not
            time.sleep(0.001)
        except BaseException:  # noqa: BLE001
            pass


def suppresses() -> None:
    while True:
        with contextlib.suppress(BaseException):
            time.sleep(0.001)


def goes_on_in_the_end() -> None:
    try:
        endless()
    finally:
        endless()


def swallows_on_asyncio() -> None:
    async def main() -> None:
        while True:
            with contextlib.suppress(BaseException):
                await asyncio.sleep(0)

    asyncio.run(main())


def writes_for_ever() -> None:
    while True:
        sys.stdout.write("more")
        sys.stderr.write("and more")


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")  # a coroutine that swallows its end
@pytest.mark.parametrize(
    "work",
    [
        endless,
        swallows_between_two_steps,
        swallows_inside_a_call,
        suppresses,
        goes_on_in_the_end,
        swallows_on_asyncio,
        writes_for_ever,
    ],
)
def test_what_does_not_end_is_ended_and_leaves_nothing(work: Callable[[], None], capfd: Any) -> None:
    before = threading.enumerate(), signal.getsignal(signal.SIGINT), sys.gettrace(), sys.stdout, sys.stderr
    _, error = within(SOON, work)
    assert error is TimeoutError
    assert before == (threading.enumerate(), signal.getsignal(signal.SIGINT), sys.gettrace(), sys.stdout, sys.stderr)
    assert capfd.readouterr() == ("", "")


def test_what_ends_in_time_returns_its_value() -> None:
    assert within(60, lambda: 2) == (2, None)


@pytest.mark.parametrize("kind", [ValueError, SystemExit, KeyboardInterrupt, GeneratorExit, BaseException, LateError])
def test_what_is_raised_is_handed_over(kind: type[BaseException]) -> None:
    def work() -> None:
        raise kind

    assert within(60, work) == (None, kind)


def test_it_sees_the_context_of_who_calls() -> None:
    name = contextvars.ContextVar("name", default="")
    name.set("mine")
    assert within(60, name.get) == ("mine", None)


def test_a_call_that_does_not_come_back_is_left_alone_and_ends_when_it_does(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(deadline, "PATIENCE", SOON)
    lock, after = threading.Lock(), []

    def work() -> None:
        lock.acquire()
        after.append("went on")

    with lock:
        _, error = within(SOON, work)
        assert error is StuckError
        [left] = [thread for thread in threading.enumerate() if thread.name == "check"]
    left.join(10)
    assert (left.is_alive(), after) == (False, [])


INTERRUPTED = """
import os, signal, sys, threading
from taketurns.course.deadline import within

ended = []

def work():
    os.kill(os.getpid(), signal.SIGINT)
    try:
        while True:
            pass
    finally:
        ended.append(1)

try:
    within(60, work)
except KeyboardInterrupt:
    print("interrupted", ended, threading.active_count())
"""


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such signal to send")
def test_an_interrupt_is_for_who_waits_and_ends_the_work() -> None:
    ran = subprocess.run([sys.executable, "-c", INTERRUPTED], capture_output=True, text=True, timeout=60)
    assert (ran.stdout, ran.stderr) == ("interrupted [1] 1\n", "")
