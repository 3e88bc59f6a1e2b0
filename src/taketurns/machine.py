"""What this machine is: its Python, its GIL, and the cores that this process may use. A trace keeps it."""

from __future__ import annotations

import math
import os
import sys
import time
from collections.abc import Iterator
from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["BEGAN", "cores", "cores_at_once", "gil", "origin", "platform", "python", "quota"]

#: The day on which this process began, or imported this.
BEGAN = time.strftime("%Y-%m-%d")


def origin() -> dict[str, str]:
    """Return in plain words where and when this runs: what a trace keeps of its machine."""
    return {
        "python": python(),
        "gil": "on" if gil() else "off",
        "platform": platform(),
        "cores": str(cores()),
        "date": time.strftime("%Y-%m-%d"),
    }


def gil() -> bool:
    """Return whether the GIL is on. It can come on while a program runs: an extension module may need it."""
    enabled = getattr(sys, "_is_gil_enabled", None)
    return enabled is None or bool(enabled())


@cache
def python() -> str:
    """Return the name and the version of this Python: ``CPython 3.13.0``."""
    from platform import python_implementation, python_version  # here and below: `import taketurns` is quick

    return f"{python_implementation()} {python_version()}"


@cache
def platform() -> str:
    """Return the operating system and the kind of processor: ``Linux x86_64``."""
    from platform import machine, system

    return f"{system()} {machine()}"


# Cores


def cores(root: str | Path = "/") -> int:
    """Return how many cores this process may keep busy: the smaller of its affinity and its quota, at least 1.

    Part of a core counts as one, for it takes that many workers to use a quota up.
    """
    limit = quota(root)
    return cores_at_once() if limit is None else min(cores_at_once(), math.ceil(limit))


def cores_at_once() -> int:
    """Return how many tasks of this process can be running at one instant: its affinity, whatever its quota.

    A quota limits the time on cores within each period (0.1 s, mostly), not how many cores are used at one instant.
    """
    affinity = getattr(os, "sched_getaffinity", None)
    if affinity is not None:
        return len(affinity(0))
    count = getattr(os, "process_cpu_count", os.cpu_count)
    return count() or 1


def quota(root: str | Path = "/") -> float | None:
    """Return the cores' worth of time that a container lets this process use, such as 1.5; ``None`` for no limit."""
    groups = _groups(os.fspath(root).rstrip("/"))
    return min((share for group in groups if (share := _share(group)) is not None), default=None)


def _groups(root: str) -> Iterator[str]:
    """Yield the control groups that can limit this process's time: its own, and those around it.

    Inside a container some are out of sight, under the names that ``/proc/self/cgroup`` gives; the top is there.
    """
    mounts = f"{root}/sys/fs/cgroup"
    for line in _text(f"{root}/proc/self/cgroup").splitlines():
        match line.split(":", 2):
            case [_, "", path]:  # version 2
                tops = f"{mounts}/unified", mounts
            case [_, controllers, path] if "cpu" in controllers.split(","):  # version 1
                tops = f"{mounts}/{controllers}", f"{mounts}/cpu"
            case _:
                continue
        top, names = tops[0] if os.path.isdir(tops[0]) else tops[1], path.strip("/").split("/")
        yield from ("/".join((top, *names[:depth])) for depth in range(len(names), -1, -1))


def _share(group: str) -> float | None:
    """Return the time over the period that one control group grants; ``None`` for no limit."""
    version_2 = _text(f"{group}/cpu.max")
    words = version_2 or f"{_text(f'{group}/cpu.cfs_quota_us')} {_text(f'{group}/cpu.cfs_period_us')}"
    try:
        time_granted, period = map(int, words.split())
    except ValueError:  # no such files, or "max"
        return None
    return time_granted / period if time_granted > 0 and period > 0 else None


def _text(path: str) -> str:
    """Return the text of a file; empty where it cannot be read."""
    try:
        with open(path, encoding="utf-8", errors="replace") as file:
            return file.read()
    except (OSError, ValueError):  # a name that no file can have
        return ""
