"""A guest: a child process at whose threads the helper of another one looks, too."""

from __future__ import annotations

import os
from collections.abc import Callable

from taketurns.watcher.descriptors import Descriptors
from taketurns.watcher.locks import Standing
from taketurns.watcher.namer import Namer
from taketurns.watcher.states import Naming

__all__ = ["Guest"]


class Guest:
    """Lets a helper look at this process, and answers where its threads wait.

    ``note`` and ``stand`` are called with each answer, as by the namer; ``over`` when the helper looks no more. All
    happens in the namer's thread.
    """

    def __init__(
        self, note: Callable[[Naming], None], stand: Callable[[int, Standing], None], over: Callable[[], None]
    ) -> None:
        self._held = Descriptors()
        self._note, self._stand, self._over = note, stand, over
        self._namer: Namer | None = None

    def start(self, control: str, inode: int) -> bool:
        """Ask the helper to look at this process, by the pipe that it reads; return whether it was asked."""
        from taketurns.watcher import forks, kernel, stacks  # here: `ctypes` is slow to import, and not everywhere

        try:
            asks, ask = self._held.add(os.pipe)
            self._namer = Namer(self._held, asks, ask, self._told, stacks.frames_of_threads, self._note, self._stand)
            with kernel.BlockedSignals():
                self._namer.start()
            forks.namers.add(self._namer)
            first, last = kernel.gil_addresses() or (0, 0)
            _write(control, inode, f"join {os.getpid()} {asks} {first} {last}\n".encode())
        except OSError:
            self.end()
            return False
        return True

    def end(self) -> None:
        """Answer no more."""
        if self._namer is not None:
            from taketurns.watcher import forks

            forks.namers.discard(self._namer)
            self._namer.end(0)
        self._held.close()

    def forget(self) -> None:
        """Let go of the namer in a forked child, in which its thread is not."""
        self._held.close()

    def _told(self, word: str, more: str) -> None:
        from taketurns.watcher import kernel

        if word == "process":
            kernel.allow_to_look(int(more))
        elif word == "over":
            self._over()


def _write(path: str, inode: int, data: bytes) -> None:
    """Write to a pipe that another process has open, if it is still that one."""
    file = os.open(path, os.O_WRONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    try:
        if os.fstat(file).st_ino == inode:
            os.write(file, data)
    finally:
        os.close(file)
