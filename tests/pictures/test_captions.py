"""What a wait is for, written into its bar."""

import pytest

from taketurns import Span, Trace, timeline
from taketurns.trace.reasons import is_for_others, phrases
from taketurns.trace.spans import Where


@pytest.mark.parametrize(
    ("reason", "expression", "said"),
    [
        ("sleep", "time.sleep(0.05)", ["time.sleep(0.05)", "time.sleep", "sleep"]),
        ("timer", "await asyncio.sleep(1)", ["asyncio.sleep(1)", "asyncio.sleep", "timer"]),
        ("lock", "b", ["lock b", "lock"]),
        ("lock", "lock", ["lock"]),
        ("another task", "await task", ["another task", "await task"]),
        ("queue", "q.put(n)", ["q.put(n)", "q.put", "queue"]),
        ("socket", None, ["socket"]),
        ("", None, []),
        ("", "reply", ["reply"]),
        (
            "sleep, holds the event loop",
            "time.sleep(1)",
            ["time.sleep(1), holds the event loop", "holds the event loop", "time.sleep(1)", "time.sleep", "sleep"],
        ),
    ],
)
def test_the_phrases_of_a_wait_from_the_longest_to_the_shortest(reason, expression, said):
    where = None if expression is None else Where("In [3]", 4, expression)
    assert phrases(reason, where) == said


@pytest.mark.parametrize(
    ("reason", "others"),
    [("lock", True), ("queue", True), ("another task", True), ("b, c", True), ("timer", False), ("socket", False)],
)
def test_a_wait_is_for_others_where_another_task_ends_it(reason, others):
    assert is_for_others(reason, {"a", "b", "c"}) is others


def captions(trace, size=(9.5, 3)):
    ax = timeline(trace)
    ax.figure.set_size_inches(*size)
    ax.figure.draw_without_rendering()
    return [text.get_text() for text in ax.texts if text.get_gid() == "caption"]


def test_a_bar_has_the_longest_phrase_that_fits():
    where = Where("In [3]", 4, "time.sleep(0.05)")
    spans = [
        Span("a", "WAITING", "w", at, at + lasts, "sleep", where) for at, lasts in ((0, 70), (71, 9), (86, 5), (97, 1))
    ]
    assert captions(Trace("waits", tuple(spans))) == ["time.sleep(0.05)", "time.sleep", "sleep", ""]


def test_a_caption_never_reaches_beyond_its_bar():
    spans = [Span("a", "WAITING", "w", at, at + n, "a reply") for n in range(1, 40) for at in [n * (n - 1) / 2]]
    ax = timeline(Trace("waits", tuple(spans)))
    ax.figure.draw_without_rendering()
    for text in ax.texts:
        if text.get_gid() == "caption" and text.get_text():
            box = text.get_window_extent().transformed(ax.transData.inverted())
            assert text.start <= box.x0 < box.x1 <= text.end


def test_what_comes_into_view_is_told():
    trace = Trace("waits", (Span("a", "WAITING", "w", 0, 1, "a reply"), Span("a", "WAITING", "w", 1, 100, "a timer")))
    ax = timeline(trace)
    ax.set_xlim(0, 2)
    ax.figure.draw_without_rendering()
    assert [text.get_text() for text in ax.texts if text.get_gid() == "caption"] == ["a timer", "a reply"]


def test_in_low_lanes_and_where_nothing_waits_there_are_none():
    low = tuple(Span(f"t{n}", "WAITING", "w", 0, 1, "a reply") for n in range(40))
    assert captions(Trace("low", low)) == []
    assert captions(Trace("runs", (Span("a", "RUNNING", "w", 0, 1),))) == []
