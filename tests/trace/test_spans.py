"""Span and Trace are values, and their numbers are what the definitions say."""

from __future__ import annotations

import copy
import json
import pickle
import sys
from collections.abc import Callable
from dataclasses import FrozenInstanceError, replace
from itertools import combinations, pairwise
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from taketurns.trace.counts import Count, Steps
from taketurns.trace.moments import Moment
from taketurns.trace.outcomes import Ending, Outcome
from taketurns.trace.rows import FORMAT
from taketurns.trace.spans import Span, State, Where
from taketurns.trace.trace import Trace

RUNNING, READY, WAITING, _ = State
Interval = tuple[float, float]

#: Two threads take turns under the GIL, and a third task waits from their middle on.
SPANS = (
    Span("a", RUNNING, "thread 1", 0.0, 1.0),
    Span("b", READY, "thread 2", 0.0, 1.0, "GIL"),
    Span("a", READY, "thread 1", 1.0, 2.0, "GIL"),
    Span("b", RUNNING, "thread 2", 1.0, 3.0),
    Span("c", WAITING, "main thread", 1.5, 4.0, "a reply"),
    Span("a", RUNNING, "thread 1", 3.0, 3.5),
)
TRACE = Trace("two and one", SPANS, {"Python": "3.14"})

# Eighths are exact in binary: sums of them can be compared.
times = st.integers(0, 32).map(lambda n: n / 8)
some_spans = st.builds(
    lambda task, state, worker, ends: Span(task, state, worker, *sorted(ends)),
    st.sampled_from("abcd"),
    st.sampled_from(State),
    st.sampled_from(["main thread", "thread 1"]),
    st.tuples(times, times),
)
some_traces = st.lists(some_spans, max_size=8).map(lambda spans: Trace("any", tuple(spans)))
odd_spans = st.builds(
    lambda task, state, worker, ends, *more: Span(task, state, worker, *sorted(ends), *more),
    st.text(),
    st.sampled_from(State),
    st.text(),
    st.tuples(*[st.floats(0, allow_infinity=False)] * 2),
    st.text(),
    st.none() | st.builds(Where, st.text(), st.integers(), st.text()),
    st.text(),
)
outcomes = st.sampled_from(Ending).map(Outcome) | st.text(min_size=1).map(lambda what: Outcome(Ending.RAISED, what))
odd_traces = st.builds(
    Trace,
    st.text(),
    st.lists(odd_spans, max_size=5),
    st.dictionaries(st.text(), st.text()),
    st.text(),
    outcomes=st.dictionaries(st.text(), outcomes),
    parents=st.dictionaries(st.text(), st.text()),
)


# Span


@pytest.mark.parametrize(
    ("start", "end"), [(2, 1), (-1, 1), (-2, -1), (0, float("inf")), (0, float("nan")), (float("nan"), 1)]
)
def test_a_span_cannot_start_before_the_recording_or_end_before_it_starts(start: float, end: float) -> None:
    with pytest.raises(ValueError, match="a span starts at 0 s or later and cannot end before it starts: ") as caught:
        Span("a", RUNNING, "main thread", start, end)
    assert str(caught.value).endswith(f"'a' was given {start} to {end}")


def test_a_span_lasts_from_start_to_end() -> None:
    assert Span("a", RUNNING, "main thread", 1.25, 3.5).duration == 2.25
    assert Span("a", RUNNING, "main thread", 2, 2).duration == 0


def test_the_name_of_a_state_is_as_good_as_the_state() -> None:
    span = Span("a", "READY", "main thread", 0, 1)  # type: ignore[arg-type]
    assert span.state is READY
    assert span == Span("a", READY, "main thread", 0, 1)
    assert TRACE.time_in("WAITING") == TRACE.time_in(WAITING) == 2.5


@pytest.mark.parametrize("use", [lambda name: Span("a", name, "main thread", 0, 1), TRACE.time_in])
@pytest.mark.parametrize("name", ["ready", "", 3, None, []])
def test_an_unknown_state_is_named_beside_the_states_there_are(use: Callable[[Any], object], name: object) -> None:
    with pytest.raises(ValueError, match="is not a state") as caught:
        use(name)
    assert str(caught.value) == f"{name!r} is not a state; a task is RUNNING, READY, WAITING, NOT SEEN"


@pytest.mark.parametrize(("value", "field"), [(SPANS[0], "end"), (TRACE, "label"), (TRACE, "spans"), (TRACE, "peak")])
def test_what_was_recorded_cannot_be_changed(value: object, field: str) -> None:
    with pytest.raises(FrozenInstanceError, match=f"cannot assign to field '{field}'"):
        setattr(value, field, 0)


# What a trace holds


def test_a_trace_is_made_of_spans_only() -> None:
    with pytest.raises(TypeError) as caught:
        Trace("mine", (SPANS[0], ("b", "RUNNING")))  # type: ignore[arg-type]
    assert str(caught.value) == "a trace is made of Span, not of tuple: ('b', 'RUNNING')"


def test_spans_are_in_order_of_their_start_and_else_as_they_came() -> None:
    late, first, second = (Span(name, RUNNING, "main thread", at, 5) for name, at in (("x", 3), ("z", 1), ("y", 1)))
    trace = Trace("mine", [late, first, second])  # type: ignore[arg-type]
    assert trace.spans == (first, second, late)
    assert trace.tasks == ("z", "y", "x")


def test_a_trace_knows_its_tasks_workers_lanes_and_end() -> None:
    assert TRACE.tasks == ("a", "b", "c")
    assert TRACE.workers == ("thread 1", "thread 2", "main thread")
    assert TRACE.lane("a") == (SPANS[0], SPANS[2], SPANS[5])
    assert TRACE.duration == 4.0  # not the end of the span that starts last


@pytest.mark.parametrize(("trace", "tasks"), [(TRACE, "a, b, c"), (Trace("nothing", ()), "none")])
def test_the_lane_of_an_unknown_task_names_the_tasks_there_are(trace: Trace, tasks: str) -> None:
    with pytest.raises(KeyError) as caught:
        trace.lane("d")
    assert caught.value.args == (f"no task 'd' in this trace; its tasks are {tasks}",)


def test_a_trace_has_nothing_that_it_has_not() -> None:
    with pytest.raises(AttributeError, match=r"^a Trace has no 'span'$"):
        TRACE.span  # noqa: B018
    assert not hasattr(TRACE, "_repr_svg_")


def test_a_trace_keeps_its_origin_when_the_mapping_that_it_was_given_changes() -> None:
    origin = {"Python": "3.14"}
    trace = Trace("mine", (), origin)
    origin["Python"] = "2.7"
    assert trace.origin == {"Python": "3.14"}


@pytest.mark.parametrize("again", [copy.copy, copy.deepcopy, lambda trace: pickle.loads(pickle.dumps(trace))])
def test_a_trace_can_be_copied_pickled_and_kept_in_a_set(again: Callable[[Trace], Trace]) -> None:
    assert again(TRACE) == TRACE
    assert {TRACE, again(TRACE)} == {TRACE}


@pytest.mark.parametrize(
    "other",
    [
        replace(TRACE, label="x"),
        replace(TRACE, spans=SPANS[1:]),
        replace(TRACE, origin={}),
        replace(TRACE, cut_short="x"),
    ],
)
def test_traces_that_differ_in_one_thing_are_not_equal(other: Trace) -> None:
    assert other != TRACE


# While it is being recorded


@pytest.mark.parametrize(
    "read",
    [
        lambda trace: trace.spans,
        lambda trace: trace.tasks,
        lambda trace: trace.workers,
        lambda trace: trace.lane("a"),
        lambda trace: trace.only("a"),
        lambda trace: trace.duration,
        lambda trace: trace.time_in(RUNNING),
        lambda trace: trace.peak(RUNNING),
        lambda trace: trace.concurrency_steps,
        lambda trace: trace.parallelism_steps,
        lambda trace: trace.peak_concurrency,
        lambda trace: trace.peak_parallelism,
        lambda trace: trace.mean_parallelism,
        lambda trace: trace.same_schedule(TRACE),
        lambda trace: trace.summary,
        lambda trace: trace.table(),
        lambda trace: trace.to_json(),
    ],
)
def test_nothing_can_be_read_while_the_recording_is_on(read: Callable[[Trace], object]) -> None:
    message = r"<Trace 'mine', still being recorded>: its \w+ can be read after its `with record\(\)` block has ended"
    with pytest.raises(RuntimeError, match=f"^{message}$"):
        read(Trace.begin("mine"))


NAMES = ["spans", "origin", "cut_short", "notes", "result", "moments", "outcomes", "parents"]
NAMES += ["tasks", "duration", "summary", "lanes", "of_another_name"]


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("trace", [Trace.begin("mine"), object.__new__(Trace)])
def test_who_asks_whether_it_can_be_read_is_told_no(trace: Trace, name: str) -> None:
    assert not hasattr(trace, name)


def test_nor_can_the_origin() -> None:
    with pytest.raises(RuntimeError, match="<Trace 'mine', still being recorded>: its origin can be read after "):
        Trace.begin("mine").origin  # noqa: B018


def test_a_trace_that_is_being_recorded_shows_that_it_is() -> None:
    trace = Trace.begin("mine")
    assert trace.label == "mine"
    assert repr(trace) == str(trace) == "<Trace 'mine', still being recorded>"


def test_a_trace_is_complete_when_its_recording_ends() -> None:
    trace, whole = Trace.begin("mine"), Trace("mine", SPANS, {"Python": "3.14"}, "ValueError")
    assert trace.is_on
    trace.complete(whole)
    assert trace == whole
    assert (trace.is_on, trace.peak_concurrency) == (False, 3)
    with pytest.raises(RuntimeError, match="is complete, and a trace never changes"):
        trace.complete(TRACE)
    assert trace == whole


def test_a_notebook_shows_a_picture_of_a_complete_trace(monkeypatch: pytest.MonkeyPatch) -> None:
    timeline = SimpleNamespace(picture=lambda trace: f"<img alt={trace.label!r}>")
    monkeypatch.setitem(sys.modules, "taketurns.pictures.timeline", timeline)
    assert TRACE._repr_html_() == "<img alt='two and one'>"
    assert Trace.begin("mine")._repr_html_() is None


# The two numbers


def lasting(trace: Trace, state: State | None = None) -> list[Interval]:
    """Return when tasks are in progress, or in a state."""
    if state:
        return [(span.start, span.end) for span in trace.spans if span.state is state]
    lanes = [[span for span in trace.spans if span.task == task] for task in {span.task for span in trace.spans}]
    return [interval for lane in lanes for interval in put_together(lane)]


def put_together(lane: list[Span]) -> list[Interval]:
    """Return the times that the spans of a lane cover, each as long as it can be."""
    reached = [(span.start, span.end) for span in lane]
    while True:
        for one, other in combinations(reached, 2):
            if one[0] <= other[1] and other[0] <= one[1]:
                reached = [each for each in reached if each not in (one, other)]
                reached.append((min(one[0], other[0]), max(one[1], other[1])))
                break
        else:
            return reached


def instants(intervals: list[Interval]) -> set[float]:
    """Return all ends of intervals and all middles between two of them: between two neighbors nothing changes."""
    ends = {at for interval in intervals for at in interval}
    return ends | {(first + second) / 2 for first, second in combinations(ends, 2)}


def peak(intervals: list[Interval]) -> int:
    """Return the most at one instant, from the definition: those that reach across it, and one that is nothing more."""
    return max(
        (
            sum(start < at < end for start, end in intervals) + any(start == at == end for start, end in intervals)
            for at in instants(intervals)
        ),
        default=0,
    )


def level(steps: Steps, at: float) -> int:
    return next((count for step, count in reversed(steps) if step <= at), 0)


@given(some_traces)
def test_the_peaks_are_the_most_at_any_instant(trace: Trace) -> None:
    assert trace.peak_concurrency == peak(lasting(trace))
    assert trace.peak_parallelism == peak(lasting(trace, RUNNING))


@given(some_traces)
def test_the_steps_are_the_numbers_at_every_instant(trace: Trace) -> None:
    for steps, intervals in (
        (trace.concurrency_steps, lasting(trace)),
        (trace.parallelism_steps, lasting(trace, RUNNING)),
    ):
        for at in instants(intervals):
            assert level(steps, at) == sum(start <= at < end for start, end in intervals)


@given(some_traces)
def test_every_step_is_later_than_the_one_before_and_changes_the_number(trace: Trace) -> None:
    for steps in (trace.concurrency_steps, trace.parallelism_steps):
        at, counts = [at for at, _ in steps], [0, *(count for _, count in steps)]
        assert at == sorted(set(at))
        assert all(before != after for before, after in pairwise(counts))
        assert counts[-1] == 0


def test_spans_in_turns_count_as_one_in_each_process() -> None:
    spans = (
        Span("a", "RUNNING", "thread 1", 0, 3, "GIL"),
        Span("b", "RUNNING", "thread 2", 1, 4, "GIL"),
        Span("c", "RUNNING", "process 1", 2, 4, "GIL"),
        Span("d", "RUNNING", "process 1, thread 1", 2, 4, "GIL"),
        Span("e", "RUNNING", "thread 1", 6, 8, "GIL"),
    )
    trace = Trace("", spans)
    assert [span.process for span in spans] == ["", "", "process 1", "process 1", ""]
    assert trace.parallelism_steps == ((0, 1), (2, 2), (4, 0), (6, 1), (8, 0))
    assert (trace.peak_parallelism, trace.mean_parallelism) == (2, 1.0)
    assert trace.summary.endswith("Some took turns under the GIL, at moments that were not seen.")


def test_time_in_a_state_can_be_asked_of_one_task() -> None:
    trace = Trace("", (Span("a", "READY", "w", 0, 1), Span("b", "READY", "w", 0, 2), Span("a", "RUNNING", "w", 1, 4)))
    assert (trace.time_in("READY", "a"), trace.time_in("READY"), trace.time_in("WAITING", "a")) == (1, 3, 0)
    with pytest.raises(KeyError, match="no task 'c'"):
        trace.time_in("READY", "c")


@given(some_traces)
def test_time_in_a_state_is_a_sum_over_all_instants(trace: Trace) -> None:
    eighths = [(2 * n + 1) / 16 for n in range(32)]
    for state in State:
        held = sum(start < at < end for at in eighths for start, end in lasting(trace, state))
        assert trace.time_in(state) == held / 8


@given(some_traces)
def test_mean_parallelism_is_the_mean_over_all_instants(trace: Trace) -> None:
    eighths = [(2 * n + 1) / 16 for n in range(32) if (2 * n + 1) / 16 < trace.duration]
    counts = [sum(start < at < end for start, end in lasting(trace, RUNNING)) for at in eighths]
    assert trace.mean_parallelism == (sum(counts) / len(counts) if counts else 0)
    assert trace.mean_parallelism <= trace.peak_parallelism


def test_the_numbers_of_a_known_trace() -> None:
    assert TRACE.concurrency_steps == ((0.0, 2), (1.5, 3), (2.0, 2), (3.5, 1), (4.0, 0))
    assert TRACE.parallelism_steps == ((0.0, 1), (3.5, 0))  # one hands over to the next: no step, and never two at once
    assert (TRACE.peak_concurrency, TRACE.peak_parallelism, TRACE.mean_parallelism) == (3, 1, 0.875)
    assert [TRACE.time_in(state) for state in State] == [3.5, 2.0, 2.5, 0.0]


def test_a_span_without_length_counts_at_its_instant() -> None:
    long = Span("long", RUNNING, "main thread", 0, 2)
    at_the_start, inside, at_the_end = (Span(f"at {at}", RUNNING, "main thread", at, at) for at in (0, 1, 2))
    assert Trace("one", (inside,)).peak_parallelism == Trace("one", (inside,)).peak_concurrency == 1
    assert Trace("inside", (long, inside)).peak_parallelism == 2
    assert Trace("at the ends", (long, at_the_start, at_the_end)).peak_parallelism == 1
    assert Trace("one after another", (inside, replace(inside, task="x"))).peak_parallelism == 1


def test_an_empty_trace_has_all_numbers() -> None:
    nothing = Trace("nothing", ())
    assert (nothing.tasks, nothing.workers, nothing.concurrency_steps, nothing.parallelism_steps) == ((), (), (), ())
    assert (nothing.duration, nothing.time_in(RUNNING), nothing.mean_parallelism) == (0, 0, 0)
    assert (nothing.peak_concurrency, nothing.peak_parallelism) == (0, 0)


# The same schedule

moments = st.integers(0, 3)
few_spans = st.builds(
    lambda task, state, ends: Span(task, state, "main thread", *sorted(ends)),
    st.sampled_from("ab"),
    st.sampled_from([RUNNING, READY]),
    st.tuples(moments, moments),
)
few_traces = st.lists(few_spans, max_size=2).map(lambda spans: Trace("", tuple(spans)))
whole_ns = st.integers(0, 100_000 * 10**9)
ns_spans = st.builds(
    lambda task, state, at, length: Span(task, state, "main thread", at / 1e9, (at + length) / 1e9),
    st.sampled_from("abc"),
    st.sampled_from(State),
    whole_ns,
    st.integers(2, 10**12),
)


@given(few_traces, few_traces)
def test_two_traces_have_the_same_schedule_if_they_list_the_same_tasks_states_and_times(
    one: Trace, other: Trace
) -> None:
    listed, also = (sorted((s.task, s.state, s.start, s.end) for s in trace.spans) for trace in (one, other))
    assert one.same_schedule(other) is (listed == also)
    assert other.same_schedule(one) is (listed == also)


@given(st.lists(ns_spans), st.text(), st.randoms())
def test_who_carries_a_task_and_why_it_waits_is_no_part_of_its_schedule(
    spans: list[Span], text: str, random: Any
) -> None:
    others = [replace(span, worker=f"{text}{n}", reason=text) for n, span in enumerate(spans)]
    random.shuffle(others)
    assert Trace("one", tuple(spans)).same_schedule(Trace("two", tuple(others), {"Python": text}, text))


@given(st.lists(ns_spans, min_size=1), st.data())
def test_every_change_of_a_task_a_state_or_a_time_is_another_schedule(spans: list[Span], data: st.DataObject) -> None:
    at = data.draw(st.integers(0, len(spans) - 1))
    span = spans[at]
    for change in (
        {"task": span.task + "'"},
        {"state": READY if span.state is RUNNING else RUNNING},
        {"start": span.start + 1e-9},
        {"end": span.end + 1e-9},
    ):
        others = [*spans[:at], replace(span, **change), *spans[at + 1 :]]
        assert not Trace("one", tuple(spans)).same_schedule(Trace("one", tuple(others)))
    assert not Trace("one", tuple(spans)).same_schedule(Trace("one", (*spans, span)))


@given(ns_spans, st.floats(-0.4e-9, 0.4e-9))
def test_less_than_a_nanosecond_is_no_difference(span: Span, less: float) -> None:
    other = replace(span, start=max(0, span.start + less / 2), end=span.end + less / 2)
    assert Trace("one", (span,)).same_schedule(Trace("two", (other,)))


# How it is told and kept


def test_repr_is_one_line_that_tells_the_two_numbers() -> None:
    assert repr(TRACE) == "<Trace 'two and one': 3 tasks, 6 spans, 4 s, concurrency 3 · parallelism 1>"
    assert repr(Trace("a\nb", SPANS[:1], cut_short="x")) == (
        "<Trace 'a\\nb': 1 task, 1 span, 1 s, concurrency 1 · parallelism 1, cut short>"
    )


@pytest.mark.parametrize(
    ("trace", "summary"),
    [
        (TRACE, "two and one: 3 tasks in 4 s, concurrency 3 · parallelism 1."),
        (
            Trace("", SPANS[:1], {}, "MemoryError"),
            "Recording: 1 task in 1 s, concurrency 1 · parallelism 1. Cut short: MemoryError.",
        ),
        (Trace("nothing", ()), "nothing: 0 tasks in 0 s, concurrency 0 · parallelism 0."),
    ],
)
def test_the_summary_is_a_sentence(trace: Trace, summary: str) -> None:
    assert trace.summary == summary


@given(odd_traces)
def test_nothing_is_lost_in_json(trace: Trace) -> None:
    again = Trace.from_json(trace.to_json())
    assert again == trace
    assert all(span.state in State and type(span.state) is State for span in again.spans)


def test_a_trace_as_json() -> None:
    trace = Trace("µ", (Span("a", WAITING, "main thread", 0.1, 0.25, "a disk"),), {"Python": "3.14"}, "ValueError: é")
    assert trace.to_json() == (
        '{"format": "taketurns trace 1", "label": "µ", "cut_short": "ValueError: é", "notes": [], '
        '"origin": {"Python": "3.14"}, '
        '"spans": [["a", "WAITING", "main thread", 0.1, 0.25, "a disk"]]}'
    )


GOOD = {"format": FORMAT, "label": "", "cut_short": "", "origin": {}, "spans": []}


@pytest.mark.parametrize(
    ("source", "what"),
    [
        ("", "Expecting value: line 1 column 1 (char 0)"),
        ("{", "Expecting property name enclosed in double quotes: line 1 column 2 (char 1)"),
        ("{}", "'format'"),
        ('{"format": "something else 7"}', "its format is 'something else 7'"),
        (json.dumps({key: GOOD[key] for key in GOOD if key != "origin"}), "'origin'"),
        (
            json.dumps(GOOD | {"spans": [["a", "RUNNING", "main thread", 2, 1, ""]]}),
            "a span starts at 0 s or later and cannot end before it starts: 'a' was given 2 to 1",
        ),
        (
            json.dumps(GOOD | {"spans": [["a", "ASLEEP", "main thread", 1, 2, ""]]}),
            "'ASLEEP' is not a state; a task is RUNNING, READY, WAITING, NOT SEEN",
        ),
        ("null", None),
        ("[1]", None),
        ("7", None),
        (json.dumps(GOOD | {"spans": 7}), None),
        (json.dumps(GOOD | {"spans": [["a", "RUNNING"]]}), None),
        (json.dumps(GOOD | {"spans": [["a", "RUNNING", "main thread", "1", "2", ""]]}), None),
        (json.dumps(GOOD | {"origin": 7}), None),
        (None, None),
    ],
)
def test_what_is_not_the_json_text_of_a_trace_is_refused(source: Any, what: str | None) -> None:
    with pytest.raises(
        ValueError, match=r"^this is not the JSON text of a trace as Trace\.to_json gives it "
    ) as caught:
        Trace.from_json(source)
    if what is not None:  # the others are Python's own words, which change from version to version
        assert str(caught.value).endswith(f" ({what})")


def test_what_the_refusals_are_tested_with_is_good_otherwise() -> None:
    assert Trace.from_json(json.dumps(GOOD)) == Trace("", ())


@pytest.mark.parametrize("kind", [str, Path])
def test_a_trace_is_written_for_perfetto(tmp_path: Path, kind: Callable[[Path], str | Path]) -> None:
    TRACE.to_perfetto(kind(tmp_path / "trace.json"))
    whole = json.loads((tmp_path / "trace.json").read_text(encoding="utf-8"))
    drawn = sorted((event["ts"], event["name"]) for event in whole["traceEvents"] if event["ph"] == "X")
    assert drawn == sorted((span.start * 1e6, span.state) for span in SPANS)


def test_only_keeps_the_tasks_whose_names_begin_so_and_their_times() -> None:
    spans = tuple(Span(name, "RUNNING", "main", at, at + 1) for at, name in enumerate(["save a", "keep a", "save b"]))
    whole = Trace("files", spans, {"clock": "real"}, "no disk")
    assert whole.only("save") == Trace("files", spans[::2], {"clock": "real"}, "no disk")
    assert whole.only("keep", "save") == whole
    assert whole.only("load").tasks == ()


def test_only_takes_whole_words() -> None:
    names = ["page 1", "page 10", "page 1 again", "pages", "/page?n=1", "page(1)"]
    whole = Trace("", tuple(Span(name, "RUNNING", "main", at, at + 1) for at, name in enumerate(names)))
    assert whole.only("page 1").tasks == ("page 1", "page 1 again")
    assert whole.only("page").tasks == ("page 1", "page 10", "page 1 again", "page(1)")
    assert whole.only("page ").tasks == ("page 1", "page 10", "page 1 again")
    assert whole.only("/page", "pages").tasks == ("pages", "/page?n=1")


def test_only_keeps_spans_in_a_state_and_for_a_reason_and_all_else_of_the_trace() -> None:
    moments = (Moment(0, "a", (), (), {}),)
    whole = Trace("two", SPANS, {"Python": "3.14"}, "an error", result=7, moments=moments)
    assert whole.only(state=READY).spans == (SPANS[1], SPANS[2])
    assert whole.only("a", state="READY", reason="GIL").spans == (SPANS[2],)
    kept = whole.only(reason="a reply")
    assert (kept.spans, kept.result, kept.moments) == ((SPANS[4],), 7, moments)
    assert kept == Trace("two", (SPANS[4],), {"Python": "3.14"}, "an error")


def test_the_peak_of_a_state_counts_the_tasks_that_are_in_it_at_one_instant() -> None:
    assert [TRACE.peak(state) for state in State] == [1, 1, 1, 0]
    twice = Trace("", (*SPANS, Span("d", WAITING, "thread 3", 2, 5, "a lock")))
    assert twice.peak(WAITING) == 2
    assert twice.peak("WAITING", "a lock") == 1
    assert twice.peak(WAITING, "nothing") == 0


def pair(overlap: float, duration: float = 1.0, clock: str = "real") -> Trace:
    """Return two tasks in two threads, of which the second begins so long before the first ends."""
    half = duration / 2
    spans = Span("a", RUNNING, "one", 0, half), Span("b", RUNNING, "two", half - overlap, duration)
    return Trace("two", spans, {"clock": clock})


@pytest.mark.parametrize(
    ("trace", "peak"),
    [
        (pair(0.0009), 1),
        (pair(0.0011), 2),
        (pair(0.0006, duration=0.01), 2),  # of a short recording, an instant is a twentieth
        (pair(0.0004, duration=0.01), 1),
        (pair(1e-9, clock="simulated"), 2),
    ],
)
def test_in_real_time_tasks_run_at_once_if_they_do_for_a_millisecond(trace: Trace, peak: int) -> None:
    assert (trace.peak_parallelism, trace.peak(RUNNING)) == (peak, peak)
    assert trace.peak_concurrency == 2  # marks are exact about who is in progress


@given(st.lists(st.tuples(st.integers(0, 40), st.integers(1, 8)), max_size=30), st.integers(1, 5))
def test_a_peak_is_one_for_more_than_half_of_an_instant_and_more_for_all_of_it(
    intervals: list[tuple[int, int]], instant: int
) -> None:
    starts, ends = (np.array(each, float) for each in ([at for at, _ in intervals], [sum(each) for each in intervals]))
    there = [sum(at <= second < at + lasts for at, lasts in intervals) for second in range(60)]
    windows = [there[second : second + instant] for second in range(50)]
    enough = {1: instant / 2}  # of several, all of it
    filled = {c: max(sum(n >= c for n in window) for window in windows) for c in range(31)}
    lasting = [c for c in range(31) if filled[c] > enough.get(c, instant - 0.5)]
    assert Count(starts, ends, instant).peak == max(lasting)


def test_the_same_program_has_the_same_numbers_in_threads_and_in_asyncio() -> None:
    # Pages that come together and are parsed in a moment: threads may do that at once, by the clocks of two cores.
    pages = range(4)
    threads = [Span(f"page {n}", WAITING, f"thread {n}", 0, 0.05, "socket") for n in pages]
    threads += [Span(f"page {n}", RUNNING, f"thread {n}", 0.05 + n * 2e-4, 0.05 + n * 2e-4 + 5e-4) for n in pages]
    loop = [Span(f"page {n}", WAITING, "main thread", 0, 0.05, "socket") for n in pages]
    loop += [Span(f"page {n}", READY, "main thread", 0.05, 0.05 + n * 5e-4, "event loop") for n in pages if n]
    loop += [Span(f"page {n}", RUNNING, "main thread", 0.05 + n * 5e-4, 0.05 + (n + 1) * 5e-4) for n in pages]
    one, other = (Trace("pages", tuple(spans), {"clock": "real"}) for spans in (threads, loop))
    assert (one.peak_concurrency, one.peak_parallelism) == (other.peak_concurrency, other.peak_parallelism) == (4, 1)


@pytest.mark.parametrize(("each", "apart", "peak"), [(3e-4, 0.01, 0), (3e-4, 4e-4, 1), (2e-3, 0.01, 1)])
def test_short_steps_run_if_they_fill_most_of_an_instant(each: float, apart: float, peak: int) -> None:
    steps = (Span("a", RUNNING, "main thread", n * apart, n * apart + each) for n in range(50))
    assert Trace("steps", tuple(steps), {"clock": "real"}).peak_parallelism == peak
