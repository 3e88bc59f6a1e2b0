"""Our own event loops, in a recording: an instrument that tells which of their tasks is ready, runs and waits."""

from taketurns.recording.current import current_worker
from taketurns.recording.endings import RETURNED
from taketurns.recording.worker import EVENT_LOOP, READY, WAITING, Outer, Worker
from taketurns.suspend.loop import Instrument, Task, instruments
from taketurns.trace.changes import Changes
from taketurns.trace.moments import line_of

__all__ = ["install"]


class Onlooker(Instrument):
    """Notes what tasks do in the recording that is on in their thread, here or in a parent process."""

    def __init__(self) -> None:
        self.steps: dict[Task, tuple[Worker, Outer]] = {}  # that are on: by which worker, and what it did before

    def task_scheduled(self, task: Task, at: int) -> None:
        """Note that a task is READY."""
        if (worker := current_worker()) is not None:
            is_new = task.number not in worker.recorder.names
            waker = task.loop.running
            woken_by = None if is_new or waker is None else _number(waker, worker)
            worker.append((at, _number(task, worker), READY, EVENT_LOOP, None, woken_by))

    def before_task_step(self, task: Task) -> None:
        """Note that a task is RUNNING; in simulated time, keep this step of its loop."""
        worker = current_worker()
        if worker is None or worker.recorder.clock is None:
            task.loop.changes = None
        else:
            changes = _changes(task, worker)
            worker.recorder.moments.append(changes.begin(task.loop.clock.now(), task.number))
        if worker is not None:
            self.steps[task] = worker, worker.enter(_number(task, worker))

    def after_task_step(self, task: Task) -> None:
        """Note whether a task is READY again, WAITING for a timer or for other tasks, or has ended."""
        if task not in self.steps:
            return
        worker, outer = self.steps.pop(task)  # also where its recording has ended, and another may be on
        state: str | None = None
        if task.done:
            reason = RETURNED if task.error is None else worker.recorder.ended_by(task.error)
        else:
            state, reason = (READY, EVENT_LOOP) if task.ready else (WAITING, task.waits_for or "timer")
            _keep_line(task)
        worker.leave(outer, state, reason)


def _number(task: Task, worker: Worker) -> int:
    """Return the number of a task in a worker's recording; those of other recordings are others."""
    mine = worker.recorder
    if task.number not in mine.names:
        task.number = mine.number(task.name)
        mine.on_loop.add(task.number)
        starter = worker.carried() if task.starter is None else _number(task.starter, worker)
        if starter is not None:
            mine.parents[task.number] = starter
    return task.number


# The steps, in simulated time


def _changes(running: Task, worker: Worker) -> Changes:
    """Return what is kept of the loop in which a task is about to run, with the tasks that are new."""
    loop, changes = running.loop, running.loop.changes
    if changes is None or changes.recording != worker.recorder.name:
        changes = loop.changes = _begin(running, worker)
    for one in loop.tasks[changes.tasks :]:
        _keep_line(one)
    changes.tasks = len(loop.tasks)
    return changes


def _begin(running: Task, worker: Worker) -> Changes:
    """Return what a loop is at when the first of its steps is seen."""
    loop, changes = running.loop, Changes(worker.recorder.name)
    for one in loop.tasks:
        _number(one, worker)  # also of those that have ended: another task may set a timer for them
    changes.queue = [_number(one, worker) for one in (running, *(call.task for call in loop.ready))]
    for due, _, call in sorted(loop.timers):
        changes.set(due, _number(call.task, worker))
    return changes


def _keep_line(task: Task) -> None:
    """Keep in which line a task is suspended."""
    if task.loop.changes is not None and task.body is not None and not task.done:
        task.loop.changes.stand(task.number, line_of(task.body))


_onlooker = Onlooker()


def install() -> None:
    """Look on at all event loops, from now on."""
    if _onlooker not in instruments:
        instruments.append(_onlooker)
