"""explore(): the lanes of a trace, to zoom, pan and hover."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from taketurns.pictures.looks import Look, layers_of, numbered
from taketurns.trace.columns import Columns
from taketurns.trace.trace import Trace

__all__ = ["explore"]

MISSING = (
    "explore() needs the package anytimeline, on Python 3.12 or newer: `pip install anytimeline`, "
    "then restart the kernel. timeline(trace) draws the same lanes as a picture"
)
MANY = 1000  # tasks


def explore(trace: Trace) -> Any:
    """Return a trace as a widget to zoom, pan and hover, with the lanes, colors and heights of ``timeline``.

    ``TypeError`` where it is not a trace, ``RuntimeError`` while it is still being recorded, ``ImportError`` where
    the package anytimeline is not installed.
    """
    if not isinstance(trace, Trace):
        raise TypeError(f"explore() shows a Trace, which `with record() as trace:` gives, not {trace!r:.60}")
    tasks = trace.tasks
    try:
        from anytimeline import Timeline
    except ImportError:
        raise ImportError(MISSING) from None
    # It looks for each lane in the whole order, and anew for each look: very many are to be sorted by their start.
    order = {"lane_order": tasks} if len(tasks) <= MANY else {"sort": "first"}
    widget = Timeline(title=trace.label, time_unit="s", **order)
    columns = trace.columns
    for look, which in layers_of(trace, np.arange(len(columns.start))):
        values = _values(columns, look, which)
        told = ["worker", "reason"] if values["reason"].any() else ["worker"]
        widget.intervals(values, lane="task", color="state", palette=[look.color], height=look.height,
                         overlap="overlay", tooltip=told, name=look.key.lower())  # fmt: skip
    return widget


def _values(columns: Columns, look: Look, which: NDArray[np.int64]) -> dict[str, NDArray[Any]]:
    """Return the fields of some spans as columns of a table; ``state`` is what a legend calls it."""
    reasons = [kind.reason for kind in columns.kinds]
    named = {"task": (columns.tasks, columns.task), "worker": (columns.workers, columns.worker),
             "reason": (reasons, columns.kind)}  # fmt: skip
    values = {field: np.array(names)[numbered(numbers)[which]] for field, (names, numbers) in named.items()}
    times = {"start": np.asarray(columns.start)[which], "end": np.asarray(columns.end)[which]}
    return {"state": np.full(len(which), look.key), **values, **times}
