"""explore(): the lanes of a trace, to zoom, pan, search and walk through; also while it is being recorded."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Any

import anywidget
import numpy as np
from numpy.typing import NDArray
from traitlets import Bytes, Dict

from taketurns.pictures.caps import caps_of, signs_in
from taketurns.pictures.looks import LOOKS, Look, explained, look_of, numbered
from taketurns.pictures.sketch import sketch
from taketurns.pictures.words import UNITS, alt, remarks, shorten
from taketurns.recording.recorder import aside
from taketurns.recording.so_far import follow, so_far
from taketurns.trace.columns import Columns, Kind
from taketurns.trace.reasons import phrases
from taketurns.trace.spans import State
from taketurns.trace.sums import in_order
from taketurns.trace.text import counted, two_numbers
from taketurns.trace.trace import Trace
from taketurns.widgets.still import Still

__all__ = ["Explorer", "explore"]

HERE = Path(__file__).parent
SCRIPTS = "lanes.js", "words.js", "scene.js", "explore.js"
LONGEST = 200  # characters of a name: more of it nobody reads


def explore(trace: Trace) -> Explorer:
    """Return a trace as a widget to zoom, pan, hover and search, with the lanes, colors and heights of ``timeline``.

    Of a trace that is still being recorded it shows what is there so far, and follows until its block ends.
    ``TypeError`` where it is not a trace, ``RuntimeError`` where it is being recorded by another process.
    """
    if not isinstance(trace, Trace):
        raise TypeError(f"explore() shows a Trace, which `with record() as trace:` gives, not {trace!r:.60}")
    with aside():  # what this takes is none of the block's
        return Explorer(trace)


class Explorer(Still, anywidget.AnyWidget):
    """The lanes of a trace. All that its script needs stands in its two traits."""

    _esm = "\n".join((HERE / name).read_text(encoding="utf-8") for name in SCRIPTS)
    _css = HERE / "explore.css"

    _about = Dict().tag(sync=True)
    _spans = Bytes().tag(sync=True)

    def __init__(self, trace: Trace) -> None:
        self._whole = trace
        self.trace = so_far(trace)  #: what is shown: all of it once its block has ended
        super().__init__(**self._state())
        self.follower = follow(trace, self.show)
        if self.follower is None:
            self.show(trace)  # it has ended meanwhile
        elif getattr(self.comm, "kernel", None) is not None:  # in a script, nobody looks
            self.follower.start()

    def show(self, trace: Trace) -> None:
        """Show more of the trace, or all of it, after which nothing comes."""
        if self.is_on:
            self.trace = trace
            with self.hold_sync():  # both in one message
                for name, value in self._state().items():
                    self.set_trait(name, value)

    def _state(self) -> dict[str, Any]:
        return {"_about": _about(self.trace, self.is_on), "_spans": _spans(self.trace.columns)}

    @property
    def is_on(self) -> bool:
        """Whether what it shows is still being recorded."""
        return self.trace is not self._whole

    @property
    def still(self) -> str:
        """The lanes as a picture, as far as they are shown now."""
        return sketch(self.trace)

    def __repr__(self) -> str:
        columns, more = self.trace.columns, ", still being recorded" if self.is_on else ""
        counts = f"{counted(len(columns.tasks), 'task')}, {counted(len(columns.start), 'span')}"
        return f"<Explorer {self.trace.label!r}: {counts}{more}>"


def _about(trace: Trace, is_on: bool) -> dict[str, Any]:
    """Return all that is told of a trace but its spans, as plain data. Tasks and looks are known by their numbers."""
    columns = trace.columns
    number = {task: n for n, task in enumerate(columns.tasks)}
    caps = caps_of(trace)
    found = {look_of(kind, number) for kind in columns.kinds}  # who looks closely sees what is too short for a picture
    looks = [look for look in LOOKS.values() if look in found]
    clock = trace.origin.get("clock", "real")
    return {
        "label": shorten(trace.label, LONGEST),
        "alt": alt(trace),
        "numbers": two_numbers(trace),
        "remarks": remarks(trace, most=LONGEST),
        "cutShort": shorten(trace.cut_short, 4 * LONGEST),
        "isOn": is_on,
        "duration": trace.duration,
        "clock": "" if clock == "real" else f"{clock} ",
        "units": UNITS,
        "looks": [{**asdict(look), "meaning": explained(look, trace)} for look in looks],
        "kinds": [_told(kind, looks, number) for kind in columns.kinds],
        "tasks": [shorten(task, LONGEST) for task in columns.tasks],
        "workers": [shorten(worker, LONGEST) for worker in columns.workers],
        "outcomes": [shorten(str(trace.outcomes.get(task, "")), LONGEST) for task in columns.tasks],
        "caps": [[cap.row, cap.at, cap.text, cap.sign.color] for cap in caps],
        "signs": signs_in(caps),
        "parents": [number.get(trace.parents.get(task, ""), -1) for task in columns.tasks],
    }


def _told(kind: Kind, looks: list[Look], number: dict[str, int]) -> list[Any]:
    """Return what the spans of a kind share: a look, its state, reason and place, who woke it, or −1, and captions."""
    where = shorten(str(kind.where), LONGEST) if kind.where else ""
    return [
        looks.index(look_of(kind, number)),
        str(kind.state),
        shorten(kind.reason, LONGEST),
        where,
        number.get(kind.waker, -1),
        phrases(kind.reason, kind.where) if kind.state is State.WAITING else [],
    ]


def _spans(columns: Columns) -> bytes:
    """Return the spans as little-endian arrays, one behind the other; they come lane by lane, in order of their start.

    There are starts and ends (seconds, 8 bytes each), numbers of workers and kinds (4 bytes each), and for each lane,
    and for what comes behind the last one, where its spans begin (4 bytes).
    """
    task = numbered(columns.task)
    order = in_order(task)
    first = np.concatenate([[0], np.cumsum(np.bincount(task, minlength=len(columns.tasks)))])
    times = (np.asarray(times)[order] for times in (columns.start, columns.end))
    numbers = (*(numbered(column)[order] for column in (columns.worker, columns.kind)), first)
    return b"".join([*map(_bytes_of_times, times), *map(_bytes_of_numbers, numbers)])


def _bytes_of_times(times: NDArray[Any]) -> bytes:
    return times.astype("<f8").tobytes()


def _bytes_of_numbers(numbers: NDArray[Any]) -> bytes:
    return numbers.astype("<u4").tobytes()
