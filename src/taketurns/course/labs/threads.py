"""Exercises of notebook 03, and a function that appends to a list of this module, for threads and for processes."""

from concurrent.futures import Future

from taketurns.course.checks import Exercise
from taketurns.course.rules import part, tasks, when
from taketurns.trace.trace import Trace

__all__ = ["as_they_come", "collect", "collected", "no_longer", "no_silent_failure", "two_rounds"]

collected: list[int] = []


def collect(number: int) -> None:
    """Append a number to the list of this module."""
    collected.append(number)


two_rounds = Exercise(
    "Two rounds",
    tasks(6, "The exercise asks for the first six pages, each of them once."),
    part(
        "peak_concurrency",
        {
            3: None,
            1: "They came one by one: six rounds. How many pages must be in a round, if there are two?",
            2: "Pages in progress at one instant: at most 2, so six pages need more than two rounds.",
            6: "All six were in progress at one instant: that is one round.",
            ...: "With {answer} threads there are two rounds, but in the second one some have nothing to do. "
            "A smaller pool needs no more rounds.",
        },
    ),
    start=when(lambda t: t.peak_concurrency == len(t.tasks) == 6).say(
        "As it stands, all six pages are in progress at once: one round. Change one number."
    ),
    solved="Three threads, two rounds. Four or five threads need two rounds as well.",
)


def _shown_meanwhile(trace: Trace) -> bool:
    """Return whether anything is shown before the last page is there."""
    return trace.only("show").spans[0].start < trace.only("fetch").duration


_ALL_PAGES = {"fetch atlas", "fetch news", "fetch map"}
_ALL_SHOWN = {"show atlas", "show news", "show map"}

as_they_come = Exercise(
    "Show what is there",
    start=when(
        lambda t: (
            set(t.tasks) == _ALL_PAGES | _ALL_SHOWN
            and t.only("fetch").peak_concurrency == 3
            and not _shown_meanwhile(t)
            and t.only("show").tasks[0] == "show atlas"
        )
    ).say(
        "As it stands, nothing is shown before the atlas is there. "
        "map() goes in the order of the calls, and so does a loop over their results."
    ),
    not_fetched=when(lambda t: _ALL_PAGES - set(t.tasks)).say(
        "Not all of atlas, news and map were fetched. Each needs a call of fetch_late()."
    ),
    not_shown=when(lambda t: _ALL_SHOWN - set(t.tasks)).say(
        "Not every page was shown. Each needs a call of show(), with the page, inside the recording."
    ),
    twice=when(lambda t: len(t.tasks) > 6).say(
        "Something was done more than once: {tasks} tasks, where three fetches and three shows are enough."
    ),
    one_by_one=when(lambda t: t.only("fetch").peak_concurrency < 3).say(
        "The three pages were not in progress at one instant. A result() in the loop that submits waits for each: "
        "first submit all, then collect. The pool needs a thread for each page."
    ),
    shown_last=when(lambda t: not _shown_meanwhile(t)).say(
        "The order is that of their end, but each was shown only when all were there. "
        "list(as_completed(...)) waits for the last; a loop over as_completed(...) takes each as it comes."
    ),
    solved="The first page was shown while another was still on its way.",
)

no_silent_failure = Exercise(
    "No silent failure",
    part(
        "results",
        no_dictionary=when(lambda r: not isinstance(r, dict)).say(
            "`results` is to be a dictionary, with what became of each page."
        ),
        futures=when(lambda r: any(isinstance(value, Future) for value in r.values())).say(
            "Your dictionary holds futures. A future is a receipt: ask it for its exception() or its result()."
        ),
        silent=when(lambda r: "gone" not in r).say(
            "The page that failed is missing from your results: it is silent again."
        ),
        other_pages=when(lambda r: set(r) != {"home", "gone", "news"}).say(
            "Your results are to have home, gone and news, and nothing else. "
            "One page that fails must not keep the others from you: the `try` belongs inside the loop."
        ),
        no_error=when(lambda r: not isinstance(r["gone"], BaseException)).say(
            "You do not keep what went wrong with the page that is gone. Put the exception itself there."
        ),
        other_error=when(lambda r: not isinstance(r["gone"], LookupError)).say(
            "The page that is gone raised a LookupError, and you have another exception. "
            "Which one does its future hold?"
        ),
        no_text=when(lambda r: (r["home"], r["news"]) != ("HOME", "NEWS")).say(
            "home and news did not fail. Their place is for their texts, which result() gives."
        ),
    ),
    part(
        "trace",
        one_by_one=when(lambda t: t.peak_concurrency != 3).say(
            "The results are right, but the pages were not all in progress at once. "
            "result() and exception() wait: first submit all, then ask."
        ),
    ),
    of=dict,
    solved="Every future was asked, so nothing stays silent, and one failure costs one page.",
)


def _sorry(trace: Trace) -> float:
    return trace.lane("show sorry")[0].start


no_longer = Exercise(
    "No longer than that",
    start=when(lambda t: set(t.tasks) == {"fetch atlas", "show atlas"}).say(
        "As it stands, result() waits until the atlas is there, after 0.6 s. Give it a shorter time-out."
    ),
    no_atlas=when(lambda t: "fetch atlas" not in t.tasks).say(
        "The atlas was not asked for. Submit fetch_late with the page atlas, as in the starter."
    ),
    no_sorry=when(lambda t: "show sorry" not in t.tasks).say(
        'Nobody said sorry. When the time-out comes, call show("sorry") inside the recording.'
    ),
    too_late=when(lambda t: _sorry(t) >= t.only("fetch atlas").duration).say(
        "You said sorry when the atlas was there already. Was the time-out shorter than 0.6 s, and does show() stand "
        "inside the `with` block? The end of the block waits for the pool."
    ),
    too_early=when(lambda t: _sorry(t) <= t.lane("fetch atlas")[0].start).say(
        "You said sorry before the atlas was asked for."
    ),
    solved="You gave up waiting. The task did not: a time-out ends the wait, and not the work.",
)
