"""What it costs to draw a trace, against Matplotlib's bare `broken_barh` in the same run.

A picture is drawn from a trace of which nothing is known yet but its columns: the two numbers, the layout, the lanes
and the PNG are in the price. Matplotlib draws the bars of 10,000 spans alone, by one call for each lane and state, into
axes of the same size, and saves them as a PNG with the same pixels. Last comes what follows a slider: 24 boards, eight
minutes. Each figure is the median of several runs, of which the first is left out.
"""

import io
import random
import statistics
import time
from collections.abc import Callable

from matplotlib import pyplot
from matplotlib.figure import Figure

from taketurns import Exhibition, State, Trace, play, timeline
from taketurns.course.labs.exhibition import first_minutes
from taketurns.pictures.looks import LOOKS
from taketurns.pictures.sketch import sketch
from taketurns.trace.columns import Columns, Kind

RUNS = 8
TASKS = 20
SIZES = (100, 10_000, 1_000_000)
KINDS = (Kind(State.READY, "GIL"), Kind(State.RUNNING), Kind(State.WAITING, "sleep"))

Bars = dict[tuple[int, str], list[tuple[float, float]]]


def columns(count: int, tasks: int = TASKS) -> Columns:
    """Give so many spans of tasks that are ready, run and wait in turn, each for as long as chance will have it."""
    chance = random.Random(1)
    rows = []
    for task in range(tasks):
        at = chance.random()
        for number in range(count // tasks):
            end = at + chance.expovariate(1)
            rows.append((at, f"task {task}", "main", KINDS[number % 3], end))
            at = end
    starts, names, workers, kinds, ends = zip(*sorted(rows), strict=True)
    return Columns.made(names, workers, kinds, starts, ends)


def bars_of(trace: Trace) -> Bars:
    """Give what `broken_barh` takes: for each lane and state where its bars begin, and how long they are."""
    found: Bars = {}
    rows = {task: row for row, task in enumerate(trace.tasks)}
    for span in trace.spans:
        found.setdefault((rows[span.task], str(span.state)), []).append((span.start, span.duration))
    return found


def bare(bars: Bars, dpi: float, height: float) -> None:
    figure = Figure(figsize=(9.5, height), dpi=dpi)
    ax = figure.add_subplot()
    for (row, state), spans in bars.items():
        look = LOOKS[state]
        ax.broken_barh(spans, (row - look.height / 2, look.height), color=look.color)
    figure.savefig(io.BytesIO(), format="png")


def drawn(held: Columns) -> Figure:
    figure = timeline(Trace("drawn", held)).figure
    figure.savefig(io.BytesIO(), format="png", dpi=2 * figure.dpi)
    pyplot.close(figure)
    return figure


def html(held: Columns) -> str:
    return Trace("shown", held)._repr_html_() or ""


def medians(*runs: Callable[[], object]) -> list[float]:
    """Give the median seconds of several things that take turns, so that all meet the machine in the same moods."""
    times: list[list[float]] = [[] for _ in runs]
    for _ in range(RUNS):
        for run, spent in zip(runs, times, strict=True):
            begin = time.perf_counter()
            run()
            spent.append(time.perf_counter() - begin)
    return [statistics.median(spent[1:]) for spent in times]


def many_spans() -> None:
    pyplot.switch_backend("agg")
    held = {count: columns(count) for count in SIZES}
    bars = bars_of(Trace("bars", held[10_000]))
    height = drawn(held[10_000]).get_figheight()
    runs: list[Callable[[], object]] = [lambda: bare(bars, 200, height)]
    runs += [lambda count=count: drawn(held[count]) for count in SIZES]  # type: ignore[misc]
    runs += [lambda count=count: html(held[count]) for count in SIZES]  # type: ignore[misc]
    peer, *ours = medians(*runs)
    print(f"broken_barh    {10_000:9,} spans {peer * 1e3:7.0f} ms")
    for name, times in (("timeline, PNG", ours[:3]), ("HTML", ours[3:])):
        for count, spent in zip(SIZES, times, strict=True):
            said = f"{spent / peer:4.2f} times broken_barh" if count == 10_000 else ""
            said = f"{spent / times[1]:4.2f} times 10,000 spans" if count > 10_000 else said
            print(f"{name:14} {count:9,} spans {spent * 1e3:7.0f} ms  {said}")


def many_tasks() -> None:
    held = columns(100_000, 20_000)
    (spent,) = medians(lambda: html(held))
    print(f"HTML           20,000 tasks {spent * 1e3:8.0f} ms  {len(html(held).encode()) / 1e3:.0f} kB")


def a_slider() -> None:
    exhibition = Exhibition()
    shown = first_minutes(play(exhibition, "callbacks"), 8)
    bars = bars_of(shown)
    ours, whole, peer = medians(
        lambda: sketch(shown),
        lambda: sketch(first_minutes(play(exhibition, "callbacks"), 8)),
        lambda: bare(bars, 100, 5.5),
    )
    print(f"sketch         {ours * 1e3:24.1f} ms  {peer / ours:.0f} times as fast as broken_barh")
    print(f"play, sketch   {whole * 1e3:24.1f} ms  {peer / whole:.1f} times as fast as broken_barh alone")


if __name__ == "__main__":
    many_spans()
    many_tasks()
    a_slider()
