"""asyncio in simulated time: its event loop's steps are kept, by what changes from one to the next."""

import asyncio
from typing import Any
from weakref import ref

from taketurns.recording import recorder
from taketurns.recording.of_asyncio import step_of
from taketurns.recording.recorder import Recorder
from taketurns.trace.changes import OfFutures
from taketurns.trace.moments import line_of

__all__ = ["Call", "Keeper"]


class Call(asyncio.Handle):
    """A call of an event loop in simulated time; where it is a task's step, that is kept."""

    __slots__ = ("number",)

    def __init__(self, callback: Any, args: Any, loop: Any, context: Any) -> None:
        super().__init__(callback, args, loop, context)
        self.number: int | None = None  # of the task whose step it is
        loop.keeper.asked.append(self)

    def _run(self) -> None:
        task = self._loop.keeper.begin(self)  # type: ignore[attr-defined]
        if task is None:
            super()._run()
            return
        keeper = self._loop.keeper  # type: ignore[attr-defined]
        try:
            super()._run()
        finally:
            keeper.look(task)


class Keeper:
    """Keeps the steps of one event loop in the recording that is on."""

    def __init__(self, mine: Recorder, loop: asyncio.AbstractEventLoop) -> None:
        self.mine, self.loop = mine, loop
        self.changes = OfFutures(mine.name)
        self.asked: list[Call] = []  # since the last step
        self.known: dict[int, ref[Any]] = {}  # the tasks that stand somewhere, by their numbers

    def begin(self, call: Call) -> Any:
        """Keep the step that a call is; return its task. None where it is no step, or not one of a recorded task."""
        if recorder.on is not self.mine:
            return None
        for one in self.asked:
            self._take_in(one)
        self.asked.clear()
        if call.number is None:
            return None
        self.mine.moments.append(self.changes.begin(self.loop.time(), call.number))
        return call._callback.__self__  # type: ignore[attr-defined]

    def _take_in(self, call: Call) -> None:
        """Keep that a task is ready, if a call is its step."""
        if (one := step_of(call._callback, self.mine)) is not None and one.number is not None:  # type: ignore[attr-defined]
            call.number = one.number
            self.changes.queue.append(one.number)
            if one.number not in self.known:
                self.look(call._callback.__self__)  # type: ignore[attr-defined]

    def look(self, task: Any) -> None:
        """Keep where a task stands, and for which future it waits, until it ends or the program lets go of it."""
        number = self.mine.awaits.number_of(task)
        if number is None:
            return
        if task._state != "PENDING":
            self._forget(number)
            return
        if number not in self.known:
            self.known[number] = ref(task, lambda _: self._forget(number))
        future = task._fut_waiter
        self.changes.stand(number, line_of(task.get_coro()), None if future is None else id(future))

    def _forget(self, number: int) -> None:
        if self.known.pop(number, None) is not None:
            self.changes.stand(number, None)
