"""record(): the context manager that a learner puts around their code."""

from __future__ import annotations

from types import TracebackType

from taketurns import recorder
from taketurns.clock import SimulatedClock
from taketurns.spans import Trace

__all__ = ["record"]


class record:  # noqa: N801  (a context manager that is called like a function, as in contextlib)
    """Record everything instrumented that runs inside the block, and give its `Trace`.

    Works with ``with`` and ``async with``, for this thread, other threads, asyncio tasks, greenlets and children.
    The trace is complete when the block ends, also by an exception or an interrupt, which it then names in its
    ``cut_short``.
    With a `SimulatedClock`, its times are those of that clock.
    Raises ``RuntimeError`` inside another recording.
    """

    def __init__(self, label: str = "", clock: SimulatedClock | None = None) -> None:
        if not isinstance(label, str):
            raise TypeError(f'record() takes a label, a string such as "4 threads"; it was given {label!r}')
        if clock is not None and not isinstance(clock, SimulatedClock):
            raise TypeError(f"record() takes a SimulatedClock, or none for real time; it was given {clock!r}")
        self.label = label
        self.clock = clock

    def __enter__(self) -> Trace:
        from taketurns import loops, switches  # asyncio is imported when it is needed, not by `import taketurns`

        self._recorder = recorder.start(self.label, self.clock)
        loops.install()
        switches.install()
        self._trace = Trace.begin(self.label)
        return self._trace

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        from taketurns import loops, switches

        loops.remove()
        switches.remove()
        cut_short = "" if kind is None else ": ".join(filter(None, (kind.__name__, str(error).partition("\n")[0])))
        recorder.stop(self._recorder, self._trace, cut_short)

    async def __aenter__(self) -> Trace:
        return self.__enter__()

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.__exit__(kind, error, traceback)
