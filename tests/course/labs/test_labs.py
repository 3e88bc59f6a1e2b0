"""Exercises of notebooks 00 and 01: the answer that the starter cell holds, typical wrong answers, and a right one."""

from importlib import import_module
from pkgutil import iter_modules

import pytest
from answers import READY, RUNNING, WAITING, at_once, computes, one_by_one, trace, waits

from taketurns.course import labs
from taketurns.course.checks import Exercise
from taketurns.course.labs import concurrency, start_here

QUIZ = {"A": "processes", "B": "one after another", "C": "threads", "D": "threads or asyncio"}


@pytest.mark.parametrize(
    ("exercise", "answer", "sign", "said"),
    [
        (start_here.waits_at_once, None, "…", "Nothing to check yet"),
        (
            start_here.waits_at_once,
            trace(*[[(WAITING, *t)] for t in one_by_one[:2]], worker="main thread"),
            "…",
            "As it stands",
        ),
        (start_here.waits_at_once, waits(*one_by_one[:2]), "✗", "A pool of one thread"),
        (start_here.waits_at_once, waits(*at_once[:3]), "✗", "Call wait() twice"),
        (start_here.waits_at_once, computes(*at_once[:2]), "✗", "compute() needs a core"),
        (start_here.waits_at_once, waits(*at_once[:2]), "✓", "waiting needs no core"),
        (start_here.two_numbers, {"concurrency": ..., "parallelism": ...}, "…", "Nothing to check yet"),
        (start_here.two_numbers, {"concurrency": 3, "parallelism": ...}, "…", "no answer yet for parallelism"),
        (start_here.two_numbers, {"concurrency": 2, "parallelism": 1}, "✗", "You left out a state"),
        (start_here.two_numbers, {"concurrency": 1, "parallelism": 1}, "✗", "How many lanes cross one instant"),
        (start_here.two_numbers, {"concurrency": 3, "parallelism": 3}, "✗", "Those are the tasks in progress"),
        (start_here.two_numbers, {"concurrency": 3, "parallelism": 2}, "✗", "Waiting is not running"),
        (start_here.two_numbers, {"concurrency": 3, "parallelism": 0}, "✗", "One of the tasks does run"),
        (start_here.two_numbers, {"concurrency": 3, "parallelism": 1}, "✓", "only one of them ever needed a core"),
        (start_here.both_at_once, ..., "…", "Nothing to check yet"),
        (start_here.both_at_once, waits((0, 1)), "✗", "only one task"),
        (start_here.both_at_once, waits(*at_once), "✗", "None of your tasks runs"),
        (start_here.both_at_once, computes(*one_by_one), "✗", "None of your tasks waits"),
        (start_here.both_at_once, trace([(WAITING, 0, 1)], [(RUNNING, 1, 2)]), "✗", "but not at one instant"),
        (
            start_here.both_at_once,
            trace([(WAITING, 0, 2)], [(RUNNING, 1, 2)]),
            "✓",
            "2 tasks in progress and 1 running",
        ),
        (concurrency.which_model, dict.fromkeys("ABCD", ...), "…", "Nothing to check yet"),
        (concurrency.which_model, {**QUIZ, "A": "threads"}, "✗", "A: Look for bars that stand above each other"),
        (concurrency.which_model, {**QUIZ, "B": "processes"}, "✗", "B: How many lanes"),
        (
            concurrency.which_model,
            {**QUIZ, "C": "threads or asyncio"},
            "✗",
            "C: asyncio takes a task off the core only",
        ),
        (concurrency.which_model, {**QUIZ, "D": "threads"}, "✓", "Waiting looks the same"),
        (concurrency.which_model, {**QUIZ, "D": "magic"}, "✗", "D: 'magic' is none of the choices"),
        (concurrency.which_model, QUIZ, "✓", "Waiting looks the same"),
        (concurrency.two_at_a_time, waits(*at_once), "…", "Change one number"),
        (concurrency.two_at_a_time, waits(*one_by_one), "✗", "They came one by one"),
        (concurrency.two_at_a_time, waits((0, 1), (0, 1), (0, 1), (1, 2)), "✗", "at one instant: 3, not 2"),
        (concurrency.two_at_a_time, waits((0, 1), (0, 1)), "✗", "Tasks in your recording: 2"),
        (concurrency.two_at_a_time, waits((0, 1), (0, 1), (1, 2), (1, 2)), "✓", "The size of the pool"),
        (
            concurrency.waits_on_one_thread,
            trace(*[[(WAITING, *t)] for t in one_by_one[:3]], worker="main"),
            "…",
            "As it stands",
        ),
        (concurrency.waits_on_one_thread, waits(*at_once[:3]), "✗", "3 workers carried"),
        (
            concurrency.waits_on_one_thread,
            trace(*[[(READY, 0, start), (WAITING, start, end)] for start, end in one_by_one[:3]], worker="main"),
            "✗",
            "A call that blocks",
        ),
        (concurrency.waits_on_one_thread, trace(*[[(RUNNING, 0, 1)]] * 3, worker="main"), "✗", "before any of your"),
        (
            concurrency.waits_on_one_thread,
            trace(*[[(WAITING, 0, 1)]] * 3, worker="main"),
            "✓",
            "without a second thread",
        ),
        (concurrency.no_gil_in_the_way, computes(*one_by_one), "…", "As it stands"),
        (
            concurrency.no_gil_in_the_way,
            trace(*[[(READY, 0, start, "GIL"), (RUNNING, start, end)] for start, end in one_by_one]),
            "✗",
            "Threads share one. What has its own?",
        ),
        (concurrency.no_gil_in_the_way, computes(*at_once), "✓", "nobody waited for a GIL"),
    ],
)
def test_an_answer_is_told_what_is_behind_it(exercise, answer, sign, said):
    verdict = exercise.verdict(answer)
    assert (verdict.sign, said in verdict.line) == (sign, True), verdict


@pytest.mark.parametrize("lab", [module.name for module in iter_modules(labs.__path__)])
def test_every_exercise_says_what_is_missing(lab):
    module = import_module(f"taketurns.course.labs.{lab}")
    exercises = [one for name in module.__all__ if isinstance(one := getattr(module, name), Exercise)]
    assert len(exercises) >= 3
    for exercise in exercises:
        assert exercise.verdict(None).line.startswith("… ")
