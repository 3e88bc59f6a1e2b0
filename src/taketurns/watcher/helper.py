"""The helper process: looks at the threads of a program from outside, and writes down what changed.

Its code is handed over compiled, with that of `pace`, and runs in a bare Python (``-I -S``): both import what is
built in, and nothing else.

It reads two files for each thread. ``schedstat`` holds the ns that it ran, the ns that it was queued for a core, and
how often it was given one. ``syscall`` says ``running`` where the thread is on a core or could be, and else in which
system call it waits, with the arguments. A thread that was blocked, and whose ``schedstat`` has not changed, has not
run since: the second file need not be read.
"""

# `signal` without its enumerations, which would take too long to import:
import _signal  # type: ignore[import-not-found]
import gc
import marshal
import posix
import time

from taketurns.watcher.pace import Pace, Suppressed, prompt_timers

__all__ = ["watch"]

#: In place of a system call's number: the thread runs, or is gone.
RUNNING, GONE = -2, -3
#: A thread that was queued for a core so long, in ns, between two looks, or was not looked at so long, gets a row.
QUEUED, GAP = 100_000, 3_000_000
#: A wait is asked about when it has lasted so long, in ns: where it is, and then who holds the lock that it is for.
ASKS = ((2_500_000, "ask"), (100_000_000, "stand"))
#: A run so short, in ns, between two waits for the GIL is no turn under it.
NO_TURN = 60_000
#: Where the kernel refuses for so long, in ns, it refuses: the program has been told to allow it by then.
PATIENCE = 100_000_000


class RefusedError(OSError):
    """The kernel does not let this process look."""


class Book:
    """What is written down: values of ``marshal``, each after its length in four bytes, up to a limit in bytes."""

    def __init__(self, file: int, limit: int) -> None:
        self.file, self.left = file, limit

    def write(self, value: tuple[int, list[tuple[int, ...]]] | tuple[str, str, int]) -> None:
        data = marshal.dumps(value)
        data = len(data).to_bytes(4, "little") + data
        self.left -= len(data)
        while data:
            data = data[posix.write(self.file, data) :]


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
    """The threads of the program: the open files of each, and what they held last."""

    def __init__(self, folder: str, gil: tuple[int, int], futex: tuple[int, ...]) -> None:
        self.folder, self.gil, self.futex = folder, gil, futex
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
                if word == "ask" or number in self.futex:
                    asks.append(f"{word} {name} {number} {first}\n")
        self.swept = time.perf_counter_ns()
        return asks

    def find(self, links: int) -> None:
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
        seen = self.threads.pop(name)
        posix.close(seen.statistics)
        posix.close(seen.call)
        self.links = -1  # to be listed: another may have begun in its place
        if seen.key is not None:
            rows.append((int(name), seen.at, *seen.counts, time.perf_counter_ns(), *seen.counts, GONE, 0, 0))

    def call(self, key: bytes) -> tuple[int, int, int]:
        """Return the number of a system call and its first two arguments."""
        if not key:
            return RUNNING, 0, 0
        words = key.split(b" ", 3)
        if len(words) < 4:  # "-1 0x.. 0x..": blocked outside of a system call, for a page of memory
            return int(words[0]), 0, 0
        return int(words[0]), int(words[1], 16), int(words[2], 16)

    def is_gil(self, key: bytes) -> bool:
        number, address, _ = self.call(key)
        return number in self.futex and self.gil[0] <= address < self.gil[1]


def count(text: bytes) -> tuple[int, int, int]:
    """Return the ns that a thread ran, the ns that it was queued for a core, and how often it was given one."""
    ran, queued, turns = text.split()
    return int(ran), int(queued), int(turns)


def stopped(control: int) -> bool:
    """Return whether the program wants no more: it sent a byte, or its end of the pipe is gone with it."""
    try:
        posix.read(control, 1)
    except BlockingIOError:
        return False
    return True


def tell(request: int, text: str) -> None:
    """Send a line to the program. Where it has not read the last 64 KB, it does without."""
    with Suppressed():
        posix.write(request, text.encode())


def watch(
    file: int,
    root: str,
    process: int,
    control: int,
    request: int,
    gil: tuple[int, int],
    futex: tuple[int, ...],
    cores: int,
    interval: int,
    size: int,
    duration: int,
) -> None:
    """Look until the program stops it, is gone, or a limit is reached: ``size`` in bytes, ``duration`` in ns."""
    program = f"/proc/{process}/fd"
    control = posix.open(f"{program}/{control}", posix.O_RDONLY | posix.O_NONBLOCK | posix.O_CLOEXEC)
    request = posix.open(f"{program}/{request}", posix.O_WRONLY | posix.O_NONBLOCK | posix.O_CLOEXEC)
    posix.setsid()  # no Ctrl-C and no end of a terminal is meant for it: all signals are blocked but one
    _signal.pthread_sigmask(_signal.SIG_UNBLOCK, [_signal.SIGTERM])
    tell(request, f"process {posix.getpid()}\n")
    prompt_timers()
    gc.disable()  # nothing here goes in circles
    book = Book(file, size)
    end = look(Program(f"{root}/{process}/task", gil, futex), book, Pace(interval, cores), control, request, duration)
    with Suppressed():  # where no room is left even for that
        book.write(("end", end, time.perf_counter_ns()))


def look(program: Program, book: Book, pace: Pace, control: int, request: int, duration: int) -> str:
    """Return why it ended."""
    began = written = time.perf_counter_ns()
    seen = False
    while not stopped(control):
        rows: list[tuple[int, ...]] = []
        try:
            asks = program.sweep(rows)
        except RefusedError:
            if not seen and program.swept - began < PATIENCE:
                program.links, program.swept = -1, time.perf_counter_ns()
                pace.wait()
                continue
            tell(request, "refused\n")
            return "refused"
        except OSError:
            return "gone"
        now = program.swept
        if asks:
            tell(request, "".join(asks))
        if rows or now - written > 50_000_000:
            written = now
            try:
                book.write((now, rows))
            except OSError:
                return "size"
        if not seen:
            seen = True
            tell(request, "seen\n")
        if book.left < 0:
            return "size"
        if now - began > duration:
            return "duration"
        pace.wait()
    rows = []
    with Suppressed():
        program.sweep(rows)
        book.write((program.swept, rows))
    return "stop"
