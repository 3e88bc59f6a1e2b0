"""What is asked of the Linux kernel by ctypes: a process that is nobody's child, and the GIL's address."""

import ctypes
import os
import shlex
import signal
import struct
from functools import cache
from threading import get_native_id

from taketurns.machine import gil
from taketurns.watcher import calls

__all__ = [
    "BlockedSignals",
    "adopts_orphans",
    "allow_to_look",
    "ask_for_short_slices",
    "gil_addresses",
    "may_be_looked_at",
    "start_orphan",
]

_SET_PTRACER, _GET_CHILD_SUBREAPER, _GET_DUMPABLE = 0x59616D61, 37, 3
_CLONE_VM, _CLONE_VFORK, _WALL = 0x100, 0x4000, 0x40000000
_STACK = 256 * 1024


@cache
def _library() -> ctypes.CDLL:
    library = ctypes.CDLL(None, use_errno=True)
    library.clone.argtypes = [ctypes.c_void_p, ctypes.c_void_p, ctypes.c_int, ctypes.c_void_p]
    library.prctl.argtypes = [ctypes.c_int, *[ctypes.c_ulong] * 4]
    return library


class _Information(ctypes.Structure):
    _fields_ = [(name, ctypes.c_void_p) for name in ("file", "base", "name", "address")]


class _Symbol(ctypes.Structure):
    _fields_ = [
        ("name", ctypes.c_uint32),
        ("information", ctypes.c_uint32),
        ("value", ctypes.c_uint64),
        ("size", ctypes.c_uint64),
    ]


def gil_addresses() -> tuple[int, int] | None:
    """Return between which addresses the GIL's futex lies; (0, 0) without a GIL, and ``None`` where nobody knows.

    It is in ``_PyRuntime``, in every version, and the dynamic linker knows where that begins and how large it is.
    """
    return _runtime() if gil() else (0, 0)


@cache
def _runtime() -> tuple[int, int] | None:
    try:
        begin = ctypes.addressof(ctypes.c_char.in_dll(ctypes.pythonapi, "_PyRuntime"))
        symbol = ctypes.POINTER(_Symbol)()
        asked = ctypes.c_void_p(begin), ctypes.byref(_Information()), ctypes.byref(symbol), 1
        found = _library().dladdr1(*asked) and bool(symbol)
    except (ValueError, AttributeError):  # another Python, or a C library without `dladdr1`
        return None
    return (begin, begin + symbol.contents.size) if found and symbol.contents.size else None


class BlockedSignals:
    """Blocks every signal in this thread: what it starts meanwhile begins with all of them blocked."""

    def __init__(self) -> None:
        self._thread = get_native_id()
        self._before: set[int] | None = signal.pthread_sigmask(signal.SIG_BLOCK, [])

    def __enter__(self) -> None:
        signal.pthread_sigmask(signal.SIG_BLOCK, signal.valid_signals())

    def __exit__(self, *problem: object) -> None:
        self.end()

    def end(self) -> None:
        """Let through what was let through before; again, where an interrupt came in between."""
        if self._before is not None and self._thread == get_native_id():
            signal.pthread_sigmask(signal.SIG_SETMASK, self._before)
            self._before = None


def start_orphan(arguments: list[str]) -> bool:
    """Start a process that is no child of this one; return whether that went well as far as is known here.

    The process in between shares this one's memory, for as long as a shell takes to start another in the background.
    It ends without a signal, for it was made with none, and only who waits with ``__WALL`` sees it.
    """
    command = f"cd /; exec </dev/null >/dev/null 2>&1; {shlex.join(arguments)} &"
    library = _library()
    text = ctypes.create_string_buffer(os.fsencode(command))
    stack = ctypes.create_string_buffer(_STACK)
    top = (ctypes.addressof(stack) + _STACK) & ~15
    between = library.clone(
        ctypes.cast(library.system, ctypes.c_void_p), top, _CLONE_VM | _CLONE_VFORK, ctypes.addressof(text)
    )
    if between < 0:
        return False
    try:
        return os.waitpid(between, _WALL)[1] == 0
    except ChildProcessError:  # somebody else has waited for it so
        return True


def allow_to_look(process: int) -> None:
    """Let a process look at this one also where Yama restricts that to the one that started it."""
    _library().prctl(_SET_PTRACER, process, 0, 0, 0)


def may_be_looked_at() -> bool:
    """Return whether this process is one that others of the same user may look at, as nearly all are."""
    return bool(_library().prctl(_GET_DUMPABLE, 0, 0, 0, 0) == 1)


def adopts_orphans() -> bool:
    """Return whether a process that lost its parent becomes a child of this one."""
    flag = ctypes.c_int(0)
    _library().prctl(_GET_CHILD_SUBREAPER, ctypes.addressof(flag), 0, 0, 0)
    return os.getpid() == 1 or bool(flag.value)


def ask_for_short_slices(process: int) -> None:
    """Let a process have a core soon after it wakes, for 0.1 ms at a time: granted to anybody from Linux 6.12 on."""
    policy_and_slice = struct.pack("IIQiIQQQ", 48, 0, 0, 0, 0, 100_000, 0, 0)
    _library().syscall(calls.SCHED_SETATTR, process, policy_and_slice, 0)
