"""A piece of a file in memory, which holds no descriptor: a program may close what it has not opened."""

from __future__ import annotations

import mmap
import os
import sys
from functools import cache
from typing import Any

__all__ = ["mapped"]

#: Of mmap(2), on every system that has it: the mapping comes where it is told to, in the place of what is there.
_MAP_FIXED = 0x10


def mapped(file: int, begin: int, size: int) -> mmap.mmap:
    """Return so many bytes of a file, from one of them on, as memory that is shared with it; its position is there.

    Raises ``OSError`` or ``ImportError`` where that cannot be.
    """
    before = begin % mmap.ALLOCATIONGRANULARITY
    if sys.version_info >= (3, 13):
        found = mmap.mmap(file, before + size, offset=begin - before, trackfd=False)
    else:
        found = _in_place(file, begin - before, before + size)
    found.seek(before)
    return found


def _in_place(file: int, begin: int, size: int) -> mmap.mmap:
    """Return the same until 3.12, where a mapping of a file keeps a copy of its descriptor, and one of nothing none."""
    import ctypes  # here: it is slow to import, and not everywhere

    found = mmap.mmap(-1, size, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
    address = ctypes.addressof(ctypes.c_char.from_buffer(found))
    access, flags = mmap.PROT_READ | mmap.PROT_WRITE, mmap.MAP_SHARED | _MAP_FIXED
    if _library().mmap(address, size, access, flags, file, begin) != address:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    return found


@cache
def _library() -> Any:
    import ctypes

    library = ctypes.CDLL(None, use_errno=True)
    library.mmap.restype = ctypes.c_void_p
    library.mmap.argtypes = [ctypes.c_void_p, ctypes.c_size_t, *[ctypes.c_int] * 3, ctypes.c_long]
    return library
