"""Exercises of notebook 03, and a function that appends to a list of this module, for threads and for processes."""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import Future
from typing import Any

from taketurns.course.checks import Exercise, rule, tasks
from taketurns.trace.trace import Trace

__all__ = ["as_they_come", "collect", "collected", "no_longer", "no_silent_failure", "two_rounds"]

collected: list[int] = []


def collect(number: int) -> None:
    """Append a number to the list of this module."""
    collected.append(number)


two_rounds = Exercise(
    "Two rounds",
    tasks(6, "The exercise asks for the first six pages, each of them once."),
    rule(
        lambda trace: trace.peak_concurrency != 1,
        "They came one by one: six rounds. How many pages must be in a round, if there are two?",
    ),
    rule(
        lambda trace: trace.peak_concurrency >= 3,
        "Pages in progress at one instant: at most {concurrency}, so six pages need more than two rounds.",
    ),
    rule(
        lambda trace: trace.peak_concurrency != 6,
        "All six were in progress at one instant: that is one round.",
    ),
    rule(
        lambda trace: trace.peak_concurrency == 3,
        "With {concurrency} threads there are two rounds, but in the second one some have nothing to do. "
        "A smaller pool needs no more rounds.",
    ),
    start=rule(
        lambda trace: trace.peak_concurrency != 6 or len(trace.tasks) != 6,
        "As it stands, all six pages are in progress at once: one round. Change one number.",
    ),
    solved="Three threads, two rounds. Four or five threads need two rounds as well.",
)


def _begin(trace: Trace, task: str) -> float:
    return trace.lane(task)[0].start


def _end(trace: Trace, task: str) -> float:
    return max(span.end for span in trace.lane(task))


def _named(trace: Trace, verb: str) -> list[str]:
    """Return the tasks whose name begins with a verb, in order of their start."""
    return [task for task in trace.tasks if task.startswith(f"{verb} ")]


def _at_once(trace: Trace) -> int:
    """Count the most pages that are being fetched at one instant."""
    times = [(_begin(trace, task), _end(trace, task)) for task in _named(trace, "fetch")]
    return max((sum(start <= at < end for start, end in times) for at, _ in times), default=0)


def _shown_meanwhile(trace: Trace) -> bool:
    """Return whether anything is shown before the last page is there."""
    last = max(_end(trace, task) for task in _named(trace, "fetch"))
    return any(_begin(trace, task) < last for task in _named(trace, "show"))


_ALL_PAGES = {"fetch atlas", "fetch news", "fetch map"}
_ALL_SHOWN = {"show atlas", "show news", "show map"}

as_they_come = Exercise(
    "Show what is there",
    rule(
        lambda trace: set(trace.tasks) >= _ALL_PAGES,
        "Not all of atlas, news and map were fetched. Each needs a call of fetch_late().",
    ),
    rule(
        lambda trace: set(trace.tasks) >= _ALL_SHOWN,
        "Not every page was shown. Each needs a call of show(), with the page, inside the recording.",
    ),
    rule(
        lambda trace: set(trace.tasks) == _ALL_PAGES | _ALL_SHOWN,
        "Something was done more than once: {tasks} tasks, where three fetches and three shows are enough.",
    ),
    rule(
        lambda trace: _at_once(trace) == 3,
        "The three pages were not in progress at one instant. A result() in the loop that submits waits for each: "
        "first submit all, then collect. The pool needs a thread for each page.",
    ),
    rule(
        _shown_meanwhile,
        "The order is that of their end, but each was shown only when all were there. "
        "list(as_completed(...)) waits for the last; a loop over as_completed(...) takes each as it comes.",
    ),
    start=rule(
        lambda trace: (
            set(trace.tasks) != _ALL_PAGES | _ALL_SHOWN
            or _at_once(trace) != 3
            or _shown_meanwhile(trace)
            or _named(trace, "show")[0] != "show atlas"
        ),
        "As it stands, nothing is shown before the atlas is there. "
        "map() goes in the order of the calls, and so does a loop over their results.",
    ),
    solved="The first page was shown while another was still on its way.",
)


_PAGES = ("home", "gone", "news")


def _results(answer: Mapping[str, Any]) -> Any:
    return answer["results"]


no_silent_failure = Exercise(
    "No silent failure",
    rule(
        lambda answer: isinstance(_results(answer), dict),
        "`results` is to be a dictionary, with what became of each page.",
    ),
    rule(
        lambda answer: not any(isinstance(value, Future) for value in _results(answer).values()),
        "Your dictionary holds futures. A future is a receipt: ask it for its exception() or its result().",
    ),
    rule(
        lambda answer: "gone" in _results(answer),
        "The page that failed is missing from your results: it is silent again.",
    ),
    rule(
        lambda answer: set(_results(answer)) == set(_PAGES),
        "Your results are to have home, gone and news, and nothing else. "
        "One page that fails must not keep the others from you: the `try` belongs inside the loop.",
    ),
    rule(
        lambda answer: isinstance(_results(answer)["gone"], BaseException),
        "You do not keep what went wrong with the page that is gone. Put the exception itself there.",
    ),
    rule(
        lambda answer: isinstance(_results(answer)["gone"], LookupError),
        "The page that is gone raised a LookupError, and you have another exception. Which one does its future hold?",
    ),
    rule(
        lambda answer: all(_results(answer)[page] == page.upper() for page in ("home", "news")),
        "home and news did not fail. Their place is for their texts, which result() gives.",
    ),
    rule(
        lambda answer: answer["trace"].peak_concurrency == 3,
        "The results are right, but the pages were not all in progress at once. "
        "result() and exception() wait: first submit all, then ask.",
    ),
    of=dict,
    solved="Every future was asked, so nothing stays silent, and one failure costs one page.",
)


def _sorry_in_time(trace: Trace) -> bool:
    """Return whether the word for giving up is said while the atlas is on its way."""
    return _begin(trace, "show sorry") < _end(trace, "fetch atlas")


no_longer = Exercise(
    "No longer than that",
    rule(
        lambda trace: "fetch atlas" in trace.tasks,
        "The atlas was not asked for. Submit fetch_late with the page atlas, as in the starter.",
    ),
    rule(
        lambda trace: "show sorry" in trace.tasks,
        'Nobody said sorry. When the time-out comes, call show("sorry") inside the recording.',
    ),
    rule(
        _sorry_in_time,
        "You said sorry when the atlas was there already. Was the time-out shorter than 0.6 s, and does show() stand "
        "inside the `with` block? The end of the block waits for the pool.",
    ),
    rule(
        lambda trace: _begin(trace, "fetch atlas") < _begin(trace, "show sorry"),
        "You said sorry before the atlas was asked for.",
    ),
    start=rule(
        lambda trace: set(trace.tasks) != {"fetch atlas", "show atlas"},
        "As it stands, result() waits until the atlas is there, after 0.6 s. Give it a shorter time-out.",
    ),
    solved="You gave up waiting. The task did not: a time-out ends the wait, and not the work.",
)
