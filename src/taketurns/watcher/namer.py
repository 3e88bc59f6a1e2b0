"""The namer: a thread that answers where others wait. It runs none of the learner's code, and keeps no frame.

While the program forks, it rests: from 3.12 on Python counts the threads of the process, and warns where there are
more than one.
"""

import os
import threading
from collections.abc import Callable, Container
from contextlib import suppress
from time import perf_counter_ns as now
from types import FrameType

from taketurns.watcher import calls
from taketurns.watcher.descriptors import Descriptors
from taketurns.watcher.locks import Standing
from taketurns.watcher.originals import get_ident, original
from taketurns.watcher.places import place_in, stack_of
from taketurns.watcher.standing import standings
from taketurns.watcher.states import Naming

__all__ = ["Namer"]

#: So many names are kept.
_MOST = 300_000
_FILES = {"socket:": "socket", "pipe:": "pipe", "anon_inode:": "event", "/dev/pts/": "terminal", "/dev/tty": "terminal"}


class Namer:
    """Reads the helper's lines, until it is told "end", and notes where a thread stands when it is asked.

    The thread is started below `threading`, so that `threading.enumerate()` does not show it. ``request`` and ``ask``
    are the two ends of the pipe that it reads; ``told`` is called with what is no question; ``frames`` returns where
    each thread stands, by its identifier; ``note`` takes the answers, which else stand in ``namings``, and ``stand``
    what a thread, by its native id, holds and wants that has waited for long.
    """

    def __init__(
        self,
        held: Descriptors,
        request: int,
        ask: int,
        told: Callable[[str, str], None],
        frames: Callable[[], dict[int, FrameType]],
        note: Callable[[Naming], None] | None = None,
        stand: Callable[[int, Standing], None] = lambda native, standing: None,
    ) -> None:
        self._stand = stand
        self.namings: list[Naming] = []
        self._write, self._noted = note or self.namings.append, 0
        self.standings: dict[int, Standing] = {}  #: by a thread's identifier, when it had waited for long
        self.threads: list[int] = []  #: each that it had, by its native id; the last is at work
        self._held, self._request, self._ask, self._told = held, request, ask, told
        self._frames = frames
        self._starter = threading.get_native_id(), get_ident()
        self._at_work = original("_thread", "allocate_lock")()
        self._rest = b""
        self._is_over = False

    def start(self) -> None:
        """Start the thread, unless it is at work or over."""
        if self._is_over or not self._at_work.acquire(blocking=False):
            return
        try:
            original("_thread", "start_new_thread")(self._work, ())
        except BaseException:
            self._at_work.release()
            raise

    def rest(self, seconds: float) -> bool:
        """Stop the thread; return whether it has ended, or never began, after so many seconds at the most."""
        if self._at_work.locked() and self._held.holds(self._ask):
            with suppress(OSError):
                os.write(self._ask, b"end\n")
        if not self._at_work.acquire(timeout=seconds):
            return False
        self._at_work.release()
        return True

    def end(self, seconds: float) -> None:
        """Stop the thread for good, in so many seconds at the most."""
        self._is_over = True
        self.rest(seconds)

    def _work(self) -> None:
        try:
            self.threads.append(original("_thread", "get_native_id")())
            while self._held.holds(self._request) and (data := os.read(self._request, 65536)):
                *lines, self._rest = (self._rest + data).split(b"\n")
                if not self._answer(lines):
                    return
        except OSError:  # the pipe is gone
            return
        finally:
            self._at_work.release()

    def _answer(self, lines: list[bytes]) -> bool:
        """Do what the lines say; return whether there may be more."""
        asked, standing = [], []
        for line in lines:
            word, _, more = line.decode().partition(" ")
            if word == "ask":
                asked.append(tuple(map(int, more.split())))
            elif word == "stand":
                standing.append(int(more.split()[0]))
            elif word != "end":
                self._told(word, more)
        if asked:
            self._note(asked)
        if standing:
            self._note_standing(standing)
        return b"end" not in lines

    def _note_standing(self, threads: list[int]) -> None:
        """Note what threads that have waited for long hold and want; of each the last is kept."""
        known = self._identifiers(self._frames())
        wanted = {identifier: native for native, identifier in known.items() if native in threads}
        with suppress(Exception):  # places are asked for later, too
            for each in standings(self._frames, wanted):
                self.standings[each.thread] = each
                self._stand(wanted[each.thread], each)

    def _identifiers(self, frames: Container[int]) -> dict[int, int]:
        """Return the identifiers of the threads that are there by their native ids.

        Of a thread in which gevent has greenlets taken for threads, only one is an identifier of the system's.
        """
        # A plain dict: `threading.enumerate()` would wait for a lock that the learner's program may hold.
        active = dict(threading._active)  # type: ignore[attr-defined]
        known = {thread._native_id: identifier for identifier, thread in active.items() if identifier in frames}
        return {self._starter[0]: self._starter[1]} | known

    def _note(self, asked: list[tuple[int, ...]]) -> None:
        """Note where the threads stand that the helper asks for: by number, system call, and its first argument."""
        frames, at = self._frames(), now()
        identifiers = self._identifiers(frames)
        stacks = [stack_of(frames.get(identifiers.get(thread, 0))) for thread, _, _ in asked]
        frames.clear()  # all else takes longer
        for (thread, number, first), stack in zip(asked, stacks, strict=True):
            self._noted += 1
            if self._noted < _MOST:
                place, kind = place_in(stack)
                file = _file(first) if calls.of_a_file(number) else ""
                self._write(Naming(at, thread, place, kind, file))


def _file(descriptor: int) -> str:
    """Return what kind of file a descriptor stands for, as a short noun."""
    try:
        target = os.readlink(f"/proc/self/fd/{descriptor}")
    except OSError:
        return ""
    return next((noun for begin, noun in _FILES.items() if target.startswith(begin)), "file")
