"""Where each thread of this interpreter stands."""

import ctypes
import sys
from collections.abc import Iterator
from functools import partial
from itertools import compress, repeat, starmap
from operator import is_
from types import FrameType

__all__ = ["frames_of_threads"]

_api = ctypes.PyDLL(None)  # of our own: what is set of its functions, nobody else sees
_first, _next = _api.PyInterpreterState_Head, _api.PyInterpreterState_Next
_first.restype = _next.restype = ctypes.c_void_p
_next.argtypes = [ctypes.c_void_p]


def frames_of_threads() -> dict[int, FrameType]:
    """Return the frame in which each thread stands, by its identifier; none where there are other interpreters.

    ``sys._current_frames`` goes through the threads of all of them, and makes frames of theirs from our memory: Python
    crashes then, or later. C carries out the whole, so that no other can begin in between.
    """
    is_alone = map(partial(is_, None), map(_next, starmap(_first, ((),))))
    found: Iterator[dict[int, FrameType]] = starmap(sys._current_frames, compress(repeat(()), is_alone))
    return next(found, {})
