"""Arrows: who started and who woke whom, and circles of tasks that wait for each other."""

from taketurns import Span, Trace, timeline
from taketurns.pictures.causes import STARTED, WOKE, Arrow, arrows_of
from taketurns.trace.outcomes import Blocked

SPANS = (
    Span("main", "RUNNING", "w", 0, 1),
    Span("page 1", "WAITING", "w", 1, 3, "timer"),
    Span("page 2", "WAITING", "w", 2, 4, "queue"),
    Span("page 1", "RUNNING", "w", 3, 4),
    Span("page 2", "READY", "w", 4, 5, "event loop", waker="page 1"),
)
TRACE = Trace("pages", SPANS, parents={"page 1": "main", "page 2": "main", "gone": "main"})
CIRCLE = (Blocked("page 1", "wants b", "page 2"), Blocked("page 2", "wants a", "page 1"))


def arrows(ax, gid):
    """Return from where to where arrows lead, as (x, y)."""
    found = [text for text in ax.texts if text.get_gid() == gid and text.arrow_patch is not None]
    return [(text.xyann, text.xy) for text in found]


def test_arrows_lead_from_who_started_and_from_who_woke():
    assert arrows_of(TRACE) == [Arrow(STARTED, 1, 0, 1), Arrow(STARTED, 2, 0, 2), Arrow(WOKE, 4, 1, 2)]
    assert arrows(timeline(TRACE, causes=True), "cause") == [((1, 0), (1, 1)), ((2, 0), (2, 2)), ((4, 1), (4, 2))]


def test_they_are_drawn_and_explained_on_demand_only():
    def words(ax):
        return [text.get_text() for text in ax.get_legend().get_texts()]

    assert words(timeline(TRACE, causes=True))[-2:] == [STARTED.meaning, WOKE.meaning]
    assert not {STARTED.meaning, WOKE.meaning} & {*words(timeline(TRACE))}
    assert arrows(timeline(TRACE), "cause") == []
    assert arrows(timeline(TRACE, lanes="worker", causes=True), "cause") == []


def test_of_very_many_the_arrows_that_ended_the_longest_waits_are_drawn():
    spans = [
        span
        for n in range(300)
        for span in (Span(f"t{n}", "WAITING", "w", 0, n + 1), Span(f"t{n}", "READY", "w", n + 1, n + 2, waker="t0"))
    ]
    woken = [arrow.end for arrow in arrows_of(Trace("many", tuple(spans)))]
    assert woken == [*range(299, 99, -1)]


def test_a_deadlock_is_a_circle_of_arrows_each_of_which_says_what_is_wanted():
    ax = timeline(Trace("stuck", SPANS, cut_short="it hangs", blocked=CIRCLE))
    (one, other) = arrows(ax, "deadlock")
    assert [(start[1], end[1]) for start, end in (one, other)] == [(1, 2), (2, 1)]
    assert one[0][0] == one[1][0] != other[0][0] == other[1][0]
    written = {text.get_text(): text.xy for text in ax.texts if text.get_gid() != "caption"}
    assert (written["holds a, wants b"], written["holds b, wants a"]) == (one[0], other[0])
    assert any(words.endswith("still in deadlock") for words in written)


def test_the_circle_of_a_trace_survives_the_file_and_a_filter():
    trace = Trace("stuck", SPANS, blocked=CIRCLE)
    assert Trace.from_json(trace.to_json()).blocked == CIRCLE
    assert trace.only("page").blocked == CIRCLE
    assert trace.only("page 1").blocked == ()
