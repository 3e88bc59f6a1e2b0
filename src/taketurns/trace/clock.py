"""Clocks: the one on the wall, and one that jumps to the next event instead of waiting for it."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

__all__ = ["Clock", "SimulatedClock", "Timekeeper", "WallClock", "simulated", "timekeeper"]


class WallClock:
    """Real time, as ``time.perf_counter`` gives it."""

    def now(self) -> float:
        """Return the time, in seconds."""
        return self.now_ns() / 1e9

    def now_ns(self) -> int:
        """Return the time, in ns."""
        return time.perf_counter_ns()

    def sleep_until(self, at: float) -> None:
        """Wait until that time, in seconds; a time that has passed needs no waiting."""
        self.sleep_until_ns(round(at * 1e9))

    def sleep_until_ns(self, at: int) -> None:
        """Wait until that time, in ns."""
        time.sleep(max(0, at - self.now_ns()) / 1e9)


class SimulatedClock:
    """Simulated time: it begins at 0, and jumps when somebody sleeps. It counts whole ns, so its sums are exact."""

    def __init__(self) -> None:
        self._now = 0

    def now(self) -> float:
        """Return the time, in seconds."""
        return self._now / 1e9

    def now_ns(self) -> int:
        """Return the time, in ns."""
        return self._now

    def sleep_until(self, at: float) -> None:
        """Jump to that time, in seconds; it never goes back."""
        self.sleep_until_ns(round(at * 1e9))

    def sleep_until_ns(self, at: int) -> None:
        """Jump to that time, in ns."""
        self._now = max(self._now, at)

    def spend(self, seconds: float) -> None:
        """Let so much time pass."""
        self._now += round(seconds * 1e9)

    @contextmanager
    def in_use(self) -> Iterator[None]:
        """Let `compute` and `wait` spend its time in this thread; ``RuntimeError`` where one is in use here already."""
        if simulated() is not None:
            raise RuntimeError("simulated time is in use already: one program at a time")
        _here.clock = self
        try:
            yield
        finally:
            _here.clock = None


Clock = WallClock | SimulatedClock

_here = threading.local()


def simulated() -> SimulatedClock | None:
    """Return the simulated clock that the calling thread uses, if there is one. Other threads live in real time."""
    clock: SimulatedClock | None = getattr(_here, "clock", None)
    return clock


class Timekeeper:
    """Which clock the recording that is on keeps its times by; an `EventLoop` without a clock of its own takes it."""

    clock: Clock | None = None


timekeeper = Timekeeper()
