"""Our own event loops, in a recording: an instrument that tells which of their tasks is ready, runs and waits."""

from taketurns.recording.current import current_worker
from taketurns.recording.endings import RETURNED
from taketurns.recording.worker import EVENT_LOOP, READY, WAITING, Outer, Worker
from taketurns.suspend.loop import EventLoop, Instrument, Task, instruments
from taketurns.trace.moments import Moment, line_of
from taketurns.trace.spans import State

__all__ = ["install"]


class Onlooker(Instrument):
    """Notes what tasks do in the recording that is on in their thread, here or in a parent process."""

    def __init__(self) -> None:
        self.steps: dict[Task, tuple[Worker, Outer]] = {}  # that are on: by which worker, and what it did before

    def task_scheduled(self, task: Task, at: int) -> None:
        """Note that a task is READY."""
        if (worker := current_worker()) is not None:
            is_new = task not in worker.recorder.loop_tasks
            waker = task.loop.running
            woken_by = None if is_new or waker is None else _number(waker, worker)
            worker.append((at, _number(task, worker), READY, EVENT_LOOP, None, woken_by))

    def before_task_step(self, task: Task) -> None:
        """Note that a task is RUNNING; in simulated time, keep this moment of its loop."""
        if (worker := current_worker()) is not None:
            if worker.recorder.clock is not None:
                _keep_moment(task, worker)
            self.steps[task] = worker, worker.enter(_number(task, worker))

    def after_task_step(self, task: Task) -> None:
        """Note whether a task is READY again, WAITING for a timer or for other tasks, or has ended."""
        if task not in self.steps:
            return
        worker, outer = self.steps.pop(task)  # also where its recording has ended, and another may be on
        state: State | None = None
        if task.done:
            reason = RETURNED if task.error is None else worker.recorder.ended_by(task.error)
        else:
            state, reason = (READY, EVENT_LOOP) if task.ready else (WAITING, task.waits_for or "timer")
        worker.leave(outer, state, reason)


def _number(task: Task, worker: Worker) -> int:
    """Return the number of a task in a worker's recording."""
    mine = worker.recorder
    if task not in mine.loop_tasks:
        number = mine.loop_tasks[task] = mine.number(task.name)
        mine.on_loop.add(number)
        starter = worker.carried() if task.starter is None else _number(task.starter, worker)
        if starter is not None:
            mine.parents[number] = starter
    return mine.loop_tasks[task]


def _keep_moment(task: Task, worker: Worker) -> None:
    """Keep who runs now, who is ready, and who waits for a timer, by their numbers."""
    loop: EventLoop = task.loop
    ready = tuple(_number(call.task, worker) for call in loop.ready)
    timers = tuple((_number(call.task, worker), due / 1e9) for due, _, call in sorted(loop.timers))
    suspended = [one for one in loop.tasks if one.body is not None and not one.done]
    lines = {_number(one, worker): line for one in suspended if (line := line_of(one.body))}
    worker.recorder.moments.append(Moment(loop.clock.now(), _number(task, worker), ready, timers, lines))


_onlooker = Onlooker()


def install() -> None:
    """Look on at all event loops, from now on."""
    if _onlooker not in instruments:
        instruments.append(_onlooker)
