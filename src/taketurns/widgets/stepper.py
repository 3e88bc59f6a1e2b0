"""stepper(): a walk through a recorded run of an event loop, step by step."""

from __future__ import annotations

import ast
import base64
import linecache
from collections.abc import Iterator, Mapping
from html import escape

from ipywidgets import HTML, Button, HBox, VBox
from matplotlib import style
from matplotlib.figure import Figure

from taketurns.pictures.figures import png
from taketurns.pictures.timeline import timeline
from taketurns.trace.moments import Line, Moment
from taketurns.trace.text import duration_text
from taketurns.trace.trace import Trace
from taketurns.widgets.slider import Slider
from taketurns.widgets.still import Still

__all__ = ["Stepper", "stepper"]

BOX = "box-sizing:border-box;background:#fff;color:#222;padding:6px 10px;border-radius:6px"
LIST = "display:grid;grid-template-columns:max-content 1fr;column-gap:1em;margin:0.4em 0;line-height:1.6"
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


class Stepper(Still, VBox):  # type: ignore[misc]
    """Buttons and a slider to go back and forward, and the event loop at the step they lead to."""

    def __init__(self, trace: Trace) -> None:
        self.trace = trace
        self.place = Slider("step", range(1, len(trace.moments) + 1), 1, continuous=True)
        back, forward = Button(description="◀ back"), Button(description="forward ▶")
        back.on_click(lambda _: self.go(self.place.value - 1))
        forward.on_click(lambda _: self.go(self.place.value + 1))
        self.state, self.picture = HTML(), HTML()
        self._code = _program(trace)
        self._image, self._left, self._right, self._over, self._under = _drawn(trace)
        self.place.observe(lambda _: self._show(), "index")
        self._show()
        super().__init__([HBox([back, forward, self.place]), self.state, self.picture])

    @property
    def moment(self) -> Moment:
        """The step that is shown."""
        step: int = self.place.value
        moment: Moment = self.trace.moments[step - 1]
        return moment

    @property
    def still(self) -> str:
        """The event loop at this step, and the timeline so far."""
        return f"{self.state.value}{self.picture.value}"

    def go(self, step: int) -> None:
        """Go to a step, counted from 1; before the first and behind the last there is nothing."""
        self.place.value = min(max(step, 1), len(self.trace.moments))

    def _show(self) -> None:
        self.state.value = _state(self.moment, f"Step {self.place.value} of {len(self.trace.moments)}", self._code)
        self.picture.value = self._timeline_so_far()

    def _timeline_so_far(self) -> str:
        """Return the timeline, in which a sheet of paper covers what is still to come."""
        share = self.moment.at / self.trace.duration if self.trace.duration else 0
        covered = self._left + share * (self._right - self._left)
        sheet = f"position:absolute;left:{covered:.3%};right:0;background:#ffffffd9"
        sheet += f";top:{self._over:.3%};bottom:{self._under:.3%}"
        alt = f"The timeline until {duration_text(self.moment.at)}. {self.trace.summary}"
        return (
            f'<div style="position:relative;max-width:950px"><img alt="{escape(alt)}" style="width:100%;display:block" '
            f'src="data:image/png;base64,{self._image}">'
            f'<div style="{sheet};border-left:2px solid #b03020"></div></div>'
        )

    def __repr__(self) -> str:
        return f"<Stepper {self.trace.label!r}: step {self.place.value} of {len(self.trace.moments)}>"


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


def _state(moment: Moment, title: str, program: Mapping[Line, str]) -> str:
    """Return in HTML what the event loop is at before a step."""
    timers = [f"{task} at {duration_text(due)}" for task, due in moment.timers]
    rows = {
        "time": duration_text(moment.at),
        "running": moment.running,
        "ready queue": " → ".join(moment.ready) or "empty",
        "timers": ", ".join(timers) or "none",
    }
    name_of = '<dt style="font-weight:bold;width:auto">'
    said = "".join(f"{name_of}{name}</dt><dd>{escape(value)}</dd>" for name, value in rows.items())
    code = "\n".join(_code(program, moment))
    return (
        f'<div style="{BOX};display:flex;flex-wrap:wrap;gap:1.5em"><div style="width:17em">'
        f'{title}<dl style="{LIST}">{said}</dl></div>'
        f'<pre style="margin:0;line-height:1.4;background:none;color:inherit">{code}</pre></div>'
    )


def _code(program: Mapping[Line, str], moment: Moment) -> Iterator[str]:
    """Yield the lines of the program, and behind each the tasks that stand in it."""
    standing: dict[Line, list[str]] = {}
    for task, line in moment.lines.items():
        standing.setdefault(line, []).append(task)
    width = max(map(len, program.values()), default=0)
    for line, text in program.items():
        tasks = standing.get(line, [])
        mark = f"  ← {', '.join(tasks)}" if tasks else ""
        shown = escape(f"{text:<{width}}{mark}".rstrip()) or " "
        yield f'<span style="{MARKED}">{shown}</span>' if moment.running in tasks else shown


def _program(trace: Trace) -> dict[Line, str]:
    """Return the lines to show: from the first of a file in which a task stands to the end of the last's function."""
    seen = sorted({line for moment in trace.moments for line in moment.lines.values()})
    files = dict.fromkeys(file for file, _ in seen)
    ends = {file: [number for one, number in seen if one == file] for file in files}
    shown = [(file, number) for file in files for number in range(ends[file][0], _end(file, ends[file][-1]) + 1)]
    return {line: linecache.getline(*line).rstrip() for line in shown}


def _end(file: str, number: int) -> int:
    """Return the last line of the innermost function that a line stands in."""
    tree = ast.parse("".join(linecache.getlines(file)))
    functions = [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]
    ends = [one.end_lineno for one in functions if one.end_lineno and one.lineno <= number <= one.end_lineno]
    return min(ends, default=number)
