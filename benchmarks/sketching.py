"""What it costs to draw an exhibition anew when a slider has moved, against Matplotlib in the same run.

Both draw the first eight minutes of 24 boards: `sketch` as SVG, Matplotlib the bars alone with `broken_barh`, as PNG.
Each figure is the median of several runs.
"""

import io
import statistics
import time
from collections.abc import Callable

from matplotlib.figure import Figure

from taketurns import Exhibition, Trace, play
from taketurns.course.labs.exhibition import first_minutes
from taketurns.pictures.looks import LOOKS
from taketurns.pictures.sketch import sketch

RUNS = 15


def bars(trace: Trace) -> None:
    ax = Figure(figsize=(9.5, 5.5)).add_subplot()
    for row, task in enumerate(trace.tasks):
        for look in LOOKS.values():
            spans = [(span.start, span.duration) for span in trace.lane(task) if span.state == look.key]
            ax.broken_barh(spans, (row - look.height / 2, look.height), color=look.color)
    ax.figure.savefig(io.BytesIO(), format="png")


def median(run: Callable[[], object]) -> float:
    times = []
    for _ in range(RUNS):
        begin = time.perf_counter()
        run()
        times.append(time.perf_counter() - begin)
    return statistics.median(times[1:])


exhibition = Exhibition()
shown = first_minutes(play(exhibition, "callbacks"), 8)
drawn, by_matplotlib = median(lambda: sketch(shown)), median(lambda: bars(shown))
whole = median(lambda: sketch(first_minutes(play(exhibition, "callbacks"), 8)))
print(f"sketch              {drawn * 1e3:7.1f} ms, {by_matplotlib / drawn:.0f} times as fast as Matplotlib")
print(f"play and sketch     {whole * 1e3:7.1f} ms, {by_matplotlib / whole:.1f} times as fast as Matplotlib alone")
