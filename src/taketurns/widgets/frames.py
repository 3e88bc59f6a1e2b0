"""frames(): what sliders show for each of their values, drawn beforehand for a page without a kernel."""

import io
from collections.abc import Callable, Iterator, Sequence
from contextlib import redirect_stderr, redirect_stdout
from time import perf_counter
from typing import Any

from taketurns.recording import recorder
from taketurns.trace.trace import Trace

__all__ = ["frames", "is_pure", "some"]

SECONDS, MOST = 5.0, 100  # to draw all frames, and how many there may be
VALUES = 12  # of one slider

Places = list[int]


def is_pure(draw: Callable[..., Any], drawn: Any) -> bool:
    """Return whether a function may be called for values that nobody has asked for.

    It may where all that it gave comes from simulated time, in traces and text; or where its author says with
    ``functools.cache`` that its calls may be left out.
    """
    if hasattr(draw, "cache_info"):
        return True
    parts = drawn if isinstance(drawn, tuple) else (drawn,)
    traces = [trace for part in parts for trace in _traces(part)]
    known = all(isinstance(part, str) or any(_traces(part)) for part in parts)
    return known and bool(traces) and all(trace.origin.get("clock", "real") != "real" for trace in traces)


def _traces(part: Any) -> Sequence[Trace]:
    """Return the traces that a picture shows, as far as it tells."""
    traces = (part,) if isinstance(part, Trace) else getattr(part, "traces", ())
    return traces if isinstance(traces, tuple) and all(isinstance(trace, Trace) for trace in traces) else ()


def frames(parts_at: Callable[[Places], Sequence[str]], sizes: Sequence[int], start: Places) -> dict[str, Any] | None:
    """Return the frames of sliders, of which one at a time is moved away from where it stands at the start.

    ``parts_at`` draws: it returns the HTML of one frame in parts, each of which is kept once. ``values`` tells for each
    slider which of its values have a frame, ``shown`` for each of these which parts it has, and ``start`` which of them
    come first. ``None`` while a recording is on, whose lanes these calls would be, and where it would take too long.
    """
    values = [some(size, place) for size, place in zip(sizes, start, strict=True)]
    if recorder.on is not None or sum(map(len, values)) > MOST:
        return None
    parts: dict[str, int] = {}
    shown: list[list[list[int]]] = [[] for _ in sizes]
    drawn: dict[tuple[int, ...], list[int]] = {}
    end = perf_counter() + SECONDS
    with redirect_stdout(io.StringIO()), redirect_stderr(io.StringIO()):  # the cell has asked for one picture
        for slider, places in _moved(values, start):
            if perf_counter() > end:
                return None
            if tuple(places) not in drawn:
                drawn[tuple(places)] = [parts.setdefault(part, len(parts)) for part in parts_at(places)]
            shown[slider].append(drawn[tuple(places)])
    first = [of.index(place) for of, place in zip(values, start, strict=True)]
    return {"start": first, "values": values, "parts": list(parts), "shown": shown}


def some(size: int, start: int) -> list[int]:
    """Return which of so many values have a frame: all of them, or else the first, the last, and some between."""
    spread = range(size) if size <= VALUES else (round(n * (size - 1) / (VALUES - 1)) for n in range(VALUES))
    return sorted({start, *spread})


def _moved(values: Sequence[Sequence[int]], start: Places) -> Iterator[tuple[int, Places]]:
    """Yield each slider with where all of them stand when it alone is moved, for each of its values."""
    for slider, of in enumerate(values):
        for place in of:
            yield slider, [*start[:slider], place, *start[slider + 1 :]]
