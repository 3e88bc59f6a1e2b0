"""predict(): what a simple model says of the same tasks in every model of execution, as traces that nobody recorded."""

from dataclasses import dataclass
from heapq import heapify, heappop, heappush
from math import ceil, inf

from taketurns.trace.spans import Span, State
from taketurns.trace.trace import Trace

__all__ = ["MODELS", "predict"]

#: From the simplest to the one with the most parts.
MODELS = ("one after another", "threads", "asyncio", "processes", "asyncio + processes")
TURN = 0.005
MOST_TURNS = 10  # in which a task is drawn: more could not be told apart


def predict(
    tasks: int = 4, seconds: float = 0.4, cpu_share: float = 25, cores: int = 4, gil: bool = True, start: float = 0.1
) -> dict[str, Trace]:
    """Return a predicted trace for each of the ``MODELS``; in all but the first, all tasks are in progress at once.

    A task alone takes ``seconds``: it waits, and then computes for ``cpu_share`` percent of them. ``start`` is how many
    seconds a process needs a core before its first task; 0 for a pool that is warm.
    ``ValueError`` where a number makes no sense.
    """
    if tasks < 1 or cores < 1 or seconds <= 0 or start < 0 or not 0 <= cpu_share <= 100:
        raise ValueError(
            "predict() takes 1 task or more of more than 0 s, with a CPU share from 0 to 100, on 1 core or more: "
            f"it was given {tasks} tasks of {seconds} s with {cpu_share} %, on {cores} cores, with a start of {start} s"
        )
    computes = round(seconds * cpu_share / 100, 9)
    waits = round(seconds - computes, 9)
    turn = max(TURN, computes / MOST_TURNS)
    now, places = [0.0] * tasks, min(cores, tasks)
    one_by_one = [round(number * seconds, 9) for number in range(tasks)]
    # All processes start at 0 s, and as many of them run at once as there are cores.
    up = [round(start * ceil((number + 1) / cores), 9) for number in range(tasks)]
    models = (
        _Model(one_by_one, [0.0], inf, "main thread", "main thread", ""),
        _Model(now, [0.0] * (1 if gil else places), turn, "thread {task}", "thread {task}", "GIL" if gil else "core"),
        _Model(now, [0.0], inf, "main thread", "main thread", "event loop"),
        _Model(up, [0.0] * places, turn, "process {task}", "process {task}", "core"),
        _Model(now, [start] * places, inf, "main thread", "process {place}", "core"),
    )
    origin = {"clock": "predicted"}
    return {
        name: Trace(f"predicted: {name}", tuple(model.spans(waits, computes)), origin)
        for name, model in zip(MODELS, models, strict=True)
    }


@dataclass(frozen=True)
class _Model:
    """When its tasks begin, from when on each place is free in which one can run, and for how long it may run there."""

    begins: list[float]
    free: list[float]
    turn: float
    waits_on: str
    runs_on: str
    ready_for: str

    def spans(self, waits: float, computes: float) -> list[Span]:
        """Return the spans of tasks that wait and then compute. Who is ready first gets the first free place."""
        spans = []
        ready = []
        for task, begin in enumerate(self.begins):
            if waits:
                worker = self.waits_on.format(task=task)
                spans.append(Span(f"task {task}", State.WAITING, worker, begin, round(begin + waits, 9), "timer"))
            if computes:
                ready.append((round(begin + waits, 9), task, computes))
        places = [(at, place) for place, at in enumerate(self.free)]
        heapify(ready)
        heapify(places)
        while ready:
            since, task, left = heappop(ready)
            free, place = heappop(places)
            begin, length = max(since, free), min(self.turn, left)
            end, left = round(begin + length, 9), round(left - length, 9)
            if begin > since:
                spans.append(
                    Span(f"task {task}", State.READY, self.waits_on.format(task=task), since, begin, self.ready_for)
                )
            spans.append(Span(f"task {task}", State.RUNNING, self.runs_on.format(task=task, place=place), begin, end))
            heappush(places, (end, place))
            if left:
                heappush(ready, (end, task, left))
        return spans
