"""Exercises of notebook 05, and what counts turns of the GIL."""

import time

import pytest
from answers import READY, RUNNING, WAITING, at_once, computes, one_by_one, trace, waits

from taketurns import Span, Trace, preflight
from taketurns.course.labs import gil


def turns(count, worker="thread {}"):
    """A trace of two tasks that hand over so many times."""
    spans = [
        span
        for at in range(count + 1)
        for span in (
            Span(f"task {at % 2}", RUNNING, worker.format(at % 2), at, at + 1),
            Span(f"task {(at + 1) % 2}", READY, worker.format((at + 1) % 2), at, at + 1, "GIL"),
        )
    ]
    return Trace("turns", tuple(spans))


def replies(reason, worker="thread 2"):
    """A trace of replies beside another task, which is carried by that worker."""
    spans = (
        Span("replies", WAITING, "thread 1", 0, 1, "timer"),
        Span("replies", READY, "thread 1", 1, 2, reason),
        Span("replies", RUNNING, "thread 1", 2, 3),
        Span("other", RUNNING, worker, 0, 4),
    )
    return Trace("replies", spans)


trace_without_computing = Trace(
    "", (Span("replies", WAITING, "thread 1", 0, 1, "timer"), Span("other", WAITING, "thread 2", 0, 4, "timer"))
)
QUIZ = {
    "time.sleep(1)": "lets go",
    "[n * n for n in range(10**7)]": "holds",
    "max(range(10**7))": "holds",
    "zlib.decompress(packed)": "lets go",
}


@pytest.mark.parametrize(
    ("exercise", "answer", "sign", "key"),
    [
        (gil.fewer_handovers, turns(41), "…", "start"),
        (gil.fewer_handovers, computes(*one_by_one[:2]), "✗", "one by one"),
        (gil.fewer_handovers, computes(*at_once), "✗", "tasks"),
        (
            gil.fewer_handovers,
            trace([(RUNNING, 0, 2)], [(RUNNING, 2, 3)], worker="thread 1"),
            "✗",
            "workers",
        ),
        (gil.fewer_handovers, turns(40), "✓", "right"),
        (gil.fewer_handovers, turns(1), "✓", "right"),
        (gil.replies_on_time, replies("GIL"), "…", "start"),
        (gil.replies_on_time, waits(*at_once[:2]), "✗", "no_replies"),
        (gil.replies_on_time, replies("GIL", "process 1"), "✗", "one_gil"),
        (gil.replies_on_time, replies("", "process 1"), "✓", "right"),
        (gil.replies_on_time, trace_without_computing, "✗", "no_computing"),
        (gil.hidden_in_c, {**QUIZ, "time.sleep(1)": "holds"}, "✗", "time.sleep(1): holds"),
        (
            gil.hidden_in_c,
            {**QUIZ, "[n * n for n in range(10**7)]": "lets go"},
            "✗",
            "[n * n for n in range(10**7)]: lets go",
        ),
        (gil.hidden_in_c, {**QUIZ, "max(range(10**7))": "lets go"}, "✗", "max(range(10**7)): lets go"),
        (gil.hidden_in_c, {**QUIZ, "zlib.decompress(packed)": "holds"}, "✗", "zlib.decompress(packed): holds"),
        (gil.hidden_in_c, QUIZ, "✓", "right"),
        (
            gil.two_cores_one_gil,
            trace([(RUNNING, 0, 1)], [(RUNNING, 1, 2)], worker="main thread"),
            "…",
            "start",
        ),
        (gil.two_cores_one_gil, computes(*one_by_one[:2]), "✗", "one by one"),
        (gil.two_cores_one_gil, trace(*[[(RUNNING, 0, 1)]] * 2, worker="process {}"), "✗", "processes"),
        (gil.two_cores_one_gil, computes(*at_once[:2]), "✓", "right"),
    ],
)
def test_an_answer_is_told_what_is_behind_it(exercise, answer, sign, key):
    verdict = exercise.verdict(answer)
    assert verdict[:2] == (sign, key), verdict


def test_threads_that_take_turns_are_not_on_two_cores(monkeypatch):
    monkeypatch.setattr("taketurns.course.rules.cores_at_once", lambda: 2)
    verdict = gil.two_cores_one_gil.verdict(turns(5))
    assert verdict.line.startswith("✗")
    assert "which calls" in verdict.line.casefold()


def test_a_turn_goes_on_while_no_other_task_runs():
    spans = gil.spans_of_turns(
        trace(
            [(RUNNING, 0, 1), (READY, 1, 2, "core"), (RUNNING, 2, 3), (READY, 3, 4, "GIL"), (RUNNING, 4, 5)],
            [(READY, 0, 3, "GIL"), (RUNNING, 3, 4)],
        )
    )
    assert [[(span.task, span.start) for span in turn] for turn in spans] == [
        [("task 0", 0), ("task 0", 2)],
        [("task 1", 3)],
        [("task 0", 4)],
    ]


def test_switches_are_counted_where_the_system_counts_them(monkeypatch):
    counts = iter([(3, 1), (5, 2)])
    monkeypatch.setattr(gil, "switched", lambda: next(counts))
    assert gil.count_switches(0) == (2, 1)
    monkeypatch.setattr(gil, "switched", lambda: None)
    assert gil.count_switches(0) is None


@pytest.mark.skipif(not preflight().gil, reason="it takes a GIL to hold it")
def test_a_call_that_holds_the_gil_is_told_from_one_that_lets_go():
    assert gil.share_held(lambda: sum(range(8_000_000))) > 0.5 > gil.share_held(lambda: time.sleep(0.1))
