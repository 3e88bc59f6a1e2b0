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
    ("exercise", "answer", "sign", "key"),
    [
        (start_here.waits_at_once, None, "…", "todo"),
        (
            start_here.waits_at_once,
            trace(*[[(WAITING, *t)] for t in one_by_one[:2]], worker="main thread"),
            "…",
            "start",
        ),
        (start_here.waits_at_once, waits(*one_by_one[:2]), "✗", "one by one"),
        (start_here.waits_at_once, waits(*at_once[:3]), "✗", "tasks"),
        (start_here.waits_at_once, computes(*at_once[:2]), "✗", "runs"),
        (start_here.waits_at_once, waits(*at_once[:2]), "✓", "right"),
        (start_here.two_numbers, {"concurrency": ..., "parallelism": ...}, "…", "todo"),
        (start_here.two_numbers, {"concurrency": 3, "parallelism": ...}, "…", "blanks"),
        (start_here.two_numbers, {"concurrency": 2, "parallelism": 1}, "✗", "concurrency: 2"),
        (start_here.two_numbers, {"concurrency": 1, "parallelism": 1}, "✗", "concurrency: 1"),
        (start_here.two_numbers, {"concurrency": 3, "parallelism": 3}, "✗", "parallelism: 3"),
        (start_here.two_numbers, {"concurrency": 3, "parallelism": 2}, "✗", "parallelism: 2"),
        (start_here.two_numbers, {"concurrency": 3, "parallelism": 0}, "✗", "parallelism: 0"),
        (start_here.two_numbers, {"concurrency": 3, "parallelism": 1}, "✓", "right"),
        (start_here.both_at_once, ..., "…", "todo"),
        (start_here.both_at_once, waits((0, 1)), "✗", "one_task"),
        (start_here.both_at_once, waits(*at_once), "✗", "nothing_runs"),
        (start_here.both_at_once, computes(*one_by_one), "✗", "no_wait"),
        (start_here.both_at_once, trace([(WAITING, 0, 1)], [(RUNNING, 1, 2)]), "✗", "not_at_once"),
        (
            start_here.both_at_once,
            trace([(WAITING, 0, 2)], [(RUNNING, 1, 2)]),
            "✓",
            "right",
        ),
        (concurrency.which_model, dict.fromkeys("ABCD", ...), "…", "todo"),
        (concurrency.which_model, {**QUIZ, "A": "threads"}, "✗", "A: threads"),
        (concurrency.which_model, {**QUIZ, "B": "processes"}, "✗", "B: processes"),
        (
            concurrency.which_model,
            {**QUIZ, "C": "threads or asyncio"},
            "✗",
            "C: threads or asyncio",
        ),
        (concurrency.which_model, {**QUIZ, "D": "threads"}, "✓", "right"),
        (concurrency.which_model, {**QUIZ, "D": "magic"}, "✗", "D: other"),
        (concurrency.which_model, QUIZ, "✓", "right"),
        (concurrency.two_at_a_time, waits(*at_once), "…", "start"),
        (concurrency.two_at_a_time, waits(*one_by_one), "✗", "1"),
        (concurrency.two_at_a_time, waits((0, 1), (0, 1), (0, 1), (1, 2)), "✗", "other"),
        (concurrency.two_at_a_time, waits((0, 1), (0, 1)), "✗", "tasks"),
        (concurrency.two_at_a_time, waits((0, 1), (0, 1), (1, 2), (1, 2)), "✓", "right"),
        (
            concurrency.waits_on_one_thread,
            trace(*[[(WAITING, *t)] for t in one_by_one[:3]], worker="main"),
            "…",
            "start",
        ),
        (concurrency.waits_on_one_thread, waits(*at_once[:3]), "✗", "workers"),
        (
            concurrency.waits_on_one_thread,
            trace(*[[(READY, 0, start), (WAITING, start, end)] for start, end in one_by_one[:3]], worker="main"),
            "✗",
            "blocked",
        ),
        (concurrency.waits_on_one_thread, trace(*[[(RUNNING, 0, 1)]] * 3, worker="main"), "✗", "nobody_waits"),
        (
            concurrency.waits_on_one_thread,
            trace(*[[(WAITING, 0, 1)]] * 3, worker="main"),
            "✓",
            "right",
        ),
        (concurrency.no_gil_in_the_way, computes(*one_by_one), "…", "start"),
        (
            concurrency.no_gil_in_the_way,
            trace(*[[(READY, 0, start, "GIL"), (RUNNING, start, end)] for start, end in one_by_one]),
            "✗",
            "gil",
        ),
        (concurrency.no_gil_in_the_way, computes(*at_once), "✓", "right"),
    ],
)
def test_an_answer_is_told_what_is_behind_it(exercise, answer, sign, key):
    verdict = exercise.verdict(answer)
    assert verdict[:2] == (sign, key), verdict


@pytest.mark.parametrize("lab", [module.name for module in iter_modules(labs.__path__)])
def test_every_exercise_says_what_is_missing(lab):
    module = import_module(f"taketurns.course.labs.{lab}")
    exercises = [one for name in module.__all__ if isinstance(one := getattr(module, name), Exercise)]
    assert len(exercises) >= 3
    for exercise in exercises:
        assert exercise.verdict(None).line.startswith("… ")
