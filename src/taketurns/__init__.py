"""taketurns records what tasks do and draws it as timelines.

Its packages, from the bottom up; each imports only what stands above it:

- ``trace``: what a recording is: `State`, `Span`, `Trace`, clocks, and a trace as text.
- ``machine``: what this machine is; a trace keeps it.
- ``naming``: what a task is called, and where in the code it waits, in words that may be shown to anybody.
- ``watcher``: what the Linux kernel says of this process's threads.
- ``suspend``: `EventLoop`, and four ways to suspend and resume on it.
- ``recording``: `record`, and what it sees: calls, threads, pools, asyncio, greenlets, child processes, and the marks
  of `compute`, `wait`, `waiting` and `task`.
- ``simulation``: `simulate`, asyncio's own event loop in simulated time.
- ``pictures``: `timeline`, `compare`, `chart`, with matplotlib.
- ``widgets``: `explore`, `sliders`, `stepper`: what moves.
- ``notebook``: what a cell uses: `verify`, `preflight`, `progress`, and ``%%timeline``.
- ``course``: what belongs to the course, and is unknown to all others: exercises and their labs, the chess exhibition
  and its hall, servers, a cluster.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from taketurns.notebook.preflight import preflight
from taketurns.notebook.verify import verify
from taketurns.recording.block import record
from taketurns.recording.marks import compute, wait, waiting
from taketurns.recording.tasks import task
from taketurns.trace.clock import SimulatedClock, WallClock
from taketurns.trace.spans import Span, State
from taketurns.trace.trace import Trace

if TYPE_CHECKING:
    from taketurns.course.exhibition import Exhibition, play
    from taketurns.course.hall.hall import hall
    from taketurns.notebook.progress import progress
    from taketurns.pictures.chart import chart
    from taketurns.pictures.timeline import compare, timeline
    from taketurns.recording.interleaving import Interleaving
    from taketurns.simulation import simulate
    from taketurns.suspend.loop import EventLoop
    from taketurns.widgets.explore import explore
    from taketurns.widgets.sliders import sliders
    from taketurns.widgets.stepper import stepper

__all__ = ["EventLoop", "Exhibition", "Interleaving", "SimulatedClock", "Span", "State", "Trace", "WallClock"]
__all__ += ["chart", "compare", "compute", "explore", "hall", "play", "preflight", "progress", "record", "simulate"]
__all__ += ["sliders", "stepper", "task", "timeline", "verify", "wait", "waiting"]

#: Where the names stand that are imported when they are first asked for.
_LAZY = {
    "EventLoop": "suspend.loop",
    "Exhibition": "course.exhibition",
    "Interleaving": "recording.interleaving",
    "chart": "pictures.chart",
    "compare": "pictures.timeline",
    "explore": "widgets.explore",
    "hall": "course.hall.hall",
    "play": "course.exhibition",
    "progress": "notebook.progress",
    "simulate": "simulation",
    "sliders": "widgets.sliders",
    "stepper": "widgets.stepper",
    "timeline": "pictures.timeline",
}


def __getattr__(name: str) -> Any:
    if name not in _LAZY:
        raise AttributeError(f"module 'taketurns' has no attribute {name!r}")
    value = getattr(importlib.import_module(f"taketurns.{_LAZY[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)


def load_ipython_extension(shell: Any) -> None:
    """Put the cell magic ``%%timeline`` into a shell; IPython calls this at ``%load_ext taketurns``."""
    from taketurns.notebook import magic

    magic.load(shell)


def unload_ipython_extension(shell: Any) -> None:
    """Take the cell magic out again; IPython calls this at ``%unload_ext taketurns``."""
    from taketurns.notebook import magic

    magic.unload(shell)
