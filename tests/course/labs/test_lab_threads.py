"""Exercises of notebook 03: the answer that the starter cell holds, typical wrong answers, and a right one."""

from concurrent.futures import Future

import pytest
from answers import RUNNING, WAITING, at_once, one_by_one, waits

from taketurns import Span, Trace
from taketurns.course.labs import threads


def named(fetches, shows=()):
    """A trace of pages that are fetched by threads and then shown by the main thread: name, start and end of each."""
    spans = [Span(f"fetch {page}", WAITING, f"thread {page}", start, end) for page, start, end in fetches]
    spans += [Span(f"show {page}", RUNNING, "main thread", start, end) for page, start, end in shows]
    return Trace("an answer", tuple(spans))


def kept(*fetches, **results):
    return {"trace": named(fetches), "results": results}


LATE = [("atlas", 0, 8), ("news", 0, 2), ("map", 0, 2.1)]
GONE = [("home", 0, 1), ("gone", 0, 1), ("news", 0, 1)]
ERROR = LookupError("there is no such page")


@pytest.mark.parametrize(
    ("exercise", "answer", "sign", "said"),
    [
        (threads.two_rounds, waits(*at_once, *at_once[:2]), "…", "one round. Change one number"),
        (threads.two_rounds, waits(*at_once), "✗", "Tasks in your recording: 4, not 6"),
        (threads.two_rounds, waits(*one_by_one, (4, 5), (5, 6)), "✗", "six rounds"),
        (threads.two_rounds, waits((0, 1), (0, 1), (1, 2), (1, 2), (2, 3), (2, 3)), "✗", "more than two rounds"),
        (threads.two_rounds, waits(*at_once, (1, 2), (1, 2)), "✗", "With 4 threads there are two rounds, but"),
        (threads.two_rounds, waits(*at_once, (0, 1), (1, 2)), "✗", "With 5 threads there are two rounds, but"),
        (threads.two_rounds, waits(*at_once[:3], *[(1, 2)] * 3), "✓", "Three threads, two rounds"),
        (
            threads.as_they_come,
            named(LATE, [("atlas", 8, 9), ("news", 9, 10), ("map", 10, 11)]),
            "…",
            "As it stands, nothing is shown before the atlas",
        ),
        (threads.as_they_come, named(LATE[1:], [("news", 3, 4)]), "✗", "Not all of atlas, news and map were fetched"),
        (threads.as_they_come, named(LATE), "✗", "Not every page was shown"),
        (
            threads.as_they_come,
            named([*LATE, ("home", 0, 1)], [("news", 3, 4), ("map", 4, 5), ("atlas", 8, 9)]),
            "✗",
            "7 tasks, where three fetches and three shows are enough",
        ),
        (
            threads.as_they_come,
            named(
                [("atlas", 0, 8), ("news", 9, 11), ("map", 12, 14)],
                [("atlas", 8, 9), ("news", 11, 12), ("map", 14, 15)],
            ),
            "✗",
            "first submit all, then collect",
        ),
        (
            threads.as_they_come,
            named(LATE, [("news", 8, 9), ("map", 9, 10), ("atlas", 10, 11)]),
            "✗",
            "waits for the last; a loop over as_completed(...) takes each",
        ),
        (
            threads.as_they_come,
            named(LATE, [("news", 2, 3), ("map", 3, 4), ("atlas", 8, 9)]),
            "✓",
            "while another was still on its way",
        ),
        (threads.no_silent_failure, {"trace": named(GONE), "results": ...}, "…", "no answer yet for results"),
        (threads.no_silent_failure, {"trace": named(GONE), "results": ["HOME"]}, "✗", "is to be a dictionary"),
        (
            threads.no_silent_failure,
            kept(*GONE, home=Future(), gone=Future(), news=Future()),
            "✗",
            "A future is a receipt",
        ),
        (threads.no_silent_failure, kept(*GONE, home="HOME", news="NEWS"), "✗", "it is silent again"),
        (threads.no_silent_failure, kept(*GONE, home="HOME", gone=ERROR), "✗", "`try` belongs inside the loop"),
        (
            threads.no_silent_failure,
            kept(*GONE, home="HOME", gone="failed", news="NEWS"),
            "✗",
            "Put the exception itself there",
        ),
        (
            threads.no_silent_failure,
            kept(*GONE, home="HOME", gone=LookupError, news="NEWS"),
            "✗",
            "Put the exception itself there",
        ),
        (
            threads.no_silent_failure,
            kept(*GONE, home="HOME", gone=KeyError, news="NEWS"),
            "✗",
            "Put the exception itself there",
        ),
        (
            threads.no_silent_failure,
            kept(*GONE, home="HOME", gone=TimeoutError(), news="NEWS"),
            "✗",
            "Which one does its future hold?",
        ),
        (
            threads.no_silent_failure,
            kept(*GONE, home="", gone=ERROR, news="NEWS"),
            "✗",
            "home and news did not fail",
        ),
        (
            threads.no_silent_failure,
            kept(("home", 0, 1), ("gone", 1, 2), ("news", 2, 3), home="HOME", gone=ERROR, news="NEWS"),
            "✗",
            "first submit all, then ask",
        ),
        (
            threads.no_silent_failure,
            kept(*GONE, home="HOME", gone=ERROR, news="NEWS"),
            "✓",
            "one failure costs one page",
        ),
        (threads.no_longer, named(LATE[:1], [("atlas", 8, 9)]), "…", "Give it a shorter time-out"),
        (threads.no_longer, named([], [("sorry", 0, 1)]), "✗", "The atlas was not asked for"),
        (threads.no_longer, named(LATE[:1]), "✗", "Nobody said sorry"),
        (threads.no_longer, named(LATE[:1], [("sorry", 8, 9)]), "✗", "when the atlas was there already"),
        (
            threads.no_longer,
            named([("atlas", 1, 9)], [("sorry", 0, 1)]),
            "✗",
            "before the atlas was asked for",
        ),
        (threads.no_longer, named(LATE[:1], [("sorry", 2, 3)]), "✓", "a time-out ends the wait, and not the work"),
        (threads.no_longer, named(LATE[:1], [("sorry", 2, 3), ("atlas", 8, 9)]), "✓", "ends the wait"),
    ],
)
def test_an_answer_is_told_what_is_behind_it(exercise, answer, sign, said):
    verdict = exercise.verdict(answer)
    assert (verdict.sign, said in verdict.line) == (sign, True), verdict


def test_collect_appends_to_the_list_of_the_module(monkeypatch):
    monkeypatch.setattr(threads, "collected", [1])
    threads.collect(2)
    assert threads.collected == [1, 2]
