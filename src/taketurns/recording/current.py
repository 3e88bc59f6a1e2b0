"""Who carries what this thread does: its worker in the recording that is on here, or in one of another process."""

from collections.abc import Callable
from functools import cache

from taketurns.recording import recorder
from taketurns.recording.worker import Worker

__all__ = ["current_worker"]


def current_worker() -> Worker | None:
    """Return the calling thread's worker in the recording that is on here or in a parent process, if there is one."""
    mine = recorder.on
    if mine is None or mine.far is not None:
        mine = _of_another()
        if mine is None:
            return None
    try:
        worker: Worker = recorder.here.worker
    except AttributeError:
        return mine.new_worker()
    return worker if worker.recorder is mine else mine.new_worker()


def _of_another() -> recorder.Recorder | None:
    """Return the recording of another process in which this one takes part."""
    if recorder.on is None and not recorder.is_child:
        return None
    return _finder()()


@cache
def _finder() -> Callable[[], recorder.Recorder | None]:
    from taketurns.recording import far  # here: `import taketurns` is quick

    return far.current
