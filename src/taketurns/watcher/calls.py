"""System calls: what a thread waits for, told by the number of the call that it is blocked in."""

import os

__all__ = ["FUTEX", "SCHED_SETATTR", "known", "of_a_file", "reason"]

_X86: dict[str, tuple[int, ...]] = {
    "sleep": (35, 230),
    "lock": (202, 449, 454, 455, 456),
    "child process": (61, 247),
    "poll": (7, 271),
    "select": (23, 270),
    "events": (232, 281, 441),
    "file": (0, 1, 2, 8, 17, 18, 19, 20, 72, 73, 74, 75, 77, 82, 83, 84, 87, 257, 285, 295, 296, 326, 327, 328, 40),
    "socket": (42, 43, 44, 45, 46, 47, 288, 299, 307),
    "start of a process": (56, 57, 58, 59, 435),
    "memory": (-1, 9, 10, 11, 12, 25, 28),
    "signal": (34, 128, 130),
}
_ARM: dict[str, tuple[int, ...]] = {
    "sleep": (101, 115),
    "lock": (98, 449, 454, 455, 456),
    "child process": (260, 95),
    "poll": (73,),
    "select": (72,),
    "events": (22, 441),
    "file": (63, 64, 56, 62, 67, 68, 65, 66, 25, 32, 82, 83, 46, 38, 34, 35, 47, 69, 70, 285, 286, 287, 71),
    "socket": (203, 202, 206, 207, 211, 212, 242, 243, 269),
    "start of a process": (220, 221, 435),
    "memory": (-1, 214, 215, 216, 222, 226, 233),
    "signal": (133, 137),
}
_TABLES = {"x86_64": _X86, "amd64": _X86, "aarch64": _ARM, "arm64": _ARM}

_TABLE = _TABLES.get(os.uname().machine.lower() if hasattr(os, "uname") else "", {})
_REASONS = {number: reason for reason, numbers in _TABLE.items() for number in numbers}

#: The numbers of the calls that wait for a futex: a lock, or the GIL.
FUTEX = _TABLE.get("lock", ())
#: The number of the call that asks for a short slice.
SCHED_SETATTR = 274 if _TABLE is _ARM else 314


def known() -> bool:
    """Return whether the numbers of this machine's system calls are known."""
    return bool(_TABLE)


def of_a_file(number: int) -> bool:
    """Return whether the first argument of a system call is most likely a file descriptor."""
    return _REASONS.get(number) in ("file", "socket")


def reason(number: int, second: int = 0) -> str:
    """Return what a thread waits for in the system call of that number, as a short noun.

    ``second``: the second argument. Python asks `poll` for the one socket whose operation has a timeout.
    """
    match _REASONS.get(number, f"system call {number}"):
        case "poll":
            return "socket" if second == 1 else "file or socket"
        case "select" | "events":
            return "file or socket"
        case other:
            return other
