"""Who carries what this thread does: its worker in the recording that is on here, or in one of another process."""

from collections.abc import Callable
from functools import cache

from taketurns.recording import recorder
from taketurns.recording.worker import Worker

__all__ = ["current_worker"]


def current_worker() -> Worker | None:
    """Return the calling thread's worker in the recording that is on here or in a parent process, if there is one."""
    mine = recorder.on
    worker: Worker | None = getattr(recorder.here, "worker", None)
    if mine is None or mine.far is not None:
        if recorder.is_child and worker is not None and _is_in_a_task(worker):
            return worker
        mine = _of_another()
        if mine is None:
            return None
    return worker if worker is not None and worker.recorder is mine else mine.new_worker()


def _is_in_a_task(worker: Worker) -> bool:
    return worker.current is not None and isinstance(worker.recorder, recorder.Recorder)


def _of_another() -> recorder.Recorder | None:
    """Return the recording of another process in which this one takes part."""
    if recorder.on is None and not recorder.is_child:
        return None
    return _finder()()


@cache
def _finder() -> Callable[[], recorder.Recorder | None]:
    from taketurns.recording import far  # here: `import taketurns` is quick

    return far.current
