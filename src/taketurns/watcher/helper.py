"""The helper process: looks at the threads of a program and of its children from outside, and writes what changed.

Its code is handed over compiled, with that of `pace` and `program`, and runs in a bare Python (``-I -S``): all three
import what is built in, and nothing else.
"""

# `signal` without its enumerations, which would take too long to import:
import _signal  # type: ignore[import-not-found]
import gc
import marshal
import posix
import time

from taketurns.watcher.pace import Pace, Suppressed, prompt_timers
from taketurns.watcher.program import Program, RefusedError

__all__ = ["watch"]

#: Where the kernel refuses for so long, in ns, it refuses: the program has been told to allow it by then.
PATIENCE = 100_000_000


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


class Control:
    """What the helper is told: "join …" for each child that takes part, and "stop"."""

    def __init__(self, file: int) -> None:
        self.file, self.rest = file, b""

    def lines(self) -> list[str]:
        """Return the lines that have come; "stop" too where all who could send one are gone."""
        try:
            data = posix.read(self.file, 65536)
        except BlockingIOError:
            return []
        if not data:
            return ["stop"]
        *lines, self.rest = (self.rest + data).split(b"\n")
        return [line.decode() for line in lines]


class Programs:
    """The program, and those of its children that take part."""

    def __init__(self, root: str, futex: tuple[int, ...], own: Program) -> None:
        self.root, self.futex, self.own = root, futex, own
        self.children: dict[str, Program] = {}

    def join(self, process: str, request: str, gil: tuple[int, int], rows: list[tuple[int, ...]]) -> None:
        """Look at one child more, or at what it has become. ``request``: the number of its pipe."""
        self.leave(process, rows)
        with Suppressed():  # it may be gone already
            flags = posix.O_WRONLY | posix.O_NONBLOCK | posix.O_CLOEXEC
            pipe = posix.open(f"/proc/{process}/fd/{request}", flags)
            tell(pipe, f"process {posix.getpid()}\n")
            try:
                folder = f"{self.root}/{process}/task"
                self.children[process] = Program(folder, gil, self.futex, pipe, int(request))
            except OSError:
                posix.close(pipe)

    def leave(self, process: str, rows: list[tuple[int, ...]]) -> None:
        """Look at a child no more."""
        if process in self.children:
            self.children.pop(process).end(rows)

    def sweep(self, rows: list[tuple[int, ...]]) -> int:
        """Look once at each thread, and ask where it waits; return when that was done, in ns."""
        self.ask(self.own, rows)
        for process, child in list(self.children.items()):
            try:
                self.ask(child, rows)
            except RefusedError:
                child.links = -1
                if time.perf_counter_ns() - child.began > PATIENCE:
                    self.leave(process, rows)
            except OSError:
                self.leave(process, rows)
        return self.own.swept

    def ask(self, program: Program, rows: list[tuple[int, ...]]) -> None:
        if asks := program.sweep(rows):
            tell(program.request, "".join(asks))


def tell(request: int, text: str) -> None:
    """Send a line to a program. Where it has not read the last 64 KB, or is gone, it does without."""
    with Suppressed():
        posix.write(request, text.encode())


def watch(
    file: int,
    root: str,
    process: int,
    control: int,
    request: int,
    listens: int,
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
    programs = Programs(root, futex, Program(f"{root}/{process}/task", gil, futex, request, listens))
    end = look(programs, book, Pace(interval, cores), Control(control), duration)
    for child in programs.children.values():
        tell(child.request, "over\n")
    with Suppressed():  # where no room is left even for that
        book.write(("end", end, time.perf_counter_ns()))


def look(programs: Programs, book: Book, pace: Pace, control: Control, duration: int) -> str:
    """Return why it ended."""
    own = programs.own
    began = written = time.perf_counter_ns()
    seen = False
    while "stop" not in (lines := control.lines()):
        rows: list[tuple[int, ...]] = []
        join(programs, lines, rows)
        try:
            now = programs.sweep(rows)
        except RefusedError:
            if not seen and own.swept - began < PATIENCE:
                own.links, own.swept = -1, time.perf_counter_ns()
                pace.wait()
                continue
            tell(own.request, "refused\n")
            return "refused"
        except OSError:
            return "gone"
        if rows or now - written > 50_000_000:
            written = now
            try:
                book.write((now, rows))
            except OSError:
                return "size"
        if not seen:
            seen = True
            tell(own.request, "seen\n")
        if book.left < 0:
            return "size"
        if now - began > duration:
            return "duration"
        pace.wait()
    rows = []
    join(programs, lines, rows)
    with Suppressed():
        book.write((programs.sweep(rows), rows))
    return "stop"


def join(programs: Programs, lines: list[str], rows: list[tuple[int, ...]]) -> None:
    """Do what the lines say of children: "join PROCESS PIPE" and between which addresses its GIL lies."""
    for line in lines:
        word, *more = line.split()
        if word == "join":
            process, request, first, last = more
            programs.join(process, request, (int(first), int(last)), rows)
