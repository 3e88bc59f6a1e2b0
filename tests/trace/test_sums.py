"""Sums per pixel are exact: they are what one gets by adding up each overlap."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from taketurns.trace.columns import Columns
from taketurns.trace.spans import Span, State, Where
from taketurns.trace.sums import Places, filled, once, standing_alone
from taketurns.trace.totals import totals_of

LANES, COLUMNS = 3, 7

#: A third of them at the edges of pixels; in view, across its edges, or beyond.
moments = st.integers(-2, COLUMNS + 2).map(float) | st.floats(-3, COLUMNS + 3, allow_subnormal=False)
spans = st.lists(st.tuples(st.integers(0, LANES - 1), moments, moments), max_size=25)


def placed(rows: list[tuple[int, float, float]]) -> Places:
    ordered = sorted((row, min(at, end), max(at, end)) for row, at, end in rows)
    row, start, end = (np.array([span[n] for span in ordered], float) for n in range(3))
    return Places(row.astype(np.int64), start, end)


def overlap(start: float, end: float, pixel: int) -> float:
    return max(0.0, min(end, pixel + 1) - max(start, pixel))


@given(spans)
def test_the_share_of_a_pixel_is_the_sum_of_the_lengths_in_it(rows):
    places = placed(rows)
    shares, _ = filled(places, LANES, COLUMNS)
    naive = np.zeros((LANES, COLUMNS))
    for row, start, end in zip(*places, strict=True):
        naive[row] += [overlap(start, end, pixel) for pixel in range(COLUMNS)]
    assert shares == pytest.approx(naive, abs=2e-9)


@given(spans)
def test_spans_that_overlap_in_a_lane_count_once(rows):
    shares, _ = filled(once(placed(rows)), LANES, COLUMNS)
    for row in range(LANES):
        own = [(min(at, end), max(at, end)) for lane, at, end in rows if lane == row]
        ends = sorted({float(at) for at in range(COLUMNS + 1)} | {at for both in own for at in both})
        pieces = [(a, b) for a, b in itertools.pairwise(ends) if any(s <= a and b <= e for s, e in own)]
        naive = [sum(overlap(a, b, pixel) for a, b in pieces) for pixel in range(COLUMNS)]
        assert shares[row] == pytest.approx(naive, abs=2e-8)


@given(spans, st.floats(0.1, 1))
def test_a_span_takes_its_part_of_the_height_of_a_pixel(rows, weight):
    places = placed(rows)
    whole, _ = filled(places, LANES, COLUMNS)
    part, _ = filled(places, LANES, COLUMNS, np.full(len(rows), weight))
    assert part == pytest.approx(whole * weight, abs=1e-8)


def test_what_lasts_no_time_is_reached_and_fills_nothing():
    shares, reached = filled(placed([(1, 2.5, 2.5), (0, 3.0, 3.0), (2, 0.0, 2.0)]), LANES, COLUMNS)
    assert [np.flatnonzero(row).tolist() for row in reached] == [[3], [2], [0, 1]]
    assert shares.sum(axis=1).tolist() == [0, 0, 2]


def test_what_stands_alone_has_at_most_one_other_within_its_room():
    reached = np.array(
        [[char == "#" for char in line] for line in ("#......#...", "..##.......", "###.......#", "#.#.#......")]
    )
    alone = standing_alone(reached, 3)
    assert ["".join(".#"[int(one)] for one in row) for row in alone] == [
        "#......#...",
        "..##.......",
        "..........#",
        "#...#......",
    ]


places_in_code = st.none() | st.sampled_from([Where("a.py", 1, "x()"), Where("a.py", 2, "y()")])
any_spans = st.lists(
    st.builds(
        lambda task, state, worker, ends, where: Span(task, state, worker, *sorted(ends), where=where),
        st.sampled_from("abc"), st.sampled_from(State), st.sampled_from("xyz"),
        st.tuples(*[st.integers(0, 9).map(float)] * 2), places_in_code,
    ),
    max_size=20,
)  # fmt: skip


@given(any_spans)
def test_the_totals_of_a_task_are_those_of_its_spans(made):
    ordered = sorted(made, key=lambda span: span.start)
    columns = Columns.of(ordered)
    totals = totals_of(columns)
    for number, task in enumerate(columns.tasks):
        lane = [span for span in ordered if span.task == task]
        assert (totals.start[number], totals.end[number]) == (lane[0].start, max(span.end for span in lane))
        for state in State:
            assert totals.times[state][number] == sum(span.duration for span in lane if span.state is state)
        workers = [columns.workers[worker] for worker in totals.workers[number]]
        assert workers == list(dict.fromkeys(span.worker for span in lane))
        waits = [span for span in lane if span.where is not None]
        longest, found = max(waits, key=lambda span: span.duration, default=None), totals.longest[number]
        assert (found and found.where) == (longest and longest.where)
