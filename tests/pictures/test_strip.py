"""The strip: of very many steps as many are left as pixels can show."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from matplotlib import pyplot as plt

from taketurns.pictures.strip import MANY, fewer_steps
from taketurns.pictures.timeline import timeline
from taketurns.trace.spans import Span, State
from taketurns.trace.trace import Trace


def in_force(at, count, begin, end):
    """Give the pieces (length, count) of steps between two times."""
    cuts = sorted({begin, end, *(t for t in at if begin < t < end)})
    pairs = itertools.pairwise(cuts)
    return [(b - a, count[np.searchsorted(at, a, "right") - 1]) for a, b in pairs if b > a]


changes = st.lists(st.tuples(st.integers(1, 50), st.integers(0, 9)), min_size=1, max_size=60)


@given(changes, st.integers(1, 12))
def test_each_stretch_keeps_its_greatest_and_its_least_count_and_the_area(steps, pixels):
    at = np.cumsum([0, *(length for length, _ in steps)]).astype(float)
    count = np.array([*(number for _, number in steps), 0.0])
    edges = np.linspace(0, at[-1], pixels + 1)
    times, counts = fewer_steps(at, count, edges)
    assert len(times) == 2 * pixels + 1
    for number in range(pixels):
        whole = in_force(at, count, edges[number], edges[number + 1])
        left = list(zip(np.diff(times), counts, strict=False))[2 * number : 2 * number + 2]
        assert [left[0][1], left[1][1]] == [max(n for _, n in whole), min(n for _, n in whole)]
        assert sum(length * n for length, n in left) == pytest.approx(sum(length * n for length, n in whole))
        assert sum(length for length, _ in left) == pytest.approx(edges[number + 1] - edges[number])


def test_very_many_steps_are_a_few_thousand_points_and_as_many_in_what_is_zoomed_to():
    plt.switch_backend("agg")
    spans = [Span("a", State.RUNNING, "w", n, n + 0.25 + (n % 2) / 2) for n in range(20_000)]
    ax = timeline(Trace("many", tuple(spans)))
    area, line = (next(each for each in ax.collections if each.get_gid() == gid) for gid in ("running", "running line"))

    def places(artist):
        x = np.concatenate([path.vertices[:, 0] for path in artist.get_paths()])
        return len(x), np.nanmin(x), np.nanmax(x)

    before = [places(artist) for artist in (area, line)]
    ax.set_xlim(100, 110)
    after = [places(artist) for artist in (area, line)]
    plt.close("all")
    assert all(count < 5 * MANY for count, _, _ in before + after)
    assert [(low, high) for _, low, high in before] == [(0, 19_999.75)] * 2
    assert [(low, high) for _, low, high in after] == [(100, 110)] * 2
    shown = sorted({round(x % 1, 1) for path in line.get_paths() for x in path.vertices[:, 0] if 103 < x < 104})
    assert shown


def spikes_and_area(trace, view=None):
    ax = timeline(trace)
    if view:
        ax.set_xlim(view)
    spikes, area = (
        next(each for each in ax.collections if each.get_gid() == gid) for gid in ("running spikes", "running")
    )
    at = [float(segment[0][0]) for segment in spikes.get_segments()]
    corners = np.concatenate([path.vertices for path in area.get_paths()])
    return at, sorted({*corners[:, 0].tolist()})


def ran(*times):
    return Trace("ran", tuple(Span("a", State.RUNNING, "w", start, end) for start, end in times))


def test_a_peak_too_thin_for_an_area_is_an_upright_line():
    trace = ran((0, 10), (50, 50.01), (90, 100))
    assert spikes_and_area(trace)[0] == [pytest.approx(50.005)]
    assert spikes_and_area(trace, (49.9, 50.1))[0] == []


def test_a_dip_thinner_than_a_pixel_is_no_white_line():
    trace = ran((0, 50), (50.01, 100))
    assert spikes_and_area(trace) == ([], [0, 100])
    assert {50, 50.01} <= {*spikes_and_area(trace, (49.9, 50.1))[1]}
