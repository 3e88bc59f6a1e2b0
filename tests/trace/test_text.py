"""Durations in words, and the text twins of a timeline."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from taketurns.trace import terminal
from taketurns.trace.spans import Span, State
from taketurns.trace.text import duration_text, text_timeline
from taketurns.trace.trace import Trace

LETTERS = {"R": State.RUNNING, "r": State.READY, "w": State.WAITING}
DRAWN = {"R": "█", "r": "─", "w": "░"}


def trace(label: str, *lanes: str, second: float = 1.0) -> Trace:
    """Make a recording: one lane for each task, one letter for each second, such as ``" wRr"``."""
    return Trace(
        label,
        tuple(
            Span(f"task {number}", LETTERS[letter], "main thread", at * second, (at + 1) * second)
            for number, lane in enumerate(lanes)
            for at, letter in enumerate(lane)
            if letter != " "
        ),
    )


def in_characters(trace: Trace, width: int) -> str:
    return text_timeline(trace, width)


SMALL = Trace(
    "two threads",
    (
        Span("breakfast", State.RUNNING, "thread 1", 0, 0.25),
        Span("tea", State.READY, "thread 2", 0, 0.25, "GIL"),
        Span("breakfast", State.READY, "thread 1", 0.25, 0.5, "GIL"),
        Span("tea", State.RUNNING, "thread 2", 0.25, 0.5),
        Span("breakfast", State.RUNNING, "thread 2", 0.5, 0.75),
        Span("tea", State.WAITING, "thread 2", 0.5, 2.0, "the kettle"),
    ),
)


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (0, "0 s"),
        (0.0, "0 s"),
        (1e-18, "0 s"),  # what is left of sums of floats
        (0.4e-9, "0 s"),
        (1e-9, "1 ns"),
        (15e-9, "15 ns"),
        (987e-9, "987 ns"),
        (1e-6, "1 µs"),
        (1.234e-6, "1.23 µs"),
        (98.2e-6, "98.2 µs"),
        (999.4e-6, "999 µs"),
        (999.6e-6, "1 ms"),
        (0.005, "5 ms"),
        (0.2264, "226 ms"),
        (0.9994, "999 ms"),
        (0.9996, "1 s"),
        (1.25, "1.25 s"),
        (2, "2 s"),
        (10.04, "10 s"),
        (59.94, "59.9 s"),
        (59.99, "1 min"),
        (60, "1 min"),
        (61.4, "1 min 1 s"),
        (119.6, "2 min"),
        (1855, "30 min 55 s"),
        (3599.6, "1 h"),
        (3600, "1 h"),
        (3655, "1 h 55 s"),
        (3660, "1 h 1 min"),
        (3661, "1 h 1 min 1 s"),
        (43_200, "12 h"),
        (3_600_000, "1,000 h"),
        (-0.0, "0 s"),
        (-1e-18, "0 s"),
        (-0.002, "−2 ms"),
        (-3655, "−1 h 55 s"),
    ],
)
def test_a_duration_is_said_in_natural_units(seconds: float, said: str) -> None:
    assert duration_text(seconds) == said


UNITS = {"ns": 1e-9, "µs": 1e-6, "ms": 1e-3, "s": 1.0, "min": 60.0, "h": 3600.0}


@given(st.floats(1e-9, 1e6))
def test_a_duration_in_words_is_right_to_half_a_percent_or_half_a_second(seconds: float) -> None:
    words = duration_text(seconds).replace(",", "").split()
    said = sum(float(number) * UNITS[unit] for number, unit in zip(words[::2], words[1::2], strict=True))
    assert abs(said - seconds) <= (0.00501 * seconds + 0.5e-9 if seconds < 60 else 0.5001)


@given(st.floats(0, 1e6))
def test_no_figure_is_larger_than_its_unit_allows(seconds: float) -> None:
    words = duration_text(seconds).replace(",", "").split()
    for number, unit in zip(words[::2], words[1::2], strict=True):
        assert float(number) < {"s": 60, "min": 60}.get(unit, 1000)
        assert float(number) > 0 or words == ["0", "s"]


def test_the_table_has_a_line_for_each_task() -> None:
    assert SMALL.table().split("\n") == [
        "task       worker              start     end  running   ready  waiting",
        "breakfast  thread 1, thread 2    0 s  750 ms   500 ms  250 ms      0 s",
        "tea        thread 2              0 s     2 s   250 ms  250 ms    1.5 s",
    ]


def test_the_table_of_an_empty_trace_has_its_heading() -> None:
    assert Trace("nothing", ()).table() == "task  worker  start  end  running  ready  waiting"


def test_a_task_ends_with_the_last_of_its_spans_to_end() -> None:
    spans = (Span("a", State.WAITING, "main thread", 0, 9), Span("a", State.RUNNING, "main thread", 1, 2))
    assert Trace("", spans).table().split("\n")[1] == "a     main thread    0 s  9 s      1 s    0 s      9 s"


def test_a_trace_as_text_is_a_timeline() -> None:
    assert str(SMALL).split("\n") == [
        "two threads: 2 tasks in 2 s, concurrency 2 · parallelism 1.",
        "breakfast │████████────────████████                                        │",
        "tea       │────────████████░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░│",
        "          0                                                             2 s",
        "█ running  ─ ready  ░ waiting",
    ]


def test_an_empty_trace_as_text_is_a_sentence() -> None:
    assert str(Trace("nothing", ())) == ("nothing: 0 tasks in 0 s, concurrency 0 · parallelism 0.")


def test_a_trace_of_an_instant_has_an_empty_lane() -> None:
    instant = Trace("an instant", (Span("a", State.RUNNING, "main thread", 0, 0),))
    assert in_characters(instant, width=4).split("\n")[1:3] == ["a │    │", "  0 0 s"]


@pytest.mark.parametrize(
    ("count", "last"),
    [(40, None), (41, "… and 1 more task"), (42, "… and 2 more tasks"), (240, "… and 200 more tasks")],
)
def test_at_most_forty_lanes_are_drawn_and_the_rest_is_counted(count: int, last: str | None) -> None:
    lines = in_characters(trace("many", *["R"] * count), width=8).split("\n")
    lanes = [f"task {number:<2} │████████│" for number in range(40)]
    assert lines[1:-2] == lanes + ([last] if last else [])
    assert lines[-2:] == ["        0     1 s", "█ running  ─ ready  ░ waiting"]


@given(st.lists(st.text("Rrw ", min_size=16, max_size=16), max_size=4))
def test_each_character_shows_the_state_that_took_most_of_its_stretch(lanes: list[str]) -> None:
    # Every lane runs at its ends, so that it is drawn and 18 s long; a character stands for 3 s.
    lanes = [f"R{lane}R" for lane in lanes]
    lines = in_characters(trace("any", *lanes), width=6).split("\n")[1 : 1 + len(lanes)]
    for number, (lane, line) in enumerate(zip(lanes, lines, strict=True)):
        assert line.startswith(f"task {number} │")
        assert line.endswith("│")
        for at, drawn_as in enumerate(line[-7:-1]):
            cell = Counter(DRAWN[letter] for letter in lane[3 * at : 3 * at + 3] if letter != " ")
            assert cell[drawn_as] == max(cell.values()) if cell else drawn_as == " "


def test_a_character_counts_time_and_not_spans() -> None:
    fast = [Span("a", State.RUNNING, "main thread", at / 10, (at + 1) / 10) for at in range(4)]
    slow = Span("a", State.WAITING, "main thread", 0.4, 1)
    assert in_characters(Trace("", (*fast, slow)), width=1).split("\n")[1] == "a │░│"


def test_what_ends_with_a_stretch_does_not_reach_into_the_next() -> None:
    # As floats, 3 × 0.1 is more than 0.3: a whole character more, if it is not rounded.
    lanes = ["R" * count + " " * (20 - count) + "w" for count in range(1, 21)]
    lines = in_characters(trace("tenths", *lanes, second=0.1), width=21).split("\n")[1:-2]
    assert [line[-22:-1] for line in lines] == [lane.replace("R", "█").replace("w", "░") for lane in lanes]


def test_a_short_span_is_seen_where_there_is_nothing_else() -> None:
    spans = (Span("a", State.READY, "main thread", 0.51, 0.5101), Span("b", State.WAITING, "main thread", 0, 1))
    assert in_characters(Trace("", spans), width=8).split("\n")[1:3] == ["b │░░░░░░░░│", "a │    ─   │"]


def test_on_a_page_the_table_of_very_many_tasks_leaves_out_those_in_the_middle_and_says_so() -> None:
    for count, left_out in ((200, None), (201, "… 1 more task: "), (20_000, "… 19,800 more tasks: ")):
        many = trace("many", *["R"] * count)
        lines = many.twin.split("\n")
        whole = many.table().split("\n")
        assert len(whole) == 1 + count
        assert [line.split("  ")[0] for line in lines[1:101]] == [f"task {number}" for number in range(100)]
        assert [line.split("  ")[0] for line in lines[-100:]] == [
            f"task {number}" for number in range(count - 100, count)
        ]
        told = lines[101:-100]
        assert [line[: len(left_out or "")] for line in told] == ([left_out] if left_out else [])
        assert all("trace.table()" in line for line in told)


def test_the_first_lanes_are_drawn_alike_however_many_there_are() -> None:
    lanes = ["Rrw w", " Rr", "wwwwR"]
    few = in_characters(trace("few", *lanes), width=5).split("\n")[1:4]
    many = in_characters(trace("many", *lanes, *["w"] * 5000), width=5).split("\n")[1:4]
    assert [line[-7:] for line in few] == ["│█─░ ░│", "│░░░░█│", "│ █─  │"]
    assert many[0][-7:] == "│█─░ ░│"


some_spans = st.builds(
    lambda task, state, worker, ends: Span(task, state, worker, *sorted(ends)),
    st.text(max_size=6) | st.sampled_from(["two\nlines", "a\ttab", " ", "\x85", "a\u2028b", "日本語"]),
    st.sampled_from(State),
    st.text(max_size=6) | st.sampled_from(["two\r\nlines", "main thread"]),
    st.tuples(*[st.floats(0, 1e6)] * 2),
)


@example([Span("a", State.RUNNING, "main thread", 0, 5e-324)], 64)
@given(st.lists(some_spans, max_size=8), st.integers(1, 80))
def test_all_lanes_have_one_width_and_one_line_whatever_the_names(spans: list[Span], width: int) -> None:
    any_trace = Trace("any", tuple(spans))
    lines = in_characters(any_trace, width).splitlines()
    lanes = lines[1 : 1 + len(any_trace.tasks)]
    assert len(lines) == (1 + len(lanes) + 2 if lanes else 1)
    widths = {terminal.width(line) for line in lanes}
    assert widths <= {terminal.width(lines[1][: -width - 2]) + width + 2 if lanes else 0}
    assert all(line[-width - 2] == line[-1] == "│" for line in lanes)


@given(st.lists(some_spans, max_size=8))
def test_all_lines_of_the_table_have_one_width_whatever_the_names(spans: list[Span]) -> None:
    any_trace = Trace("any", tuple(spans))
    lines = any_trace.table().splitlines()
    assert len(lines) == 1 + len(any_trace.tasks)
    assert len({terminal.width(line) for line in lines}) == 1
