from __future__ import annotations

import base64
import re
from collections import Counter
from html import unescape
from itertools import combinations, pairwise

import matplotlib as mpl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from matplotlib import pyplot as plt
from matplotlib.axes import Axes
from matplotlib.colors import to_hex, to_rgb
from matplotlib.figure import Figure

from taketurns.pictures import figures
from taketurns.pictures.lanes import lane_inches
from taketurns.pictures.looks import LOOKS
from taketurns.pictures.timeline import compare, picture, timeline
from taketurns.pictures.words import shorten
from taketurns.trace.spans import Span, State
from taketurns.trace.trace import Trace

RUNNING, READY, WAITING = State.RUNNING, State.READY, State.WAITING

TRACE = Trace(
    "two threads",
    (
        Span("a", RUNNING, "one", 0.0, 0.1),
        Span("b", READY, "two", 0.05, 0.1),
        Span("b", RUNNING, "two", 0.1, 0.3),
        Span("a", READY, "one", 0.1, 0.3),
        Span("a", RUNNING, "one", 0.3, 0.4),
        Span("b", WAITING, "two", 0.3, 0.5),
    ),
)
EMPTY = Trace("an empty block", ())


def at_once(count: int, seconds: float = 1.0, **more: object) -> Trace:
    """Return a trace of so many tasks that all run from 0 on."""
    spans = tuple(Span(f"task {n}", RUNNING, f"worker {n}", 0.0, seconds) for n in range(count))
    return Trace(f"{count} tasks", spans, **more)


def bars(ax: Axes) -> list[tuple[str, float, float, float, float]]:
    """Return what is drawn for spans: (state, middle, height, start, end)."""
    found = []
    for collection in ax.collections:
        for path in collection.get_paths() if collection.get_gid() in set(State) else ():
            (x0, y0), (x1, y1) = path.vertices.min(0), path.vertices.max(0)
            found.append((collection.get_gid(), (y0 + y1) / 2, y1 - y0, x0, x1))
    return found


def artist(ax: Axes, gid: str):
    return next(collection for collection in ax.collections if collection.get_gid() == gid)


def said(ax: Axes) -> list[str]:
    return [text.get_text() for text in ax.texts if text.get_visible()]


def ticks(ax: Axes) -> list[str]:
    """Return the tick labels of the time axis that are in view."""
    low, high = ax.get_xlim()
    places = [place for place in ax.get_xticks() if low <= place <= high]
    return ax.xaxis.get_major_formatter().format_ticks(places)


def legend_of(ax: Axes) -> list[str]:
    return [text.get_text() for text in ax.get_legend().get_texts()]


# Bars


def test_every_span_is_a_bar_in_the_lane_of_its_task():
    drawn = [(state, round(middle), start, end) for state, middle, _, start, end in bars(timeline(TRACE))]
    assert sorted(drawn) == [
        ("READY", 0, 0.1, 0.3),
        ("READY", 1, 0.05, 0.1),
        ("RUNNING", 0, 0.0, 0.1),
        ("RUNNING", 0, 0.3, 0.4),
        ("RUNNING", 1, 0.1, 0.3),
        ("WAITING", 1, 0.3, 0.5),
    ]


def test_the_first_task_has_the_uppermost_lane():
    ax = timeline(TRACE)
    assert [label.get_text() for label in ax.get_yticklabels()] == ["a", "b"]
    assert ax.yaxis_inverted()


def luminance(color: str) -> float:
    """Return the relative luminance of a color, as WCAG 2 defines it."""
    parts = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in to_rgb(color)]
    return sum(part * weight for part, weight in zip(parts, (0.2126, 0.7152, 0.0722), strict=True))


@pytest.mark.parametrize("ground", ["#ffffff", "#111111"])
@pytest.mark.parametrize("key", LOOKS)
def test_every_bar_stands_out_from_its_ground_in_light_and_in_dark(key: str, ground: str):
    darker, lighter = sorted((luminance(LOOKS[key].color), luminance(ground)))
    assert (lighter + 0.05) / (darker + 0.05) >= 3


def test_without_any_color_the_looks_differ_by_height_or_pattern():
    assert len({(look.height, look.pattern) for look in LOOKS.values()}) == len(LOOKS)
    plain = [look.height for look in LOOKS.values() if not look.pattern]
    assert all(abs(one - other) > 0.2 for one, other in combinations(plain, 2))


names = st.sampled_from(["a", "b", "c", "a longer name", "$x^2$"])
moments = st.floats(0, 1e4, allow_subnormal=False)


@st.composite
def traces(draw: st.DrawFn) -> Trace:
    spans = draw(st.lists(st.tuples(names, st.sampled_from(State), names, moments, moments), max_size=30))
    return Trace("drawn", tuple(Span(t, s, w, min(a, b), max(a, b)) for t, s, w, a, b in spans))


@given(trace=traces(), lanes=st.sampled_from(["task", "worker"]))
@settings(max_examples=40, deadline=None)
def test_every_span_of_any_trace_is_drawn_exactly_once_in_its_lane(trace: Trace, lanes: str):
    ax = timeline(trace, lanes, ax=Figure().subplots())
    row = {name: number for number, name in enumerate(trace.tasks if lanes == "task" else trace.workers)}
    expected = Counter((s.state.value, row[getattr(s, lanes)], s.start, s.end) for s in trace.spans)
    assert Counter((state, round(middle), start, end) for state, middle, _, start, end in bars(ax)) == expected


def test_a_lone_bar_thinner_than_a_pixel_is_outlined_and_those_of_a_crowd_blend():
    lone = Trace("lone", (Span("a", RUNNING, "w", 0.5, 0.5), Span("a", WAITING, "w", 0.6, 1.0)))
    assert artist(timeline(lone), "RUNNING").get_linewidth() > [0]
    assert artist(timeline(lone), "WAITING").get_linewidth() == [0]
    crowd = Trace("crowd", tuple(Span("a", RUNNING, "w", n / 4000, n / 4000 + 1e-4) for n in range(4000)))
    running = artist(timeline(crowd), "RUNNING")
    assert set(running.get_linewidth()) == {0}
    assert running.get_snap() is False


def test_ten_thousand_spans_are_a_handful_of_artists():
    spans = (Span(f"task {n % 4}", READY if n % 2 else RUNNING, "w", n / 10, n / 10 + 0.1) for n in range(10_000))
    ax = timeline(Trace("many", tuple(spans)))
    assert len(bars(ax)) == 10_000
    assert len(ax.get_children()) < 40


# Lanes


def test_lanes_of_workers_show_each_span_on_who_carried_it():
    ax = timeline(Trace("swap", (Span("a", RUNNING, "w", 0, 1), Span("b", RUNNING, "w", 1, 2))), lanes="worker")
    assert [(round(middle), start, end) for _, middle, _, start, end in bars(ax)] == [(0, 0, 1), (0, 1, 2)]
    assert [label.get_text() for label in ax.get_yticklabels()] == ["w"]


def carried(ax: Axes) -> list[tuple[float, float]]:
    return [(path.vertices[:, 0].min(), path.vertices[:, 0].max()) for path in artist(ax, "carried").get_paths()]


def test_a_worker_shows_the_name_and_tint_of_each_task_from_its_first_span_to_its_last():
    spans = (Span("a", RUNNING, "w", 0, 1), Span("a", WAITING, "w", 2, 4), Span("b", WAITING, "w", 4, 8))
    ax = timeline(Trace("pool", spans), lanes="worker")
    assert carried(ax) == [(0, 4), (4, 8)]
    assert {"a", "b"} <= set(said(ax))
    tints = artist(ax, "carried").get_facecolor()
    assert to_hex(tints[0]) != to_hex(tints[1])


def test_an_event_loop_carries_the_task_that_runs_while_the_others_wait():
    spans = (
        Span("a", RUNNING, "loop", 0, 1),
        Span("a", WAITING, "loop", 1, 5),
        Span("b", RUNNING, "loop", 1, 2),
        Span("b", WAITING, "loop", 2, 4),
        Span("a", RUNNING, "loop", 5, 6),
    )
    assert carried(timeline(Trace("loop", spans), lanes="worker")) == [(0, 1), (1, 2), (5, 6)]


def test_a_task_name_that_does_not_fit_its_stretch_is_left_out():
    spans = (Span("a name longer than its stretch", RUNNING, "w", 0, 1), Span("b", RUNNING, "w", 1, 20))
    written = said(timeline(Trace("pool", spans), lanes="worker"))
    assert "b" in written
    assert "a name longer than its stretch" not in written


@pytest.mark.parametrize("count", [1, 2, 8, 9, 20, 24, 60, 200, 1000])
def test_any_number_of_lanes_fits_the_picture_and_no_two_names_touch(count: int):
    ax = timeline(at_once(count))
    ax.figure.draw_without_rendering()
    assert ax.figure.get_figheight() <= 9
    boxes = [label.get_window_extent() for label in ax.get_yticklabels()]
    assert all(upper.y0 > lower.y1 for upper, lower in pairwise(boxes))
    assert len(boxes) == count if count <= 48 else len(boxes) > 3


def test_lanes_shrink_as_they_become_more():
    heights = [lane_inches(count, "task") for count in (1, 8, 9, 24, 200)]
    assert heights == sorted(heights, reverse=True)
    assert heights[0] == heights[1] > heights[-1]


def test_long_names_keep_their_begin_and_their_end_in_one_line():
    assert shorten("fetch https://example.org/a/very/long/path #12", 24) == "fetch https://e…path #12"
    assert shorten("two\nlines", 24) == "two lines"
    assert shorten("x" * 24, 24) == "x" * 24


def test_dollars_in_names_are_dollars_and_not_mathematics():
    trace = Trace("$1_2$ and $x^$", (Span("$x^$", RUNNING, "$w_$", 0, 1),))
    for lanes in ("task", "worker"):
        ax = timeline(trace, lanes)
        ax.figure.draw_without_rendering()
        assert ax.get_title(loc="left") == "$1_2$ and $x^$"


# The two numbers


def reach(ax: Axes, gid: str) -> tuple[float, float, float]:
    """Return begin, end and height of an area of the strip."""
    (x0, y0), (x1, y1) = artist(ax, gid).get_paths()[0].get_extents().get_points()
    return x0, x1, y1 - y0


def test_the_strip_shows_how_many_are_in_progress_and_running_above_the_lanes():
    ax = timeline(TRACE)
    begin, end, high = reach(ax, "in progress")
    assert (begin, end) == (0, 0.5)
    assert reach(ax, "running")[2] == pytest.approx(high / 2)
    assert artist(ax, "in progress").get_paths()[0].get_extents().y1 < -0.5


def level(ax: Axes, gid: str, at: float, most: int) -> int:
    """Return the count that an area of the strip shows at a moment, where its greatest count is this."""
    path = artist(ax, gid).get_paths()[0]
    (_, top), (_, base) = path.get_extents().get_points()
    return sum(path.contains_point((at, base + (top - base) * (n + 0.5) / most)) for n in range(most))


def test_the_strip_steps_where_the_count_changes():
    ax = timeline(TRACE)
    moments = (0.01, 0.04, 0.06, 0.39, 0.41, 0.49)
    assert [level(ax, "in progress", at, 2) for at in moments] == [1, 1, 2, 2, 1, 1]
    assert [level(ax, "running", at, 1) for at in moments] == [1, 1, 1, 1, 0, 0]


def test_a_line_tops_each_step_of_what_is_in_progress():
    stretches = [(start, end) for (start, _), (end, _) in artist(timeline(TRACE), "line").get_segments() if start < end]
    assert stretches == [(0, 0.05), (0.05, 0.4), (0.4, 0.5)]


def test_one_running_among_very_many_in_progress_is_still_seen():
    spans = (Span("a", RUNNING, "w", 0, 1), *(Span(f"{n}", WAITING, "w", 0, 1) for n in range(999)))
    ax = timeline(Trace("one of a thousand", spans))
    assert reach(ax, "running")[2] / reach(ax, "in progress")[2] == pytest.approx(0.04)


def test_the_two_numbers_are_written_beside_their_peaks():
    assert {"concurrency 2", "parallelism 1"} <= set(said(timeline(TRACE)))
    assert {"concurrency 4", "parallelism 4"} <= set(said(timeline(at_once(4))))
    assert "parallelism 0" in said(timeline(Trace("idle", (Span("a", WAITING, "w", 0, 1),))))


def test_the_strip_has_an_axis_whose_counts_stand_at_their_levels():
    ax = timeline(TRACE)
    counts = {text.get_text(): text.xy[1] for text in ax.texts if text.get_gid() == "count"}
    path = artist(ax, "in progress").get_paths()[0].get_extents()
    assert counts == pytest.approx({"0": path.y1, "1": (path.y0 + path.y1) / 2, "2": path.y0})


@pytest.mark.parametrize("count", [1, 2, 24, 200])
def test_the_two_numbers_never_stand_on_each_other(count: int):
    ax = timeline(at_once(count))
    ax.figure.draw_without_rendering()
    first, second = (t.get_window_extent() for t in ax.texts if re.match("concurrency|parallelism", t.get_text()))
    assert first.y0 > second.y1


# Time


@pytest.mark.parametrize(
    ("seconds", "unit", "labels"),
    [
        (1.2e-4, "microseconds", ["0", "20", "40", "60", "80", "100", "120"]),
        (0.25, "milliseconds", ["0", "50", "100", "150", "200", "250"]),
        (1.0, "seconds", ["0", "0.2", "0.4", "0.6", "0.8", "1"]),
        (179.0, "seconds", ["0", "50", "100", "150"]),
        (1855.0, "minutes", ["0", "5", "10", "15", "20", "25", "30"]),
        (43200.0, "hours", ["0", "2", "4", "6", "8", "10", "12"]),
    ],
)
def test_the_time_axis_has_natural_units_and_holds_seconds(seconds: float, unit: str, labels: list[str]):
    ax = timeline(at_once(1, seconds))
    assert ax.get_xlabel() == unit
    assert ticks(ax) == labels
    assert ax.get_xlim() == pytest.approx((-0.01 * seconds, 1.01 * seconds))


def test_simulated_time_says_so():
    assert timeline(at_once(1, 1855.0, origin={"clock": "simulated"})).get_xlabel() == "simulated minutes"


def test_the_end_is_marked_with_the_duration():
    ax = timeline(TRACE)
    assert artist(ax, "end").get_segments()[0].tolist() == [[0.5, -0.5], [0.5, 1.5]]
    assert "500 ms" in said(ax)


def test_the_duration_hides_while_the_axes_do_not_show_the_end():
    ax = timeline(TRACE)
    ax.set_xlim(0, 0.2)
    assert "500 ms" not in said(ax)
    assert "concurrency 2" in said(ax)
    ax.set_xlim(0, 0.6)
    assert "500 ms" in said(ax)


def test_a_trace_that_was_cut_short_says_so():
    trace = Trace("stopped", TRACE.spans, cut_short="KeyboardInterrupt")
    assert "500 ms\ncut short" in said(timeline(trace))
    assert "500 ms\ncut short" in said(compare(trace).axes[0])
    assert "Cut short: KeyboardInterrupt." in picture(trace)


# The rest of a picture


def test_the_title_is_the_label():
    ax = timeline(TRACE)
    assert ax.get_title(loc="left") == "two threads"
    assert timeline(Trace("very " * 40 + "long", TRACE.spans)).get_title(loc="left").count("very") < 20


@pytest.mark.parametrize("count", [1, 24, 200])
def test_the_legend_lies_beneath_the_data_and_inside_the_picture(count: int):
    spans = (Span(f"a rather long name {n}", state, "w", n, n + 1) for n in range(count) for state in State)
    ax = timeline(Trace("long names", tuple(spans)))
    ax.figure.draw_without_rendering()
    legend = ax.get_legend().get_window_extent()
    assert legend.y1 < ax.xaxis.label.get_window_extent().y0
    assert legend.x0 >= 0
    assert legend.x1 <= ax.figure.bbox.x1
    assert legend.y0 >= 0


def test_an_empty_recording_says_that_nothing_was_recorded():
    for lanes in ("task", "worker"):
        ax = timeline(EMPTY, lanes)
        assert said(ax) == ["nothing was recorded"]
        assert ax.get_legend() is None
        assert not ax.xaxis.get_visible()
    assert said(compare(EMPTY, TRACE).axes[0]) == ["nothing was recorded"]
    assert "an empty block: 0 tasks" in picture(EMPTY)


def test_it_draws_into_axes_that_are_given_and_leaves_their_figure_alone():
    figure, (left, right) = plt.subplots(1, 2)
    size = tuple(figure.get_size_inches())
    assert timeline(TRACE, ax=right) is right
    assert len(bars(right)) == 6
    assert not left.collections
    assert tuple(figure.get_size_inches()) == size
    assert plt.get_fignums() == [figure.number]


# compare


def test_compare_has_one_panel_each_on_one_time_axis():
    figure = compare(TRACE, at_once(3), EMPTY)
    assert [ax.get_title(loc="left") for ax in figure.axes] == ["two threads", "3 tasks", "an empty block"]
    assert {ax.get_xlim() for ax in figure.axes} == {(-0.01, 1.01)}
    assert [len(bars(ax)) for ax in figure.axes] == [6, 3, 0]
    assert [ax.get_xlabel() for ax in figure.axes] == ["", "", "seconds"]


def test_compare_says_the_two_numbers_of_each_panel_at_its_right_end():
    figure = compare(TRACE, at_once(3))
    numbers = [ax.get_title(loc="right") for ax in figure.axes]
    assert numbers == ["concurrency 2 · parallelism 1", "concurrency 3 · parallelism 3"]


def test_compare_has_one_height_of_lanes_and_one_legend():
    figure = compare(at_once(1), at_once(7), TRACE)
    figure.draw_without_rendering()
    heights = [ax.transData.transform((0, 0))[1] - ax.transData.transform((0, 1))[1] for ax in figure.axes]
    assert heights == pytest.approx([heights[0]] * 3, rel=0.01)
    assert [ax.get_legend() is None for ax in figure.axes] == [True, True, False]
    assert len(legend_of(figure.axes[-1])) == 3


def test_compare_of_two_hundred_lanes_is_no_higher_than_a_screen():
    assert compare(at_once(200), at_once(200)).get_figheight() <= 9


def test_compare_draws_workers_too():
    ax = compare(TRACE, lanes="worker").axes[0]
    assert [label.get_text() for label in ax.get_yticklabels()] == ["one", "two"]


# What is not a trace


@pytest.mark.parametrize("draw", [timeline, compare, picture])
def test_what_is_not_a_trace_is_named(draw):
    with pytest.raises(TypeError, match=rf"{draw.__name__}\(\) draws a Trace.*not 'one after another'"):
        draw("one after another")


def test_compare_of_a_list_says_how_to_unpack_it_and_of_nothing_what_it_needs():
    with pytest.raises(TypeError, match=r"write compare\(\*traces\)"):
        compare([TRACE, TRACE])
    with pytest.raises(TypeError, match=r"as in compare\(first, second\)"):
        compare()


@pytest.mark.parametrize("draw", [timeline, compare, picture])
def test_a_trace_that_is_still_being_recorded_is_told_from_a_finished_one(draw):
    with pytest.raises(RuntimeError, match="'not yet', still being recorded"):
        draw(Trace.begin("not yet"))


@pytest.mark.parametrize("draw", [timeline, compare])
def test_other_lanes_than_those_of_tasks_and_workers_are_refused(draw):
    with pytest.raises(ValueError, match=r'"task".* or "worker".*, not .threads.'):
        draw(TRACE, lanes="threads")


def test_a_refused_call_leaves_no_empty_figure():
    with pytest.raises(ValueError, match="lanes"):
        compare(TRACE, lanes="threads")
    assert plt.get_fignums() == []


# Alternative text, and how a picture reaches the page


def alt_of(html: str) -> str:
    return unescape(re.search(r'<img alt="([^"]*)"', html)[1])


def png_of(html: str) -> bytes:
    return base64.b64decode(re.search(r"base64,([^\"]*)\"", html)[1])


def test_the_alternative_text_says_what_a_sighted_reader_sees():
    assert alt_of(picture(TRACE)) == (
        "two threads: 2 tasks in 500 ms, concurrency 2 · parallelism 1. "
        "All tasks together: running 400 ms, ready 250 ms, waiting 200 ms."
    )


def test_labels_and_names_cannot_break_out_of_the_page():
    trace = Trace('"><script>', (Span("<b>&", RUNNING, "w", 0, 1),))
    html = picture(trace)
    assert "<script>" not in html
    assert "<b>" not in html
    assert alt_of(html).startswith('"><script>: 1 task')


def test_the_text_twin_stands_beneath_the_picture_folded_away():
    assert f"<details><summary>As text</summary><pre>{TRACE.table()}</pre></details>" in picture(TRACE)


def test_twenty_thousand_tasks_are_less_than_three_hundred_kilobytes():
    spans = []
    for n in range(20_000):  # at moments of which no two are alike, so that neither the picture nor the twin repeats
        start, later = n * 0.618 % 1, n * 0.7548 % 1
        spans += [Span(f"request {n}", WAITING, "loop", start, start + later, "socket")]
        spans += [Span(f"request {n}", READY, "loop", start + later, start + 1.2 * later, "event loop")]
        spans += [Span(f"request {n}", RUNNING, "loop", start + 1.2 * later, start + 1.21 * later)]
    html = picture(Trace("20,000 requests", tuple(spans)))
    assert len(html.encode()) < 300_000
    assert html.count("\n") < 220
    assert "19,800 more tasks" in html
    assert len(alt_of(html)) < 300


def test_a_trace_shows_itself_as_its_picture():
    assert TRACE._repr_html_() == picture(TRACE)


def test_a_picture_is_a_small_png_without_date_and_version():
    image = png_of(picture(TRACE))
    assert image.startswith(b"\x89PNG")
    assert b"tEXt" not in image
    assert b"tIME" not in image
    assert len(image) < 30_000


def test_a_picture_leaves_nothing_in_pyplot():
    picture(TRACE)
    assert plt.get_fignums() == []


def test_a_picture_is_the_same_whatever_the_settings_of_the_user_and_leaves_them_alone():
    plain = png_of(picture(TRACE))
    with plt.style.context(["dark_background", {"font.size": 20, "savefig.bbox": "tight", "axes.grid": True}]):
        before = dict(mpl.rcParams)
        assert png_of(picture(TRACE)) == plain
        timeline(TRACE)
        compare(TRACE, TRACE)
        assert dict(mpl.rcParams) == before


@pytest.fixture
def shown(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, str]]:
    """Return the list of all that reaches the page."""
    page: list[dict[str, str]] = []
    monkeypatch.setattr(figures, "_display", page.append)
    return page


def test_a_figure_brings_its_alternative_text_as_html_and_as_plain_text(shown: list[dict[str, str]]):
    compare(TRACE, EMPTY)._ipython_display_()
    (bundle,) = shown
    assert bundle["text/plain"] == alt_of(bundle["text/html"])
    assert "two threads: 2 tasks" in bundle["text/plain"]
    assert "an empty block: 0 tasks" in bundle["text/plain"]
    assert png_of(bundle["text/html"]).startswith(b"\x89PNG")


def test_the_axes_of_a_timeline_show_their_figure_as_it_is_by_then(shown: list[dict[str, str]]):
    timeline(TRACE)._ipython_display_()
    ax = timeline(TRACE)
    ax.set_xlabel("changed")
    ax._ipython_display_()
    untouched, changed = (png_of(bundle["text/html"]) for bundle in shown)
    assert untouched != changed


def test_a_figure_that_was_shown_is_closed_so_that_it_is_not_shown_again(shown: list[dict[str, str]]):
    timeline(TRACE)._ipython_display_()
    assert plt.get_fignums() == []
    assert len(shown) == 1


def test_a_figure_can_be_shown_once_more_by_its_name(shown: list[dict[str, str]]):
    figure = compare(TRACE)
    figure._ipython_display_()
    figure._ipython_display_()
    assert [alt_of(bundle["text/html"])[:11] for bundle in shown] == ["two threads", "two threads"]


def test_pictures_are_shown_in_the_order_in_which_they_were_made(shown: list[dict[str, str]]):
    timeline(TRACE)
    plt.figure()
    timeline(EMPTY)
    compare(at_once(3))._ipython_display_()
    assert [bundle["text/plain"][:9] for bundle in shown] == ["two threa", "an empty ", "3 tasks: "]
    assert len(plt.get_fignums()) == 1  # the user's own figure, which pyplot shows


def test_a_window_shows_itself_so_that_only_its_alternative_text_is_added(shown: list[dict[str, str]]):
    figure = compare(TRACE)
    figure.canvas = type("Window", (type(figure.canvas),), {})(figure)
    figure._ipython_display_()
    assert [list(bundle) for bundle in shown] == [["text/plain"]]
    assert plt.get_fignums() != []


#: One cell a line, and the pictures and words that it shows.
CELLS = {
    "from taketurns.pictures.timeline import timeline, compare; from taketurns.trace.trace import Trace": [],
    "a, b = Trace('a', ()), Trace('b', ())": [],
    "timeline(a)": ["a"],
    "ax = timeline(a); ax.set_title('x'); print('said')": ["said", "a"],
    "timeline(a); compare(b)": ["a", "b"],
    "compare(a, b); None": ["a b"],
    "for trace in (b, a): timeline(trace)": ["b", "a"],
    "a": ["a"],
    "ax": ["a"],
}


def test_in_a_kernel_every_cell_shows_each_picture_once_and_nothing_else(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.delenv("MPLBACKEND", raising=False)
    nbformat, nbclient = pytest.importorskip("nbformat"), pytest.importorskip("nbclient")
    cells = [nbformat.v4.new_code_cell(source) for source in CELLS]
    nbclient.NotebookClient(nbformat.v4.new_notebook(cells=cells), timeout=60).execute()
    assert {cell.source: [told(output) for output in cell.outputs] for cell in cells} == CELLS


def told(output: dict) -> str:
    """Return the labels that a picture's alternative text names, or what was printed."""
    if "data" not in output:
        return output["text"].strip()
    return " ".join(re.findall(r"(\w): 0 tasks", alt_of(output["data"]["text/html"])))


def test_a_trace_that_was_made_elsewhere_says_where_and_has_room_for_it() -> None:
    far = Trace("far", TRACE.spans, {"python": "CPython 3.13.5", "gil": "off", "date": "2025-01-02"})
    place = "Recorded by CPython 3.13.5 without a GIL: 2025-01-02"
    figure = compare(TRACE, far)
    near, other = figure.axes
    assert place in said(other)
    assert place not in said(near)
    assert place in figure.alt
    assert figure.get_figheight() == pytest.approx(compare(TRACE, TRACE).get_figheight() + 0.22)
    assert place in said(timeline(far))
    figure.canvas.draw()
    (note,) = [text for text in other.texts if text.get_gid() == "place"]
    for title in (other.title, other._left_title, other._right_title):
        assert not title.get_text() or title.get_window_extent().y0 >= note.get_window_extent().y1 - 1
