from __future__ import annotations

import sys

import pytest

from taketurns.pictures.looks import LOOKS
from taketurns.trace.spans import Span, State
from taketurns.trace.trace import Trace
from taketurns.widgets.explore import explore

TRACE = Trace(
    "loop",
    (
        Span("b", State.RUNNING, "main", 0.0, 0.1),
        Span("a", State.READY, "main", 0.0, 0.1, "event loop"),
        Span("a", State.RUNNING, "main", 0.1, 0.2),
    ),
)


def test_where_anytimeline_is_missing_the_message_says_what_to_do(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setitem(sys.modules, "anytimeline", None)
    with pytest.raises(ImportError, match=r"Python 3\.12 or newer: `pip install anytimeline`.*timeline\(trace\)"):
        explore(TRACE)


def test_what_is_not_a_trace_is_named():
    with pytest.raises(TypeError, match=r"explore\(\) shows a Trace.*not 'loop'"):
        explore("loop")


def test_a_trace_that_is_still_being_recorded_is_told_from_a_finished_one():
    with pytest.raises(RuntimeError, match="still being recorded"):
        explore(Trace.begin("loop"))


def test_the_widget_has_a_layer_for_each_state_with_the_bars_of_the_timeline():
    pytest.importorskip("anytimeline")
    widget = explore(TRACE)
    assert widget.layers == ["ready", "running"]
    assert widget.title == "loop"
    records = {name: widget._layers[name] for name in widget.layers}
    assert records["running"].lanes.tolist() == ["b", "a"]
    assert [record.height for record in records.values()] == [LOOKS[State.READY].height, LOOKS[State.RUNNING].height]
    assert list(records["ready"].tooltip) == ["worker", "reason"]
    assert list(records["running"].tooltip) == ["worker"]


def test_an_empty_trace_is_an_empty_widget():
    pytest.importorskip("anytimeline")
    assert explore(Trace("empty", ())).layers == []


def test_each_look_is_a_layer_with_its_color_and_its_name():
    pytest.importorskip("anytimeline")
    turns = Span("c", State.RUNNING, "main", 0.0, 0.2, "GIL")
    layers = explore(Trace("turns", (*TRACE.spans, turns)))._layers.values()
    drawn = {layer.color.legend["items"][0]["label"]: layer for layer in layers}
    assert set(drawn) == {"RUNNING", "READY", "in turns"}
    for key, layer in drawn.items():
        assert layer.height == LOOKS[key].height
        assert [item["color"] for item in layer.color.legend["items"]] == [LOOKS[key].color]


def test_the_lanes_of_very_many_tasks_stand_in_the_order_of_their_starts():
    pytest.importorskip("anytimeline")
    spans = [Span(f"{n * 7919 % 3001}", State.RUNNING, "main", n, n + 1) for n in range(3001)]
    trace = Trace("many", tuple(spans))
    widget = explore(trace)
    assert widget._sort == "first"
    assert widget._lane_order is None
    assert explore(TRACE)._lane_order == ["b", "a"]
