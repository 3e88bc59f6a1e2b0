"""Our own event loops, in a recording: an instrument that tells which of their tasks is ready, runs and waits."""

from taketurns.recording.recorder import current_worker
from taketurns.recording.worker import EVENT_LOOP, READY, WAITING, Log, Outer, Worker
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
            worker.append((at, _number(task, worker.recorder), READY, EVENT_LOOP, None, None))

    def before_task_step(self, task: Task) -> None:
        """Note that a task is RUNNING; in simulated time, keep this moment of its loop."""
        if (worker := current_worker()) is not None:
            if worker.recorder.clock is not None:
                _keep_moment(task, worker.recorder)
            self.steps[task] = worker, worker.enter(_number(task, worker.recorder))

    def after_task_step(self, task: Task) -> None:
        """Note whether a task is READY again, WAITING for a timer or for other tasks, or has ended."""
        if task not in self.steps:
            return
        worker, outer = self.steps.pop(task)  # also where its recording has ended, and another may be on
        state: State | None = None
        reason = ""
        if not task.done:
            state, reason = (READY, EVENT_LOOP) if task.ready else (WAITING, task.waits_for or "timer")
        worker.leave(outer, state, reason)


def _number(task: Task, mine: Log) -> int:
    """Return the number of a task in a recording."""
    if task not in mine.loop_tasks:
        mine.loop_tasks[task] = mine.number(task.name)
        mine.on_loop.add(mine.loop_tasks[task])
    number: int = mine.loop_tasks[task]
    return number


def _keep_moment(task: Task, mine: Log) -> None:
    """Keep who runs now, who is ready, and who waits for a timer, by their numbers."""
    loop: EventLoop = task.loop
    ready = tuple(_number(call.task, mine) for call in loop.ready)
    timers = tuple((_number(call.task, mine), due / 1e9) for due, _, call in sorted(loop.timers))
    suspended = [one for one in loop.tasks if one.body is not None and not one.done]
    lines = {_number(one, mine): line for one in suspended if (line := line_of(one.body))}
    mine.moments.append(Moment(loop.clock.now(), _number(task, mine), ready, timers, lines))


_onlooker = Onlooker()


def install() -> None:
    """Look on at all event loops, from now on."""
    if _onlooker not in instruments:
        instruments.append(_onlooker)
