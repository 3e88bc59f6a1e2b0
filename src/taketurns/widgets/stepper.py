"""stepper(): a walk through a recorded run of an event loop, step by step."""

from __future__ import annotations

import ast
import base64
import linecache
from collections.abc import Iterator, Sequence
from html import escape
from pathlib import Path
from typing import Any

import anywidget
from matplotlib import style
from matplotlib.figure import Figure
from traitlets import Bool, Dict, Int, List, Unicode, validate

from taketurns.pictures.figures import png
from taketurns.pictures.timeline import timeline
from taketurns.trace.moments import Line, Moment
from taketurns.trace.text import duration_text
from taketurns.trace.trace import Trace
from taketurns.widgets.still import Still

__all__ = ["Stepper", "stepper"]

HERE = Path(__file__).parent
#: How many steps the script has at a time, and how many names stand in one list: there may be thousands of both.
MOST, NAMES = 500, 30
ROWS = ("time", "running", "ready queue", "timers")
BOX = "box-sizing:border-box;background:#fff;color:#222;padding:6px 10px;border-radius:6px"
LIST = "display:grid;grid-template-columns:max-content 1fr;column-gap:1em;margin:0.4em 0;line-height:1.6"
CODE = "margin:0;min-width:0;white-space:pre-wrap;line-height:1.4;background:none;color:inherit"
MARKED = "background:#cfe2f6"  # the line at which the running task goes on


def stepper(trace: Trace) -> Stepper:
    """Return a walk through a run in simulated time: code, what is running, ready queue, timers and timeline.

    ``TypeError`` where it is not a trace, ``ValueError`` where it holds no steps: it was recorded in real time, or came
    from a file.
    """
    if not isinstance(trace, Trace):
        raise TypeError(f"stepper() walks through a Trace, as simulate() gives it, not {trace!r:.60}")
    if not trace.moments:
        raise ValueError(
            "stepper() needs the steps of an event loop in simulated time, and this trace has none: "
            "use simulate(main()), or record(label, SimulatedClock()) around an EventLoop"
        )
    return Stepper(trace)


class Stepper(Still, anywidget.AnyWidget):
    """Buttons and a slider to go back and forward, and the event loop at the step they lead to."""

    _esm = HERE / "stepper.js"
    _css = HERE / "stepper.css"

    step = Int(1, help="the step that is shown, counted from 1").tag(sync=True)
    _total = Int().tag(sync=True)
    _page = Unicode(help="how the first step looks, as HTML").tag(sync=True)
    _program = List(Unicode(), help="the lines of code").tag(sync=True)
    _told = Dict(help="the steps that are near, each as what changes on the page").tag(sync=True)
    _alone = Bool(False, help="whether no kernel tells of other steps").tag(sync=True)

    def __init__(self, trace: Trace) -> None:
        self.trace = trace
        lines = _lines(trace)
        self._number = {line: number for number, line in enumerate(lines)}
        self._image, self._left, self._right, self._over, self._under = _drawn(trace)
        super().__init__(_total=len(trace.moments), _program=list(lines.values()))
        self._page = self.still
        self._tell()
        self.observe(self._tell, "step")

    @validate("step")
    def _within(self, proposal: dict[str, Any]) -> int:
        """Return the step that was asked for, or the first or the last."""
        return min(max(int(proposal["value"]), 1), len(self.trace.moments))

    @property
    def moment(self) -> Moment:
        """The event loop at the step that is shown."""
        moment: Moment = self.trace.moments[self.step - 1]
        return moment

    @property
    def still(self) -> str:
        """The event loop at this step, and the timeline so far."""
        shown = self._shown(self.moment)
        title = f"Step {self.step:,} of {self._total:,}"
        return _state(shown, title, self._program) + self._timeline_so_far(shown)

    @property
    def alone(self) -> dict[str, Any] | None:
        """The state with which its script does without a kernel: the steps that are near are all that there are."""
        return {**(super().alone or {}), "_alone": True}

    def go(self, step: int) -> None:
        """Go to a step, counted from 1; before the first and behind the last there is nothing."""
        self.step = step

    def _tell(self, _change: object = None) -> None:
        """Tell the script of the steps around this one, where it does not know them yet."""
        known = self._told.get("steps", ())
        if not 0 <= self.step - self._told.get("first", 1) < len(known):
            first = max(1, min(self.step - MOST // 2, self._total - MOST + 1))
            near = range(first, min(first + MOST, self._total + 1))
            self._told = {"first": first, "steps": [self._shown(self.trace.moments[step - 1]) for step in near]}

    def _shown(self, moment: Moment) -> dict[str, Any]:
        """Return what a step shows, as texts; of each line in which tasks stand its number, who, and if it runs on."""
        share = moment.at / self.trace.duration if self.trace.duration else 0
        standing: dict[int, list[str]] = {}
        for task, line in moment.lines.items():
            standing.setdefault(self._number[line], []).append(task)
        timers = [f"{task} at {duration_text(due)}" for task, due in moment.timers[: NAMES + 1]]
        return {
            "rows": [
                duration_text(moment.at),
                moment.running,
                _listed(moment.ready, " → ") or "empty",
                _listed(timers, ", ", len(moment.timers)) or "none",
            ],
            "lines": [[n, _listed(tasks, ", "), moment.running in tasks] for n, tasks in sorted(standing.items())],
            "left": f"{self._left + share * (self._right - self._left):.3%}",
            "alt": f"The timeline until {duration_text(moment.at)}. {self.trace.summary}",
        }

    def _timeline_so_far(self, shown: dict[str, Any]) -> str:
        """Return the timeline, in which a sheet of paper covers what is still to come."""
        sheet = f"position:absolute;left:{shown['left']};right:0;background:#ffffffd9"
        sheet += f";top:{self._over:.3%};bottom:{self._under:.3%}"
        return (
            f'<div style="position:relative;max-width:950px"><img alt="{escape(shown["alt"])}" '
            f'style="width:100%;display:block" src="data:image/png;base64,{self._image}">'
            f'<div class="sheet" style="{sheet};border-left:2px solid #b03020"></div></div>'
        )

    def __repr__(self) -> str:
        return f"<Stepper {self.trace.label!r}: step {self.step} of {self._total}>"


def _drawn(trace: Trace) -> tuple[str, float, float, float, float]:
    """Return a timeline as PNG, where in its width time begins and ends, and the margins over and under it."""
    with style.context("default"):
        figure = Figure(figsize=(9.5, 1.5 + 0.32 * min(len(trace.tasks), 16)), dpi=100, layout="constrained")
        ax = timeline(trace, ax=figure.add_subplot())
    image = base64.b64encode(png(figure)).decode("ascii")
    low, high = ax.get_xlim()
    box = ax.get_position()
    width = box.width / (high - low)
    over = 1 - box.y1 - 0.03  # words stand beside the upper edge
    return image, box.x0 - low * width, box.x0 + (trace.duration - low) * width, over, box.y0


def _listed(names: Sequence[str], between: str, count: int | None = None) -> str:
    """Return names in one line; where they are very many, the first of them and how many more there are."""
    more = (len(names) if count is None else count) - NAMES
    return between.join([*names[:NAMES], *([f"{more:,} more"] if more > 0 else [])])


def _state(shown: dict[str, Any], title: str, program: Sequence[str]) -> str:
    """Return in HTML what the event loop is at before a step. The script finds its places by their classes."""
    name_of = '<dt style="font-weight:bold;width:auto">'
    said = "".join(f"{name_of}{name}</dt><dd>{escape(row)}</dd>" for name, row in zip(ROWS, shown["rows"], strict=True))
    code = "\n".join(_code(program, shown["lines"]))
    return (
        f'<div style="{BOX};display:flex;flex-wrap:wrap;gap:1.5em"><div class="said" style="width:17em">'
        f'<div class="title">{title}</div><dl style="{LIST}">{said}</dl></div>'
        f'<pre style="{CODE}">{code}</pre></div>'
    )


def _code(program: Sequence[str], lines: Sequence[tuple[int, str, bool]]) -> Iterator[str]:
    """Yield the lines of the program, and behind each the tasks that stand in it."""
    standing = {number: (tasks, runs) for number, tasks, runs in lines}
    for number, text in enumerate(program):
        tasks, runs = standing.get(number, ("", False))
        shown = f"{text}  ← {tasks}" if tasks else text.rstrip()
        yield f'<span style="{MARKED if runs else ""}">{escape(shown) or " "}</span>'


def _lines(trace: Trace) -> dict[Line, str]:
    """Return the lines to show: from the first of a file in which a task stands to the end of the last's function."""
    seen = sorted({line for moment in trace.moments for line in moment.lines.values()})
    files = dict.fromkeys(file for file, _ in seen)
    ends = {file: [number for one, number in seen if one == file] for file in files}
    shown = [(file, number) for file in files for number in range(ends[file][0], _end(file, ends[file][-1]) + 1)]
    texts = [linecache.getline(*line).rstrip() for line in shown]
    width = max(map(len, texts), default=0)  # behind which their tasks stand, one beneath the other
    return {line: text.ljust(width) for line, text in zip(shown, texts, strict=True)}


def _end(file: str, number: int) -> int:
    """Return the last line of the innermost function that a line stands in."""
    tree = ast.parse("".join(linecache.getlines(file)))
    functions = [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]
    ends = [one.end_lineno for one in functions if one.end_lineno and one.lineno <= number <= one.end_lineno]
    return min(ends, default=number)
