"""Durations in words, and a trace as text: what terminals, logs and screen readers get.

A trace imports this, and so it is any object here.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from math import inf
from typing import Any

from taketurns.trace.columns import Columns
from taketurns.trace.outcomes import Ending, Outcome
from taketurns.trace.spans import State
from taketurns.trace.terminal import COLUMNS, cut, fitted, justified, printable, width, wrapped

__all__ = ["counted", "describe", "duration_text", "summary", "table", "text_timeline", "two_numbers"]

MARKS = {State.RUNNING: "█", State.READY: "─", State.WAITING: "░", State.UNSEEN: "?"}
MOST_LANES, ENDING = 40, 24  # ENDING: columns behind a lane
MOST_LINES = 200  # of a table on a page: more nobody reads there, and 20,000 would be a megabyte


def duration_text(seconds: float) -> str:
    """Return a duration in natural units: ``98.2 µs``, ``226 ms``, ``1.25 s``, ``30 min 55 s``, ``12 h``.

    Below a minute it is rounded to three digits and whole nanoseconds, above to whole seconds.
    """
    seconds = round(seconds, 9)
    if seconds < 0:
        return f"−{duration_text(-seconds)}"
    if seconds == 0:
        return "0 s"
    for factor, unit in ((1e9, "ns"), (1e6, "µs"), (1e3, "ms"), (1.0, "s")):
        value = float(f"{seconds * factor:.3g}")
        if value < (60 if unit == "s" else 1000):
            return f"{value:g} {unit}"
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    parts = [(f"{hours:,}", "h"), (str(minutes), "min"), (str(rest), "s")]
    return " ".join(f"{number} {unit}" for number, unit in parts if number != "0")


def counted(number: int, noun: str) -> str:
    """Return a number with its noun: ``1 task``, ``2 tasks``."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def describe(error: BaseException) -> str:
    """Return an error in one line: its type, and its message where it has one."""
    try:
        message = " ".join(str(error).split())
    except Exception:  # noqa: BLE001 - an error whose message raises has none
        message = ""
    return f"{type(error).__name__}: {message}" if message else type(error).__name__


def two_numbers(trace: Any) -> str:
    """Return the two numbers of a trace, at their peaks: ``concurrency 4 · parallelism 1``."""
    return f"concurrency {trace.peak_concurrency} · parallelism {trace.peak_parallelism}"


def summary(trace: Any) -> str:
    """Return in a few sentences what a trace holds, how tasks ended that did not simply return, and what is to note."""
    tasks, took = counted(len(trace.tasks), "task"), duration_text(trace.duration)
    said = [f"{printable(trace.label) or 'Recording'}: {tasks} in {took}, {two_numbers(trace)}."]
    if ends := Counter(map(_ending, trace.outcomes.values())) - Counter({str(Ending.RETURNED): len(trace.outcomes)}):
        said.append(f"{', '.join(f'{number} {ending}' for ending, number in ends.most_common())}.")
    if any(kind.in_turns for kind in trace.columns.kinds):
        said.append("Some took turns under the GIL, at moments that were not seen.")
    said += map(printable, trace.notes)
    cut_short = printable(trace.cut_short).removesuffix(".")
    return " ".join([*said, f"Cut short: {cut_short}."] if cut_short else said)


def _ending(outcome: Outcome) -> str:
    """Return how a task ended, and of an exception the name of its class alone."""
    return _one_line(f"{outcome.ending} {outcome.what.partition(':')[0].rpartition('.')[2]}")


def table(columns: Columns, outcomes: Mapping[str, Outcome], most: float = COLUMNS, lines: float = inf) -> str:
    """Return one line for each task: its workers, when it started and ended, its time in each state, its longest wait.

    There is a column for what was not seen, and one for places, where there is something to stand in it; and one for
    how the tasks ended, where one of them did not simply return. No line has more than so many columns. Where there are
    more tasks than lines, those in the middle are left out, and it says how many.
    """
    from taketurns.trace.totals import totals_of

    totals, states = totals_of(columns), {kind.state for kind in columns.kinds}
    shown = [state for state in MARKS if state is not State.UNSEEN or state in states]
    told = (outcomes[task] for task in columns.tasks if task in outcomes)
    endings = ["outcome"] if any(outcome != Outcome(Ending.RETURNED) for outcome in told) else []
    places = ["longest wait"] if any(kind.where is not None for kind in columns.kinds) else []
    rows = [("task", "worker", "start", "end", *(state.lower() for state in shown), *endings, *places)]
    middle = range(0) if len(columns.tasks) <= lines else range(int(lines) // 2, len(columns.tasks) - int(lines) // 2)
    for number, task in enumerate(columns.tasks):
        if number in middle:
            continue
        workers = ", ".join(dict.fromkeys(_one_line(columns.workers[worker]) for worker in totals.workers[number]))
        times = [column[number] for column in (totals.start, totals.end, *map(totals.times.__getitem__, shown))]
        wait = totals.longest[number]
        last = [_one_line(str(outcomes.get(task, ""))) for _ in endings]
        last += [_one_line(str(wait.where)) if wait else "" for _ in places]
        rows.append((_one_line(task), workers, *map(duration_text, times), *last))
    cells, widths = fitted(rows, most=most)
    whole = [_aligned(row, widths) for row in cells]
    if middle:
        noun = "task" if len(middle) == 1 else "tasks"
        whole.insert(1 + middle.start, f"… {len(middle):,} more {noun}: print(trace.table()) has a line for each …")
    return "\n".join(whole)


def _aligned(row: Sequence[str], widths: Sequence[int]) -> str:
    """Return a line with the two columns of names aligned to the left and the figures to the right."""
    cells = [justified(cell, w, to_the_right=i >= 2) for i, (cell, w) in enumerate(zip(row, widths, strict=True))]
    return "  ".join(cells)


def _one_line(name: str) -> str:
    """Return a name that keeps a line a line."""
    return " ".join(printable(name).split())


def text_timeline(trace: Any, cells: int = 64) -> str:
    """Return lanes drawn with characters: each one shows the state that took most of its stretch of time.

    Behind a lane stands how its task ended, if it did not simply return.
    """
    columns, duration, lines = trace.columns, trace.duration, wrapped(trace.summary)
    told = (trace.outcomes.get(task) for task in columns.tasks[:MOST_LANES])
    ends = [cut(_ending(how), ENDING) if how and how.ending is not Ending.RETURNED else "" for how in told]
    beside = ENDING + 1 if any(ends) else 0
    cells -= beside  # so that a line is as long as without
    room = max(COLUMNS - cells - beside - len(" ││"), 1)
    names = [cut(_one_line(task), room) for task in columns.tasks[:MOST_LANES]]
    widest = max(map(width, names), default=0)
    drawn = _lanes(columns, len(names), duration or 1.0, cells)
    lanes = zip(names, drawn, ends, strict=True)
    lines += [f"{justified(name, widest)} │{lane}│ {end}".rstrip() for name, lane, end in lanes]
    if more := len(columns.tasks) - len(names):
        lines.append(f"… and {counted(more, 'more task')}")
    if names:
        lines.append(f"{'':<{widest}} 0{duration_text(duration):>{cells}}")
        seen = {kind.state for kind in columns.kinds}
        shown = [state for state in MARKS if state is not State.UNSEEN or state in seen]
        lines.append("  ".join(f"{MARKS[state]} {state.lower()}" for state in shown))
    return "\n".join(lines)


def _lanes(columns: Columns, count: int, duration: float, width: int) -> list[str]:
    """Return the characters of the first lanes."""
    from taketurns.trace.sums import most_of

    states = [*MARKS]
    numbers = most_of(columns, [states.index(kind.state) for kind in columns.kinds], count, duration, width)
    marks = "".join(MARKS.values()) + " "
    return ["".join(map(marks.__getitem__, lane)) for lane in numbers]
