"""How each task ended, at the end of its lane, in the legend and in words."""

import pytest

from taketurns import Span, Trace, compare, timeline
from taketurns.pictures.caps import caps_of, signs_in
from taketurns.pictures.words import alt
from taketurns.trace.outcomes import Ending, Outcome

HOW = {
    "home": Outcome(Ending.RETURNED),
    "news": Outcome(Ending.RAISED, "urllib.error.HTTPError: 404: not found"),
    "about": Outcome(Ending.CANCELED),
    "faq": Outcome(Ending.DIED),
    "shop": Outcome(Ending.NOT_ENDED),
}
SAID = {"news": "✗ HTTPError", "about": "⊘ canceled", "faq": "† died", "shop": "⋯ not ended"}
TRACE = Trace("pages", tuple(Span(task, "WAITING", "w", 0, n + 1) for n, task in enumerate(HOW)), outcomes=HOW)


def drawn(ax):
    return {(text.xy[1], text.xy[0]): text.get_text() for text in ax.texts if text.get_gid() == "cap"}


def test_a_cap_stands_behind_each_lane_whose_task_did_not_simply_return():
    rows = {task: row for row, task in enumerate(TRACE.tasks)}
    expected = {(rows[task], rows[task] + 1): said for task, said in SAID.items()}
    assert drawn(timeline(TRACE)) == expected
    assert drawn(compare(TRACE).axes[0]) == expected
    assert drawn(timeline(TRACE, lanes="worker")) == {}  # a worker carries many tasks


def test_the_legend_explains_the_caps_that_occur():
    words = [text.get_text() for text in timeline(TRACE).get_legend().get_texts()]
    assert words[-4:] == ["raised an exception", "canceled", "died: its process is gone", "not ended"]
    only = Trace("one", TRACE.spans[:3], outcomes={"about": HOW["about"]})
    assert [sign.meaning for sign in signs_in(caps_of(only))] == ["canceled"]
    assert signs_in(caps_of(Trace("none", TRACE.spans))) == []


def test_the_words_for_who_cannot_see_it_say_how_tasks_ended():
    expected = "1 raised HTTPError, 1 canceled, 1 died, 1 not ended."
    assert expected in alt(TRACE)
    assert expected in " ".join(str(TRACE).split())
    assert "raised urllib.error.HTTPError" in TRACE.table()
    assert [line.rpartition("│")[2].strip() for line in str(TRACE).splitlines() if "│" in line] == [
        "",
        "raised HTTPError",
        "canceled",
        "died",
        "not ended",
    ]
    assert ". " not in Trace("all returned", TRACE.spans[:1], outcomes={"home": HOW["home"]}).summary


@pytest.mark.parametrize("count", [48, 49, 500])
def test_of_very_many_each_has_a_mark_without_words(count):
    spans = tuple(Span(f"t{n}", "WAITING", "w", 0, n + 1) for n in range(count))
    ax = timeline(Trace("many", spans, outcomes={span.task: HOW["about"] for span in spans}))
    marks = [line for line in ax.lines if line.get_gid() == "cap"]
    if count <= 49:
        assert (len(drawn(ax)), marks) == (count, [])
    else:
        assert (drawn(ax), [len(line.get_xdata()) for line in marks]) == ({}, [count])


def test_the_duration_stands_beside_what_reaches_beyond_the_end():
    ended = Trace("one", (Span("news", "WAITING", "w", 0, 1),), outcomes={"news": HOW["news"]})
    for trace in (ended, TRACE):
        ax = timeline(trace)
        ax.figure.draw_without_rendering()
        box = {text.get_text(): text.get_window_extent() for text in ax.texts}
        [end] = [each for words, each in box.items() if words.endswith(" s")]
        caps = [box[words] for words in drawn(ax).values()]
        assert not any(end.overlaps(cap) for cap in caps)


def test_caps_of_a_trace_without_any_are_none():
    assert caps_of(Trace("none", TRACE.spans)) == []


def test_what_has_no_lane_has_no_cap_and_odd_letters_do_no_harm():
    spans = (Span("home", "WAITING", "w", 0, 1),)
    assert signs_in(caps_of(Trace("one", spans, outcomes={"gone": HOW["about"]}))) == []
    ax = timeline(Trace("odd", spans, outcomes={"home": Outcome(Ending.RAISED, "Fehler字: no")}))
    ax.figure.draw_without_rendering()
    assert [*drawn(ax).values()] == ["✗ Fehler▯"]
