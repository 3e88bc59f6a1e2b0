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
    ("exercise", "answer", "sign", "key"),
    [
        (threads.two_rounds, waits(*at_once, *at_once[:2]), "…", "start"),
        (threads.two_rounds, waits(*at_once), "✗", "tasks"),
        (threads.two_rounds, waits(*one_by_one, (4, 5), (5, 6)), "✗", "1"),
        (threads.two_rounds, waits((0, 1), (0, 1), (1, 2), (1, 2), (2, 3), (2, 3)), "✗", "2"),
        (threads.two_rounds, waits(*at_once, (1, 2), (1, 2)), "✗", "other"),
        (threads.two_rounds, waits(*at_once, (0, 1), (1, 2)), "✗", "other"),
        (threads.two_rounds, waits(*at_once[:3], *[(1, 2)] * 3), "✓", "right"),
        (
            threads.as_they_come,
            named(LATE, [("atlas", 8, 9), ("news", 9, 10), ("map", 10, 11)]),
            "…",
            "start",
        ),
        (threads.as_they_come, named(LATE[1:], [("news", 3, 4)]), "✗", "not_fetched"),
        (threads.as_they_come, named(LATE), "✗", "not_shown"),
        (
            threads.as_they_come,
            named([*LATE, ("home", 0, 1)], [("news", 3, 4), ("map", 4, 5), ("atlas", 8, 9)]),
            "✗",
            "twice",
        ),
        (
            threads.as_they_come,
            named(
                [("atlas", 0, 8), ("news", 9, 11), ("map", 12, 14)],
                [("atlas", 8, 9), ("news", 11, 12), ("map", 14, 15)],
            ),
            "✗",
            "one_by_one",
        ),
        (
            threads.as_they_come,
            named(LATE, [("news", 8, 9), ("map", 9, 10), ("atlas", 10, 11)]),
            "✗",
            "shown_last",
        ),
        (
            threads.as_they_come,
            named(LATE, [("news", 2, 3), ("map", 3, 4), ("atlas", 8, 9)]),
            "✓",
            "right",
        ),
        (threads.no_silent_failure, {"trace": named(GONE), "results": ...}, "…", "blanks"),
        (threads.no_silent_failure, {"trace": named(GONE), "results": ["HOME"]}, "✗", "no_dictionary"),
        (
            threads.no_silent_failure,
            kept(*GONE, home=Future(), gone=Future(), news=Future()),
            "✗",
            "futures",
        ),
        (threads.no_silent_failure, kept(*GONE, home="HOME", news="NEWS"), "✗", "silent"),
        (threads.no_silent_failure, kept(*GONE, home="HOME", gone=ERROR), "✗", "other_pages"),
        (
            threads.no_silent_failure,
            kept(*GONE, home="HOME", gone="failed", news="NEWS"),
            "✗",
            "no_error",
        ),
        (
            threads.no_silent_failure,
            kept(*GONE, home="HOME", gone=LookupError, news="NEWS"),
            "✗",
            "no_error",
        ),
        (
            threads.no_silent_failure,
            kept(*GONE, home="HOME", gone=KeyError, news="NEWS"),
            "✗",
            "no_error",
        ),
        (
            threads.no_silent_failure,
            kept(*GONE, home="HOME", gone=TimeoutError(), news="NEWS"),
            "✗",
            "other_error",
        ),
        (
            threads.no_silent_failure,
            kept(*GONE, home="", gone=ERROR, news="NEWS"),
            "✗",
            "no_text",
        ),
        (
            threads.no_silent_failure,
            kept(("home", 0, 1), ("gone", 1, 2), ("news", 2, 3), home="HOME", gone=ERROR, news="NEWS"),
            "✗",
            "one_by_one",
        ),
        (
            threads.no_silent_failure,
            kept(*GONE, home="HOME", gone=ERROR, news="NEWS"),
            "✓",
            "right",
        ),
        (threads.no_longer, named(LATE[:1], [("atlas", 8, 9)]), "…", "start"),
        (threads.no_longer, named([], [("sorry", 0, 1)]), "✗", "no_atlas"),
        (threads.no_longer, named(LATE[:1]), "✗", "no_sorry"),
        (threads.no_longer, named(LATE[:1], [("sorry", 8, 9)]), "✗", "too_late"),
        (
            threads.no_longer,
            named([("atlas", 1, 9)], [("sorry", 0, 1)]),
            "✗",
            "too_early",
        ),
        (threads.no_longer, named(LATE[:1], [("sorry", 2, 3)]), "✓", "right"),
        (threads.no_longer, named(LATE[:1], [("sorry", 2, 3), ("atlas", 8, 9)]), "✓", "right"),
    ],
)
def test_an_answer_is_told_what_is_behind_it(exercise, answer, sign, key):
    verdict = exercise.verdict(answer)
    assert verdict[:2] == (sign, key), verdict


def test_collect_appends_to_the_list_of_the_module(monkeypatch):
    monkeypatch.setattr(threads, "collected", [1])
    threads.collect(2)
    assert threads.collected == [1, 2]
