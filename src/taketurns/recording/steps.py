"""Steps: a generator or coroutine whose every stretch between resume and suspend is one RUNNING span."""

from __future__ import annotations

from collections.abc import Coroutine
from typing import Any
from weakref import ref

from taketurns.recording.awaits import is_future
from taketurns.recording.current import current_worker
from taketurns.recording.endings import CANCELED, RETURNED
from taketurns.recording.waits import Lane, wait_of
from taketurns.recording.worker import EVENT_LOOP, READY, WAITING, Log

__all__ = ["Steps"]


class Steps(Lane, Coroutine[Any, Any, Any]):
    """Passes everything through to a generator or coroutine, and records when it runs: a lane of its own.

    A coroutine that gives nothing when it suspends, as in ``asyncio.sleep(0)``, is READY: it goes on when its turn
    comes. Otherwise it is WAITING, until the asyncio future that it gave is done (of_asyncio.py) or someone resumes it.
    """

    __slots__ = ("__weakref__", "_inner", "_recorder", "_resume", "_when_bare", "awaits", "number", "since")

    def __init__(self, inner: Any, number: int, mine: Log) -> None:
        self._inner = inner
        self._resume = inner.send
        self._recorder = mine
        self._when_bare = READY if isinstance(inner, Coroutine) else WAITING
        self.number = number
        self.awaits: object = None  # the asyncio future that it waits for
        self.since = 0  # from when on, in ns

    def send(self, value: Any = None) -> Any:
        """Resume with a value until the next suspend."""
        worker = current_worker()
        if worker is None or worker.recorder is not self._recorder:
            return self._resume(value)
        outer = worker.enter(self.number)
        state: str | None = None
        reason, place = RETURNED, None
        try:
            given = self._resume(value)
            state, reason = self._when_bare if given is None else WAITING, ""
            if state is READY:
                reason = EVENT_LOOP
            elif self._when_bare is READY and is_future(given):
                reason, place = wait_of(self._inner, given, self._recorder.awaits.codes)
                self._await(given)
        except StopIteration:
            raise
        except BaseException as error:
            reason = self._recorder.ended_by(error)
            raise
        finally:
            worker.leave(outer, state, reason, place)
        self.since = worker.last
        return given

    def _await(self, given: Any) -> None:
        """Remember which asyncio future this task waits for, so that it is READY from the moment that is done."""
        self.awaits = given
        self._recorder.awaits.awaited.setdefault(id(given), []).append(ref(self))

    __next__ = send

    def throw(self, *exception: Any) -> Any:
        """Resume with an exception."""
        self._resume = lambda _: self._inner.throw(*exception)
        try:
            return self.send()
        finally:
            self._resume = self._inner.send

    def close(self) -> None:
        """End it from outside."""
        worker = current_worker()
        if worker is None or worker.recorder is not self._recorder:
            self._inner.close()
        elif self._suspended():
            outer, how = worker.enter(self.number), CANCELED
            try:
                self._inner.close()
            except BaseException as error:
                how = self._recorder.ended_by(error)
                raise
            finally:
                worker.leave(outer, None, how)
        else:  # none of its code runs
            self._inner.close()
            worker.note(self.number, None, CANCELED)

    def _suspended(self) -> bool:
        return bool(getattr(self._inner, "cr_suspended", getattr(self._inner, "gi_suspended", True)))

    def __await__(self) -> Steps:
        return self

    __iter__ = __await__

    def __getattr__(self, name: str) -> Any:
        # cr_frame, cr_code, gi_yieldfrom, __qualname__: asyncio and debuggers look at them.
        return getattr(self._inner, name)
