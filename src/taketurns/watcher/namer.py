"""The namer: a thread that answers where others wait. It runs none of the learner's code, and keeps no frame."""

import os
import sys
import threading
from collections.abc import Callable
from time import perf_counter_ns as now

from taketurns.watcher import calls
from taketurns.watcher.originals import original
from taketurns.watcher.places import place_of
from taketurns.watcher.states import Naming

__all__ = ["Namer"]

#: So many names are kept.
_MOST = 300_000
_FILES = {"socket:": "socket", "pipe:": "pipe", "anon_inode:": "event", "/dev/pts/": "terminal", "/dev/tty": "terminal"}


class Namer:
    """Reads the helper's lines, until it is told "end", and notes where a thread stands when it is asked.

    The thread is started below `threading`, so that `threading.enumerate()` does not show it.
    """

    def __init__(self, request: int, told: Callable[[str, str], None]) -> None:
        self.namings: list[Naming] = []
        self.thread: int | None = None
        self._request, self._told = request, told
        self._ended = original("_thread", "allocate_lock")()

    def start(self) -> None:
        """Start the thread."""
        self._ended.acquire()
        try:
            original("_thread", "start_new_thread")(self._work, ())
        except BaseException:
            self._ended.release()
            raise

    def join(self, seconds: float) -> bool:
        """Return whether the thread has ended, or never began, after so many seconds at the most."""
        if not self._ended.acquire(timeout=seconds):
            return False
        self._ended.release()
        return True

    def _work(self) -> None:
        try:
            self.thread = original("_thread", "get_native_id")()
            rest = b""
            while True:
                *lines, rest = (rest + os.read(self._request, 65536)).split(b"\n")
                asked = []
                for line in lines:
                    word, _, more = line.decode().partition(" ")
                    if word == "end":
                        return
                    if word == "ask":
                        asked.append(tuple(map(int, more.split())))
                    else:
                        self._told(word, more)
                if asked:
                    self._note(asked)
        except OSError:  # the pipe is gone
            return
        finally:
            self._ended.release()

    def _note(self, asked: list[tuple[int, ...]]) -> None:
        """Note where the threads stand that the helper asks for: by number, system call, and its first argument."""
        frames, at = sys._current_frames(), now()
        # A plain dict: `threading.enumerate()` would wait for a lock that the learner's program may hold.
        identifiers = {thread._native_id: identifier for identifier, thread in dict(threading._active).items()}  # type: ignore[attr-defined]
        for thread, number, first in asked:
            frame = frames.get(identifiers.get(thread, 0))
            if len(self.namings) < _MOST:
                place, kind = place_of(frame)
                file = _file(first) if calls.of_a_file(number) else ""
                self.namings.append(Naming(at, thread, place, kind, file))
        del frames, frame


def _file(descriptor: int) -> str:
    """Return what kind of file a descriptor stands for, as a short noun."""
    try:
        target = os.readlink(f"/proc/self/fd/{descriptor}")
    except OSError:
        return ""
    return next((noun for begin, noun in _FILES.items() if target.startswith(begin)), "file")
