"""taketurns records what tasks do and draws it as timelines.

Its modules, from the bottom up:

- ``spans``: `State`, `Span` and `Trace`, the values of a recording; ``text`` and ``perfetto`` write them.
- ``worker``, ``recorder``: every change of a task's state becomes an event; ``assembly`` makes spans of events,
  ``children`` brings those of child processes, ``work`` is the measured amount of work behind `compute`.
- ``steps``, ``tasks``, ``loops``, ``recording``: generators and coroutines step by step, `compute`, `wait`, `waiting`
  and `task`, asyncio's event loops, and `record`, which puts them together.
- ``interleaving``: `Interleaving`, an order in which threads take their turns.
- ``clock``, ``loop``, ``suspend``, ``simulation``: simulated time, the event loop and four ways to suspend on it, and
  asyncio's own loop in simulated time.
- ``exhibition``: `Exhibition` and `play`, twenty-four games of chess in every style.
- ``pictures`` and ``widgets``: timelines, and what moves. They alone import matplotlib and ipywidgets, when they are
  first asked for.
- ``servers``, ``cluster``: a web server, PostgreSQL and a Dask cluster, each in processes of its own, for a while.
- ``prediction``, ``programs``: what each model of execution would do, by a simple rule, and small programs in each.
- ``preflight``, ``progress``, ``verify``, ``checks``, ``labs``: what machine this is, a bar that moves, claims, and the
  exercises of the notebooks.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from taketurns.clock import SimulatedClock, WallClock
from taketurns.preflight import preflight
from taketurns.recording import record
from taketurns.spans import Span, State, Trace
from taketurns.tasks import compute, task, wait, waiting
from taketurns.verify import verify

if TYPE_CHECKING:
    from taketurns.exhibition import Exhibition, play
    from taketurns.interleaving import Interleaving
    from taketurns.loop import EventLoop
    from taketurns.pictures.chart import chart
    from taketurns.pictures.timeline import compare, timeline
    from taketurns.progress import progress
    from taketurns.simulation import simulate
    from taketurns.widgets.explore import explore
    from taketurns.widgets.hall import hall
    from taketurns.widgets.sliders import sliders
    from taketurns.widgets.stepper import stepper

__all__ = [
    "EventLoop",
    "Exhibition",
    "Interleaving",
    "SimulatedClock",
    "Span",
    "State",
    "Trace",
    "WallClock",
    "chart",
    "compare",
    "compute",
    "explore",
    "hall",
    "play",
    "preflight",
    "progress",
    "record",
    "simulate",
    "sliders",
    "stepper",
    "task",
    "timeline",
    "verify",
    "wait",
    "waiting",
]

_LAZY = {
    "EventLoop": "loop",
    "Exhibition": "exhibition",
    "Interleaving": "interleaving",
    "chart": "pictures.chart",
    "compare": "pictures.timeline",
    "explore": "widgets.explore",
    "hall": "widgets.hall",
    "play": "exhibition",
    "progress": "progress",
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
    """Give a shell the cell magic ``%%timeline``; IPython calls this at ``%load_ext taketurns``."""
    from taketurns import magic

    magic.load(shell)


def unload_ipython_extension(shell: Any) -> None:
    """Take the cell magic out again; IPython calls this at ``%unload_ext taketurns``."""
    from taketurns import magic

    magic.unload(shell)
