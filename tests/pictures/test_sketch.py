import base64
import re
from html import unescape
from xml.etree import ElementTree

import pytest

from taketurns import Span, State, Trace
from taketurns.pictures.sketch import sketch
from taketurns.pictures.timeline import compare
from taketurns.pictures.words import NOTHING, alt
from taketurns.trace.outcomes import Ending, Outcome

SVG = "{http://www.w3.org/2000/svg}"


def drawn(*traces):
    """Return the alternative text of a sketch, its words, and its bars: (x, middle, width, height) by state."""
    found = re.fullmatch(r'<img alt="(.*?)" .*base64,([^"]*)">', sketch(*traces), re.DOTALL)
    svg = ElementTree.fromstring(base64.b64decode(found[2]))
    bars = {
        path.get("class"): [
            (float(x), float(y) + float(h) / 2, float(w), float(h))
            for x, y, w, h in re.findall(r"M([\d.]+) ([\d.]+)h([\d.]+)v([\d.]+)H", path.get("d"))
        ]
        for path in svg.iter(f"{SVG}path")
        if path.get("class") not in (None, "legend")
    }
    return unescape(found[1]), [text.text for text in svg.iter(f"{SVG}text")], bars


def trace(label="two", end=10.0):
    spans = [
        Span("a", "RUNNING", "main", 0, end / 2),
        Span("b", "READY", "main", 0, end / 2),
        Span("a", "WAITING", "main", end / 2, end),
    ]
    return Trace(label, tuple(spans))


def test_each_span_is_a_bar_in_its_lane_as_long_as_it_lasts():
    _, _, bars = drawn(trace())
    [(begin, first, half, high)] = bars["RUNNING"]
    [(ready_begin, second, ready_half, low)] = bars["READY"]
    [(waiting_begin, third, _, middle)] = bars["WAITING"]
    assert (begin, ready_begin, waiting_begin) == (0, 0, half)
    assert half == ready_half
    assert abs(third - first) < 0.2 < second - first
    assert low < middle < high


def test_it_says_the_label_the_two_numbers_the_names_the_end_and_the_unit():
    said, words, _ = drawn(trace("a < b"))
    assert said == alt(trace("a < b"))
    assert words[:5] == ["a < b", "concurrency 2 · parallelism 1", "a", "b", "10 s"]
    assert "seconds" in words
    assert [word for word in words if word.isdigit()] == ["0", "2", "4", "6", "8", "10"]
    assert words[-3:] == [
        "running: on a core",
        "ready: could run, waits for its turn",
        "waiting: for a timer, a reply",
    ]


def test_several_traces_share_a_time_axis():
    _, words, _ = drawn(trace("long", 100), trace("short", 10))
    assert ("long" in words, "short" in words, words.count("a")) == (True, True, 2)
    found = re.fullmatch(r".*base64,([^\"]*)\">", sketch(trace("long", 100), trace("short", 10)), re.DOTALL)
    widths = re.findall(r"class='RUNNING'[^>]*d='M0.00 [\d.]+h([\d.]+)v", base64.b64decode(found[1]).decode())
    assert abs(float(widths[0]) / float(widths[1]) - 10) < 0.01


def test_simulated_time_and_turns_that_nobody_saw_are_shown_as_such():
    turns = Trace("gil", (Span("a", "RUNNING", "main", 0, 1, "GIL"),), {"clock": "simulated"})
    _, words, bars = drawn(turns)
    assert list(bars) == ["in turns"]
    assert "simulated seconds" in words


@pytest.mark.parametrize(
    ("count", "named"),
    [
        (48, [f"t{n}" for n in range(48)]),
        (200, ["t0–9", "t10–19", "t20–29", "t30–39", "t40–49", "t50–59", "t60–69", "t70–79", "t80–89", "t90–99"]),
    ],
)
def test_lanes_are_named_and_very_many_in_groups_and_a_thin_bar_is_seen(count, named):
    many = Trace("many", tuple(Span(f"t{n}", "RUNNING", "main", n, n + 1e-6) for n in range(count)))
    _, words, bars = drawn(many)
    assert [word for word in words if word.startswith("t")][: len(named)] == named
    assert {width for _, _, width, _ in bars[State.RUNNING]} == {1}


def test_where_nothing_was_recorded_there_is_no_bar_and_no_time_and_it_says_so():
    _, words, bars = drawn(Trace("empty", ()))
    assert (words, bars) == (["empty", "concurrency 0 · parallelism 0", NOTHING], {})


def test_it_says_the_same_as_compare_where_and_how_a_trace_was_made():
    far = Trace("far", trace().spans, {"date": "2025-01-02"}, cut_short="KeyboardInterrupt")
    _, words, _ = drawn(far)
    (ax,) = compare(far).axes
    compared = [text.get_text() for text in ax.texts]
    assert len(compared) == 2
    assert {line for said in compared for line in said.split("\n")} <= set(words)


def test_how_tasks_ended_stands_behind_their_lanes_and_in_the_legend():
    ended = {"a": Outcome(Ending.RAISED, "ValueError: no page"), "b": Outcome(Ending.CANCELED)}
    _, words, _ = drawn(Trace("ended", trace().spans, outcomes=ended))
    assert {"✗ ValueError", "⊘ canceled", "raised an exception", "canceled"} <= set(words)
