"""A program as the helper sees it: its threads, and what the kernel shows of each.

Two files are read for each thread. ``schedstat`` holds the ns that it ran, the ns that it was queued for a core, and
how often it was given one. ``syscall`` says ``running`` where the thread is on a core or could be, and else in which
system call it waits, with the arguments. A thread that was blocked, and whose ``schedstat`` has not changed, has not
run since: the second file need not be read.
"""

import posix
import time

__all__ = ["GIL", "GONE", "RUNNING", "Program", "RefusedError"]

#: In place of a system call's number: the thread runs, is gone, or waits for the GIL.
RUNNING, GONE, GIL = -2, -3, -4
#: A thread that was queued for a core so long, in ns, between two looks, or was not looked at so long, gets a row.
QUEUED, GAP = 100_000, 3_000_000
#: A wait is asked about when it has lasted so long, in ns: where it is, and then who holds the lock that it is for.
ASKS = ((2_500_000, "ask"), (100_000_000, "stand"))
#: A run so short, in ns, between two waits for the GIL is no turn under it.
NO_TURN = 60_000
#: What has no stack and no place in its code any more: it has ended, and nobody has asked for its exit status yet.
ZOMBIE = b"-1 0x0 0x0"


class RefusedError(OSError):
    """The kernel does not let this process look."""


class Thread:
    """A thread: two open files, what they held, when that was read, since when it waits so, and what was asked.

    ``key`` is the line of the system call, empty while it runs, and ``None`` before the first look.
    """

    __slots__ = ("asks", "at", "call", "counts", "key", "since", "statistics", "text")

    def __init__(self, statistics: int, call: int, at: int) -> None:
        self.statistics, self.call, self.at, self.since = statistics, call, at, at
        self.asks = len(ASKS)
        self.text, self.counts = b"", (0, 0, 0)
        self.key: bytes | None = None


class Program:
    """The threads of a process: the open files of each, and what they held last.

    ``request`` is the pipe in which its namer is asked, ``listens`` the file that this reads there, and ``gil`` between
    which addresses its GIL lies.
    """

    def __init__(
        self, folder: str, gil: tuple[int, int], futex: tuple[int, ...], request: int = -1, listens: int = -1
    ) -> None:
        self.folder, self.gil, self.futex, self.request, self.listens = folder, gil, futex, request, listens
        self.began = time.perf_counter_ns()
        self.threads: dict[str, Thread] = {}
        self.links, self.swept = -1, time.perf_counter_ns()
        self.file = posix.open(folder, posix.O_RDONLY | posix.O_CLOEXEC)

    def sweep(self, rows: list[tuple[int, ...]]) -> list[str]:
        """Look at each thread once; return what is asked, in lines. ``OSError``: the program is gone."""
        links = posix.fstat(self.file).st_nlink  # the number of threads, and two: listed only when it changed
        if links != self.links:
            self.find(links)
        asks: list[str] = []
        begin = time.perf_counter_ns()
        for name, seen in list(self.threads.items()):
            try:
                text = posix.pread(seen.statistics, 80, 0)
                if text != seen.text or not seen.key:
                    key = posix.pread(seen.call, 200, 0)
                    if key.startswith(ZOMBIE):
                        self.lose(name, rows)
                        continue
                    self.compare(int(name), seen, text, b"" if key[:1] == b"r" else key, rows)
                    continue
            except PermissionError:
                raise RefusedError from None
            except OSError:
                self.lose(name, rows)
                continue
            seen.at = begin
            if seen.asks < len(ASKS) and begin - seen.since > ASKS[seen.asks][0]:
                word, seen.asks = ASKS[seen.asks][1], seen.asks + 1
                number, first, _ = self.call(seen.key)
                is_namer = first == self.listens and number not in self.futex  # to ask it would wake it
                if not is_namer:
                    asks.append(f"{word} {name} {number} {first}\n")
        self.swept = time.perf_counter_ns()
        return asks

    def find(self, links: int) -> None:
        """Open the files of the threads that are new."""
        for name in posix.listdir(self.folder):
            if name not in self.threads:
                try:
                    call = posix.open(f"{self.folder}/{name}/syscall", posix.O_RDONLY | posix.O_CLOEXEC)
                    statistics = posix.open(f"{self.folder}/{name}/schedstat", posix.O_RDONLY | posix.O_CLOEXEC)
                except PermissionError:
                    raise RefusedError from None
                except OSError:  # it has ended meanwhile
                    continue
                self.threads[name] = Thread(statistics, call, self.swept)
        self.links = links

    def compare(self, thread: int, seen: Thread, text: bytes, key: bytes, rows: list[tuple[int, ...]]) -> None:
        """Add a row where something changed. Whoever runs on, and was not queued, needs none."""
        now = time.perf_counter_ns()
        counts = count(text) if text != seen.text else seen.counts
        if key or seen.key != b"":
            if not (key == seen.key and self.only_looked_up(key, seen.counts, counts)):
                rows.append((thread, seen.at, *seen.counts, now, *counts, *self.call(key)))
                seen.since = now
                seen.asks = len(ASKS) if not key or self.is_gil(key) else 0
        elif counts[1] - seen.counts[1] > QUEUED or (now - seen.at > GAP and counts[2] != seen.counts[2]):
            rows.append((thread, seen.at, *seen.counts, now, *counts, RUNNING, 0, 0))
        seen.text, seen.key, seen.counts, seen.at = text, key, counts, now

    def only_looked_up(self, key: bytes, before: tuple[int, int, int], after: tuple[int, int, int]) -> bool:
        """Return whether it still waits: each 5 ms who waits for the GIL wakes, and asks for it. That needs no row."""
        return before == after or (after[0] + after[1] - before[0] - before[1] < NO_TURN and self.is_gil(key))

    def lose(self, name: str, rows: list[tuple[int, ...]]) -> None:
        """Close the files of a thread that is gone, and say so."""
        seen = self.threads.pop(name)
        posix.close(seen.statistics)
        posix.close(seen.call)
        self.links = -1  # to be listed: another may have begun in its place
        if seen.key is not None:
            rows.append((int(name), seen.at, *seen.counts, time.perf_counter_ns(), *seen.counts, GONE, 0, 0))

    def call(self, key: bytes) -> tuple[int, int, int]:
        """Return the number of a system call, or `GIL`, and its first two arguments."""
        if not key:
            return RUNNING, 0, 0
        words = key.split(b" ", 3)
        if len(words) < 4:  # "-1 0x.. 0x..": blocked outside of a system call, for a page of memory
            return int(words[0]), 0, 0
        number, first = int(words[0]), int(words[1], 16)
        if number in self.futex and self.gil[0] <= first < self.gil[1]:
            return GIL, 0, 0
        return number, first, int(words[2], 16)

    def is_gil(self, key: bytes) -> bool:
        """Return whether it waits for the GIL."""
        return self.call(key)[0] == GIL

    def end(self, rows: list[tuple[int, ...]]) -> None:
        """Lose all threads: the process is gone, or another comes in its place."""
        for name in list(self.threads):
            self.lose(name, rows)
        posix.close(self.file)
        if self.request >= 0:
            posix.close(self.request)


def count(text: bytes) -> tuple[int, int, int]:
    """Return the ns that a thread ran, the ns that it was queued for a core, and how often it was given one."""
    ran, queued, turns = text.split()
    return int(ran), int(queued), int(turns)
