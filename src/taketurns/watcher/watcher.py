"""The watcher: has a helper process look at the threads of this one, and says afterwards what each did."""

from __future__ import annotations

import marshal
import os
import select
import signal
import sys
from collections.abc import Iterable
from contextlib import suppress
from functools import cache
from pathlib import Path
from types import CodeType
from typing import TYPE_CHECKING, Any, NamedTuple

from taketurns.watcher import calls, helper, pace, places, program
from taketurns.watcher.descriptors import Descriptors
from taketurns.watcher.edges import Row
from taketurns.watcher.locks import Standing
from taketurns.watcher.looks import Look
from taketurns.watcher.namer import Namer
from taketurns.watcher.originals import original
from taketurns.watcher.states import Naming, states

if TYPE_CHECKING:
    from taketurns.watcher.kernel import BlockedSignals

__all__ = ["Watcher"]

#: So long, in seconds, `start` waits for the first look, and `stop` for the helper's end.
_PATIENCE = 0.5

#: The helper opens the file that it will write to, and finds in it its own code and what it has to know.
_COMMAND = """
import marshal, posix, sys
for each in posix.listdir("/proc/self/fd"):  # what the program lets its children have is not ours
    if int(each) > 2:
        try:
            posix.close(int(each))
        except OSError:
            pass
process, file, inode = sys.argv[1:]
file = open(f"/proc/{process}/fd/{file}", "r+b", 0)
if posix.fstat(file.fileno()).st_ino == int(inode):
    codes, settings = marshal.loads(file.read())
    for name, code in codes:
        sys.modules[name] = module = type(sys)(name)
        exec(code, vars(module))
    module.watch(file.fileno(), **settings)
posix._exit(0)
"""
_LATE = "no helper could be started: there was no answer for half a second"


class _Taken(NamedTuple):
    """What was read of the helper's writing: rows, up to which byte, up to which moment in ns, and why it ended."""

    rows: list[Row]
    offset: int
    until: int
    end: str


class Watcher:
    """Looks at the threads of this process from `start` to `stop`, about once in 1 ms.

    ``why_not`` says why the kernel's view is missing, or a part of it; ``cut_short`` why it ended before its time.
    ``size`` (bytes), ``duration`` and ``interval`` (ns) are the limits of what is written down, and the shortest time
    between two looks; ``root`` is where the kernel shows processes.
    """

    def __init__(
        self, *, size: int = 64 << 20, duration: int = 600_000_000_000, interval: int = 1_000_000, root: str = "/proc"
    ) -> None:
        self.why_not = self.cut_short = ""
        self._limits = {"size": size, "duration": duration, "interval": interval}
        self._root = root
        self._descriptors = Descriptors()
        self._namer: Namer | None = None
        lock = original("_thread", "allocate_lock")
        self._known, self._answered = lock(), lock()
        self._known.acquire()
        self._answered.acquire()
        self._launched = self._stopped = False
        self._program = self._helper = self._exit = self._memory = self._control = self._asks = self._ask = -1
        self._taken = _Taken([], 0, 0, "")
        self.until = 0  #: the moment of the last look, in ns: who was not gone then has looks up to it
        self._signals: BlockedSignals | None = None
        self._looks: dict[int, list[Look]] = {}
        self.standings: dict[int, Standing] = {}  #: after the end: what threads held and wanted that waited for long

    @property
    def thread(self) -> int | None:
        """The native id of the thread that asks where others wait; ``None`` where there is none."""
        return self._namer.threads[-1] if self._namer is not None and self._namer.threads else None

    @property
    def address(self) -> tuple[str, int]:
        """Where children ask the helper to look at them, too: a pipe, by its path and inode; no path without one."""
        if not self._launched or self.why_not:
            return "", 0
        return f"/proc/{self._program}/fd/{self._control}", os.fstat(self._control).st_ino

    def start(self) -> None:
        """Start the helper, and return when it has looked once, or after 0.5 s without: then ``why_not`` says why."""
        self._program = os.getpid()
        try:
            self.why_not = self._missing()
            if not self.why_not:
                self._launch()
        except Exception as problem:  # noqa: BLE001 -- a recording goes on without the kernel's view
            self.why_not = f"the kernel's view is missing: {type(problem).__name__}: {problem}"

    def end(self) -> None:
        """End the helper and the namer: nobody is looked at or asked any more. Each step can be done again."""
        if self._stopped or self._program != os.getpid():
            return
        if self._signals is not None:
            self._signals.end()
        if self._launched:
            if self._descriptors.holds(self._control):
                with suppress(OSError):
                    os.write(self._control, b"stop\n")
            late = self.why_not == _LATE  # it need not be waited for twice
            if self._known.acquire(timeout=0 if late else _PATIENCE):  # only then it has opened our files
                self._known.release()
                self._bury()
        if self._namer is not None:
            from taketurns.watcher import forks

            self._namer.end(_PATIENCE)
            forks.namers.discard(self._namer)

    def stop(self, of_children: Iterable[Naming] = ()) -> dict[int, list[Look]]:
        """End the helper, and return what each thread did, by its native id. Again it returns the same.

        ``of_children`` is what the namers of other processes have found.
        """
        if not self._stopped and self._program == os.getpid():
            self.end()
            self._looks = self.looks(of_children)
            if self._taken.rows and not self._taken.end and not self.cut_short:
                self.cut_short = "the helper was killed"
            self._stopped = True
            self.standings = dict(self._namer.standings) if self._namer is not None else {}
            self._taken, self._namer = _Taken([], 0, 0, ""), None
        self._descriptors.close()
        return self._looks

    def looks(self, of_children: Iterable[Naming] = ()) -> dict[int, list[Look]]:
        """Return what each thread did until now, by its native id."""
        if self._stopped or self._memory < 0:
            return self._looks
        self._take()
        namer = self._namer
        rows, _, until, _ = self._taken
        self.until = until
        found = states(rows, [*(namer.namings if namer else ()), *of_children], until)
        for thread in namer.threads if namer is not None else ():
            found.pop(thread, None)
        return found

    def forget(self) -> None:
        """Let go of the helper in a forked child: it belongs to the parent."""
        self._descriptors.close()
        self._stopped, self._namer = True, None
        self._taken, self._looks = _Taken([], 0, 0, ""), {}

    def _missing(self) -> str:
        """Return what is missing here for the kernel's view, in a sentence; empty where nothing is."""
        if sys.platform != "linux" or not hasattr(os, "memfd_create"):
            return "the kernel's view is there on Linux only"
        if not calls.known():
            return "the system calls of this kind of processor are not known"
        own = Path(self._root, str(os.getpid()), "task")
        try:
            if not any((own / thread / "syscall").exists() for thread in os.listdir(own)):
                return f"this kernel does not show in {self._root} what a thread waits for"
            if not any((own / thread / "schedstat").exists() for thread in os.listdir(own)):
                return f"this kernel does not show in {self._root} how long a thread ran"
        except OSError:
            return f"this process is not to be found in {self._root}"
        return "" if sys.executable else "it is not known where Python is, so no helper could be started"

    def _launch(self) -> None:
        from taketurns.watcher import forks, kernel, stacks  # here: `ctypes` is slow to import, and not everywhere

        if not kernel.may_be_looked_at():
            self.why_not = "this process has asked the kernel that nobody may look at it"
            return
        gil = kernel.gil_addresses()
        settings = self._pipes() | self._limits | {"root": self._root, "process": self._program}
        settings |= {"gil": gil or (0, 0), "futex": calls.FUTEX, "cores": os.cpu_count() or 1}
        began = os.write(self._memory, marshal.dumps((_codes(), settings)))
        self._taken = _Taken([], began, 0, "")
        arguments = [str(self._program), str(self._memory), str(os.fstat(self._memory).st_ino)]
        self._namer = Namer(self._descriptors, self._asks, self._ask, self._told, stacks.frames_of_threads)
        self._signals = kernel.BlockedSignals()
        with self._signals:
            self._namer.start()
            forks.namers.add(self._namer)
            if not kernel.start_orphan([sys.executable, "-I", "-S", "-c", _COMMAND, *arguments]):
                self.why_not = "no helper could be started"
                return
            self._launched = True
        places.place_of(sys._getframe())  # what it finds out only once it finds out while the helper starts
        if not self._answered.acquire(timeout=_PATIENCE):
            self.why_not = _LATE
        elif not self.why_not and gil is None:
            self.why_not = "where the GIL is could not be found: who waits for it seems to wait for a lock"

    def _pipes(self) -> dict[str, Any]:
        """Make what is written to and the two pipes; return the ends that the helper opens."""
        held = self._descriptors
        self._memory = held.add_one(os.memfd_create, "taketurns")
        theirs, self._control = held.add(os.pipe)
        self._asks, self._ask = held.add(os.pipe)
        return {"control": theirs, "request": self._ask, "listens": self._asks}

    def _told(self, word: str, more: str) -> None:
        """Take what the helper tells beside its questions; in the namer's thread."""
        from taketurns.watcher import kernel

        if word == "process":
            self._helper = int(more)
            kernel.allow_to_look(self._helper)
            kernel.ask_for_short_slices(self._helper)
            with suppress(OSError, AttributeError):  # an old kernel, or the helper is gone
                self._exit = self._descriptors.add_one(os.pidfd_open, self._helper)
            self._known.release()
        elif word == "seen":
            self.why_not = "" if self.why_not == _LATE else self.why_not
            self._answered.release()
        elif word == "refused":
            refused = "the kernel refuses to show what the threads of this process wait for"
            if self._answered.locked():
                self.why_not = refused
                self._answered.release()
            else:  # it let the helper look at first
                self.cut_short = refused

    def _bury(self) -> None:
        """Wait for the helper's end, and kill it where it does not come."""
        from taketurns.watcher import kernel

        if self._descriptors.holds(self._exit):
            end = original("select", "poll")()
            end.register(self._exit, select.POLLIN)
            if not end.poll(1000 * _PATIENCE):
                signal.pidfd_send_signal(self._exit, signal.SIGKILL)
                end.poll(1000 * _PATIENCE)
        if kernel.adopts_orphans():
            with suppress(ChildProcessError):
                os.waitpid(self._helper, 0)

    def _take(self) -> None:
        """Read what the helper has written since the last time. An interrupt loses and doubles nothing."""
        rows, offset, until, end = self._taken
        if not self._descriptors.holds(self._memory):
            self.cut_short = self.cut_short or "the program closed files that it had not opened"
            return
        data = memoryview(_read(self._memory, offset))
        found: list[Row] = []
        at = 0
        while at + 4 <= len(data) and at + 4 + (length := int.from_bytes(data[at : at + 4], "little")) <= len(data):
            value = marshal.loads(data[at + 4 : at + 4 + length])
            at += 4 + length
            if value[0] == "end":
                _, end, until = value
            else:
                until = value[0]
                found += map(Row._make, value[1])
        self._taken = _Taken(rows + found, offset + at, until, end)
        self.cut_short = self.cut_short or self._why_cut_short(end)

    def _why_cut_short(self, end: str) -> str:
        return {
            "duration": f"it had seen for {self._limits['duration'] / 60e9:.3g} minutes",
            "size": f"{self._limits['size'] / 2**20:.3g} MB were full",
            "gone": "the threads of this process could not be listed any more",
        }.get(end, "")


@cache
def _codes() -> list[tuple[str, CodeType]]:
    """Return the helper's modules, compiled, in the order in which they import each other."""
    modules = pace, program, helper
    return [(each.__name__, each.__spec__.loader.get_code(each.__name__)) for each in modules]  # type: ignore[union-attr]


def _read(file: int, offset: int) -> bytes:
    """Return what a file holds from an offset on."""
    parts = []
    while part := os.pread(file, 1 << 24, offset):
        parts.append(part)
        offset += len(part)
    return b"".join(parts)
