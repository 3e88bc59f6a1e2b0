"""What explore() hands to its script is the whole trace; while that is recorded, it is more and more of it."""

from __future__ import annotations

import json
from array import array
from dataclasses import asdict

import pytest
from hypothesis import given
from hypothesis import strategies as st

from taketurns import EventLoop, SimulatedClock, Span, State, Trace, record
from taketurns.pictures.caps import caps_of
from taketurns.pictures.looks import LOOKS, explained, looks_of
from taketurns.pictures.words import alt
from taketurns.recording import so_far
from taketurns.suspend import generators
from taketurns.trace.outcomes import Ending, Outcome
from taketurns.trace.reasons import phrases
from taketurns.trace.spans import Where
from taketurns.widgets.explore import Explorer, explore

RUNNING, READY, WAITING, UNSEEN = State
PLACE = Where("In [3]", 4, "sock.recv(4096)")
TRACE = Trace(
    "loop",
    (
        Span("b", RUNNING, "main", 0.0, 0.1),
        Span("a", WAITING, "main", 0.0, 0.1, "socket", PLACE),
        Span("a", RUNNING, "main", 0.1, 0.2, "", None, "b"),
        Span("b", READY, "thread 1", 0.1, 0.15, "event loop"),
    ),
    outcomes={"a": Outcome(Ending.RAISED, "ValueError: no"), "b": Outcome(Ending.RETURNED)},
    parents={"a": "b"},
)


def arrays(widget):
    """Return what the script reads: starts, ends, workers, kinds, and where each lane begins."""
    about, data = widget._about, widget._spans
    lanes = len(about["tasks"])
    count = (len(data) - 4 * (lanes + 1)) // 24
    sizes = [("d", 8, count), ("d", 8, count), ("I", 4, count), ("I", 4, count), ("I", 4, lanes + 1)]
    found, at = [], 0
    for code, size, length in sizes:
        found.append(array(code, data[at : at + size * length]).tolist())
        at += size * length
    assert at == len(data)
    return found


def spans(widget):
    """Return the spans that the script is given, lane by lane."""
    about, (start, end, worker, kind, first) = widget._about, arrays(widget)
    found = []
    for lane, name in enumerate(about["tasks"]):
        for i in range(first[lane], first[lane + 1]):
            _, state, reason, where, waker, _ = about["kinds"][kind[i]]
            woken_by = about["tasks"][waker] if waker >= 0 else ""
            found.append((name, state, about["workers"][worker[i]], start[i], end[i], reason, where, woken_by))
    return found


def told(trace):
    """Return the spans of a trace in that order."""
    return [
        (task, s.state, s.worker, s.start, s.end, s.reason, " ".join(str(s.where or "").split()), s.waker)
        for task in trace.tasks
        for s in trace.lane(task)
    ]


def test_what_is_not_a_trace_is_named():
    with pytest.raises(TypeError, match=r"explore\(\) shows a Trace.*not 'loop'"):
        explore("loop")


def test_a_trace_that_another_process_records_is_told_from_a_finished_one():
    with pytest.raises(RuntimeError, match="after its `with record"):
        explore(Trace.begin("loop"))


def test_the_script_is_given_all_spans_and_what_is_known_of_their_tasks():
    widget = explore(TRACE)
    assert spans(widget) == told(TRACE)
    about = widget._about
    assert (about["label"], about["alt"], about["isOn"], about["duration"]) == ("loop", alt(TRACE), False, 0.2)
    assert dict(zip(about["tasks"], about["outcomes"], strict=True)) == {"b": "returned", "a": "raised ValueError: no"}
    assert [about["tasks"][parent] if parent >= 0 else "" for parent in about["parents"]] == ["", "b"]


some_spans = st.builds(
    lambda task, state, worker, start, length: Span(task, state, worker, start, start + length),
    *(st.sampled_from(["a", "b", "c"]), st.sampled_from(State), st.sampled_from(["main", "thread 1"])),
    *(st.floats(0, 1e5), st.floats(0, 10)),
)


@given(st.lists(some_spans, max_size=12))
def test_the_columns_are_whole_and_exact(some):
    trace = Trace("any", tuple(some))
    widget = explore(trace)
    assert spans(widget) == told(trace)
    widget.close()


@pytest.mark.parametrize("key", LOOKS)
def test_a_span_has_the_look_that_the_timeline_gives_it(key):
    reasons = {"in turns": "GIL", "for others": "lock", "holds the loop": "sleep, holds the event loop"}
    states = {"in turns": RUNNING, "for others": WAITING, "holds the loop": WAITING}
    trace = Trace("one", (Span("c", states.get(key, key), "main", 0, 1, reasons.get(key, "")),))
    about = explore(trace)._about
    assert about["looks"] == [{**asdict(LOOKS[key]), "meaning": explained(LOOKS[key], trace)}]
    assert [kind[0] for kind in about["kinds"]] == [0]


def test_an_empty_trace_is_an_empty_widget():
    widget = explore(Trace("empty", ()))
    assert spans(widget) == []
    assert (widget._about["tasks"], widget._about["looks"], widget._about["duration"]) == ([], [], 0)
    assert "<img" in widget.still


def test_names_are_in_one_line_and_not_endless():
    about = explore(Trace("a\nb", (Span("x\n" * 500, RUNNING, "main", 0, 1),)))._about
    assert about["label"] == "a b"
    assert len(about["tasks"][0]) == 200
    assert "\n" not in about["tasks"][0]


def test_whatever_stands_in_names_can_be_sent():
    half = "\ud800"
    span = Span(half, RUNNING, half, 0, 1, half, Where(half, 1, half))
    about = explore(Trace(half, (span,), cut_short=half, notes=(half,)))._about
    assert json.loads(json.dumps(about, ensure_ascii=False).encode())["tasks"] == ["�"]


def test_the_script_reads_only_what_its_two_traits_hold():
    assert {name for name in explore(TRACE).keys if not name.startswith("_")} <= {
        "comm",
        "layout",
        "tabbable",
        "tooltip",
    }
    assert all(f'"{name}"' in Explorer._esm for name in ("_about", "_spans"))
    assert "getElementById" not in Explorer._esm


def test_its_repr_is_one_line():
    assert repr(explore(TRACE)) == "<Explorer 'loop': 2 tasks, 4 spans>"


# While it is recorded


def test_it_fills_in_while_it_is_recorded():
    seen = []

    def tea():
        yield generators.sleep(180)
        widget.follower.refresh()
        seen.append((spans(widget), widget._about["isOn"], repr(widget)))
        yield generators.sleep(60)

    with record("tea", SimulatedClock()) as trace:
        widget = explore(trace)
        assert spans(widget) == []
        generators.run(tea, loop=EventLoop())
    ran = ("tea", RUNNING, "main thread", 0.0, 0.0, "", "", "")
    ((so_far, is_on, line),) = seen
    assert [each[:5] for each in so_far] == [ran[:5], ("tea", WAITING, "main thread", 0.0, 180.0)]
    assert (is_on, line) == (True, "<Explorer 'tea': 1 task, 2 spans, still being recorded>")
    assert widget._about["isOn"] is False
    assert widget.trace is trace
    assert spans(widget) == told(trace)
    assert trace.duration == 240


@pytest.mark.parametrize("error", [KeyboardInterrupt, ZeroDivisionError])
def test_it_ends_with_the_recording_whatever_ends_that(error, monkeypatch):
    monkeypatch.setattr(so_far, "PAUSE", 0)
    with pytest.raises(error), record("cut") as trace:
        widget = explore(trace)
        widget.follower.start()
        raise error
    assert not widget.follower.thread.is_alive()
    assert widget.trace is trace
    assert widget._about["cutShort"] == error.__name__
    assert widget._about["isOn"] is False


def test_what_comes_late_is_not_shown_any_more():
    with record("late") as trace:
        widget = explore(trace)
    widget.show(Trace("late", ()))
    assert widget.trace is trace
    widget.follower.refresh()
    assert widget.trace is trace


def test_what_is_too_short_for_a_picture_is_there_to_be_looked_at():
    spans = (
        Span("a", RUNNING, "m", 0, 1),
        Span("a", READY, "m", 1, 1.0005, "core"),
        Span("a", RUNNING, "m", 1.0005, 2),
    )
    trace = Trace("alone", spans, origin={"clock": "real"})
    assert [look.key for look in looks_of(trace)] == ["RUNNING"]
    assert [look["key"] for look in explore(trace)._about["looks"]] == ["RUNNING", "READY"]


def test_endings_and_captions_are_those_of_the_timeline():
    about = explore(TRACE)._about
    assert [(row, text) for row, _, text, _ in about["caps"]] == [(cap.row, cap.text) for cap in caps_of(TRACE)]
    assert [kind[5] for kind in about["kinds"] if kind[1] == "WAITING"] == [phrases("socket", PLACE)]
