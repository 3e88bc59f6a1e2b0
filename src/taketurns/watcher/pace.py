"""The helper's pace: how often it looks, so that it takes no more than its share of a core."""

import posix
import time

__all__ = ["LEAST", "MOST", "Pace", "Suppressed", "prompt_timers", "share"]

#: The shares of a core that this process may take on a quiet machine, and on a crowded one.
MOST, LEAST = 0.08, 0.05


class Suppressed:
    """A block that ends quietly where the system refuses: `contextlib` would take too long to import."""

    def __enter__(self) -> None: ...

    def __exit__(self, kind: type[BaseException] | None, *rest: object) -> bool:
        return kind is not None and issubclass(kind, OSError)


class Pace:
    """How long to sleep between two sweeps, so that this process takes no more than its share of a core."""

    def __init__(self, interval: int, cores: int) -> None:
        self.interval, self.cores = interval, cores
        self.sleep = interval / 1e9
        self.sweeps, self.share, self.asked = 0, MOST, 0
        self.used, self.began = time.process_time_ns(), time.perf_counter_ns()

    def wait(self) -> None:
        """Sleep until the next sweep is due."""
        time.sleep(self.sleep)
        self.sweeps += 1
        if not self.sweeps % 16:
            self.adapt()

    def adapt(self) -> None:
        """Take the mean of the last sweeps' time on a core: what is more than the share makes the sleep longer."""
        used, now = time.process_time_ns(), time.perf_counter_ns()
        if now - self.asked > 1_000_000_000:
            self.asked, self.share = now, share(load(), self.cores)
        needed = (used - self.used) / 16 / self.share
        spent = (now - self.began) / 16 - self.sleep * 1e9
        target = min(max(self.interval, needed - spent), 50_000_000) / 1e9
        self.sleep += (target - self.sleep) / 2
        self.used, self.began = used, now


def share(load: float, cores: int) -> float:
    """Return the share of a core that this process may take: less on a machine on which many wait for a core."""
    return max(LEAST, min(MOST, MOST * 1.5 * cores / max(load, 0.01)))


def load() -> float:
    """Return how many threads of the whole machine could run, on average over the last minute."""
    try:
        file = posix.open("/proc/loadavg", posix.O_RDONLY | posix.O_CLOEXEC)
    except OSError:
        return 0.0
    try:
        return float(posix.read(file, 20).split()[0])
    finally:
        posix.close(file)


def prompt_timers() -> None:
    """Ask to be woken when a sleep is over, and not up to 50 µs later."""
    try:
        file = posix.open("/proc/self/timerslack_ns", posix.O_WRONLY | posix.O_CLOEXEC)
    except OSError:
        return
    with Suppressed():
        posix.write(file, b"1000")
    posix.close(file)
