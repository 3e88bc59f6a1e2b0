"""Exercises of notebook 02, and that its tables and its pool are what they say."""

import pickle
from math import inf

import pytest
from answers import READY, RUNNING, trace, waits

from taketurns import Span, Trace, record
from taketurns.course.labs import processes


def carried(*lanes):
    """A recording of tasks that run, each as (process, start, end)."""
    spans = [
        Span(f"task {number}", RUNNING, f"process {process}", start, end)
        for number, (process, start, end) in enumerate(lanes)
    ]
    return Trace("an answer", tuple(spans))


in_one = carried((1, 0, 1), (1, 1, 2), (1, 2, 3), (1, 3, 4))
in_two = carried((1, 0, 1), (2, 0, 1), (1, 1, 2), (2, 1, 2))
in_four = carried((1, 0, 1), (2, 0, 1), (3, 0, 1), (4, 0, 1))
in_threads = trace(*[[(READY, 0, 1, "GIL"), (RUNNING, 1 + n, 2 + n)] for n in range(4)])
alone = trace(*[[(RUNNING, n, n + 1)] for n in range(4)], worker="main thread")


@pytest.mark.parametrize(
    ("exercise", "answer", "sign", "key"),
    [
        (processes.all_cores, None, "…", "todo"),
        (processes.all_cores, in_one, "…", "start"),
        (processes.all_cores, carried((1, 0, 1)), "✗", "tasks"),
        (processes.all_cores, alone, "✗", "here"),
        (processes.all_cores, in_threads, "✗", "here"),
        (processes.all_cores, carried((1, 0, 1), (2, 1, 2), (3, 2, 3), (4, 3, 4)), "…", "start"),
        (processes.all_cores, in_four, "✓", "right"),
        (processes.nobody_idle, None, "…", "todo"),
        (processes.nobody_idle, carried((1, 0, 3), (1, 3, 6), (2, 0, 1), (2, 1, 2)), "…", "start"),
        (processes.nobody_idle, carried((1, 0, 3), (1, 3, 6), (1, 6, 7), (2, 0, 1)), "…", "start"),
        (processes.nobody_idle, carried((1, 0, 3), (1, 3, 6), (1, 6, 7), (1, 7, 8)), "✗", "one_process"),
        (processes.nobody_idle, waits((0, 1)), "✗", "tasks"),
        (processes.nobody_idle, in_threads, "✗", "here"),
        (processes.nobody_idle, carried((1, 0, 3), (2, 3, 6), (3, 0, 1), (3, 1, 2)), "✗", "one_chunk"),
        (processes.nobody_idle, carried((1, 0, 3), (2, 0, 3), (1, 3, 4), (2, 3, 4)), "✓", "right"),
        (processes.speed_up, {"3 processes": ..., "any number": ...}, "…", "todo"),
        (processes.speed_up, {"3 processes": 2.5, "any number": ...}, "…", "blanks"),
        (processes.speed_up, {"3 processes": 3, "any number": 10}, "✗", "3 processes: 3"),
        (processes.speed_up, {"3 processes": 2.7, "any number": 10}, "✗", "3 processes: 2.7"),
        (processes.speed_up, {"3 processes": 8, "any number": 10}, "✗", "3 processes: 8"),
        (processes.speed_up, {"3 processes": 6, "any number": 10}, "✗", "3 processes: other"),
        (processes.speed_up, {"3 processes": 2.5, "any number": 2}, "✗", "any number: 2"),
        (processes.speed_up, {"3 processes": 2.5, "any number": 18}, "✗", "any number: 18"),
        (processes.speed_up, {"3 processes": 2.5, "any number": inf}, "✗", "any number: inf"),
        (processes.speed_up, {"3 processes": 2.5, "any number": 10}, "✓", "right"),
        (processes.any_process, ..., "…", "todo"),
        (processes.any_process, alone, "…", "start"),
        (processes.any_process, carried((1, 0, 1)), "✗", "tasks"),
        (processes.any_process, in_threads, "✗", "here"),
        (processes.any_process, in_one, "✗", "one by one"),
        (processes.any_process, in_two, "✓", "right"),
    ],
)
def test_an_answer_is_told_what_is_behind_it(exercise, answer, sign, key):
    verdict = exercise.verdict(answer)
    assert verdict[:2] == (sign, key), verdict


def test_all_cores_wants_as_many_processes_as_there_are_cores(monkeypatch):
    monkeypatch.setattr(processes, "cores_at_once", lambda: 3)
    assert "fewer processes than this machine has cores" in processes.all_cores.verdict(in_two).line
    monkeypatch.setattr(processes, "cores_at_once", lambda: 64)
    assert processes.all_cores.verdict(in_four).line.startswith("✓")


def test_a_table_that_is_sent_shows_its_journey():
    table = processes.Table(10)
    with record() as journey:
        copy = pickle.loads(pickle.dumps(table))
    assert copy.rows == table.rows
    assert journey.tasks == ("pickle", "unpickle")
    assert processes.add_up(copy) == processes.make_and_add_up(10) == sum(range(10))


def test_a_counting_pool_counts_trips():
    with processes.CountingPool(1) as pool:
        assert [*pool.map(abs, range(10), chunksize=5)] == [*range(10)]
        assert pool.trips == 2


def test_errors_go_to_a_file(tmp_path):
    words = tmp_path / "words.txt"
    with processes.CountingPool(1, initializer=processes.errors_to, initargs=(words,)) as pool:
        pool.submit(processes.os.write, 2, b"last words").result()
    assert words.read_bytes() == b"last words"
