"""Durations in words, and a trace as text: what terminals, logs and screen readers get."""

from collections.abc import Mapping, Sequence

from taketurns.trace.outcomes import Ending, Outcome
from taketurns.trace.spans import Span, State
from taketurns.trace.terminal import COLUMNS, cut, fitted, justified, printable, width, wrapped

__all__ = ["counted", "describe", "duration_text", "table", "text_timeline"]

Lanes = Mapping[str, Sequence[Span]]

MARKS = {State.RUNNING: "█", State.READY: "─", State.WAITING: "░", State.UNSEEN: "?"}
MOST_LANES = 40


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


def table(lanes: Lanes, outcomes: Mapping[str, Outcome], most: float = COLUMNS) -> str:
    """Return one line for each task: its workers, when it started and ended, its time in each state, its longest wait.

    There is a column for what was not seen, and one for places, where there is something to stand in it; and one for
    how the tasks ended, where one of them did not simply return. No line has more than so many columns.
    """
    spans = [span for lane in lanes.values() for span in lane]
    shown = [state for state in MARKS if state is not State.UNSEEN or state in {span.state for span in spans}]
    endings = (
        ["outcome"] if any(outcomes[task] != Outcome(Ending.RETURNED) for task in lanes if task in outcomes) else []
    )
    places = ["longest wait"] if any(span.where is not None for span in spans) else []
    rows = [("task", "worker", "start", "end", *(state.lower() for state in shown), *endings, *places)]
    for task, lane in lanes.items():
        workers = ", ".join(dict.fromkeys(_one_line(span.worker) for span in lane))
        times = [lane[0].start, max(span.end for span in lane)]
        times += [sum(span.duration for span in lane if span.state is state) for state in shown]
        last = [_one_line(str(outcomes.get(task, ""))) for _ in endings] + [_longest_wait(lane) for _ in places]
        rows.append((_one_line(task), workers, *map(duration_text, times), *last))
    cells, widths = fitted(rows, most=most)
    return "\n".join(_aligned(row, widths) for row in cells)


def _longest_wait(lane: Sequence[Span]) -> str:
    """Return the place of the longest wait whose place is known."""
    longest = max((span for span in lane if span.where is not None), key=lambda span: span.duration, default=None)
    return _one_line(str(longest.where)) if longest is not None else ""


def _aligned(row: Sequence[str], widths: Sequence[int]) -> str:
    """Return a line with the two columns of names aligned to the left and the figures to the right."""
    cells = [justified(cell, w, to_the_right=i >= 2) for i, (cell, w) in enumerate(zip(row, widths, strict=True))]
    return "  ".join(cells)


def _one_line(name: str) -> str:
    """Return a name that keeps a line a line."""
    return " ".join(printable(name).split())


def text_timeline(summary: str, lanes: Lanes, duration: float, cells: int = 64) -> str:
    """Return lanes drawn with characters: each one shows the state that took most of its stretch of time."""
    lines = wrapped(summary)
    room = max(COLUMNS - cells - len(" ││"), 1)
    names = {task: cut(_one_line(task), room) for task in list(lanes)[:MOST_LANES]}
    widest = max(map(width, names.values()), default=0)
    lines += [f"{justified(name, widest)} │{_cells(lanes[task], duration, cells)}│" for task, name in names.items()]
    if more := len(lanes) - len(names):
        lines.append(f"… and {counted(more, 'more task')}")
    if names:
        lines.append(f"{'':<{widest}} 0{duration_text(duration):>{cells}}")
        seen = {span.state for lane in lanes.values() for span in lane}
        shown = [state for state in MARKS if state is not State.UNSEEN or state in seen]
        lines.append("  ".join(f"{MARKS[state]} {state.lower()}" for state in shown))
    return "\n".join(lines)


def _cells(lane: Sequence[Span], duration: float, width: int) -> str:
    """Return the characters of one lane."""
    shares = [dict.fromkeys(MARKS, 0.0) for _ in range(width)]
    for span in lane:
        _share_out(span, shares, duration or 1.0)
    return "".join(MARKS[max(share, key=share.__getitem__)] if any(share.values()) else " " for share in shares)


def _share_out(span: Span, shares: list[dict[State, float]], whole: float) -> None:
    """Add to every character's shares the part of a span that falls into it."""
    # Rounded: what ends with a stretch must not reach into the next by the last digit of a float.
    start, end = (round(at / whole * len(shares), 9) for at in (span.start, span.end))
    for cell in range(int(start), min(int(end) + 1, len(shares))):
        shares[cell][span.state] += max(0.0, min(end, cell + 1) - max(start, cell))
