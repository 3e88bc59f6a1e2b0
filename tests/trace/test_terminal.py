"""A trace as text fits into a terminal, whatever the names, and whatever the terminal's encoding."""

import io
import sys

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from taketurns.trace.spans import Span, State, Where
from taketurns.trace.terminal import COLUMNS, cut, encodable, printable, width
from taketurns.trace.trace import Trace

#: Every text that Python can hold, halves of characters and what steers a terminal included.
anything = st.text(st.characters(exclude_categories=[]), max_size=400) | st.sampled_from(
    ["🍕" * 300, "x" * 300, "日本語" * 50, "\x1b[31mred\x1b[0m", "\u202eright to left", "a\nb\0c", "lone \ud800", ""]
)


def trace_of(*names, label="", worker="main thread", **more):
    states = [State.RUNNING, State.READY, State.WAITING, State.UNSEEN]
    spans = [
        Span(name, state, worker, at + number, at + number + 1, "why", Where("In [3]", 4, name))
        for number, name in enumerate(names)
        for at, state in enumerate(states)
    ]
    return Trace(label, tuple(spans), **more)


@pytest.mark.parametrize(
    ("text", "columns"), [("tea", 3), ("日本", 4), ("🍕", 2), ("e\u0301", 1), ("", 0), ("█░─…", 4)]
)
def test_letters_of_east_asia_and_emoji_take_two_columns_and_accents_none(text, columns):
    assert width(text) == columns


@pytest.mark.parametrize(
    ("text", "most", "left"),
    [
        ("short", 5, "short"),
        ("fetch('a page with a long name', 17)", 16, "fetch('a p…, 17)"),
        ("日本語のタスク", 9, "日本…ク"),
        ("abc", 1, "…"),
    ],
)
def test_a_long_name_is_cut_in_its_middle(text, most, left):
    assert cut(text, most) == left


@given(anything, st.integers(1, 120))
def test_what_is_cut_has_room_and_keeps_its_ends(text, most):
    text = printable(text)
    found = cut(text, most)
    assert width(found) <= most
    if found != text:
        start, _, end = found.rpartition("…")
        assert text.startswith(start) or "…" in start
        assert text.endswith(end)


@given(anything)
def test_what_is_printable_is_one_line_that_steers_nothing_and_has_an_encoding(text):
    found = printable(text)
    assert found.isprintable()
    found.encode("utf-8")


@given(st.lists(anything, min_size=1, max_size=6), anything, anything)
@example(["x" * 300], "long " * 80, "worker " * 30)
def test_a_printed_trace_and_its_table_need_at_most_100_columns(names, label, worker):
    trace = trace_of(*names, label=label, worker=worker, notes=(label,), cut_short=label)
    for text in str(trace), trace.table():
        assert max(map(width, text.splitlines())) <= COLUMNS
        assert all(line.isprintable() for line in text.split("\n"))


@pytest.mark.parametrize("encoding", ["ascii", "cp1252", "latin-1", "cp437", "utf-8", "utf-16"])
@given(name=anything)
def test_a_trace_is_printed_in_any_encoding(encoding, name):
    trace = trace_of(name, label=name)
    output = io.TextIOWrapper(io.BytesIO(), encoding)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "stdout", output)
        print(trace, file=output)
        output.flush()
    printed = output.buffer.getvalue().decode(encoding)
    assert len(printed.splitlines()) == len(str(trace).splitlines())


def test_an_encoding_without_the_marks_has_others(monkeypatch):
    trace = trace_of("tea", label="two")
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(io.BytesIO(), "ascii"))
    assert str(trace).splitlines()[1:] == [
        f"tea |{'#' * 16}{'-' * 16}{'.' * 16}{'?' * 16}|",
        f"    0{'4 s':>64}",
        "# running  - ready  . waiting  ? not seen",
    ]


@pytest.mark.parametrize("output", [None, io.StringIO(), io.BytesIO(), object()])
def test_where_the_output_has_no_encoding_the_text_stays_as_it_is(monkeypatch, output):
    with monkeypatch.context() as patch:
        patch.setattr(sys, "stdout", output)
        assert encodable("█ 🍕") == "█ 🍕"


def test_an_encoding_that_python_does_not_know_is_left_to_the_output(monkeypatch):
    class Strange:
        encoding = "klingon"

    with monkeypatch.context() as patch:
        patch.setattr(sys, "stdout", Strange())
        assert encodable("█") == "█"


def test_a_page_has_room_for_lines_of_any_length() -> None:
    name = "a task with a name of many words " * 5
    trace = Trace("", (Span(name, State.RUNNING, "thread 1", 0, 1),))
    assert name.strip() in trace.twin
    assert max(map(len, trace.table().splitlines())) <= COLUMNS < max(map(len, trace.twin.splitlines()))
