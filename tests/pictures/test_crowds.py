"""Crowds: where spans are too many or too small to be seen one by one, each pixel shows what fills it."""

from __future__ import annotations

import re
from base64 import b64decode
from io import BytesIO
from math import inf
from unittest import mock

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import to_rgb
from PIL import Image

from taketurns.pictures import bars as module
from taketurns.pictures import crowds
from taketurns.pictures.crowds import Grid, crowded, pixels
from taketurns.pictures.lanes import placed
from taketurns.pictures.looks import LOOKS
from taketurns.pictures.sketch import sketch
from taketurns.pictures.timeline import timeline
from taketurns.trace.spans import Span, State
from taketurns.trace.trace import Trace

RUNNING, READY, WAITING = State.RUNNING, State.READY, State.WAITING
COLOR = {key: np.array(to_rgb(look.color)) * 255 for key, look in LOOKS.items()}


def taking_turns(count: int, *shares: tuple[State, float], task: str = "a", seconds: float = 1.0) -> list[Span]:
    """Give spans of one task: so many times after each other one of each state, each with its share of the time."""
    spans = []
    for n in range(count):
        at = float(n)
        for state, share in shares:
            spans.append(Span(task, state, "w", at * seconds / count, (at + share) * seconds / count))
            at += share
    return spans


def image(spans: list[Span], lanes: int, columns: int = 100, rows: int = 100, **more: float) -> np.ndarray:
    trace = Trace("any", tuple(spans))
    grid = Grid(columns, rows, 72, 0, trace.duration, -0.5, lanes - 0.5, **more)
    return pixels(placed(trace, "task"), grid).astype(float)


def ink(drawn: np.ndarray, key: str) -> np.ndarray:
    """Give for each column of pixels how many have the color of a look, at the edges in part; it stands by itself."""
    close = np.abs(drawn[..., :3] - COLOR[key]).max(-1) < 1.5
    return (close * drawn[..., 3] / 255).sum(0)


def test_of_many_spans_in_a_lane_each_look_is_as_high_as_its_share_of_the_time():
    drawn = image(taking_turns(10_000, (RUNNING, 0.5), (READY, 0.25), (WAITING, 0.25)), 1)
    high = 100 * (0.5 * 0.72 + 0.25 * 0.24 + 0.25 * 0.46)
    opaque = drawn[..., 3].sum(0) / 255
    assert opaque == pytest.approx(np.full(100, high), abs=0.1)
    assert ink(drawn, RUNNING) == pytest.approx(np.full(100, high / 2), abs=1.1)
    assert ink(drawn, READY) == pytest.approx(np.full(100, high / 4), abs=1.1)


def test_a_span_that_fills_its_pixels_is_as_high_as_among_a_few_and_in_the_middle():
    drawn = image([Span("a", RUNNING, "w", 0, 1), Span("b", READY, "w", 0, 1), Span("b", WAITING, "w", 1, 2)], 2)
    rows = drawn[..., 3] / 255
    assert rows[:50, 10].sum() == pytest.approx(50 * 0.72, abs=0.01)
    assert rows[50:, 10].sum() == pytest.approx(50 * 0.24, abs=0.01)
    assert rows[50:, 90].sum() == pytest.approx(50 * 0.46, abs=0.01)
    assert rows[:50, 10] == pytest.approx(rows[:50, 10][::-1])
    assert not rows[:50, 90].any()


@given(st.lists(st.tuples(st.integers(0, 2), st.sampled_from(State), st.integers(1, 400)), min_size=1, max_size=30))
@settings(max_examples=60, deadline=None)
def test_the_opacity_of_each_column_is_the_exact_sum_of_what_its_spans_fill(steps):
    ends, spans = [0.0] * 3, []
    for task, state, length in steps:
        spans.append(Span(str(task), state, "w", ends[task], ends[task] + length / 400))
        ends[task] += length / 400
    trace, columns, lane = Trace("any", tuple(spans)), 40, 60
    # But for what is added so that it is seen: to a look that stands alone, and up to the height of a pixel.
    with mock.patch.object(crowds, "standing_alone", lambda reached, _: reached & False), \
            mock.patch.object(crowds, "HALF", inf):  # fmt: skip
        drawn = image(spans, len(trace.tasks), columns, lane * len(trace.tasks))
    pixel = trace.duration / columns
    for number, task in enumerate(trace.tasks):
        naive = np.zeros(columns)
        for span in trace.lane(task):
            for column in range(columns):
                shared = max(0.0, min(span.end, (column + 1) * pixel) - max(span.start, column * pixel)) / pixel
                naive[column] += LOOKS[span.state].height * shared * lane
        found = drawn[lane * number : lane * (number + 1), :, 3].sum(0) / 255
        assert found == pytest.approx(naive, abs=0.3)


def test_a_single_short_step_among_thousands_of_waits_is_seen_as_high_as_any():
    spans = [*taking_turns(5000, (WAITING, 0.9), (READY, 0.1)), Span("a", RUNNING, "w", 0.4, 0.4000001)]
    drawn = ink(image(spans, 1), RUNNING)
    assert np.flatnonzero(drawn > 71).tolist() == [40]
    assert np.flatnonzero(drawn).tolist() == [40]


def test_short_steps_of_a_crowd_are_a_line_of_a_pixel_and_take_nothing_from_the_rest():
    drawn = image(taking_turns(5000, (RUNNING, 0.001), (WAITING, 0.999)), 1)
    red, opaque = drawn[..., 0], drawn[..., 3] / 255
    running = (opaque * (COLOR[WAITING][0] - red) / (COLOR[WAITING][0] - COLOR[RUNNING][0])).sum(0)
    assert running == pytest.approx(np.full(100, 1), abs=0.15)
    assert opaque.sum(0) == pytest.approx(np.full(100, 46), abs=1)


def test_of_lanes_thinner_than_a_pixel_each_has_its_part_of_a_row():
    states = [RUNNING, WAITING] * 500
    drawn = image([Span(f"t{n}", state, "w", 0, 1) for n, state in enumerate(states)], 1000)
    mixed = (COLOR[RUNNING] + COLOR[WAITING]) / 2
    assert drawn[..., 3] == pytest.approx(np.full((100, 100), 255), abs=1)
    assert np.abs(drawn[..., :3] - mixed).max() < 1.5


def test_where_two_rows_share_a_thin_lane_each_gets_what_is_in_it():
    drawn = image([Span("b", RUNNING, "w", 0, 1), *(Span(f"{n}", WAITING, "w", 0.0, 0.0) for n in range(2))], 3, rows=2)
    assert drawn[:, 5:, 3] / 255 == pytest.approx(np.array([[2 / 3] * 95, [0] * 95]), abs=0.01)
    drawn = image([*(Span(f"{n}", WAITING, "w", 0.0, 1) for n in range(3))], 3, rows=2)
    assert drawn[..., 3] == pytest.approx(np.full((2, 100), 255), abs=1)


def test_of_twenty_thousand_tasks_one_that_runs_for_a_moment_is_seen():
    spans = [Span(f"t{n}", WAITING, "w", 0, 1) for n in range(20_000)]
    drawn = image([*spans, Span("t10000", RUNNING, "w", 0.5, 0.500001)], 20_000)
    where = np.argwhere(np.abs(drawn[..., :3] - COLOR[RUNNING]).max(-1) < 1.5)
    assert where.tolist() == [[50, 50]]


def test_stripes_are_kept():
    spans = [Span("a", RUNNING, "w", 0, 1, "GIL"), *taking_turns(2000, (RUNNING, 0.5), (WAITING, 0.5), task="b")]
    drawn = image(spans, 2, 200, 200)
    seen = {tuple(color) for color in drawn[40:60, ::1, :3].reshape(-1, 3).astype(int).tolist()}
    assert seen == {(31, 111, 184), (247, 185, 85)}


def test_a_grid_whose_lanes_and_times_run_the_other_way_is_the_mirror_image():
    trace = Trace("any", (*taking_turns(2000, (RUNNING, 0.2), (WAITING, 0.8)), Span("b", READY, "w", 0.3, 1)))
    layers = placed(trace, "task")
    for rows in (60, 1):
        here = pixels(layers, Grid(50, rows, 72, 0, 1, -0.5, 1.5))
        over = pixels(layers, Grid(50, rows, 72, 0, 1, 1.5, -0.5))
        back = pixels(layers, Grid(50, rows, 72, 1, 0, -0.5, 1.5))
        assert np.abs(here.sum(0).astype(int) - over.sum(0).astype(int)).max() <= 4 * rows
        assert np.abs(here[:, 20:].astype(int) - back[:, ::-1][:, 20:].astype(int)).max() <= 2


# How a timeline draws them


def canvas(ax):
    drawn = FigureCanvasAgg(ax.figure)
    drawn.draw()
    return np.asarray(drawn.buffer_rgba())


@pytest.fixture
def images(monkeypatch: pytest.MonkeyPatch) -> list[Grid]:
    """Give the grids of all images that are made."""
    made: list[Grid] = []

    def noted(layers, grid):
        made.append(grid)
        return pixels(layers, grid)

    monkeypatch.setattr(module, "pixels", noted)
    return made


def test_a_few_hundred_spans_are_bars_and_a_crowd_is_an_image_until_one_zooms_in(images):
    few = timeline(Trace("few", tuple(taking_turns(100, (RUNNING, 0.3), (WAITING, 0.7)))))
    canvas(few)
    assert not images
    ax = timeline(Trace("crowd", tuple(taking_turns(2000, (RUNNING, 0.3), (WAITING, 0.7)))))
    canvas(ax)
    assert len(images) == 1
    ax.set_xlim(0.5, 0.51)
    canvas(ax)
    assert len(images) == 1


def test_the_image_has_the_pixels_of_the_figure_and_is_made_once_for_both_drawings_of_savefig(images):
    ax = timeline(Trace("crowd", tuple(taking_turns(2000, (RUNNING, 0.3), (WAITING, 0.7)))))
    ax.figure.savefig(BytesIO(), format="png", dpi=200)
    assert len(images) == 1
    assert images[0].dpi == 200
    assert images[0].columns == pytest.approx(ax.bbox.width * 2, abs=2)


@pytest.mark.parametrize("kind", ["svg", "pdf"])
def test_a_crowd_can_be_saved_as_a_drawing(kind):
    ax = timeline(Trace("crowd", tuple(taking_turns(2000, (RUNNING, 0.3), (WAITING, 0.7)))))
    ax.figure.savefig(BytesIO(), format=kind)


def test_a_drawing_of_a_hundred_thousand_spans_makes_no_bar_and_few_steps(images):
    tasks = [taking_turns(10_000, (RUNNING, 0.3), (WAITING, 0.7), task=f"t{n}") for n in range(5)]
    ax = timeline(Trace("many", tuple(span for task in tasks for span in task)))
    canvas(ax)
    vertices = sum(
        len(path.vertices) for each in ax.collections if each.get_gid() not in LOOKS for path in each.get_paths()
    )
    assert vertices < 50_000
    assert all(not each.made for each in ax.collections if isinstance(each, module.Bars))
    assert len(images) == 1


def test_bars_and_their_sums_fill_the_same_place(monkeypatch):
    spans = [Span("a", RUNNING, "w", 0.1, 0.6), Span("b", READY, "w", 0.2, 0.5), Span("b", WAITING, "w", 0.5, 0.9)]
    for lanes in ("task", "worker"):
        trace = Trace("few", tuple(spans if lanes == "task" else spans[:1]))
        as_bars = canvas(timeline(trace, lanes)).astype(int)
        monkeypatch.setattr(module, "crowded", lambda *_: True)
        as_sums = canvas(timeline(trace, lanes)).astype(int)
        monkeypatch.undo()
        different = (np.abs(as_bars - as_sums).max(-1) > 8).mean()
        assert different < 0.01  # their edges


def test_tabs_of_very_many_stretches_are_an_image_too():
    spans = [Span(f"t{n % 7}", RUNNING, "w", n, n + 1) for n in range(12_000)]
    ax = timeline(Trace("loop", tuple(spans)), lanes="worker")
    (tabs,) = [artist for artist in ax.artists if artist.get_gid() == "carried"]
    assert sum(len(places.row) for _, places in tabs.layers) == 12_000
    canvas(ax)


def test_whether_bars_are_a_crowd_is_asked_of_each_lane():
    layers = placed(Trace("any", tuple(taking_turns(100, (RUNNING, 0.5), (WAITING, 0.5)))), "task")
    assert not crowded(layers, Grid(800, 50, 72, 0, 1, -0.5, 0.5))
    assert crowded(layers, Grid(799, 50, 72, 0, 1, -0.5, 0.5))
    assert not crowded(layers, Grid(799, 50, 72, 0, 0.9, -0.5, 0.5))
    assert crowded(layers, Grid(800, 50, 72, 0, 1, -0.5, 50.5))
    assert crowded(layers, Grid(800, 50, 72, 0, 1, -0.5, 0.5), many=199)


# SVG


def test_a_sketch_of_a_crowd_is_an_image_within_the_picture():
    source = sketch(Trace("crowd", tuple(taking_turns(20_000, (RUNNING, 0.3), (WAITING, 0.7)))))
    svg = b64decode(re.search(r'base64,([^"]*)"', source)[1]).decode()
    assert svg.count("<path") < 40
    with Image.open(BytesIO(b64decode(re.search(r"png;base64,([^']*)'", svg)[1]))) as drawn:
        assert drawn.width > 1000
    assert len(source) < 100_000


def test_a_sketch_of_twenty_thousand_tasks_is_no_higher_than_a_screen():
    spans = [Span(f"t{n}", RUNNING, "w", n, n + 1) for n in range(20_000)]
    source = sketch(Trace("tasks", tuple(spans)))
    svg = b64decode(re.search(r'base64,([^"]*)"', source)[1]).decode()
    assert float(re.search(r"height='(\d+)'", svg)[1]) < 1100
    assert svg.count("<text") < 80
    assert len(source) < 100_000
