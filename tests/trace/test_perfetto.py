"""What is written for ui.perfetto.dev is the trace, event by event."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from taketurns.trace.spans import Span, State
from taketurns.trace.trace import Trace

SMALL = Trace(
    "tea for two",
    (
        Span("tea", State.WAITING, "thread 1", 0.5, 2.0, "the kettle"),
        Span("milk", State.RUNNING, "main thread", 0.0, 1.0),
        Span("milk", State.READY, "main thread", 1.0, 1.5, "GIL"),
    ),
)


def events(trace: Trace, path: Path) -> list[dict[str, Any]]:
    trace.to_perfetto(path)
    whole = json.loads(path.read_text(encoding="utf-8"))
    assert whole == {"traceEvents": whole["traceEvents"], "displayTimeUnit": "ms"}
    found: list[dict[str, Any]] = whole["traceEvents"]
    return found


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("perfetto") / "trace.json"


def test_a_small_trace_is_written_event_by_event(path: Path) -> None:
    assert events(SMALL, path) == [
        {"ph": "M", "pid": 1, "tid": 0, "name": "process_name", "args": {"name": "tea for two"}},
        {"ph": "M", "pid": 1, "tid": 1, "name": "thread_name", "args": {"name": "milk"}},
        {"ph": "M", "pid": 1, "tid": 1, "name": "thread_sort_index", "args": {"sort_index": 1}},
        {"ph": "M", "pid": 1, "tid": 2, "name": "thread_name", "args": {"name": "tea"}},
        {"ph": "M", "pid": 1, "tid": 2, "name": "thread_sort_index", "args": {"sort_index": 2}},
        {
            "ph": "X",
            "pid": 1,
            "tid": 1,
            "name": "RUNNING",
            "cname": "thread_state_running",
            "ts": 0.0,
            "dur": 1_000_000.0,
            "args": {"worker": "main thread", "reason": ""},
        },
        {
            "ph": "X",
            "pid": 1,
            "tid": 2,
            "name": "WAITING",
            "cname": "thread_state_sleeping",
            "ts": 500_000.0,
            "dur": 1_500_000.0,
            "args": {"worker": "thread 1", "reason": "the kettle"},
        },
        {
            "ph": "X",
            "pid": 1,
            "tid": 1,
            "name": "READY",
            "cname": "thread_state_runnable",
            "ts": 1_000_000.0,
            "dur": 500_000.0,
            "args": {"worker": "main thread", "reason": "GIL"},
        },
        {"ph": "C", "pid": 1, "name": "concurrency", "ts": 0.0, "args": {"tasks": 1}},
        {"ph": "C", "pid": 1, "name": "concurrency", "ts": 500_000.0, "args": {"tasks": 2}},
        {"ph": "C", "pid": 1, "name": "concurrency", "ts": 1_500_000.0, "args": {"tasks": 1}},
        {"ph": "C", "pid": 1, "name": "concurrency", "ts": 2_000_000.0, "args": {"tasks": 0}},
        {"ph": "C", "pid": 1, "name": "parallelism", "ts": 0.0, "args": {"tasks": 1}},
        {"ph": "C", "pid": 1, "name": "parallelism", "ts": 1_000_000.0, "args": {"tasks": 0}},
    ]


def test_an_empty_trace_without_a_label_is_a_process_without_lanes(path: Path) -> None:
    assert events(Trace("", ()), path) == [
        {"ph": "M", "pid": 1, "tid": 0, "name": "process_name", "args": {"name": "taketurns"}}
    ]


@pytest.mark.parametrize("kind", [str, Path])
def test_a_path_may_be_text_and_a_file_that_is_there_is_replaced(
    tmp_path: Path, path: Path, kind: Callable[[Path], str | Path]
) -> None:
    there = tmp_path / "there.json"
    there.write_text("something longer than any trace " * 1000)
    SMALL.to_perfetto(kind(there))
    assert json.loads(there.read_bytes())["traceEvents"] == events(SMALL, path)
    assert list(tmp_path.iterdir()) == [there]


some_spans = st.builds(
    lambda task, state, worker, at, length, reason: Span(task, state, worker, at / 1e9, (at + length) / 1e9, reason),
    st.text(max_size=5),
    st.sampled_from(State),
    st.text(max_size=5),
    st.integers(0, 10**14),
    st.integers(0, 10**14),
    st.text(max_size=5),
)


@given(st.text(), st.lists(some_spans, max_size=6))
def test_the_events_give_back_the_spans_to_the_nanosecond(path: Path, label: str, spans: list[Span]) -> None:
    trace = Trace(label, tuple(spans))
    found = events(trace, path)
    lanes = {event["tid"]: event["args"]["name"] for event in found if event["name"] == "thread_name"}
    slices = [event for event in found if event["ph"] == "X"]
    again = tuple(
        Span(
            lanes[event["tid"]],
            event["name"],
            event["args"]["worker"],
            event["ts"] / 1e6,
            (event["ts"] + event["dur"]) / 1e6,
            event["args"]["reason"],
        )
        for event in slices
    )
    assert Trace("again", again).same_schedule(trace)
    assert [(s.task, s.worker, s.reason) for s in again] == [(s.task, s.worker, s.reason) for s in trace.spans]
