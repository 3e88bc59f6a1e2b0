"""What pictures say in words, the same whether matplotlib draws them or SVG."""

from collections.abc import Sequence
from textwrap import wrap

from taketurns import machine
from taketurns.trace.spans import State
from taketurns.trace.terminal import printable
from taketurns.trace.text import duration_text
from taketurns.trace.totals import by_kind
from taketurns.trace.trace import Trace

__all__ = ["NOTHING", "UNITS", "alt", "elsewhere", "end_text", "every", "legend_columns", "remarks"]
__all__ += ["shorten", "time_unit", "title"]

NOTHING = "nothing was recorded"
#: The units of a time axis in seconds, and from where on each is used.
UNITS = (
    (3600.0, "hours", 3 * 3600.0),
    (60.0, "minutes", 3 * 60.0),
    (1.0, "seconds", 1.0),
    (1e-3, "milliseconds", 1e-3),
    (1e-6, "microseconds", 0.0),
)


def alt(trace: Trace) -> str:
    """Return in a few sentences what a sighted reader sees."""
    in_kind = [*zip(trace.columns.kinds, by_kind(trace.columns), strict=True)]
    shown = [(state, sum(seconds for kind, seconds in in_kind if kind.state is state)) for state in State]
    times = ", ".join(f"{state.lower()} {duration_text(seconds)}" for state, seconds in shown if seconds)
    said = f"{trace.summary} All tasks together: {times}." if times else trace.summary
    place = elsewhere(trace)
    return f"{said} {place}." if place else said


def elsewhere(trace: Trace) -> str:
    """Return where and when a trace was recorded; empty for one by this Python on a machine like this one.

    Such a one is from here if this process ran on that day.
    """
    made, here = trace.origin, machine.origin()
    if "date" not in made or (
        made["date"] >= machine.BEGAN and all(made.get(key) == here[key] for key in here.keys() - {"date"})
    ):
        return ""
    gil = {"off": " without a GIL", "on": " with a GIL"}.get(made.get("gil", ""), "")
    cores = f"{made['cores']} cores" if "cores" in made else ""
    place = ", ".join(filter(None, (made.get("platform"), cores, made["date"])))
    return f"Recorded by {made.get('python', 'Python')}{gil}: {place}"


def remarks(trace: Trace, most: int = 110) -> list[str]:
    """Return the lines beneath the title: where a trace was made, if elsewhere, and what could not be seen."""
    return [line for said in (elsewhere(trace), *trace.notes) for line in wrap(printable(said), most)]


def title(trace: Trace, most: int = 46) -> str:
    """Return the title of a trace, in at most so many characters."""
    return shorten(trace.label, most)


def end_text(trace: Trace) -> str:
    """Return what stands beside the end of a trace: how long it was, and in a second line that it was cut short."""
    return duration_text(trace.duration) + (
        ",\nstill in deadlock" if trace.blocked else "\ncut short" if trace.cut_short else ""
    )


def time_unit(horizon: float, *traces: Trace) -> tuple[float, str]:
    """Return the unit for so many seconds, itself in seconds, and its name: a clock that is not real stands before."""
    unit, name = next((unit, name) for unit, name, least in UNITS if horizon >= least)
    clocks = {trace.origin.get("clock", "real") for trace in traces} - {"real"}
    return unit, " ".join((*sorted(clocks), name))


def shorten(name: str, most: int = 24) -> str:
    """Return a name in one line and at most so many characters; what is left out stood before its last third."""
    name = " ".join(printable(name).split())
    tail = most // 3
    return name if len(name) <= most else f"{name[: most - tail - 1]}…{name[-tail:]}"


def legend_columns(words: Sequence[str], inches: float, apart: float = 0.55, letter: float = 0.075) -> int:
    """Return in how many columns a legend says this, where a line has so many inches."""
    wide = apart + letter * max(map(len, words), default=0)
    columns = min(max(int(inches / wide), 1), len(words))
    return -(-len(words) // -(-len(words) // columns))  # as many rows as needed, and those as full as can be


def every(count: int, inches: float, apart: float) -> int:
    """Return n, where every n-th of so many lanes is named: then the names stand so many inches apart, at least."""
    round_numbers = (n * int(10**power) for power in range(7) for n in (1, 2, 4, 5) if n != 4 or power == 0)
    return next(n for n in (*round_numbers, count) if n * inches >= apart or n >= count)
